// A strong Wolfe line search for many problems at once (Nocedal & Wright 2006, algorithms 3.5 and 3.6 in one loop): each row
// keeps a bracket lo..hi, where lo satisfies the Armijo condition with negative slope and hi does not (∞: not found yet).
// In: rows x [B, P], values, gradients, descent directions, first steps. Out: the accepted rows. One evaluation per step.
import type { Builder, Value } from '../tensor/builder.ts';
import { anyLeft, choose, column, rowDot, type Objective } from './objective.ts';

const sufficientDecrease = 1e-4;
const curvature = 0.9;
/** Stands for a bracket without upper end. */
const unbounded = 1e30;

export interface LineSearchStart {
  readonly x: Value;
  readonly value: Value;
  readonly gradient: Value;
  readonly direction: Value;
  /** [B] */
  readonly step: Value;
  /** [B]: 1 for rows to leave alone. */
  readonly idle: Value;
}

export interface LineSearchResult {
  readonly x: Value;
  readonly value: Value;
  readonly gradient: Value;
  /** [B]: 1 where some step lowered the value. */
  readonly moved: Value;
}

/** Trial points keep this share of the bracket away from its ends. */
const nearest = 0.05;

/** The minimiser of the cubic through two points with slopes (Nocedal & Wright, equation 3.59), moved away from the ends where
 *  it is too near to one; the midpoint where the cubic has none. */
const interpolate = (
  b: Builder,
  lo: Value,
  fLo: Value,
  slopeLo: Value,
  hi: Value,
  fHi: Value,
  slopeHi: Value,
): Value => {
  const width = b.sub(hi, lo);
  const d1 = b.sub(b.add(slopeLo, slopeHi), b.div(b.mul(b.sub(fHi, fLo), 3), width));
  const squared = b.sub(b.square(d1), b.mul(slopeLo, slopeHi));
  const d2 = b.sqrt(b.maximum(squared, 0));
  const share = b.div(b.sub(b.add(slopeHi, d2), d1), b.add(b.sub(slopeHi, slopeLo), b.mul(d2, 2)));
  // The place in the bracket, 0 at lo and 1 at hi; hi is always the larger, lo having a negative slope.
  const place = b.sub(1, share);
  const inside = b.and(b.ge(squared, 0), b.and(b.gt(place, 0), b.lt(place, 1)));
  const kept = b.minimum(b.maximum(place, nearest), 1 - nearest);
  return b.add(lo, b.mul(width, b.select(inside, kept, 0.5)));
};

export const lineSearch = (
  b: Builder,
  objective: Objective,
  start: LineSearchStart,
  maxSteps: number,
): LineSearchResult => {
  const { x, value, gradient, direction, step, idle } = start;
  const slope = rowDot(b, gradient, direction);
  const zeros = b.zeros(value.shape);
  const loop = b.while_(
    // lo, value, slope and gradient there; hi, value and slope there; next trial; done.
    { max: maxSteps, carry: [zeros, value, slope, gradient, b.full(value.shape, unbounded), zeros, zeros, step, idle] },
    (c, carry) => anyLeft(c, carry[8]!),
    (c, [lo, fLo, slopeLo, gLo, hi, fHi, slopeHi, t, done]) => {
      const there = objective(c, c.add(x, c.mul(direction, column(c, t!))));
      const f = there.value;
      const slopeT = rowDot(c, there.gradient, direction);
      // Written so that NaN counts as too far.
      const decreases = c.and(c.le(f, c.add(value, c.mul(c.mul(t!, slope), sufficientDecrease))), c.le(f, fLo!));
      const low = c.and(decreases, c.not(c.isNan(slopeT)));
      const accepted = c.and(low, c.le(c.abs(slopeT), c.mul(c.abs(slope), curvature)));
      // Past the minimum along the line: lo stays, unless t is good as it is.
      const past = c.and(low, c.and(c.gt(slopeT, 0), c.not(accepted)));
      const open = c.not(done!);
      const raise = c.and(open, c.and(low, c.not(past)));
      const shrink = c.and(open, c.not(raise));
      const [nextLo, nextFLo, nextSlopeLo] = [
        c.select(raise, t!, lo!),
        c.select(raise, f, fLo!),
        c.select(raise, slopeT, slopeLo!),
      ];
      const [nextHi, nextFHi, nextSlopeHi] = [
        c.select(shrink, t!, hi!),
        c.select(shrink, f, fHi!),
        c.select(shrink, slopeT, slopeHi!),
      ];
      const bracketed = c.lt(nextHi, unbounded);
      const within = interpolate(c, nextLo, nextFLo, nextSlopeLo, nextHi, nextFHi, nextSlopeHi);
      return [
        nextLo,
        nextFLo,
        nextSlopeLo,
        choose(c, raise, there.gradient, gLo!),
        nextHi,
        nextFHi,
        nextSlopeHi,
        c.select(done!, t!, c.select(bracketed, within, c.mul(t!, 2.5))),
        c.maximum(done!, c.and(open, accepted)),
      ];
    },
  );
  const [lo, fLo, , gLo] = loop.carry;
  const moved = b.gt(lo!, 0);
  return {
    x: choose(b, moved, b.add(x, b.mul(direction, column(b, lo!))), x),
    value: fLo!,
    gradient: gLo!,
    moved,
  };
};
