// Every routine over its host float64 code. In: argument arrays, leading axes batch. Out: result arrays.
import type { RoutineName } from '../routines.ts';
import { blockTridiagonal } from './block-tridiagonal.ts';
import { cholesky, triangularSolve } from './cholesky.ts';
import { eigh } from './eigh.ts';
import { inverse, logAbsDet, solve } from './lu.ts';
import { sortRows } from './sort.ts';

interface DenseArray {
  readonly shape: readonly number[];
  readonly data: Float64Array | Int32Array;
}
type Run = (args: readonly DenseArray[]) => readonly DenseArray[];

const numbers = (array: DenseArray): Float64Array => array.data as Float64Array;
const batchOf = (array: DenseArray, core: number): number =>
  array.shape.slice(0, array.shape.length - core).reduce((a, b) => a * b, 1);

/** Relative to the diagonal, what is left of a pivot whose digits are all rounding of float64. */
const LEAST_PIVOT = 1e-13;

const square =
  (run: (a: Float64Array, batch: number, n: number) => Float64Array): Run =>
  ([a]) => [{ shape: a!.shape, data: run(numbers(a!), batchOf(a!, 2), a!.shape.at(-1)!) }];

const solver =
  (run: (a: Float64Array, b: Float64Array, batch: number, n: number, m: number) => Float64Array): Run =>
  ([a, b]) => [
    { shape: b!.shape, data: run(numbers(a!), numbers(b!), batchOf(a!, 2), a!.shape.at(-1)!, b!.shape.at(-1)!) },
  ];

export const runRoutine: Readonly<Record<RoutineName, Run>> = {
  cholesky: square((a, batch, n) => cholesky(a, batch, n, LEAST_PIVOT)),
  'triangular-solve': solver((l, b, batch, n, m) => triangularSolve(l, b, batch, n, m, false)),
  'triangular-solve-transposed': solver((l, b, batch, n, m) => triangularSolve(l, b, batch, n, m, true)),
  solve: solver(solve),
  inverse: square(inverse),
  'log-abs-det': ([a]) => [
    { shape: a!.shape.slice(0, -2), data: logAbsDet(numbers(a!), batchOf(a!, 2), a!.shape.at(-1)!) },
  ],
  eigh: ([a]) => {
    const { values, vectors } = eigh(numbers(a!), batchOf(a!, 2), a!.shape.at(-1)!);
    return [
      { shape: a!.shape.slice(0, -1), data: values },
      { shape: a!.shape, data: vectors },
    ];
  },
  sort: ([v]) => {
    const { values, permutation } = sortRows(numbers(v!), batchOf(v!, 1), v!.shape.at(-1)!);
    return [
      { shape: v!.shape, data: values },
      { shape: v!.shape, data: permutation },
    ];
  },
  'block-tridiagonal': ([diagonal, below, right]) => {
    const [steps, d] = right!.shape.slice(-2) as [number, number];
    const result = blockTridiagonal(
      numbers(diagonal!),
      numbers(below!),
      numbers(right!),
      batchOf(right!, 2),
      steps,
      d,
      LEAST_PIVOT,
    );
    return [
      { shape: right!.shape, data: result.x },
      { shape: right!.shape.slice(0, -2), data: result.logDet },
      { shape: diagonal!.shape, data: result.covariance },
      { shape: diagonal!.shape, data: result.crossCovariance },
    ];
  },
};
