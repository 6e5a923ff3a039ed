// Flat arrays to nested ones, as JSON wants them. NaN and infinities, which JSON lacks, become null.
import { elementCount } from './table.ts';
import type { ArrayData } from './table.ts';

export type Nested = number | null | readonly Nested[];

export const isArrayData = (value: unknown): value is ArrayData =>
  typeof value === 'object' && value !== null && 'shape' in value && 'data' in value;

/** A scalar for shape []. Rows of a ragged array have their own lengths. */
export const nest = ({ shape, data, cells }: ArrayData): Nested => {
  const at = (axis: number, offset: number): Nested => {
    if (axis === shape.length) {
      const value = data[offset]!;
      return Number.isFinite(value) ? value : null;
    }
    const inner = elementCount(shape.slice(axis + 1));
    const length = cells?.[axis]?.[offset / (inner * shape[axis]!)] ?? shape[axis]!;
    return Array.from({ length }, (_, i) => at(axis + 1, offset + i * inner));
  };
  return at(0, 0);
};

/** The other way; null becomes NaN. The arrays must be rectangular. */
export const flatten = (value: Nested): ArrayData => {
  const shape: number[] = [];
  for (let level: Nested = value; Array.isArray(level); level = level[0] ?? null) shape.push(level.length);
  const data = new Float64Array(elementCount(shape));
  let at = 0;
  const fill = (part: Nested): void => {
    if (typeof part === 'number' || part === null) data[at++] = part ?? NaN;
    else for (const inner of part) fill(inner);
  };
  fill(value);
  return { shape, data };
};
