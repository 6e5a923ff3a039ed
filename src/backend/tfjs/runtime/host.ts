// Work that runs on the host in float64 because no tfjs backend has it: linear algebra, sorting, special functions, random
// numbers. In: tensors. Out: new tensors in float32; leading axes are a batch.
import * as tf from '@tensorflow/tfjs-core';
import { blockTridiagonal } from '../../../tensor/host-routines/block-tridiagonal.ts';
import { cholesky, triangularSolve } from '../../../tensor/host-routines/cholesky.ts';
import { eigh } from '../../../tensor/host-routines/eigh.ts';
import { inverse, logAbsDet, solve } from '../../../tensor/host-routines/lu.ts';
import { sortRows } from '../../../tensor/host-routines/sort.ts';
import { digamma, lgamma, logBesselI0 } from '../../../tensor/special-functions.ts';
import { fillRandom } from '../../../tensor/threefry.ts';

export async function toHost(x: tf.Tensor): Promise<Float64Array> {
  return Float64Array.from(await x.data());
}

export function toTensor(data: Float64Array, shape: number[]): tf.Tensor {
  return tf.tensor(Float32Array.from(data), shape, 'float32');
}

/** Numbers of counter (step, element) under key (seed, id). */
export async function randomTensor(
  seed: tf.Tensor,
  step: tf.Tensor,
  distribution: 'uniform' | 'normal',
  id: number,
  shape: number[],
): Promise<tf.Tensor> {
  const data = new Float32Array(shape.reduce((a, b) => a * b, 1));
  fillRandom(distribution, data, (await seed.data())[0]!, id, (await step.data())[0]!);
  return tf.tensor(data, shape, 'float32');
}

export async function mapLgamma(x: tf.Tensor): Promise<tf.Tensor> {
  return toTensor((await toHost(x)).map(lgamma), x.shape);
}
export async function mapDigamma(x: tf.Tensor): Promise<tf.Tensor> {
  return toTensor((await toHost(x)).map(digamma), x.shape);
}
export async function mapLogBesselI0(x: tf.Tensor): Promise<tf.Tensor> {
  return toTensor((await toHost(x)).map(logBesselI0), x.shape);
}

/** Relative to the diagonal, what is left of a pivot whose digits are all rounding of float32: four units in the last place. */
const leastPivot = 2.5e-7;

/** Lower factor of matrices [batch, n, n]; NaN throughout where not positive definite. */
export async function runCholesky(a: tf.Tensor): Promise<tf.Tensor> {
  const [batch, n] = a.shape as [number, number];
  return toTensor(cholesky(await toHost(a), batch, n, leastPivot), a.shape);
}
/** L⁻¹ B for L [batch, n, n] lower and B [batch, n, m]. */
export async function runTriangularSolve(l: tf.Tensor, b: tf.Tensor): Promise<tf.Tensor> {
  const [batch, n, m] = b.shape as [number, number, number];
  return toTensor(triangularSolve(await toHost(l), await toHost(b), batch, n, m, false), b.shape);
}
/** L⁻ᵀ B. */
export async function runTriangularSolveTransposed(l: tf.Tensor, b: tf.Tensor): Promise<tf.Tensor> {
  const [batch, n, m] = b.shape as [number, number, number];
  return toTensor(triangularSolve(await toHost(l), await toHost(b), batch, n, m, true), b.shape);
}
/** A⁻¹ B for A [batch, n, n] and B [batch, n, m]. */
export async function runSolve(a: tf.Tensor, b: tf.Tensor): Promise<tf.Tensor> {
  const [batch, n, m] = b.shape as [number, number, number];
  return toTensor(solve(await toHost(a), await toHost(b), batch, n, m), b.shape);
}
/** A⁻¹ of matrices [batch, n, n]. */
export async function runInverse(a: tf.Tensor): Promise<tf.Tensor> {
  const [batch, n] = a.shape as [number, number];
  return toTensor(inverse(await toHost(a), batch, n), a.shape);
}
/** log |det A| [batch]. */
export async function runLogAbsDet(a: tf.Tensor): Promise<tf.Tensor> {
  const [batch, n] = a.shape as [number, number];
  return toTensor(logAbsDet(await toHost(a), batch, n), [batch]);
}
/** Eigenvalues ascending [batch, n] and vectors in columns [batch, n, n] of symmetric matrices. */
export async function runEigh(a: tf.Tensor): Promise<[tf.Tensor, tf.Tensor]> {
  const [batch, n] = a.shape as [number, number];
  const { values, vectors } = eigh(await toHost(a), batch, n);
  return [toTensor(values, [batch, n]), toTensor(vectors, a.shape)];
}
/** Rows [batch, n] ascending, and the permutation that sorts them. */
export async function runSort(v: tf.Tensor): Promise<[tf.Tensor, tf.Tensor]> {
  const [batch, n] = v.shape as [number, number];
  const { values, permutation } = sortRows(await toHost(v), batch, n);
  return [toTensor(values, v.shape), tf.tensor(permutation, v.shape, 'int32')];
}
/** Symmetric block-tridiagonal systems: solution, log det A, covariance blocks [t, t] and [t, t-1]. */
export async function runBlockTridiagonal(
  diagonal: tf.Tensor,
  below: tf.Tensor,
  right: tf.Tensor,
): Promise<[tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor]> {
  const [batch, steps, d] = right.shape as [number, number, number];
  const result = blockTridiagonal(
    await toHost(diagonal),
    await toHost(below),
    await toHost(right),
    batch,
    steps,
    d,
    leastPivot,
  );
  return [
    toTensor(result.x, right.shape),
    toTensor(result.logDet, [batch]),
    toTensor(result.covariance, diagonal.shape),
    toTensor(result.crossCovariance, diagonal.shape),
  ];
}
