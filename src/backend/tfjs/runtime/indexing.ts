// Reading and writing through indices, and the steps of a scan. tfjs on wasm takes 30 ns an entry for a gather and copies
// the whole tensor for every slice; there the host reads the heap in place instead. Arguments are left alone.
import * as tf from '@tensorflow/tfjs-core';

/** Whether tensors are in this process's memory, where it costs nothing to read them. */
export function isNear(): boolean {
  return tf.getBackend() === 'wasm' || tf.getBackend() === 'cpu';
}

/** The numbers of a tensor: on wasm the heap itself, valid only until the next tensor is made. */
export async function peek(x: tf.Tensor): Promise<Float32Array | Int32Array> {
  const backend = tf.backend() as { typedArrayFromHeap?: (x: tf.Tensor) => Float32Array | Int32Array };
  return backend.typedArrayFromHeap === undefined
    ? ((await x.data()) as Float32Array | Int32Array)
    : backend.typedArrayFromHeap(x);
}

/** x[before, n, after] and flat indices [m] → [before, m, after]. Indices are in range. */
export async function gatherAxis(x: tf.Tensor, indices: tf.Tensor): Promise<tf.Tensor> {
  const [before, n, after] = x.shape as [number, number, number];
  const at = (await indices.data()) as Int32Array;
  const shape: [number, number, number] = [before, at.length, after];
  const bad = at.find((i) => !(i >= 0 && i < n));
  if (bad !== undefined) throw new RangeError(`index ${bad} is outside 0..${n}`);
  if (!isNear() && x.size > 0 && at.length > 0) return tf.gather(x, indices, 1);
  const size = before * at.length * after;
  const out = x.dtype === 'int32' ? new Int32Array(size) : new Float32Array(size);
  const from = await peek(x);
  let to = 0;
  for (let b = 0; b < before; b++)
    for (const i of at) {
      const start = (b * n + i) * after;
      if (after === 1) out[to++] = from[start]!;
      else {
        out.set(from.subarray(start, start + after), to);
        to += after;
      }
    }
  return tf.tensor(out, shape, x.dtype);
}

/** Flat indices [m] → [m, depth] with a 1 at each index. tfjs on wasm writes integer bits into a float one-hot. */
export function oneHotRows(indices: tf.Tensor, depth: number): tf.Tensor {
  if (depth === 1) return tf.tidy(() => tf.cast(tf.equal(tf.reshape(indices, [indices.size, 1]), 0), 'float32'));
  if (depth === 0 || indices.size === 0) return tf.zeros([indices.size, depth]);
  const marks = tf.oneHot(indices, depth, 1, 0, 'int32');
  const result = tf.cast(marks, 'float32');
  marks.dispose();
  return result;
}

/** Zeros [before, n, after] with updates[before, m, after] added at flat indices [m]; sums in float64. */
export async function scatterAdd(updates: tf.Tensor, indices: tf.Tensor, n: number): Promise<tf.Tensor> {
  const [before, m, after] = updates.shape as [number, number, number];
  const at = (await indices.data()) as Int32Array;
  const out = new Float64Array(before * n * after);
  const from = await peek(updates);
  for (let b = 0; b < before; b++)
    for (let k = 0; k < m; k++) {
      const to = (b * n + at[k]!) * after;
      const start = (b * m + k) * after;
      for (let j = 0; j < after; j++) out[to + j]! += from[start + j]!;
    }
  return tf.tensor(Float32Array.from(out), [before, n, after]);
}

/** Zeros of `shape` with every g[i…] added at entry Σ i · strides + step · at[i…]. The host adds, in float64; only where tensors
 *  are far from it they are added by a product with a one-hot matrix of those entries. */
export async function pickedSum(
  g: tf.Tensor,
  at: tf.Tensor,
  strides: readonly number[],
  step: number,
  shape: number[],
): Promise<tf.Tensor> {
  const size = shape.reduce((a, b) => a * b, 1);
  if (g.size === 0 || size === 0) return tf.zeros(shape);
  // Offsets of all entries from the axes that stay: what is filled so far is one slab, repeated along the next axis outwards.
  const entries = new Int32Array(g.size);
  let filled = 1;
  for (let axis = g.shape.length - 1; axis >= 0; axis--) {
    const slab = filled;
    for (let i = 1; i < g.shape[axis]!; i++)
      for (let j = 0; j < slab; j++) entries[filled++] = entries[j]! + i * strides[axis]!;
  }
  if (isNear()) {
    const [weights, picked] = [await peek(g), await peek(at)];
    const out = new Float64Array(size);
    for (let i = 0; i < entries.length; i++) out[entries[i]! + step * picked[i]!]! += weights[i]!;
    return tf.tensor(new Float32Array(out), shape);
  }
  const picked = (await at.data()) as Int32Array;
  for (let i = 0; i < entries.length; i++) entries[i]! += step * picked[i]!;
  return tf.tidy(() => {
    const hot = oneHotRows(tf.tensor1d(entries, 'int32'), size);
    return tf.reshape(tf.matMul(tf.reshape(g, [1, g.size]), hot as tf.Tensor2D), shape);
  });
}

/** The entries along the first axis, each a tensor of its own. */
export async function unstack(x: tf.Tensor): Promise<tf.Tensor[]> {
  const [count, ...shape] = x.shape as [number, ...number[]];
  if (count === 0 || x.size === 0) return Array.from({ length: count }, () => tf.zeros(shape, x.dtype));
  const size = x.size / count;
  const backend = tf.backend() as { readSync: (id: object, from?: number, to?: number) => Float32Array };
  if (tf.getBackend() === 'wasm')
    return Array.from({ length: count }, (_, i) =>
      tf.tensor(backend.readSync(x.dataId, i * size, (i + 1) * size), shape, x.dtype),
    );
  if (tf.getBackend() !== 'cpu') return tf.unstack(x);
  const data = x.dataSync();
  return Array.from({ length: count }, (_, i) => tf.tensor(data.subarray(i * size, (i + 1) * size), shape, x.dtype));
}

/** The steps of a scan joined along a new first axis; `shape` is the result's. What the host collected is one array of numbers. */
export function stackSteps(
  steps: readonly tf.Tensor[] | readonly [Float64Array | Int32Array],
  shape: number[],
  dtype: 'float32' | 'int32',
): tf.Tensor {
  if (shape.includes(0)) return tf.zeros(shape, dtype);
  const [first] = steps;
  if (first instanceof Int32Array) return tf.tensor(first, shape, dtype);
  if (first instanceof Float64Array) return tf.tensor(Float32Array.from(first), shape, dtype);
  const tensors = steps as tf.Tensor[];
  if (first!.rank === 0) return tf.reshape(tf.stack(tensors), shape);
  const joined = tf.concat(tensors, 0);
  const result = tf.reshape(joined, shape);
  joined.dispose();
  return result;
}
