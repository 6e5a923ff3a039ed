// The simple parts of a convex problem as operations: weights, proximal maps and energies. In: the problem and an environment in
// which everything but the unknowns is bound. Out: for each unknown its weights and its proximal map.
import type { Environment } from '../../lower/environment.ts';
import { sumOfEnergies } from '../../lower/group.ts';
import type { FactorGroup } from '../../graph/factor-graph.ts';
import { wholeShape } from '../../semantics/whole-shape.ts';
import type { Builder, Value } from '../../tensor/builder.ts';
import { gradient } from '../../tensor/differentiate.ts';
import * as dims from '../../tensor/dims.ts';
import { bindArrays } from '../continuous/joint-transform.ts';
import type { ConvexProblem, SimplePart } from './problem.ts';

export type Arrays = ReadonlyMap<string, Value>;

export interface Weights {
  /** w of Σ w|x|, the shape of the array; null without such terms. */
  readonly absolute: Value | null;
  /** κ of Σ κ‖x_g‖, the shape of the array with length 1 along the axes measured together. */
  readonly norm: Value | null;
}

/** The simple terms are homogeneous, so their weights are gradients at an array of ones. */
export const weightsOf = (env: Environment, problem: ConvexProblem): ReadonlyMap<string, Weights> => {
  const b = env.builder;
  const ones = new Map(
    problem.parts.map((p) => [p.variable.name, b.distinct(b.full(wholeShape(p.variable), 1))] as const),
  );
  const inner = bindArrays(env, ones);
  const slope = (name: string, terms: readonly FactorGroup[]): Value => {
    const total = sumOfEnergies(inner, terms);
    return gradient(b, total, [ones.get(name)!])[0]!;
  };
  return new Map(
    problem.parts.map(({ variable, absolute, norm }): readonly [string, Weights] => {
      const { name } = variable;
      return [
        name,
        {
          absolute: absolute.length === 0 ? null : slope(name, absolute),
          norm: norm === null ? null : groupNorm(b, slope(name, norm.terms), norm.core.over),
        },
      ];
    }),
  );
};

/** √Σ² along the axes, which keep length 1. */
export const groupNorm = (b: Builder, x: Value, over: readonly number[]): Value => {
  const shape = x.shape.map((d, i) => (over.includes(i) ? dims.constant(1) : d));
  return b.reshape(b.sqrt(b.sum(b.square(x), over)), shape);
};

/** sign(x) max(|x| - t, 0), as two rectified parts: the cheapest form on the tensor backends. */
export const softThreshold = (b: Builder, x: Value, t: Value): Value =>
  b.sub(b.relu(b.sub(x, t)), b.relu(b.sub(b.neg(t), x)));

/** The proximal map of step · (Σ w|x| + Σ κ‖x_g‖) + the set's indicator: threshold, group shrinkage, projection, in turn
 *  (Yu 2013, On decomposing the proximal map; Friedman, Hastie, Tibshirani 2010 for the first two). A nonnegative unknown has
 *  its absolute values in the linear part. `step` broadcasts to the array. */
export const proximal = (env: Environment, part: SimplePart, weights: Weights, v: Value, step: Value): Value => {
  const b = env.builder;
  const soft = weights.absolute === null || part.nonnegative ? v : softThreshold(b, v, b.mul(weights.absolute, step));
  if (weights.norm === null || part.norm === null)
    return part.projection.trivial ? soft : part.projection.project(env, soft);
  const inCone = part.nonnegative ? b.maximum(soft, 0) : soft;
  const size = groupNorm(b, inCone, part.norm.core.over);
  const share = b.maximum(0, b.sub(1, b.div(b.mul(weights.norm, step), b.maximum(size, 1e-30))));
  const shrunk = b.mul(inCone, share);
  return part.projection.trivial ? shrunk : part.projection.project(env, shrunk);
};
