// The nearest point with a given sum between bounds: x = clamp(v - τ), where τ makes the sum right (the multiplier of the
// sum). In: rows v [..., n]. Out: rows. Without an upper bound τ comes from the finite algorithm of Michelot (1986), a
// Newton method on a convex function of τ, which needs no sorting (Condat 2016, Fast projection onto the simplex); between
// two bounds from bisection, and one Newton step once the free entries are known.
import type { Builder, Value } from '../../tensor/builder.ts';
import * as dims from '../../tensor/dims.ts';

export interface SumProblem {
  /** Each of the shape of v; null: unbounded. */
  readonly lower: Value | null;
  readonly upper: Value | null;
  /** The sum of each row [..., 1], or a scalar for all. */
  readonly total: Value;
  readonly relation: 'le' | 'eq' | 'ge';
}

/** v [..., n] → [..., n]. Where no point has such a sum, the bounds win. */
export const projectSum = (b: Builder, v: Value, { lower, upper, total, relation }: SumProblem): Value => {
  const onOneSide = (shift: Value): Value =>
    relation === 'eq' ? shift : relation === 'le' ? b.maximum(shift, 0) : b.minimum(shift, 0);
  const clamped = (shift: Value): Value => {
    const moved = b.sub(v, shift);
    const above = lower === null ? moved : b.maximum(moved, lower);
    return upper === null ? above : b.minimum(above, upper);
  };
  if (lower !== null && upper !== null) return clamped(onOneSide(shiftBetween(b, v, lower, upper, total)));
  if (lower !== null) {
    const room = b.sub(total, rowSum(b, lower));
    return clamped(onOneSide(shiftAboveZero(b, b.sub(v, lower), b.maximum(room, 0))));
  }
  if (upper !== null) {
    const room = b.sub(rowSum(b, upper), total);
    return clamped(onOneSide(b.neg(shiftAboveZero(b, b.sub(upper, v), b.maximum(room, 0)))));
  }
  return clamped(onOneSide(b.div(b.sub(rowSum(b, v), total), b.dim(v.shape.at(-1)!))));
};

const kept = (b: Builder, reduced: Value): Value => b.reshape(reduced, [...reduced.shape, dims.constant(1)]);
const rowSum = (b: Builder, v: Value): Value => kept(b, b.sum(v, [-1]));
const rowMax = (b: Builder, v: Value): Value => kept(b, b.max(v, [-1]));
const rowMin = (b: Builder, v: Value): Value => kept(b, b.min(v, [-1]));

/** Rounds of the finite algorithm: a handful are usual, and entries of geometric size take one each. */
const mostRounds = 300;

/** τ with Σ max(w - τ, 0) = total [..., 1]. From below: the entries above τ only become fewer, and when their number stays
 *  they are the right ones. */
const shiftAboveZero = (b: Builder, w: Value, total: Value): Value => {
  const first = b.maximum(b.sub(rowMax(b, w), total), b.div(b.sub(rowSum(b, w), total), b.dim(w.shape.at(-1)!)));
  const nobody = b.full(first.shape, -1);
  const { carry } = b.while_(
    { max: mostRounds, every: 3, carry: [first, nobody, b.full(first.shape, 0)] },
    (c, [, before, now]) => c.ne(c.max(c.abs(c.sub(before!, now!))), 0),
    (c, [shift, , now]) => {
      const above = c.gt(w, shift!);
      const count = rowSum(c, above);
      const next = c.div(c.sub(rowSum(c, c.mul(w, above)), total), c.maximum(count, 1));
      // With no entry above, the total is 0 and the shift is right.
      return [c.select(c.gt(count, 0), next, shift!), now!, count];
    },
  );
  return carry[0]!;
};

const halvings = 40;

/** τ with Σ clamp(v - τ, lower, upper) = total [..., 1]. */
const shiftBetween = (b: Builder, v: Value, lower: Value, upper: Value, total: Value): Value => {
  const sumAt = (c: Builder, shift: Value): Value => rowSum(c, c.minimum(c.maximum(c.sub(v, shift), lower), upper));
  const ends = [rowMin(b, b.sub(v, upper)), rowMax(b, b.sub(v, lower))];
  const { carry } = b.scan({ length: dims.constant(halvings), carry: ends }, (c, [low, high]) => {
    const middle = c.mul(0.5, c.add(low!, high!));
    const tooMuch = c.gt(sumAt(c, middle), total);
    return { carry: [c.select(tooMuch, middle, low!), c.select(tooMuch, high!, middle)] };
  });
  const shift = b.mul(0.5, b.add(carry[0]!, carry[1]!));
  const moved = b.sub(v, shift);
  const free = rowSum(b, b.and(b.gt(moved, lower), b.lt(moved, upper)));
  return b.add(shift, b.div(b.sub(sumAt(b, shift), total), b.maximum(free, 1)));
};
