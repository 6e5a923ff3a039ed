// Reductions that stay right where tfjs alone is not: over nothing, and over many elements in float32.
// In: a tensor and the axis that goes. Out: a new tensor; the argument is left alone.
import * as tf from '@tensorflow/tfjs-core';

/** Sum along an axis. Over more than 4,096 elements it goes by blocks (pairwise summation with wide leaves, Higham 1993),
 *  because a running float32 sum of 2²² numbers is off by per cents; over none it is 0, which wasm leaves undefined. */
export function sumAxis(x: tf.Tensor, axis: number): tf.Tensor {
  const count = x.shape[axis]!;
  const before = x.shape.slice(0, axis);
  const after = x.shape.slice(axis + 1);
  if (count === 0) return tf.zeros([...before, ...after]);
  if (count <= 4096) return tf.sum(x, axis);
  const width = Math.ceil(Math.sqrt(count));
  const blocks = Math.ceil(count / width);
  const missing = blocks * width - count;
  const whole =
    missing === 0
      ? x
      : tf.pad(
          x,
          x.shape.map((_, i) => [0, i === axis ? missing : 0] as [number, number]),
        );
  const view = tf.reshape(whole, [...before, blocks, width, ...after]);
  if (whole !== x) whole.dispose();
  const partial = tf.sum(view, axis + 1);
  view.dispose();
  const total = sumAxis(partial, axis);
  partial.dispose();
  return total;
}

/** Minimum along an axis; over nothing it is 1e30, the energy of what cannot be. */
export function minAxis(x: tf.Tensor, axis: number): tf.Tensor {
  return x.shape[axis] === 0 ? tf.fill(x.shape.toSpliced(axis, 1), 1e30) : tf.min(x, axis);
}
