// Views, concatenation and indexing of dense arrays. In: concrete shapes. Out: functions of the arrays' numbers; reshape
// shares memory.
import { InternalError } from '../../diagnostics/diagnostic.ts';
import { allocate, lazily, offsetTable, repetition, sizeOf, stridedCopy, stridesOf, type Numbers } from './array.ts';

/** A View whose dims are numbers. */
export type ConcreteView =
  | { readonly kind: 'reshape' | 'expand'; readonly shape: readonly number[] }
  | { readonly kind: 'transpose'; readonly permutation: readonly number[] }
  | { readonly kind: 'slice'; readonly start: readonly number[]; readonly length: readonly number[] }
  | { readonly kind: 'reverse'; readonly axis: number }
  | {
      readonly kind: 'pad';
      readonly before: readonly number[];
      readonly shape: readonly number[];
      readonly value: number;
    };

type Run = (data: Numbers) => Numbers;
const same: Run = (data) => data;

export const viewOf = (from: readonly number[], view: ConcreteView): Run => {
  const strides = stridesOf(from);
  switch (view.kind) {
    case 'reshape':
      return same;
    case 'expand':
      return repetition(from, view.shape) ?? same;
    case 'transpose':
      return stridedCopy(
        view.permutation.map((p) => from[p]!),
        view.permutation.map((p) => strides[p]!),
      );
    case 'slice': {
      const start = view.start.reduce((sum, index, i) => sum + index * strides[i]!, 0);
      const copy = stridedCopy(view.length, strides, start);
      const bad = view.start.findIndex((s, i) => s < 0 || view.length[i]! < 0 || s + view.length[i]! > from[i]!);
      if (bad < 0) return copy;
      return () => {
        throw new InternalError(
          `slice: ${view.start[bad]!}+${view.length[bad]!} leaves axis ${bad} of length ${from[bad]!}`,
        );
      };
    }
    case 'reverse': {
      const start = Math.max(0, from[view.axis]! - 1) * strides[view.axis]!;
      return stridedCopy(
        from,
        strides.map((stride, i) => (i === view.axis ? -stride : stride)),
        start,
      );
    }
    case 'pad': {
      const place = placement(view.shape, from, view.before);
      return (data) => place(allocate(sizeOf(view.shape), data).fill(view.value), data);
    }
  }
};

/** Writes a block of one shape into an array of another at the index `at`, and returns the array. */
const placement = (
  shape: readonly number[],
  block: readonly number[],
  at: readonly number[],
): ((out: Numbers, data: Numbers) => Numbers) => {
  if (sizeOf(block) === 0) return (out) => out;
  const strides = stridesOf(shape);
  const from = at.reduce((sum, start, i) => sum + start * strides[i]!, 0);
  const inner = block.at(-1) ?? 1;
  const rows = lazily(() => offsetTable(block.slice(0, -1), strides.slice(0, -1), from));
  return (out, data) => {
    const to = rows();
    for (let row = 0; row < to.length; row++) out.set(data.subarray(row * inner, (row + 1) * inner), to[row]!);
    return out;
  };
};

export const concatenation = (
  shapes: readonly (readonly number[])[],
  axis: number,
  shape: readonly number[],
): ((arrays: readonly Numbers[]) => Numbers) => {
  let start = 0;
  const places = shapes.map((block) => {
    const place = placement(
      shape,
      block,
      shape.map((_, i) => (i === axis ? start : 0)),
    );
    start += block[axis]!;
    return place;
  });
  return (arrays) => places.reduce((out, place, i) => place(out, arrays[i]!), allocate(sizeOf(shape), arrays[0]!));
};

const checkIndex = (index: number, length: number, what: string): void => {
  if (!(index >= 0 && index < length)) throw new InternalError(`${what}: index ${index} outside 0..${length}`);
};

export const gathering = (shape: readonly number[], axis: number): ((source: Numbers, indices: Numbers) => Numbers) => {
  const length = shape[axis]!;
  const before = sizeOf(shape.slice(0, axis));
  const after = sizeOf(shape.slice(axis + 1));
  return (source, index) => {
    const out = allocate(before * index.length * after, source);
    for (let i = 0; i < index.length; i++) checkIndex(index[i]!, length, 'gather');
    for (let a = 0, at = 0; a < before; a++)
      for (let i = 0; i < index.length; i++) {
        const from = (a * length + index[i]!) * after;
        for (let j = 0; j < after; j++) out[at++] = source[from + j]!;
      }
    return out;
  };
};

/** `shape` is the result's. */
export const scattering = (
  axis: number,
  shape: readonly number[],
): ((updates: Numbers, indices: Numbers) => Numbers) => {
  const length = shape[axis]!;
  const before = sizeOf(shape.slice(0, axis));
  const after = sizeOf(shape.slice(axis + 1));
  return (updates, index) => {
    const out = new Float64Array(before * length * after);
    for (let i = 0; i < index.length; i++) checkIndex(index[i]!, length, 'scatter-add');
    for (let a = 0, at = 0; a < before; a++)
      for (let i = 0; i < index.length; i++) {
        const to = (a * length + index[i]!) * after;
        for (let j = 0; j < after; j++) out[to + j]! += updates[at++]!;
      }
    return out;
  };
};
