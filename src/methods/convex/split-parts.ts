// The simple function of each split as operations: its proximal map, energy, and what a multiplier may be. In: splits and an
// environment with the block's data bound. Out: callbacks on the builder of any loop.
import type { Environment } from '../../lower/environment.ts';
import { binderAxis, withAxes } from '../../lower/environment.ts';
import { lowerExpression } from '../../lower/expression.ts';
import { aligned, mapNamed } from '../../lower/named-tensor.ts';
import type { Builder, Value } from '../../tensor/builder.ts';
import type { Dim } from '../../tensor/dims.ts';
import * as dims from '../../tensor/dims.ts';
import { bindArrays } from '../continuous/joint-transform.ts';
import { entryBounds } from '../continuous/projections.ts';
import type { Arrays, Weights } from './parts.ts';
import { groupNorm, proximal, softThreshold } from './parts.ts';
import type { Rows } from './rows.ts';
import { onBuilder } from './smooth.ts';
import type { Split } from './splits.ts';
import { partDual } from './support.ts';

export interface SplitPart {
  readonly shape: readonly Dim[];
  /** a(x), with the unknowns' arrays. */
  readonly image: (c: Builder, arrays: Arrays) => Value;
  /** argmin g(v) + ρ/2 ‖v - at‖². */
  readonly near: (c: Builder, at: Value, rho: Value) => Value;
  /** 1 where an entry of the image of a proximal map stands at a kink or a bound, from which small changes do not move it. Holds
   *  for functions that are piecewise linear entry by entry. */
  readonly isPinned: (c: Builder, v: Value) => Value;
  /** g(v): a scalar; 0 for the indicator of a set. */
  readonly energy: (c: Builder, v: Value) => Value;
  /** The multiplier brought to where its conjugate is finite. */
  readonly within: (c: Builder, multiplier: Value) => Value;
  /** At least -g*(θ) = min over v of g(v) - θ'v: a scalar. `v` and `value` say how far away a minimiser may be. */
  readonly least: (c: Builder, multiplier: Value, v: Value, value: Value) => Value;
}

export const splitPart = (env: Environment, split: Split, weights: ReadonlyMap<string, Weights>): SplitPart => {
  const axes = split.binders.map(binderAxis);
  const own = split.argument.type.shape;
  const shape = [...axes.map((a) => a.dim), ...own];
  const image = (c: Builder, arrays: Arrays): Value => {
    const bound = bindArrays(withAxes(onBuilder(env, c), axes), arrays);
    return aligned(c, lowerExpression(bound, split.argument), axes, true);
  };
  return {
    shape,
    image,
    ...(split.of.kind === 'penalty'
      ? penaltyPart(env, split, split.of.penalty)
      : variablePart(env, split.of.part, weights)),
  };
};

const atZero = (c: Builder, v: Value): Value => c.eq(v, 0);

type Rest = Omit<SplitPart, 'shape' | 'image'>;

const penaltyPart = (env: Environment, split: Split, penalty: (Split['of'] & { kind: 'penalty' })['penalty']): Rest => {
  const b = env.builder;
  const axes = split.binders.map(binderAxis);
  const own = split.argument.type.shape;
  const inner = withAxes(env, axes);
  const { where } = penalty.term;
  const written = lowerExpression(inner, penalty.weight);
  const kept = where === null ? written : mapNamed(b, 'mul', written, lowerExpression(inner, where));
  const narrow = aligned(b, kept, axes, true);
  const weight = b.reshape(narrow, [...narrow.shape, ...own.map(() => dims.constant(1))]);
  const over = own.map((_, i) => axes.length + i);
  const zero = (c: Builder): Value => c.zeros([]);
  switch (penalty.norm) {
    case 'l1':
      return {
        near: (c, at, rho) => softThreshold(c, at, c.broadcast(c.div(weight, rho), at.shape)),
        energy: (c, v) => c.sum(c.mul(weight, c.abs(v))),
        within: (c, m) => c.maximum(c.minimum(m, weight), c.neg(weight)),
        least: zero,
        isPinned: atZero,
      };
    case 'hinge':
      return {
        near: (c, at, rho) => c.sub(c.relu(c.sub(at, c.div(weight, rho))), c.relu(c.neg(at))),
        energy: (c, v) => c.sum(c.mul(weight, c.relu(v))),
        within: (c, m) => c.maximum(c.minimum(m, weight), 0),
        least: zero,
        isPinned: atZero,
      };
    case 'l2': {
      const size = (c: Builder, v: Value): Value => c.maximum(groupNorm(c, v, over), 1e-30);
      return {
        near: (c, at, rho) => c.mul(at, c.relu(c.sub(1, c.div(c.div(weight, rho), size(c, at))))),
        energy: (c, v) => c.sum(c.mul(weight, groupNorm(c, v, over))),
        within: (c, m) => c.mul(m, c.minimum(1, c.div(weight, size(c, m)))),
        least: zero,
        isPinned: (c, v) => c.zeros(v.shape),
      };
    }
  }
};

const variablePart = (
  env: Environment,
  written: (Split['of'] & { kind: 'part' })['part'],
  weights: ReadonlyMap<string, Weights>,
): Rest => {
  // Absolute values of a nonnegative unknown are thresholds here as any others.
  const part = { ...written, nonnegative: false };
  const { name } = part.variable;
  const own = weights.get(name)!;
  const rows: Rows = { classes: [], graph: null, axes: new Map([[name, []]]) };
  return {
    near: (c, at, rho) => proximal(onBuilder(env, c), part, own, at, c.reciprocal(rho)),
    energy: (c, v) => {
      const entries = own.absolute === null ? c.zeros([]) : c.sum(c.mul(own.absolute, c.abs(v)));
      return own.norm === null
        ? entries
        : c.add(entries, c.sum(c.mul(own.norm, groupNorm(c, v, part.norm!.core.over))));
    },
    within: (_, m) => m,
    isPinned: (c, v) => {
      const { lower, upper } = entryBounds(onBuilder(env, c), part.variable, part.set);
      const ends = [lower, upper].flatMap((end) => (end === null ? [] : [c.eq(v, end)]));
      const kinks = own.absolute === null ? ends : [...ends, c.and(c.eq(v, 0), c.gt(own.absolute, 0))];
      return kinks.reduce((x, y) => c.maximum(x, y), c.zeros(v.shape));
    },
    least: (c, m, v, value) => {
      const found = partDual(onBuilder(env, c), rows, part, own, c.neg(m), null).at(c.constant(1));
      const reach = c.mul(2, c.max(c.abs(v)));
      const lost = c.add(c.mul(found.loose, reach), c.mul(found.excess, c.maximum(value, 0)));
      return c.sub(found.value, lost);
    },
  };
};
