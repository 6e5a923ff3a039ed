// Reverse-mode rules of the linear algebra routines (Giles 2008, "Collected matrix derivative results"; Murray 2016 for
// Cholesky). In: arguments, results and adjoints (null: zero) as Values. Out: one adjoint per argument, null where zero.
// Matrices that a routine reads as (A + Aᵀ)/2 get symmetric adjoints.
import { InternalError } from '../../diagnostics/diagnostic.ts';
import type { Builder, Value } from '../builder.ts';
import { constant, product, subtract } from '../dims.ts';
import type { RoutineName } from '../routines.ts';

type Adjoints = readonly (Value | null)[];
type Gradient = (b: Builder, args: readonly Value[], outs: readonly Value[], adjoints: Adjoints) => Adjoints;

/** Transposes the last two axes. */
const matrixTranspose = (b: Builder, a: Value): Value => {
  const rank = a.shape.length;
  return b.transpose(a, [...Array(rank - 2).keys(), rank - 1, rank - 2]);
};
const symmetrise = (b: Builder, a: Value): Value => b.mul(b.add(a, matrixTranspose(b, a)), 0.5);

/** Keeps the lower triangle; `diagonal` scales the diagonal. */
const lower = (b: Builder, a: Value, diagonal: number): Value => {
  const rank = a.shape.length;
  const shape = a.shape.map((d, i) => (i < rank - 2 ? constant(1) : d));
  const [row, column] = [b.iota(shape, rank - 2, 'int'), b.iota(shape, rank - 1, 'int')];
  return b.select(b.gt(row, column), a, b.select(b.eq(row, column), b.mul(a, diagonal), 0));
};

/** A scalar per matrix, with two axes of length 1. */
const perMatrix = (b: Builder, a: Value): Value => b.unsqueeze(a, [a.shape.length, a.shape.length + 1]);

const outer = (b: Builder, x: Value, y: Value): Value =>
  b.mul(b.unsqueeze(x, [x.shape.length]), b.unsqueeze(y, [y.shape.length - 1]));

/** The previous step's vector along the second to last axis, zeros at the first step. */
const previous = (b: Builder, x: Value): Value => {
  const at = x.shape.length - 2;
  const kept = b.sliceAxis(x, at, constant(0), subtract(x.shape[at]!, constant(1)));
  return b.pad(
    kept,
    x.shape.map((_, i) => constant(i === at ? 1 : 0)),
    x.shape.map(() => constant(0)),
  );
};

const triangular =
  (transposed: boolean): Gradient =>
  (b, [l], [x], [g]) => {
    if (g === null || g === undefined) return [null, null];
    const right = b.routine(transposed ? 'triangular-solve' : 'triangular-solve-transposed', l!, g)[0]!;
    const matrix = transposed ? b.matmul(x!, matrixTranspose(b, right)) : b.matmul(right, matrixTranspose(b, x!));
    return [b.neg(lower(b, matrix, 1)), right];
  };

export const routineGradients: Readonly<Record<RoutineName, Gradient>> = {
  cholesky: (b, _args, [l], [g]) => {
    if (g === null || g === undefined) return [null];
    const middle = lower(b, b.matmul(matrixTranspose(b, l!), lower(b, g, 1)), 0.5);
    const left = b.routine('triangular-solve-transposed', l!, middle)[0]!;
    return [symmetrise(b, b.routine('triangular-solve-transposed', l!, matrixTranspose(b, left))[0]!)];
  },
  'triangular-solve': triangular(false),
  'triangular-solve-transposed': triangular(true),
  solve: (b, [a], [x], [g]) => {
    if (g === null || g === undefined) return [null, null];
    const right = b.routine('solve', matrixTranspose(b, a!), g)[0]!;
    return [b.neg(b.matmul(right, matrixTranspose(b, x!))), right];
  },
  inverse: (b, _args, [x], [g]) => {
    if (g === null || g === undefined) return [null];
    const transposed = matrixTranspose(b, x!);
    return [b.neg(b.matmul(b.matmul(transposed, g), transposed))];
  },
  'log-abs-det': (b, [a], _outs, [g]) => {
    if (g === null || g === undefined) return [null];
    return [b.mul(perMatrix(b, g), matrixTranspose(b, b.routine('inverse', a!)[0]!))];
  },
  eigh: (b, _args, [values, vectors], [gValues, gVectors]) => {
    const v = vectors!;
    const rank = v.shape.length;
    const n = v.shape[rank - 1]!;
    const transposed = matrixTranspose(b, v);
    let inner: Value | null = null;
    if (gValues)
      inner = b.mul(
        b.unsqueeze(gValues, [rank - 1]),
        b.reshape(b.eye(n), [...v.shape.slice(0, -2).map(() => constant(1)), n, n]),
      );
    if (gVectors) {
      // F[i, j] = 1 / (λ[j] - λ[i]); equal eigenvalues (the diagonal too) have no derivative of their vectors: 0.
      const gap = b.sub(b.unsqueeze(values!, [rank - 2]), b.unsqueeze(values!, [rank - 1]));
      const same = b.eq(gap, 0);
      const rotation = b.select(same, 0, b.div(b.matmul(transposed, gVectors), b.select(same, 1, gap)));
      inner = inner === null ? rotation : b.add(inner, rotation);
    }
    return [inner === null ? null : symmetrise(b, b.matmul(b.matmul(v, inner), transposed))];
  },
  sort: (b, [v], [, permutation], [g]) => {
    if (g === null || g === undefined) return [null];
    const n = v!.shape.at(-1)!;
    const batch = product(v!.shape.slice(0, -1));
    const rows = b.mul(b.iota([batch, constant(1)], 0, 'int'), b.cast(b.dim(n), 'int'));
    const flat = b.reshape(b.add(b.reshape(permutation!, [batch, n]), rows), [product(v!.shape)]);
    return [b.reshape(b.scatterAdd(b.reshape(g, [product(v!.shape)]), flat, 0, product(v!.shape)), v!.shape)];
  },
  'block-tridiagonal': (b, [diagonal, below], [x, , covariance, cross], [gX, gLogDet, gCovariance, gCross]) => {
    if (gCovariance || gCross)
      throw new InternalError(
        'block-tridiagonal: the covariance blocks have no derivative; differentiate log det or x instead',
      );
    let toDiagonal: Value | null = null;
    let toBelow: Value | null = null;
    let toRight: Value | null = null;
    if (gX) {
      // x = A⁻¹ b: with z = A⁻¹ ḡ the adjoint of A is -z xᵀ, and E stands in A twice.
      const z = b.routine('block-tridiagonal', diagonal!, below!, gX)[0]!;
      toRight = z;
      toDiagonal = b.neg(symmetrise(b, outer(b, z, x!)));
      toBelow = b.neg(b.add(outer(b, z, previous(b, x!)), outer(b, x!, previous(b, z))));
    }
    if (gLogDet) {
      const rank = gLogDet.shape.length;
      const weight = b.unsqueeze(gLogDet, [rank, rank + 1, rank + 2]);
      const d = b.mul(weight, covariance!);
      const e = b.mul(b.mul(weight, cross!), 2);
      toDiagonal = toDiagonal === null ? d : b.add(toDiagonal, d);
      toBelow = toBelow === null ? e : b.add(toBelow, e);
    }
    return [toDiagonal, toBelow, toRight];
  },
};
