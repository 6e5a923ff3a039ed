// Dense row-major arrays of the reference backend and the index arithmetic they share. Arrays are never written after they
// were made, so views that keep the order of entries share memory.

export type Numbers = Float64Array | Int32Array;

export interface DenseArray {
  readonly shape: readonly number[];
  readonly data: Numbers;
}

export const sizeOf = (shape: readonly number[]): number => shape.reduce((a, b) => a * b, 1);

export const allocate = (count: number, like: Numbers): Numbers =>
  like instanceof Int32Array ? new Int32Array(count) : new Float64Array(count);

/** Row-major strides. */
export const stridesOf = (shape: readonly number[]): number[] => {
  const strides = shape.map(() => 1);
  for (let i = shape.length - 2; i >= 0; i--) strides[i] = strides[i + 1]! * shape[i + 1]!;
  return strides;
};

/** The offsets Σ index·stride of every index of `shape`, in row-major order, starting at `from`. */
export const offsetTable = (shape: readonly number[], strides: readonly number[], from = 0): Int32Array => {
  const table = new Int32Array(sizeOf(shape));
  if (table.length === 0) return table;
  table[0] = from;
  let filled = 1;
  // Grow from the last axis: what is filled so far is one slab, repeated along the next axis outwards.
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    const slab = filled;
    for (let i = 1; i < shape[axis]!; i++) {
      const shift = i * strides[axis]!;
      for (let j = 0; j < slab; j++) table[filled++] = table[j]! + shift;
    }
  }
  return table;
};

/** Copies a strided view of `source` into a new contiguous array of `shape`. */
export const copyStrided = (
  source: Numbers,
  shape: readonly number[],
  strides: readonly number[],
  from = 0,
): Numbers => {
  const out = allocate(sizeOf(shape), source);
  if (out.length === 0) return out;
  const rank = shape.length;
  if (rank === 0) {
    out[0] = source[from]!;
    return out;
  }
  const inner = shape[rank - 1]!;
  const step = strides[rank - 1]!;
  const outer = offsetTable(shape.slice(0, -1), strides.slice(0, -1), from);
  for (let row = 0, at = 0; row < outer.length; row++) {
    let offset = outer[row]!;
    if (step === 1 && inner > 16) {
      out.set(source.subarray(offset, offset + inner), at);
      at += inner;
    } else for (let i = 0; i < inner; i++, offset += step) out[at++] = source[offset]!;
  }
  return out;
};

/** The entries of `array` repeated along axes of length 1 to fill `shape` (equal ranks). */
export const broadcastTo = (array: DenseArray, shape: readonly number[]): Numbers => {
  if (sizeOf(array.shape) === sizeOf(shape)) return array.data;
  const strides = stridesOf(array.shape).map((stride, i) => (array.shape[i] === 1 && shape[i] !== 1 ? 0 : stride));
  return copyStrided(array.data, shape, strides);
};
