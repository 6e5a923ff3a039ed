// Views, concatenation and indexing of dense arrays. In: arrays and concrete shapes. Out: arrays; reshape shares memory.
import { InternalError } from '../../diagnostics/diagnostic.ts';
import {
  allocate,
  broadcastTo,
  copyStrided,
  offsetTable,
  sizeOf,
  stridesOf,
  type DenseArray,
  type Numbers,
} from './array.ts';

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

export const applyView = (array: DenseArray, view: ConcreteView): DenseArray => {
  const strides = stridesOf(array.shape);
  switch (view.kind) {
    case 'reshape':
      return { shape: view.shape, data: array.data };
    case 'expand':
      return { shape: view.shape, data: broadcastTo(array, view.shape) };
    case 'transpose': {
      const shape = view.permutation.map((p) => array.shape[p]!);
      return {
        shape,
        data: copyStrided(
          array.data,
          shape,
          view.permutation.map((p) => strides[p]!),
        ),
      };
    }
    case 'slice': {
      for (const [i, start] of view.start.entries())
        if (start < 0 || view.length[i]! < 0 || start + view.length[i]! > array.shape[i]!)
          throw new InternalError(`slice: ${start}+${view.length[i]!} leaves axis ${i} of length ${array.shape[i]!}`);
      const from = view.start.reduce((sum, start, i) => sum + start * strides[i]!, 0);
      return { shape: view.length, data: copyStrided(array.data, view.length, strides, from) };
    }
    case 'reverse': {
      const length = array.shape[view.axis]!;
      const from = Math.max(0, length - 1) * strides[view.axis]!;
      const backwards = strides.map((stride, i) => (i === view.axis ? -stride : stride));
      return { shape: array.shape, data: copyStrided(array.data, array.shape, backwards, from) };
    }
    case 'pad': {
      const out = allocate(sizeOf(view.shape), array.data).fill(view.value);
      placeBlock(out, view.shape, array, view.before);
      return { shape: view.shape, data: out };
    }
  }
};

/** Writes `block` into `out` (of `shape`) at the index `at`. */
const placeBlock = (out: Numbers, shape: readonly number[], block: DenseArray, at: readonly number[]): void => {
  if (block.data.length === 0) return;
  const strides = stridesOf(shape);
  const from = at.reduce((sum, start, i) => sum + start * strides[i]!, 0);
  const inner = block.shape.at(-1) ?? 1;
  const rows = offsetTable(block.shape.slice(0, -1), strides.slice(0, -1), from);
  for (let row = 0; row < rows.length; row++) out.set(block.data.subarray(row * inner, (row + 1) * inner), rows[row]!);
};

export const concatenate = (arrays: readonly DenseArray[], axis: number): DenseArray => {
  const first = arrays[0]!;
  const shape = first.shape.with(
    axis,
    arrays.reduce((sum, a) => sum + a.shape[axis]!, 0),
  );
  const out = allocate(sizeOf(shape), first.data);
  let start = 0;
  for (const array of arrays) {
    placeBlock(
      out,
      shape,
      array,
      shape.map((_, i) => (i === axis ? start : 0)),
    );
    start += array.shape[axis]!;
  }
  return { shape, data: out };
};

const checkIndex = (index: number, length: number, what: string): void => {
  if (!(index >= 0 && index < length)) throw new InternalError(`${what}: index ${index} outside 0..${length}`);
};

export const gather = (source: DenseArray, indices: DenseArray, axis: number): DenseArray => {
  const length = source.shape[axis]!;
  const before = sizeOf(source.shape.slice(0, axis));
  const after = sizeOf(source.shape.slice(axis + 1));
  const shape = source.shape.toSpliced(axis, 1, ...indices.shape);
  const out = allocate(sizeOf(shape), source.data);
  const index = indices.data;
  for (let i = 0; i < index.length; i++) checkIndex(index[i]!, length, 'gather');
  for (let a = 0, at = 0; a < before; a++)
    for (let i = 0; i < index.length; i++) {
      const from = (a * length + index[i]!) * after;
      for (let j = 0; j < after; j++) out[at++] = source.data[from + j]!;
    }
  return { shape, data: out };
};

export const scatterAdd = (
  updates: DenseArray,
  indices: DenseArray,
  axis: number,
  shape: readonly number[],
): DenseArray => {
  const length = shape[axis]!;
  const before = sizeOf(shape.slice(0, axis));
  const after = sizeOf(shape.slice(axis + 1));
  const out = new Float64Array(sizeOf(shape));
  const index = indices.data;
  for (let i = 0; i < index.length; i++) checkIndex(index[i]!, length, 'scatter-add');
  for (let a = 0, at = 0; a < before; a++)
    for (let i = 0; i < index.length; i++) {
      const to = (a * length + index[i]!) * after;
      for (let j = 0; j < after; j++) out[to + j]! += updates.data[at++]!;
    }
  return { shape, data: out };
};
