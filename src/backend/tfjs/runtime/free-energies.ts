// Free energies of two operands by way of scaled exponentials and matrix products, and their gradients. Operands have two
// axes, or three of which the first is a batch. β is left out where it is 1. Out: new tensors; arguments are left alone.
import * as tf from '@tensorflow/tfjs-core';
import { isNear, peek } from './indexing.ts';
import { matrixProduct } from './products.ts';
import { minAxis, sumAxis } from './reductions.ts';

/** Least and largest number of a tensor that is not empty. NaN is passed over. */
export async function rangeOf(x: tf.Tensor): Promise<[number, number]> {
  if (!isNear()) {
    const [low, high] = [tf.min(x), tf.max(x)];
    const range: [number, number] = [(await low.data())[0]!, (await high.data())[0]!];
    tf.dispose([low, high]);
    return range;
  }
  let [least, largest] = [Infinity, -Infinity];
  for (const value of await peek(x)) {
    if (value < least) least = value;
    if (value > largest) largest = value;
  }
  return [least, largest];
}

export function scaledBy(x: tf.Tensor, beta: tf.Tensor | undefined): tf.Tensor {
  return beta === undefined ? x : tf.mul(x, beta);
}

/** Halves of the first axis, or of the second where the first has length 1. */
export function halves(x: tf.Tensor, axis: number): [tf.Tensor, tf.Tensor] {
  const half = Math.ceil(x.shape[axis]! / 2);
  const from = x.shape.map(() => 0);
  return [
    tf.slice(x, from, x.shape.with(axis, half)),
    tf.slice(x, from.with(axis, half), x.shape.with(axis, x.shape[axis]! - half)),
  ];
}

/** The least entries along an axis, which stays with length 1, and exp(-β (x - least)). */
export async function weightsAlong(axis: number, x: tf.Tensor, beta?: tf.Tensor): Promise<[tf.Tensor, tf.Tensor]> {
  const least = minAxis(x, axis, true);
  if (x.size === 0) return [least, tf.clone(x)];
  if (!isNear()) return [least, tf.tidy(() => tf.exp(scaledBy(tf.sub(least, x), beta)))];
  const scale = beta === undefined ? 1 : (await peek(beta))[0]!;
  const [values, lowest] = [await peek(x), await peek(least)];
  const weights = new Float32Array(x.size);
  const [count, width] = [x.shape[axis]!, x.shape.slice(axis + 1).reduce((product, length) => product * length, 1)];
  for (let from = 0, low = 0; from < weights.length; low += width)
    for (let k = 0; k < count; k++, from += width)
      for (let j = 0; j < width; j++) weights[from + j] = Math.exp(scale * (lowest[low + j]! - values[from + j]!));
  return [least, tf.tensor(weights, x.shape)];
}

/** Of a […, p, n], along n. */
export function rowWeights(a: tf.Tensor, beta?: tf.Tensor): Promise<[tf.Tensor, tf.Tensor]> {
  return weightsAlong(a.shape.length - 1, a, beta);
}

/** Of b […, n, q], along n. */
export function columnWeights(b: tf.Tensor, beta?: tf.Tensor): Promise<[tf.Tensor, tf.Tensor]> {
  return weightsAlong(b.shape.length - 2, b, beta);
}

/** -1/β log Σ_k exp(-β (a[batch, i, k] + b[batch, k, j])), term by term, in blocks that bound the memory. */
export function softMinExact(a: tf.Tensor, b: tf.Tensor, beta?: tf.Tensor): tf.Tensor {
  const [batch, p, n] = a.shape as [number, number, number];
  const q = b.shape[2]!;
  return tf.tidy(() => {
    if (batch * p * n * q > 2 ** 24 && (batch > 1 || p > 1)) {
      const axis = batch > 1 ? 0 : 1;
      const [left, right] = [halves(a, axis), axis === 0 ? halves(b, 0) : [b, b]];
      return tf.concat(
        left.map((part, i) => softMinExact(part, right[i]!, beta)),
        axis,
      );
    }
    const sum = tf.add(tf.reshape(a, [batch, p, n, 1]), tf.reshape(b, [batch, 1, n, q]));
    const least = tf.min(sum, 2, true);
    const total = tf.sum(tf.exp(scaledBy(tf.sub(least, sum), beta)), 2);
    const entropy = beta === undefined ? tf.log(total) : tf.div(tf.log(total), beta);
    return tf.sub(tf.reshape(least, total.shape), entropy);
  });
}

