// Dense row-major arrays of the reference backend and the index arithmetic they share. Arrays are never written after they
// were made, so views that keep the order of entries share memory. What depends on shapes alone is worked out once, on the
// first run of what a function here returns: loops then only move numbers.

export type Numbers = Float64Array | Int32Array;

/** An array as it enters or leaves a program; inside, shapes are known and only numbers move. */
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

/** Computes once, when first asked. */
export const lazily = <T extends object>(compute: () => T): (() => T) => {
  let known: T | null = null;
  return () => (known ??= compute());
};

/** Copies of at most this many entries keep a table of all their offsets. */
const smallCopy = 256;

/** Copies a strided view of its argument into a new contiguous array of `shape`. */
export const stridedCopy = (
  shape: readonly number[],
  strides: readonly number[],
  from = 0,
): ((source: Numbers) => Numbers) => {
  const count = sizeOf(shape);
  if (count === 0) return (source) => allocate(0, source);
  if (count <= smallCopy) {
    const table = lazily(() => offsetTable(shape, strides, from));
    return (source) => {
      const at = table();
      const out = allocate(count, source);
      for (let i = 0; i < count; i++) out[i] = source[at[i]!]!;
      return out;
    };
  }
  const [inner, step] = [shape.at(-1)!, strides.at(-1)!];
  const rows = lazily(() => offsetTable(shape.slice(0, -1), strides.slice(0, -1), from));
  return (source) => {
    const out = allocate(count, source);
    let at = 0;
    for (let offset of rows()) {
      if (step === 1 && inner > 16) {
        out.set(source.subarray(offset, offset + inner), at);
        at += inner;
      } else for (let i = 0; i < inner; i++, offset += step) out[at++] = source[offset]!;
    }
    return out;
  };
};

/** Repeats an array of shape `from` along its axes of length 1 to fill `to` (equal ranks); null when nothing repeats. */
export const repetition = (from: readonly number[], to: readonly number[]): ((source: Numbers) => Numbers) | null => {
  if (sizeOf(from) === sizeOf(to)) return null;
  return stridedCopy(
    to,
    stridesOf(from).map((stride, i) => (from[i] === 1 && to[i] !== 1 ? 0 : stride)),
  );
};
