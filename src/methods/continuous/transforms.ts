// Constrained arrays from unconstrained reals, so that a descent may move freely (Stan reference manual, constraint
// transforms). In: a variable. Out: how many reals stand for it, and the map from them to its whole array and back; or why
// there is none. Maps are onto the domain's interior.
import type { Environment } from '../../lower/environment.ts';
import { lowerExpression } from '../../lower/expression.ts';
import type { Variable } from '../../semantics/model.ts';
import type { Builder, Value } from '../../tensor/builder.ts';
import type { Dim } from '../../tensor/dims.ts';
import * as dims from '../../tensor/dims.ts';
import { isUnitDeterminant } from '../parameter-steps/exponential-family.ts';
import { wholeShape } from '../../semantics/whole-shape.ts';

export interface Transform {
  /** Reals of the whole array. */
  readonly count: Dim;
  /** [count] → whole array. */
  readonly toArray: (env: Environment, free: Value) => Value;
  /** Whole array, inside the domain → [count]. */
  readonly toFree: (env: Environment, array: Value) => Value;
}

export const transformOf = (variable: Variable): Transform | string => {
  const shape = wholeShape(variable);
  const count = dims.product(shape);
  const { domain, conditions, name } = variable;
  const unit = domain.kind === 'spd' && conditions.length === 1 && isUnitDeterminant(conditions[0]!);
  if (conditions.length > 0 && !unit) return `${name} has a condition`;
  const entrywise = (
    to: (env: Environment, x: Value) => Value,
    back: (env: Environment, x: Value) => Value,
  ): Transform => ({
    count,
    toArray: (env, free) => to(env, env.builder.reshape(free, shape)),
    toFree: (env, array) => env.builder.reshape(back(env, array), [count]),
  });
  const logit = (b: Builder, p: Value): Value => b.sub(b.log(p), b.log(b.sub(1, p)));
  switch (domain.kind) {
    case 'real':
    case 'angle':
      return entrywise(
        (_, x) => x,
        (_, x) => x,
      );
    case 'positive':
      return entrywise(
        (env, x) => env.builder.exp(x),
        (env, x) => env.builder.log(x),
      );
    case 'unit':
      return entrywise(
        (env, x) => env.builder.sigmoid(x),
        (env, x) => logit(env.builder, x),
      );
    case 'interval': {
      const ends = (env: Environment): readonly [Value, Value] => {
        const from = lowerExpression(env, domain.from).value;
        return [from, env.builder.sub(lowerExpression(env, domain.to).value, from)];
      };
      return entrywise(
        (env, x) => {
          const [from, width] = ends(env);
          return env.builder.add(from, env.builder.mul(width, env.builder.sigmoid(x)));
        },
        (env, x) => {
          const [from, width] = ends(env);
          return logit(env.builder, env.builder.div(env.builder.sub(x, from), width));
        },
      );
    }
    case 'simplex':
      return entrywise(
        (env, x) => softmax(env.builder, x),
        (env, x) => env.builder.log(x),
      );
    case 'sphere':
      return entrywise(
        (env, x) =>
          env.builder.div(x, lastAxis(env.builder, env.builder.sqrt(env.builder.sum(env.builder.square(x), [-1])))),
        (_, x) => x,
      );
    case 'spd':
      return entrywise(
        (env, x) => choleskyProduct(env.builder, x, unit),
        (env, x) => choleskyLogarithm(env.builder, x),
      );
    default:
      return `${name} ranges over ${domain.kind}`;
  }
};

const lastAxis = (b: Builder, v: Value): Value => b.reshape(v, [...v.shape, dims.constant(1)]);

const softmax = (b: Builder, x: Value): Value => b.exp(b.sub(x, lastAxis(b, b.logSumExp(x, [-1]))));

/** Masks of the diagonal and of what lies below it, [1…, D, D]. */
const triangle = (b: Builder, x: Value): { readonly diagonal: Value; readonly below: Value } => {
  const n = x.shape.at(-1)!;
  const wide = (v: Value): Value => b.reshape(v, [...x.shape.slice(0, -2).map(() => dims.constant(1)), n, n]);
  const [row, column] = [b.iota([n, n], 0, 'int'), b.iota([n, n], 1, 'int')];
  return { diagonal: wide(b.eq(row, column)), below: wide(b.gt(row, column)) };
};

/** L L' with L = strictly lower part + exp(diagonal); scaled to determinant 1 when asked. */
const choleskyProduct = (b: Builder, x: Value, unitDeterminant: boolean): Value => {
  const { diagonal, below } = triangle(b, x);
  const onDiagonal = b.select(diagonal, x, 0);
  const l = b.add(b.mul(x, below), b.mul(b.exp(onDiagonal), diagonal));
  const rank = x.shape.length;
  const product = b.matmul(l, b.transpose(l, [...Array(rank - 2).keys(), rank - 1, rank - 2]));
  if (!unitDeterminant) return product;
  const logDet = b.mul(2, b.sum(onDiagonal, [-2, -1]));
  const scale = b.exp(b.neg(b.div(logDet, b.dim(x.shape.at(-1)!))));
  return b.mul(product, lastAxis(b, lastAxis(b, scale)));
};

const choleskyLogarithm = (b: Builder, array: Value): Value => {
  const factor = b.routine('cholesky', array)[0]!;
  const { diagonal, below } = triangle(b, factor);
  const logarithm = b.log(b.select(diagonal, factor, 1));
  return b.add(b.mul(factor, below), b.mul(logarithm, diagonal));
};
