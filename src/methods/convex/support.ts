// The least value of a linear function plus the simple part over the set of an unknown: min over u of g(u) + e'u, the term of a
// dual bound. In: a part with its weights and e. Out: by row the minimum where it is finite, and by how much e exceeds what the
// penalties can hold where it is not. Formulas: the support functions of boxes, balls and simplices, and conjugates of norms
// (Boyd and Vandenberghe 2004, 3.3; Jaggi 2013 for the gap that they give).
import type { Environment } from '../../lower/environment.ts';
import { wholeShape } from '../../semantics/whole-shape.ts';
import type { Builder, Value } from '../../tensor/builder.ts';
import * as dims from '../../tensor/dims.ts';
import { entryBounds, groupBound, radiusOf, toRows } from '../continuous/projections.ts';
import type { Weights } from './parts.ts';
import { groupNorm, softThreshold } from './parts.ts';
import type { SimplePart } from './problem.ts';
import type { Rows } from './rows.ts';
import { rowMaximum, rowShape, rowSum } from './rows.ts';

export interface LinearMinimum {
  /** By row: the finite part of the minimum. */
  readonly value: Value;
  /** By row: the largest of |e|/w - 1 (or its like for norms and half-lines) over entries with a weight, at least 0. */
  readonly excess: Value;
  /** By row: Σ |e| over entries that no set and no weight holds: a gradient that should be 0. */
  readonly loose: Value;
}

/** Below it a weight or a slope counts as 0. */
const tiny = 1e-30;

/** `e`: the slope, which holds the weights of a nonnegative unknown already. */
export const linearMinimum = (
  env: Environment,
  rows: Rows,
  part: SimplePart,
  weights: Weights,
  e: Value,
): LinearMinimum => {
  const b = env.builder;
  const { variable, set } = part;
  const { name } = variable;
  const sum = (value: Value): Value => rowSum(b, rows, name, value);
  const zeros = b.zeros(rowShape(rows));
  const finite = (value: Value): LinearMinimum => ({ value, excess: zeros, loose: zeros });
  const w = part.nonnegative ? null : weights.absolute;
  const { lower, upper } = entryBounds(env, variable, set);

  if (set.sum !== null) {
    const { over, relation } = set.sum;
    const wide = (bound: Value | null): Value | null =>
      bound === null ? null : toRows(b, b.broadcast(bound, e.shape), variable, over);
    const total = groupBound(env, variable, over, set.sum.total);
    return finite(sum(sumMinimum(b, toRows(b, e, variable, over), wide(lower), wide(upper), total, relation)));
  }
  if (set.norm !== null) {
    const radius = radiusOf(env, variable, set.norm);
    const side = lower !== null ? b.minimum(e, 0) : upper !== null ? b.maximum(e, 0) : e;
    const held = toRows(b, w === null ? side : softThreshold(b, side, w), variable, set.norm.over);
    const last = held.shape.length - 1;
    const size = set.norm.order === 1 ? b.unsqueeze(b.max(b.abs(held), [-1]), [last]) : groupNorm(b, held, [last]);
    const kappa = weights.norm === null ? b.constant(0) : toRows(b, weights.norm, variable, set.norm.over);
    return finite(sum(b.neg(b.mul(radius, b.maximum(b.sub(size, kappa), 0)))));
  }
  if (weights.norm !== null) {
    const side = lower !== null ? b.minimum(e, 0) : e;
    const held = w === null ? side : softThreshold(b, side, w);
    const size = groupNorm(b, held, part.norm!.core.over);
    return whatIsHeld(b, rows, name, b.maximum(b.sub(size, weights.norm), 0), weights.norm, zeros);
  }
  if (lower !== null && upper !== null) {
    const ends = [lower, upper].map((end) => at(b, e, w, end));
    const least = b.minimum(ends[0]!, ends[1]!);
    if (w === null) return finite(sum(least));
    const inside = b.and(b.le(lower, 0), b.ge(upper, 0));
    return finite(sum(b.select(b.broadcast(inside, e.shape), b.minimum(least, 0), least)));
  }
  const wide = (bound: Value): Value => b.broadcast(bound, e.shape);
  const weight = w ?? b.zeros(e.shape);
  if (lower !== null || upper !== null) {
    const end = wide((lower ?? upper)!);
    const outward = lower !== null ? b.neg(e) : e;
    const beyond = b.maximum(b.sub(outward, weight), 0);
    const kept = lower !== null ? b.add(e, beyond) : b.sub(e, beyond);
    const inside = lower !== null ? b.le(end, 0) : b.ge(end, 0);
    const ended = at(b, kept, w, end);
    const value = sum(w === null ? ended : b.select(inside, b.minimum(ended, 0), ended));
    const found = whatIsHeld(b, rows, name, beyond, part.nonnegative ? (weights.absolute ?? weight) : weight, zeros);
    return { ...found, value };
  }
  return whatIsHeld(b, rows, name, b.maximum(b.sub(b.abs(e), weight), 0), weight, zeros);
};

/** e u + w |u| at an end. */
const at = (b: Builder, e: Value, w: Value | null, end: Value): Value => {
  const linear = b.mul(e, end);
  return w === null ? linear : b.add(linear, b.mul(w, b.abs(end)));
};

