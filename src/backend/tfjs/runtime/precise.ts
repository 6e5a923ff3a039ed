// Elementwise functions that are right everywhere. WebGPU's standard lets sin and cos be off by 2⁻¹¹, says nothing of log 0,
// and tfjs computes exp(x) - 1 and integers in float32 there (https://www.w3.org/TR/WGSL/#floating-point-accuracy). In: a
// tensor. Out: a new tensor; arguments are left alone.
import * as tf from '@tensorflow/tfjs-core';
import { moduloNumber } from './numbers.ts';

/** Whether tfjs computes on WebGPU. */
export function onWebgpu(): boolean {
  return tf.getBackend() === 'webgpu';
}

/** A polynomial by Horner's rule, highest coefficient first. */
export function polynomial(x: tf.Tensor, coefficients: readonly number[]): tf.Tensor {
  const [first, ...rest] = coefficients as [number, ...number[]];
  let value: tf.Tensor = tf.fill(x.shape, first);
  for (const coefficient of rest) value = tf.add(tf.mul(value, x), coefficient);
  return value;
}

/** sin(x + shift π/2): x less the nearest multiple of π/2, in three parts of few bits each (Cody and Waite 1980), then sinf or
 *  cosf of the Cephes library (Moshier 1989), within 2 units in the last place for |x| < 8192. */
export function quarterTurns(x: tf.Tensor, shift: number): tf.Tensor {
  return tf.tidy(() => {
    const turns = tf.round(tf.mul(x, 2 / Math.PI));
    let rest = x;
    for (const part of [1.5703125, 4.837512969970703e-4, 7.549789948768648e-8])
      rest = tf.sub(rest, tf.mul(turns, part));
    const z = tf.square(rest);
    const sine = tf.add(rest, tf.mul(tf.mul(rest, z), polynomial(z, [-1.9515295891e-4, 8.3321608736e-3, -1.6666654611e-1]))); // prettier-ignore
    const cosine = tf.add(
      tf.mul(tf.square(z), polynomial(z, [2.443315711809948e-5, -1.388731625493765e-3, 4.166664568298827e-2])),
      tf.sub(1, tf.mul(z, 0.5)),
    );
    const shifted = tf.add(turns, shift);
    const quadrant = tf.sub(shifted, tf.mul(tf.floor(tf.div(shifted, 4)), 4));
    const odd = tf.sub(quadrant, tf.mul(tf.floor(tf.div(quadrant, 2)), 2));
    const sign = tf.sub(1, tf.mul(tf.floor(tf.div(quadrant, 2)), 2));
    return tf.mul(sign, tf.where(tf.greater(odd, 0.5), cosine, sine));
  });
}

export function sine(x: tf.Tensor): tf.Tensor {
  return onWebgpu() ? quarterTurns(x, 0) : tf.sin(x);
}
export function cosine(x: tf.Tensor): tf.Tensor {
  return onWebgpu() ? quarterTurns(x, 1) : tf.cos(x);
}
export function tangent(x: tf.Tensor): tf.Tensor {
  return onWebgpu() ? tf.tidy(() => tf.div(quarterTurns(x, 0), quarterTurns(x, 1))) : tf.tan(x);
}

/** exp(x) - 1. On WebGPU Taylor's series up to |x| = ½, whose first term left out is 3e-9 of x. */
export function expMinusOne(x: tf.Tensor): tf.Tensor {
  if (!onWebgpu()) return tf.expm1(x);
  return tf.tidy(() => {
    const series = tf.mul(x, polynomial(x, [1 / 40320, 1 / 5040, 1 / 720, 1 / 120, 1 / 24, 1 / 6, 1 / 2, 1]));
    return tf.where(tf.less(tf.abs(x), 0.5), series, tf.sub(tf.exp(x), 1));
  });
}

/** log x, -∞ at 0: WebGPU may give any number there. */
export function naturalLog(x: tf.Tensor): tf.Tensor {
  if (!onWebgpu()) return tf.log(x);
  return tf.tidy(() => tf.where(tf.equal(x, 0), tf.fill(x.shape, -Infinity), tf.log(x)));
}

export type IntegerOperation = 'add' | 'sub' | 'mul' | 'mod' | 'minimum' | 'maximum';

/** The operation of tfjs itself. */
export function roundedIntegers(a: tf.Tensor, b: tf.Tensor, operation: IntegerOperation): tf.Tensor {
  switch (operation) {
    case 'add':
      return tf.add(a, b);
    case 'sub':
      return tf.sub(a, b);
    case 'mul':
      return tf.mul(a, b);
    case 'mod':
      return tf.mod(a, b);
    case 'minimum':
      return tf.minimum(a, b);
    case 'maximum':
      return tf.maximum(a, b);
  }
}

/** Integers, exact where tfjs would round them beyond 2²⁴: the host computes, which still has the numbers of most of them. */
export async function integers(a: tf.Tensor, b: tf.Tensor, operation: IntegerOperation): Promise<tf.Tensor> {
  if (!onWebgpu()) return roundedIntegers(a, b, operation);
  const shape = tf.broadcast_util.assertAndGetBroadcastShape(a.shape, b.shape);
  const [x, y] = [(await a.data()) as Int32Array, (await b.data()) as Int32Array];
  const out = new Int32Array(shape.reduce((count, n) => count * n, 1));
  const [stridesA, stridesB] = [a, b].map((t) => broadcastStrides(t.shape, shape)) as [number[], number[]];
  const index = shape.map(() => 0);
  let [at, bt] = [0, 0];
  for (let i = 0; i < out.length; i++) {
    out[i] = integerOf(operation, x[at]!, y[bt]!);
    // The next entry in row-major order.
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      index[axis]!++;
      at += stridesA[axis]!;
      bt += stridesB[axis]!;
      if (index[axis]! < shape[axis]!) break;
      at -= stridesA[axis]! * shape[axis]!;
      bt -= stridesB[axis]! * shape[axis]!;
      index[axis] = 0;
    }
  }
  return tf.tensor(out, shape, 'int32');
}

/** Steps through a row-major tensor of `from` as it is read along every axis of `shape`: 0 where it repeats. */
export function broadcastStrides(from: readonly number[], shape: readonly number[]): number[] {
  let stride = 1;
  return shape
    .map((_, axis) => {
      const n = from[from.length - 1 - axis] ?? 1;
      const step = n === 1 ? 0 : stride;
      stride *= n;
      return step;
    })
    .reverse();
}

export function integerOf(operation: IntegerOperation, a: number, b: number): number {
  switch (operation) {
    case 'add':
      return a + b;
    case 'sub':
      return a - b;
    case 'mul':
      return Math.imul(a, b);
    case 'mod':
      return moduloNumber(a, b);
    case 'minimum':
      return Math.min(a, b);
    case 'maximum':
      return Math.max(a, b);
  }
}