/** The same from the scaled exponentials: `product` = Σ_k exp(-β (a - leastA)) exp(-β (b - leastB)), as a matrix product.
 *  Entries that underflow are computed term by term instead, unless nothing allowed (< 1e29) contributes to them. At
 *  most 1e30. */
export async function softMinProduct(
  product: tf.Tensor,
  leastA: tf.Tensor,
  leastB: tf.Tensor,
  a: tf.Tensor,
  b: tf.Tensor,
  beta?: tf.Tensor,
): Promise<tf.Tensor> {
  if (product.size === 0) return tf.clone(product);
  const [least] = await rangeOf(product);
  if (least < 1e-30) {
    const lost = tf.tidy(() => {
      const limit = tf.scalar(1e29);
      const allowed = matrixProduct(tf.cast(tf.less(a, limit), 'float32'), tf.cast(tf.less(b, limit), 'float32'));
      const low = tf.cast(tf.less(product, tf.scalar(1e-30)), 'float32');
      return tf.max(tf.mul(allowed, low));
    });
    const underflow = (await lost.data())[0]! > 0;
    lost.dispose();
    if (underflow)
      return tf.tidy(() => {
        const [left, right] = [a, b].map((x) => tf.reshape(x, [x.rank === 3 ? x.shape[0]! : 1, ...x.shape.slice(-2)]));
        return tf.minimum(tf.reshape(softMinExact(left!, right!, beta), product.shape), 1e30);
      });
  }
  if (isNear()) {
    const scale = beta === undefined ? 1 : (await peek(beta))[0]!;
    const [total, rows, columns] = [await peek(product), await peek(leastA), await peek(leastB)];
    const energies = new Float32Array(product.size);
    const width = product.shape.at(-1)!;
    eachCell(product.shape, (cell, row, column) => {
      for (let j = 0; j < width; j++) {
        const sum = total[cell + j]!;
        const energy = rows[row]! + columns[column + j]! - Math.log(sum) / scale;
        energies[cell + j] = sum < 1e-30 || energy > 1e30 ? 1e30 : energy;
      }
    });
    return tf.tensor(energies, product.shape);
  }
  return tf.tidy(() => {
    const log = tf.log(product);
    const energy = tf.sub(tf.add(leastA, leastB), beta === undefined ? log : tf.div(log, beta));
    const barred = tf.where(tf.less(product, tf.scalar(1e-30)), tf.fill(product.shape, 1e30), energy);
    return tf.minimum(barred, 1e30);
  });
}

/** The rows of a table [batch, p, q] or [p, q]: where each begins, and the places of its entries of tables [batch, p, 1] and
 *  [batch, 1, q]. An operation of tfjs on a small table takes as long as two such loops over it. */
export function eachCell(shape: number[], visit: (cell: number, row: number, column: number) => void): void {
  const [p, q] = shape.slice(-2) as [number, number];
  const batch = shape.length === 3 ? shape[0]! : 1;
  for (let row = 0; row < batch * p; row++) visit(row * q, row, Math.floor(row / p) * q);
}

/** g exp(β (out - leastX - leastY)): what the adjoint g of a free energy gives to a pair of scaled exponentials. NaN
 *  throughout where that overflows for a g that is not 0. */
export async function gibbsRatio(
  g: tf.Tensor,
  out: tf.Tensor,
  leastX: tf.Tensor,
  leastY: tf.Tensor,
  beta?: tf.Tensor,
): Promise<tf.Tensor> {
  if (out.size === 0) return tf.clone(out);
  const limit = 60;
  if (isNear()) {
    const scale = beta === undefined ? 1 : (await peek(beta))[0]!;
    const [adjoint, free, rows, columns] = [await peek(g), await peek(out), await peek(leastX), await peek(leastY)];
    const ratio = new Float32Array(out.size);
    const width = out.shape.at(-1)!;
    let lost = false;
    eachCell(out.shape, (cell, row, column) => {
      for (let j = 0; j < width; j++) {
        const exponent = scale * (free[cell + j]! - rows[row]! - columns[column + j]!);
        if (exponent > limit && adjoint[cell + j]! !== 0) lost = true;
        ratio[cell + j] = adjoint[cell + j]! * Math.exp(exponent > limit ? limit : exponent);
      }
    });
    return lost ? tf.fill(out.shape, NaN) : tf.tensor(ratio, out.shape);
  }
  const exponent = tf.tidy(() => scaledBy(tf.sub(tf.sub(out, leastX), leastY), beta));
  let bounded = exponent;
  if ((await rangeOf(exponent))[1] > limit) {
    const lost = tf.tidy(() => tf.mul(tf.abs(g), tf.cast(tf.greater(exponent, limit), 'float32')));
    const [, most] = await rangeOf(lost);
    lost.dispose();
    if (most > 0) {
      exponent.dispose();
      return tf.fill(out.shape, NaN);
    }
    bounded = tf.minimum(exponent, limit);
    exponent.dispose();
  }
  const weight = tf.exp(bounded);
  const ratio = tf.mul(g, weight);
  tf.dispose([bounded, weight]);
  return ratio;
}

