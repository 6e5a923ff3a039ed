// Rough operation counts of the routines. In: shapes of the first and last argument. Out: a polynomial of sizes.
import { add, multiply, product, scale, type Dim } from './dims.ts';
import type { RoutineName } from './routines.ts';

type Flops = (first: readonly Dim[], last: readonly Dim[]) => Dim;

/** batch · n³ · factor for square matrices. */
const cubic =
  (factor: number): Flops =>
  (a) =>
    scale(multiply(product(a), a.at(-1)!), factor);
/** batch · n² · m · factor for right-hand sides [n, m]. */
const perColumn =
  (factor: number): Flops =>
  (a, b) =>
    scale(multiply(product(a), b.at(-1)!), factor);

export const routineFlops: Readonly<Record<RoutineName, Flops>> = {
  cholesky: cubic(1),
  'triangular-solve': perColumn(1),
  'triangular-solve-transposed': perColumn(1),
  solve: (a, b) => add(cubic(1)(a, b), perColumn(2)(a, b)),
  inverse: cubic(3),
  'log-abs-det': cubic(1),
  eigh: cubic(9),
  // log n is taken as 20.
  sort: (v) => scale(product(v), 20),
  'block-tridiagonal': cubic(12),
};
