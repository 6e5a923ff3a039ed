// Arrays of a result as they are reported: a scalar as a number, a ragged array with the cells of its rows and NaN beyond.
// In: an array, the variable or let whose index clause its first axes follow, lengths and sizes. Out: a leaf of the report.
import type { ResultArray } from '../api.ts';
import type { TensorData } from '../backend/backend.ts';
import { cellsAlong, paddingOf, raggedAxes } from '../data/ragged-axes.ts';
import type { ArrayData } from '../data/table.ts';
import type { Indexed } from '../semantics/model.ts';

export interface Extent {
  /** By ragged size. */
  readonly lengths: Readonly<Record<string, ArrayData>>;
  readonly sizes: Readonly<Record<string, number>>;
}

export const resultArray = (t: TensorData, array: Indexed, { lengths, sizes }: Extent): ResultArray => {
  if (t.shape.length === 0) return t.data[0]!;
  const padding = paddingOf(array, t.shape, lengths, sizes);
  if (padding === null) return { shape: t.shape, data: t.data } satisfies ArrayData;
  const cells = raggedAxes(array).flatMap((r) => {
    const found = cellsAlong(r, t.shape, lengths, sizes);
    return found === null ? [] : [[r.axis, found] as const];
  });
  const data = t.data instanceof Float32Array ? t.data.slice() : Float64Array.from(t.data);
  for (let i = 0; i < data.length; i++) if (padding[i] === 1) data[i] = NaN;
  return { shape: t.shape, data, cells: Object.fromEntries(cells) };
};
