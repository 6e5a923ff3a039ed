// Reductions that stay right where tfjs alone is not: over nothing, and over many elements in float32.
// In: a tensor and the axis that goes. Out: a new tensor; the argument is left alone.
import * as tf from '@tensorflow/tfjs-core';

/** Sum along an axis. Over more than 1,024 elements it goes by blocks of 32 (pairwise summation with wide leaves, Higham
 *  1993): a running float32 sum of 2²² numbers is off by per cents. Blocks down to the last 32, `most`: 625 equal sums of 32
 *  rounded alike are off by 1e-5. Over none it is 0, which wasm leaves undefined. */
export function sumAxis(x: tf.Tensor, axis: number, keepDims = false, most = 1024): tf.Tensor {
  const count = x.shape[axis]!;
  const before = x.shape.slice(0, axis);
  const after = x.shape.slice(axis + 1);
  if (x.size === 0) return tf.zeros([...before, ...(keepDims ? [1] : []), ...after]);
  if (count <= most) return tf.sum(x, axis, keepDims);
  const blocks = Math.ceil(count / 32);
  const padding = x.shape.map((_, i): [number, number] => [0, i === axis ? 32 * blocks - count : 0]);
  const padded = count % 32 === 0 ? x : tf.pad(x, padding);
  const view = tf.reshape(padded, [...before, blocks, 32, ...after]);
  if (padded !== x) padded.dispose();
  const partial = tf.sum(view, axis + 1);
  view.dispose();
  const total = sumAxis(partial, axis, keepDims, 32);
  partial.dispose();
  return total;
}

/** Minimum along an axis; over nothing it is 1e30, the energy of what cannot be. */
export function minAxis(x: tf.Tensor, axis: number, keepDims = false): tf.Tensor {
  if (x.size > 0) return tf.min(x, axis, keepDims);
  return tf.fill(keepDims ? x.shape.with(axis, 1) : x.shape.toSpliced(axis, 1), 1e30);
}

/** Index of the first smallest entry along an axis. */
export function argminAxis(x: tf.Tensor, axis: number): tf.Tensor {
  return x.size === 0 ? tf.zeros(x.shape.toSpliced(axis, 1), 'int32') : tf.argMin(x, axis);
}

/** Axes in another order. Of nothing, wasm divides by zero. */
export function permuteAxes(x: tf.Tensor, order: number[]): tf.Tensor {
  return x.size === 0
    ? tf.reshape(
        x,
        order.map((axis) => x.shape[axis]!),
      )
    : tf.transpose(x, order);
}
