// Matrix products that stay right and fast where tf.matMul alone does not. Operands have two axes, or three of which the
// first is a batch. Out: a new tensor; arguments are left alone.
import * as tf from '@tensorflow/tfjs-core';
import { isNear, oneHotRows, peek } from './indexing.ts';
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

/** Σ of partial products, of rows from..to, in a binary tree over blocks of 1,000 rows: float32 sums lose digits with their
 *  length. Up to 4,096 rows are one block. (1,024 rows take tf.transpose up to twenty times as long: they meet in the cache.) */
export function treeSum(count: number, partial: (from: number, to: number) => tf.Tensor): tf.Tensor {
  const step = count <= 4096 ? count : 1000;
  const parts: tf.Tensor[] = [];
  const join = (): void => {
    const [x, y] = [parts.pop()!, parts.pop()!];
    parts.push(tf.add(x, y));
    tf.dispose([x, y]);
  };
  for (let block = 0; block * step < count; block++) {
    parts.push(partial(block * step, Math.min((block + 1) * step, count)));
    // As many joins as block + 1 has factors of two: parts then stand for ever fewer, ever longer runs of blocks.
    for (let n = block + 1; n % 2 === 0; n /= 2) join();
  }
  while (parts.length > 1) join();
  return parts[0]!;
}

/** aᵀ b for a […, n, p] and b […, n, q], n of any length; over none it is 0. */
export function rowsProduct(a: tf.Tensor, b: tf.Tensor): tf.Tensor {
  const count = a.shape.at(-2)!;
  if (a.size === 0 || b.size === 0) return tf.zeros([...a.shape.slice(0, -2), a.shape.at(-1)!, b.shape.at(-1)!]);
  if (count > 4096 && !isNear()) return blockProducts(a, b);
  const order = a.shape.length === 2 ? [1, 0] : [0, 2, 1];
  // The right operand of a product is packed anew each time, which takes wasm longer than turning the left one.
  const [wide, narrow] = a.shape.at(-1)! < b.shape.at(-1)! ? [b, a] : [a, b];
  const total = treeSum(count, (from, to) => {
    const [left, right] = [rowsOf(wide, from, to), rowsOf(narrow, from, to)];
    const turned = tf.transpose(left, order);
    const product = tf.matMul(turned, right);
    tf.dispose([left, right, turned]);
    return product;
  });
  if (wide === a) return total;
  const result = tf.transpose(total, order);
  total.dispose();
  return result;
}

/** Σ_n a[n, k, p] b[n, k, q] as [k, p, q], n of any length; over none it is 0. Rows come first, so that blocks of them lie
 *  together: cut out of [k, n, p], each would be a copy of the whole. */
export function batchRowsProduct(a: tf.Tensor, b: tf.Tensor): tf.Tensor {
  const [count, batch, p] = a.shape as [number, number, number];
  const q = b.shape[2]!;
  if (a.size === 0 || b.size === 0) return tf.zeros([batch, p, q]);
  if (count > 4096 && !isNear())
    return tf.tidy(() => blockProducts(tf.transpose(a, [1, 0, 2]), tf.transpose(b, [1, 0, 2])));
  return tf.tidy(() => {
    const [left, right] = [tf.reshape(a, [count, batch * p]), tf.reshape(b, [count, batch * q])];
    return treeSum(count, (from, to) =>
      tf.tidy(() => {
        const turned = tf.transpose(tf.reshape(rowsOf(left, from, to), [to - from, batch, p]), [1, 2, 0]);
        const rows = tf.transpose(tf.reshape(rowsOf(right, from, to), [to - from, batch, q]), [1, 0, 2]);
        return tf.matMul(turned, rows);
      }),
    );
  });
}

/** Sums of rows [n, q] by group, at[n] of them, as [groups, q]. The host adds, in float64; where tensors are far from it, a
 *  product with the one-hot table of groups does. */
export async function groupSums(rows: tf.Tensor, at: tf.Tensor, groups: number): Promise<tf.Tensor> {
  const [count, width] = rows.shape as [number, number];
  if (rows.size === 0 || groups === 0) return tf.zeros([groups, width]);
  if (!isNear()) return tf.tidy(() => rowsProduct(oneHotRows(at, groups), rows));
  const [values, group] = [await peek(rows), await peek(at)];
  const sums = new Float64Array(groups * width);
  for (let i = 0; i < count; i++) {
    const [from, to] = [i * width, group[i]! * width];
    for (let j = 0; j < width; j++) sums[to + j]! += values[from + j]!;
  }
  return tf.tensor(Float32Array.from(sums), [groups, width]);
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
