// Matrix products that stay right and fast where tf.matMul alone does not. Operands have two axes, or three of which the
// first is a batch. Out: a new tensor; arguments are left alone.
import * as tf from '@tensorflow/tfjs-core';
import { isNear } from './indexing.ts';
import { sumAxis } from './reductions.ts';

/** Rows of a tensor as a copy: entries from..to of the last but one axis. */
export function rowsOf(x: tf.Tensor, from: number, to: number): tf.Tensor {
  const rank = x.shape.length;
  const [rows, columns] = x.shape.slice(-2) as [number, number];
  if (from === 0 && to === rows) return tf.clone(x);
  const backend = tf.backend() as { readSync: (id: object, from: number, to: number) => Float32Array };
  // tf.slice copies the whole tensor on wasm, where a range of the heap can be read instead.
  if (rank === 2 && tf.getBackend() === 'wasm')
    return tf.tensor(backend.readSync(x.dataId, from * columns, to * columns), [to - from, columns]);
  return tf.slice(
    x,
    rank === 2 ? [from, 0] : [0, from, 0],
    rank === 2 ? [to - from, columns] : [-1, to - from, columns],
  );
}

/** Σ over blocks of 1,024 rows of aᵀ b, all blocks in one batched product: far from the host an operation costs the same
 *  whatever its size. */
export function blockProducts(a: tf.Tensor, b: tf.Tensor): tf.Tensor {
  return tf.tidy(() => {
    const batch = a.shape.length - 2;
    const blocks = Math.ceil(a.shape.at(-2)! / 1024);
    const [left, right] = [a, b].map((x) => {
      const missing = 1024 * blocks - x.shape.at(-2)!;
      const padding = x.shape.map((_, axis): [number, number] => [0, axis === batch ? missing : 0]);
      return tf.reshape(missing === 0 ? x : tf.pad(x, padding), [
        ...x.shape.slice(0, batch),
        blocks,
        1024,
        x.shape.at(-1)!,
      ]);
    }) as [tf.Tensor, tf.Tensor];
    const order = [...left.shape.keys()];
    return sumAxis(tf.matMul(tf.transpose(left, [...order.slice(0, -2), order.at(-1)!, order.at(-2)!]), right), batch);
  });
}

/** aᵀ b for a […, n, p] and b […, n, q], n of any length: over more than 4,096 rows it adds up products of blocks of
 *  1,024 in a binary tree, because float32 sums lose digits with their length; over none it is 0. */
export function rowsProduct(a: tf.Tensor, b: tf.Tensor): tf.Tensor {
  const count = a.shape.at(-2)!;
  if (a.size === 0 || b.size === 0) return tf.zeros([...a.shape.slice(0, -2), a.shape.at(-1)!, b.shape.at(-1)!]);
  if (count > 4096 && !isNear()) return blockProducts(a, b);
  const order = a.shape.length === 2 ? [1, 0] : [0, 2, 1];
  const step = count <= 4096 ? count : 1024;
  const parts: tf.Tensor[] = [];
  const join = (): void => {
    const [x, y] = [parts.pop()!, parts.pop()!];
    parts.push(tf.add(x, y));
    tf.dispose([x, y]);
  };
  for (let block = 0; block * step < count; block++) {
    const [from, to] = [block * step, Math.min((block + 1) * step, count)];
    const [left, right] = [rowsOf(a, from, to), rowsOf(b, from, to)];
    const turned = tf.transpose(left, order);
    parts.push(tf.matMul(turned, right));
    tf.dispose([left, right, turned]);
    // As many joins as block + 1 has factors of two: parts then stand for ever fewer, ever longer runs of blocks.
    for (let n = block + 1; n % 2 === 0; n /= 2) join();
  }
  while (parts.length > 1) join();
  return parts[0]!;
}

/** a b for a […, p, n] and b […, n, q], n of any length. */
export function matrixProduct(a: tf.Tensor, b: tf.Tensor): tf.Tensor {
  const count = b.shape.at(-2)!;
  if (a.size === 0 || b.size === 0) return tf.zeros([...a.shape.slice(0, -1), b.shape.at(-1)!]);
  if (count <= 4096) return tf.matMul(a, b);
  const turned = tf.transpose(a, a.shape.length === 2 ? [1, 0] : [0, 2, 1]);
  const result = rowsProduct(turned, b);
  turned.dispose();
  return result;
}
