// The least value of e'u where the entries of u have a given sum and bounds. In: rows e [..., n]. Out: [..., 1].
import type { Builder, Value } from '../../tensor/builder.ts';
import * as dims from '../../tensor/dims.ts';

/** min e'u over rows with Σu = total (or ≤, ≥) between bounds. Between two bounds the multiplier of the sum is bisected: every
 *  multiplier gives a lower bound, the best one the minimum. */
export const sumMinimum = (
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
    const dual = (slope: Value): Value => {
      const tilted = b.sub(e, slope);
      return b.add(b.mul(slope, total), sum(b.minimum(b.mul(tilted, lower), b.mul(tilted, upper))));
    };
    const start = [kept(b.min(e, [-1])), kept(b.max(e, [-1]))];
    const { carry } = b.scan({ length: dims.constant(bisections), carry: start, xs: [] }, (c, [low, high]) => {
      const middle = c.mul(0.5, c.add(low!, high!));
      const filled = c.unsqueeze(c.sum(c.select(c.lt(e, middle), upper, lower), [-1]), [last]);
      const raise = c.lt(filled, total);
      return { carry: [c.select(raise, middle, low!), c.select(raise, high!, middle)] };
    });
    return b.maximum(dual(limited(carry[0]!)), dual(limited(carry[1]!)));
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

const bisections = 60;
