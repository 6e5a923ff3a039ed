// What one unknown adds to a dual bound: min over its set of g(u) + (s d + c)'u, where g are its weighted absolute values and norms.
// In: a part with its weights, the slope d of the squares and c of the rest. Out: as a function of s by row, the minimum where it
// is finite, and by how much the slope exceeds what the weights hold where it is not. Formulas: support functions of boxes, balls
// and simplices and conjugates of norms (Boyd and Vandenberghe 2004, 3.3; Jaggi 2013 for the gap that they give).
import type { Environment } from '../../lower/environment.ts';
import type { Builder, Value } from '../../tensor/builder.ts';
import { entryBounds, groupBound, radiusOf, toRows } from '../continuous/projections.ts';
import type { Weights } from './parts.ts';
import { groupNorm, softThreshold } from './parts.ts';
import type { SimplePart } from './problem.ts';
import type { Rows } from './rows.ts';
import { rowMaximum, rowShape, rowSum, spread } from './rows.ts';
import { sumMinimum } from './sum-minimum.ts';

export interface LinearMinimum {
  /** By row: the finite part of the minimum. */
  readonly value: Value;
  /** By row: the largest of |e|/w - 1 (or its like for norms and half-lines) over entries with a weight, at least 0. */
  readonly excess: Value;
  /** By row: Σ |e| over entries that no set and no weight holds: a gradient that should be 0. */
  readonly loose: Value;
}

export interface PartDual {
  /** By row: the largest s at which the weights hold the slope; null where that is no matter of scale. */
  readonly mostScale: Value | null;
  readonly at: (s: Value) => LinearMinimum;
}

/** Below it a weight or a slope counts as 0. */
const tiny = 1e-30;
const far = 1e30;

/** `c`: null for 0. It holds the weights of a nonnegative unknown already. */
export const partDual = (
  env: Environment,
  rows: Rows,
  part: SimplePart,
  weights: Weights,
  d: Value,
  c: Value | null,
): PartDual => {
  const b = env.builder;
  const { variable } = part;
  const slope = (s: Value): Value => {
    const scaled = b.mul(d, spread(b, rows, variable, s, d.shape.length));
    return c === null ? scaled : b.add(scaled, c);
  };
  const bounded = minimumOverSet(env, rows, part, weights);
  if (bounded !== null) return { mostScale: null, at: (s) => bounded(slope(s)) };
  const { lower, upper } = entryBounds(env, variable, part.set);
  if (lower === null && upper === null && (c === null || weights.norm !== null))
    return homogeneous(b, rows, part, weights, d);
  const origin =
    (lower ?? upper) === null || (lower !== null && part.nonnegative && part.set.lower.every((l) => l === 0));
  return {
    mostScale: origin && c !== null ? mostScale(b, rows, part, weights, d, c) : null,
    at: (s) => minimumOnLine(b, rows, part, weights, slope(s), lower, upper),
  };
};

/** Nothing but weights: |s d| ≤ w or ‖s d‖ ≤ κ, a question of one number, s times the dual norm of d. */
const homogeneous = (b: Builder, rows: Rows, { variable, norm }: SimplePart, weights: Weights, d: Value): PartDual => {
  const { name } = variable;
  const size =
    norm === null
      ? b.abs(d)
      : groupNorm(b, weights.absolute === null ? d : softThreshold(b, d, weights.absolute), norm.core.over);
  const weight = norm === null ? weights.absolute : weights.norm;
  const zeros = b.zeros(rowShape(rows));
  const has = weight === null ? null : b.gt(weight, tiny);
  const ratio =
    has === null ? zeros : rowMaximum(b, rows, name, b.mul(size, b.select(has, b.div(1, b.maximum(weight!, tiny)), 0)));
  const loose = rowSum(b, rows, name, has === null ? size : b.mul(size, b.not(has)));
  return {
    mostScale: weight === null ? null : b.div(1, b.maximum(ratio, tiny)),
    at: (s) => ({ value: zeros, excess: b.maximum(b.sub(b.mul(s, ratio), 1), 0), loose: b.mul(s, loose) }),
  };
};