/** What goes beyond the weights, in units of them, and what no weight holds. */
const whatIsHeld = (
  b: Builder,
  rows: Rows,
  name: string,
  beyond: Value,
  weight: Value,
  zeros: Value,
): LinearMinimum => {
  const has = b.gt(weight, tiny);
  const ratio = b.select(has, b.div(beyond, b.select(has, weight, 1)), 0);
  return {
    value: zeros,
    excess: rowMaximum(b, rows, name, ratio),
    loose: rowSum(b, rows, name, b.select(has, 0, beyond)),
  };
};

/** min e'u over rows with Σu = total (or ≤, ≥) between bounds, as [..., 1]. Between two bounds the multiplier of the sum is
 *  bisected: every multiplier gives a lower bound, the best one the minimum. */
const sumMinimum = (
  b: Builder,
  e: Value,
  lower: Value | null,
  upper: Value | null,
  total: Value,
  relation: 'le' | 'eq' | 'ge',
): Value => {
  const last = e.shape.length - 1;
  const kept = (v: Value): Value => b.unsqueeze(v, [last]);
  const sum = (v: Value): Value => kept(b.sum(v, [-1]));
  const limited = (slope: Value): Value =>
    relation === 'eq' ? slope : relation === 'le' ? b.minimum(slope, 0) : b.maximum(slope, 0);
  if (lower !== null && upper !== null) {
    const dual = (c: Builder, slope: Value): Value => {
      const tilted = c.sub(e, slope);
      const ends = c.minimum(c.mul(tilted, lower), c.mul(tilted, upper));
      return c.add(c.mul(slope, total), c.unsqueeze(c.sum(ends, [-1]), [last]));
    };
    const least = kept(b.min(e, [-1]));
    const most = kept(b.max(e, [-1]));
    const { carry } = b.scan({ length: dims.constant(60), carry: [least, most], xs: [] }, (c, [low, high]) => {
      const middle = c.mul(0.5, c.add(low!, high!));
      const filled = c.unsqueeze(c.sum(c.select(c.lt(e, middle), upper, lower), [-1]), [last]);
      const raise = c.lt(filled, total);
      return { carry: [c.select(raise, middle, low!), c.select(raise, high!, middle)] };
    });
    return b.maximum(dual(b, limited(carry[0]!)), dual(b, limited(carry[1]!)));
  }
  if (lower !== null) {
    const room = b.maximum(b.sub(total, sum(lower)), 0);
    return b.add(sum(b.mul(e, lower)), b.mul(room, limited(kept(b.min(e, [-1])))));
  }
  if (upper !== null) {
    const room = b.maximum(b.sub(sum(upper), total), 0);
    return b.sub(sum(b.mul(e, upper)), b.mul(room, limited(kept(b.max(e, [-1])))));
  }
  return b.mul(total, limited(b.div(sum(e), b.dim(e.shape[last]!))));
};

/** Scales s between which the slope s d + c is held by the weights, by row: of |s d + c| ≤ w, of s d + c ≥ 0 on a half-line, of
 *  ‖s d‖ ≤ κ. Entries without weights are left out. */
export const heldScales = (
  env: Environment,
  rows: Rows,
  part: SimplePart,
  weights: Weights,
  d: Value,
  c: Value,
): { readonly low: Value; readonly high: Value } | null => {
  const b = env.builder;
  const { variable, set } = part;
  const { name } = variable;
  if (set.sum !== null || set.norm !== null) return null;
  const highest = (v: Value): Value => b.neg(rowMaximum(b, rows, name, b.neg(v)));
  const lowest = (v: Value): Value => rowMaximum(b, rows, name, v);
  const far = 1e30;
  const { lower, upper } = entryBounds(env, variable, set);
  if (weights.norm !== null) {
    const side = lower !== null ? b.minimum(d, 0) : d;
    const size = groupNorm(
      b,
      weights.absolute === null ? side : softThreshold(b, side, weights.absolute),
      part.norm!.core.over,
    );
    const high = highest(b.select(b.gt(size, tiny), b.div(weights.norm, b.maximum(size, tiny)), far));
    return { low: b.neg(high), high };
  }
  if (weights.absolute === null || (lower !== null && upper !== null)) return null;
  if (upper !== null || (lower !== null && !part.nonnegative)) return null;
  const w = weights.absolute;
  const moves = b.and(b.gt(b.abs(d), tiny), b.gt(w, tiny));
  const size = b.select(moves, b.abs(d), 1);
  if (lower !== null) {
    const high = b.select(b.and(moves, b.lt(d, 0)), b.div(c, size), far);
    const low = b.select(b.and(moves, b.gt(d, 0)), b.neg(b.div(c, size)), -far);
    return { low: lowest(low), high: highest(high) };
  }
  const along = b.mul(b.sign(d), c);
  return {
    low: lowest(b.select(moves, b.div(b.sub(b.neg(w), along), size), -far)),
    high: highest(b.select(moves, b.div(b.sub(w, along), size), far)),
  };
};

/** Σ |u| may be bounded only through weights; how far a point lies from 0, for what nothing bounds. */
export const reachOf = (env: Environment, rows: Rows, part: SimplePart, x: Value): Value => {
  const b = env.builder;
  return b.add(1, b.mul(2, rowMaximum(b, rows, part.variable.name, b.abs(b.reshape(x, wholeShape(part.variable))))));
};
