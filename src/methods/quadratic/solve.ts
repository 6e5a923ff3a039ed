// Minimises or integrates a quadratic form. In: its system and layout. Out: the minimiser by variable, the value at the
// minimum or the free energy -1/β log ∫ exp(-βE) = c + ½ g'x + (1/2β) log det(βH/2π), and variances diag (βH)⁻¹.
// The integral is the Gaussian one (Bishop 2006, 2.3); along a chain the blocks are eliminated in order (Rauch, Tung,
// Striebel 1965 in information form), O(T).
import type { Environment } from '../../lower/environment.ts';
import type { Variable } from '../../semantics/model.ts';
import type { Builder, Value } from '../../tensor/builder.ts';
import * as dims from '../../tensor/dims.ts';
import type { Layout } from './layout.ts';
import { coordinates } from './system.ts';
import type { QuadraticSystem } from './system.ts';

export interface QuadraticSolution {
  /** [batch…, (T), P]. NaN where H is not positive definite. */
  readonly minimiser: Value;
  /** Energy at the minimum, summed over the batch: a scalar. */
  readonly minimum: Value;
  /** log det H, summed over the batch. */
  readonly logDet: Value;
  /** diag H⁻¹, [batch…, (T), P]. */
  readonly variance: () => Value;
  /** Number of unknown reals, as a scalar. */
  readonly count: Value;
  /** ½ g'x and log det H for each entry of one batch axis. */
  readonly along: (axis: number) => { readonly half: Value; readonly logDet: Value };
}

export const solveQuadratic = (env: Environment, layout: Layout, system: QuadraticSystem): QuadraticSolution => {
  const b = env.builder;
  const { gradient, hessian } = system;
  const size = gradient.shape.at(-1)!;
  const count = b.dim(dims.product(gradient.shape));
  const negative = b.neg(gradient);
  const finish = (minimiser: Value, logDet: Value, variance: () => Value): QuadraticSolution => ({
    minimiser,
    minimum: b.add(system.constant, b.mul(b.constant(0.5), b.sum(b.mul(gradient, minimiser)))),
    logDet: b.sum(logDet),
    variance,
    count,
    along: (axis) => ({
      half: b.mul(b.constant(0.5), sumBut(b, b.mul(gradient, minimiser), axis)),
      logDet: sumBut(b, logDet, axis),
    }),
  });
  if (layout.chain !== null) {
    const [x, logDet, covariance] = b.routine('block-tridiagonal', hessian, system.lower!, negative) as [
      Value,
      Value,
      Value,
    ];
    return finish(x, logDet, () => diagonal(b, covariance));
  }
  if (dims.isOne(size)) {
    const h = b.reshape(hessian, gradient.shape);
    // A number is positive or it has no logarithm: NaN where it is 0 too, as for a matrix without a Cholesky factor.
    const positive = b.gt(h, 0);
    const logH = b.log(b.select(positive, h, -1));
    return finish(b.select(positive, b.div(negative, h), logH), logH, () => b.reciprocal(h));
  }
  const factor = b.routine('cholesky', hessian)[0]!;
  const column = b.reshape(negative, [...negative.shape, dims.constant(1)]);
  const half = b.routine('triangular-solve', factor, column)[0]!;
  const x = b.reshape(b.routine('triangular-solve-transposed', factor, half)[0]!, negative.shape);
  const logDet = b.mul(b.constant(2), b.sum(b.log(diagonal(b, factor)), [-1]));
  return finish(x, logDet, () => diagonal(b, b.routine('inverse', hessian)[0]!));
};

const sumBut = (b: Builder, value: Value, axis: number): Value =>
  b.sum(
    value,
    value.shape.map((_, i) => i).filter((i) => i !== axis),
  );

/** The last two axes' diagonal. */
const diagonal = (b: Builder, matrix: Value): Value => b.sum(b.mul(matrix, broadcastEye(b, matrix)), [-1]);
const broadcastEye = (b: Builder, matrix: Value): Value => {
  const n = matrix.shape.at(-1)!;
  const eye = b.eye(n);
  return b.reshape(eye, [...matrix.shape.slice(0, -2).map(() => dims.constant(1)), n, n]);
};

/** Splits [batch…, (T), P] into the whole arrays of the unknowns. */
export const splitUnknowns = (
  env: Environment,
  layout: Layout,
  variables: readonly Variable[],
  joint: Value,
): ReadonlyMap<string, Value> => {
  const b = env.builder;
  const { shared, dense, count } = coordinates(layout, variables);
  const result = new Map<string, Value>();
  let start: dims.Dim = [];
  for (const v of variables) {
    const part = variables.length === 1 ? joint : b.sliceAxis(joint, shared.length, start, count(v.name));
    start = dims.add(start, count(v.name));
    const own = dense.get(v.name)!;
    const shaped = b.reshape(part, [...shared.map((a) => a.dim), ...own.map((a) => a.dim)]);
    const names = [...shared, ...own].map((a) => a.id);
    const order = layout.axes.get(v.name)!.map((cls, i) => names.indexOf(cls ?? `${v.name}.${i}`));
    result.set(v.name, b.transpose(shaped, order));
  }
  return result;
};