/** Σ g exp(β (out - x - y)) by its terms over [batch, p, n, q]: onto x [batch, p, n] or onto y [batch, n, q]. */
export function gibbsExact(
  ontoX: boolean,
  g: tf.Tensor,
  out: tf.Tensor,
  x: tf.Tensor,
  y: tf.Tensor,
  beta?: tf.Tensor,
): tf.Tensor {
  const [batch, p, n] = x.shape as [number, number, number];
  const q = y.shape[2]!;
  return tf.tidy(() => {
    if (batch * p * n * q > 2 ** 24 && (batch > 1 || p > 1)) {
      const axis = batch > 1 ? 0 : 1;
      const ys = axis === 0 ? halves(y, 0) : [y, y];
      const [gs, outs, xs] = [halves(g, axis), halves(out, axis), halves(x, axis)];
      const [first, second] = [0, 1].map((i) => gibbsExact(ontoX, gs[i]!, outs[i]!, xs[i]!, ys[i]!, beta)) as [
        tf.Tensor,
        tf.Tensor,
      ];
      return ontoX || axis === 0 ? tf.concat([first, second], axis) : tf.add(first, second);
    }
    const total = tf.add(tf.reshape(x, [batch, p, n, 1]), tf.reshape(y, [batch, 1, n, q]));
    const weight = tf.exp(scaledBy(tf.sub(tf.reshape(out, [batch, p, 1, q]), total), beta));
    return sumAxis(tf.mul(tf.reshape(g, [batch, p, 1, q]), weight), ontoX ? 3 : 1);
  });
}

/** The sum onto one operand from the ratio: its own scaled exponential `own` times a product with the other's. */
export async function gibbsSum(
  ontoX: boolean,
  ratio: tf.Tensor,
  own: tf.Tensor,
  turned: tf.Tensor,
  terms: readonly [tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor],
  beta?: tf.Tensor,
): Promise<tf.Tensor> {
  if (own.size === 0 || ratio.size === 0) return tf.zeros(own.shape);
  if (Number.isNaN((await peek(ratio))[0]!))
    return tf.tidy(() => {
      const [g, out, x, y] = terms.map((t) =>
        tf.reshape(t, [t.rank === 3 ? t.shape[0]! : 1, ...t.shape.slice(-2)]),
      ) as [tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor];
      return tf.reshape(gibbsExact(ontoX, g, out, x, y, beta), own.shape);
    });
  const product = ontoX ? matrixProduct(ratio, turned) : matrixProduct(turned, ratio);
  const sum = tf.mul(own, product);
  product.dispose();
  return sum;
}

/** Σ g exp(β (out - x - y)) onto x […, p, n]; `weight` = exp(-β (x - leastX)), `turned` that of y, transposed [q, n]. */
export function gibbsLeft(
  ratio: tf.Tensor,
  weight: tf.Tensor,
  turned: tf.Tensor,
  g: tf.Tensor,
  out: tf.Tensor,
  x: tf.Tensor,
  y: tf.Tensor,
  beta?: tf.Tensor,
): Promise<tf.Tensor> {
  return gibbsSum(true, ratio, weight, turned, [g, out, x, y], beta);
}

/** The same onto y […, n, q]; `weight` = exp(-β (y - leastY)), `turned` that of x, transposed [n, p]. */
export function gibbsRight(
  ratio: tf.Tensor,
  weight: tf.Tensor,
  turned: tf.Tensor,
  g: tf.Tensor,
  out: tf.Tensor,
  x: tf.Tensor,
  y: tf.Tensor,
  beta?: tf.Tensor,
): Promise<tf.Tensor> {
  return gibbsSum(false, ratio, weight, turned, [g, out, x, y], beta);
}