/** Over bounded sets the minimum is finite whatever the slope. */
const minimumOverSet = (
  env: Environment,
  rows: Rows,
  part: SimplePart,
  weights: Weights,
): ((e: Value) => LinearMinimum) | null => {
  const b = env.builder;
  const { variable, set } = part;
  const zeros = b.zeros(rowShape(rows));
  const finite = (value: Value): LinearMinimum => ({
    value: rowSum(b, rows, variable.name, value),
    excess: zeros,
    loose: zeros,
  });
  const w = part.nonnegative ? null : weights.absolute;
  const { lower, upper } = entryBounds(env, variable, set);
  if (set.sum !== null) {
    const { over, relation } = set.sum;
    const total = groupBound(env, variable, over, set.sum.total);
    return (e) => {
      const wide = (bound: Value | null): Value | null =>
        bound === null ? null : toRows(b, b.broadcast(bound, e.shape), variable, over);
      return finite(sumMinimum(b, toRows(b, e, variable, over), wide(lower), wide(upper), total, relation));
    };
  }
  if (set.norm !== null) {
    const { over, order } = set.norm;
    const radius = radiusOf(env, variable, set.norm);
    return (e) => {
      const side = lower !== null ? b.minimum(e, 0) : upper !== null ? b.maximum(e, 0) : e;
      const held = toRows(b, w === null ? side : softThreshold(b, side, w), variable, over);
      const last = held.shape.length - 1;
      const size = order === 1 ? b.unsqueeze(b.max(b.abs(held), [-1]), [last]) : groupNorm(b, held, [last]);
      const kappa = weights.norm === null ? b.constant(0) : toRows(b, weights.norm, variable, over);
      return finite(b.neg(b.mul(radius, b.maximum(b.sub(size, kappa), 0))));
    };
  }
  if (lower === null || upper === null || weights.norm !== null) return null;
  return (e) => {
    const [from, to] = [lower, upper].map((end) => atEnd(b, e, w, end)) as [Value, Value];
    const least = b.minimum(from, to);
    if (w === null) return finite(least);
    const inside = b.and(b.le(lower, 0), b.ge(upper, 0));
    return finite(b.select(b.broadcast(inside, e.shape), b.minimum(least, 0), least));
  };
};

/** Entries on a line or a half-line, with weights, or groups of entries in a cone with norms. */
const minimumOnLine = (
  b: Builder,
  rows: Rows,
  part: SimplePart,
  weights: Weights,
  e: Value,
  lower: Value | null,
  upper: Value | null,
): LinearMinimum => {
  const { name } = part.variable;
  const w = part.nonnegative ? null : weights.absolute;
  const zeros = b.zeros(rowShape(rows));
  if (weights.norm !== null) {
    const side = lower !== null ? b.minimum(e, 0) : e;
    const size = groupNorm(b, w === null ? side : softThreshold(b, side, w), part.norm!.core.over);
    return { value: zeros, ...beyondWeights(b, rows, name, b.maximum(b.sub(size, weights.norm), 0), weights.norm) };
  }
  const weight = w ?? b.zeros(e.shape);
  if (lower === null && upper === null)
    return { value: zeros, ...beyondWeights(b, rows, name, b.maximum(b.sub(b.abs(e), weight), 0), weight) };
  const end = b.broadcast((lower ?? upper)!, e.shape);
  const outward = lower !== null ? b.neg(e) : e;
  const beyond = b.maximum(b.sub(outward, weight), 0);
  const kept = lower !== null ? b.add(e, beyond) : b.sub(e, beyond);
  const ended = atEnd(b, kept, w, end);
  const inside = lower !== null ? b.le(end, 0) : b.ge(end, 0);
  const value = rowSum(b, rows, name, w === null ? ended : b.select(inside, b.minimum(ended, 0), ended));
  return { value, ...beyondWeights(b, rows, name, beyond, part.nonnegative ? (weights.absolute ?? weight) : weight) };
};

/** e u + w |u| at an end. */
const atEnd = (b: Builder, e: Value, w: Value | null, end: Value): Value => {
  const linear = b.mul(e, end);
  return w === null ? linear : b.add(linear, b.mul(w, b.abs(end)));
};

/** What goes beyond the weights, in units of them, and what no weight holds. */
const beyondWeights = (
  b: Builder,
  rows: Rows,
  name: string,
  beyond: Value,
  weight: Value,
): { readonly excess: Value; readonly loose: Value } => {
  const has = b.gt(weight, tiny);
  const inverse = b.select(has, b.div(1, b.maximum(weight, tiny)), 0);
  return {
    excess: rowMaximum(b, rows, name, b.mul(beyond, inverse)),
    loose: rowSum(b, rows, name, b.mul(beyond, b.not(has))),
  };
};

/** The largest s with |s d + c| ≤ w, or s d + c ≥ 0 on a half-line from 0, over entries with weights. */
const mostScale = (b: Builder, rows: Rows, part: SimplePart, weights: Weights, d: Value, c: Value): Value | null => {
  const w = weights.absolute;
  if (w === null || weights.norm !== null) return null;
  const moves = b.and(b.gt(b.abs(d), tiny), b.gt(w, tiny));
  const size = b.select(moves, b.abs(d), 1);
  const room = part.nonnegative ? c : b.sub(w, b.mul(b.sign(d), c));
  const limits = part.nonnegative ? b.and(moves, b.lt(d, 0)) : moves;
  const most = b.select(limits, b.div(room, size), far);
  return b.neg(rowMaximum(b, rows, part.variable.name, b.neg(most)));
};
