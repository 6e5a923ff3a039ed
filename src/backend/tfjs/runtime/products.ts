// Matrix products that stay right and fast where tf.matMul alone does not. Operands have two axes, or three of which the
// first is a batch. Out: a new tensor; arguments are left alone.
import * as tf from '@tensorflow/tfjs-core';

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

/** aᵀ b for a […, n, p] and b […, n, q], n of any length: over more than 4,096 rows it adds up products of blocks of
 *  1,024 in a binary tree, because float32 sums lose digits with their length; over none it is 0. */
export function rowsProduct(a: tf.Tensor, b: tf.Tensor): tf.Tensor {
  const count = a.shape.at(-2)!;
  if (a.size === 0 || b.size === 0) return tf.zeros([...a.shape.slice(0, -2), a.shape.at(-1)!, b.shape.at(-1)!]);
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

/** -1/β log Σ_k exp(-β (a[…, i, k] + b[…, k, j])), term by term, in blocks that bound the memory. */
export function softMinExact(a: tf.Tensor, b: tf.Tensor, beta: tf.Tensor): tf.Tensor {
  const rank = a.shape.length;
  const [p, n] = a.shape.slice(-2) as [number, number];
  const q = b.shape.at(-1)!;
  const batch = rank === 3 ? a.shape[0]! : 1;
  if (batch * p * n * q > 2 ** 24 && (batch > 1 || p > 1)) {
    const byBatch = batch > 1;
    const half = Math.ceil((byBatch ? batch : p) / 2);
    const part = (x: tf.Tensor, from: number, count: number, whole: boolean): tf.Tensor =>
      whole
        ? tf.clone(x)
        : tf.slice(x, [...(byBatch || rank === 2 ? [] : [0]), from], [...(byBatch || rank === 2 ? [] : [-1]), count]);
    const results = [
      [0, half],
      [half, (byBatch ? batch : p) - half],
    ].map(([from, count]) => {
      const [left, right] = [part(a, from!, count!, false), part(b, from!, count!, !byBatch)];
      const result = softMinExact(left, right, beta);
      tf.dispose([left, right]);
      return result;
    });
    const joined = tf.concat(results, byBatch ? 0 : rank - 2);
    tf.dispose(results);
    return joined;
  }
  return tf.tidy(() => {
    const sum = tf.add(tf.reshape(a, [batch, p, n, 1]), tf.reshape(b, [batch, 1, n, q]));
    const least = tf.min(sum, 2, true);
    const total = tf.sum(tf.exp(tf.mul(tf.sub(sum, least), tf.neg(beta))), 2);
    const result = tf.sub(tf.reshape(least, total.shape), tf.div(tf.log(total), beta));
    return tf.reshape(result, [...a.shape.slice(0, -1), q]);
  });
}

/** The same from the scaled exponentials: `product` = Σ_k exp(-β (a - leastA)) exp(-β (b - leastB)), as a matrix product.
 *  Entries that underflow are computed term by term instead, unless nothing allowed (< 1e29) contributes to them. */
export async function softMinProduct(
  product: tf.Tensor,
  leastA: tf.Tensor,
  leastB: tf.Tensor,
  a: tf.Tensor,
  b: tf.Tensor,
  beta: tf.Tensor,
): Promise<tf.Tensor> {
  if (product.size === 0) return tf.clone(product);
  const lowest = tf.min(product);
  const least = (await lowest.data())[0]!;
  lowest.dispose();
  if (least < 1e-30) {
    const lost = tf.tidy(() => {
      const limit = tf.scalar(1e29);
      const allowed = matrixProduct(tf.cast(tf.less(a, limit), 'float32'), tf.cast(tf.less(b, limit), 'float32'));
      const low = tf.cast(tf.less(product, tf.scalar(1e-30)), 'float32');
      return tf.max(tf.mul(allowed, low));
    });
    const underflow = (await lost.data())[0]! > 0;
    lost.dispose();
    if (underflow) return softMinExact(a, b, beta);
  }
  return tf.tidy(() => {
    const energy = tf.sub(tf.add(leastA, leastB), tf.div(tf.log(product), beta));
    return least < 1e-30 ? tf.where(tf.less(product, tf.scalar(1e-30)), tf.fill(product.shape, 1e30), energy) : energy;
  });
}
