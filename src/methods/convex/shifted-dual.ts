// A dual bound for quadratic energies over nonnegative unknowns, where no weight holds a negative gradient. With f(x) = ½x'Hx + b'x
// and a direction q with Hq > 0, the point v = x + δq is feasible for the dual max -½v'Hv subject to Hv + b ≥ 0 as soon as
// δ Hq ≥ -∇f(x), and
//     f(x) - D(v) = x'∇f(x) + δ x'Hq + ½ δ² q'Hq
// (the dual of a quadratic program: Dorn 1960; Boyd and Vandenberghe 2004, 5.2.4). In: a setting. Out: q with Hq, and the gap.
import type { Builder, Value } from '../../tensor/builder.ts';
import * as dims from '../../tensor/dims.ts';
import { dotArrays, scaleRows } from './lipschitz.ts';
import type { Arrays } from './parts.ts';
import type { Setting } from './proximal-steps.ts';
import { packing } from './proximal-steps.ts';
import { rowMaximum, rowShape } from './rows.ts';

export interface InteriorDirection {
  readonly q: Arrays;
  readonly image: Arrays;
  /** By row: Hq is positive. */
  readonly valid: Value;
}

/** Conjugate gradients solve so many unknowns; of more they need only come near. */
const iterations = 25;

/** q ≈ H⁻¹1 by conjugate gradients (Hestenes and Stiefel 1952) from 1; null where the problem is none of this kind. */
export const interiorDirection = (
  b: Builder,
  { problem, gradient }: Setting,
  zeros: Arrays,
): InteriorDirection | null => {
  const orthant = problem.parts.every(
    ({ set, norm }) =>
      norm === null &&
      set.norm === null &&
      set.sum === null &&
      set.upper.length === 0 &&
      set.lower.length > 0 &&
      set.lower.every((l) => l === 0),
  );
  if (!problem.quadratic || !orthant) return null;
  const { list, cut, each } = packing(problem);
  const constant = gradient(b, zeros);
  const times = (c: Builder, x: Arrays): Arrays => {
    const there = gradient(c, x);
    return each((k) => c.sub(there.get(k)!, constant.get(k)!));
  };
  const ones = each((k) => b.full(zeros.get(k)!.shape, 1));
  // In units in which H is of size 1, so that the start is not far from the solution.
  const first = times(b, ones);
  const scale = b.div(dotArrays(b, problem, ones, first), b.maximum(dotArrays(b, problem, first, first), tiny));
  const start = scaleRows(b, problem, ones, scale);
  const scaled = scaleRows(b, problem, first, scale);
  const rest = each((k) => b.sub(1, scaled.get(k)!));
  const { carry } = b.scan(
    { length: dims.constant(iterations), carry: list(start, rest, rest), xs: [] },
    (c, values) => {
      const [q, r, p] = cut(values) as [Arrays, Arrays, Arrays];
      const image = times(c, p);
      const size = dotArrays(c, problem, r, r);
      const alpha = c.div(size, c.maximum(dotArrays(c, problem, p, image), tiny));
      // Where nothing is left, rounding is not to be amplified.
      const step = c.select(c.gt(size, 1e-10), alpha, 0);
      const moved = (from: Arrays, along: Arrays, by: Value): Arrays => {
        const change = scaleRows(c, problem, along, by);
        return each((k) => c.add(from.get(k)!, change.get(k)!));
      };
      const next = moved(r, image, c.neg(step));
      const beta = c.div(dotArrays(c, problem, next, next), c.maximum(size, tiny));
      return { carry: list(moved(q, p, step), next, moved(next, p, beta)) };
    },
  );
  const [q] = cut(carry) as [Arrays];
  const image = times(b, q);
  const least = problem.parts.map(({ variable: { name } }) =>
    b.neg(rowMaximum(b, problem.rows, name, b.neg(image.get(name)!))),
  );
  return {
    q,
    image,
    valid: b.gt(
      least.reduce((x, y) => b.minimum(x, y)),
      leastImage,
    ),
  };
};

const tiny = 1e-30;
/** Hq is about 1; much smaller entries would make δ large. */
const leastImage = 1e-2;

/** The gap at x ≥ 0 by row, where the direction is valid. */
export const shiftedGap = (
  c: Builder,
  { problem }: Setting,
  { q, image }: InteriorDirection,
  x: Arrays,
  slope: Arrays,
): Value => {
  const { rows, parts } = problem;
  const needed = parts.map(({ variable: { name } }) =>
    rowMaximum(c, rows, name, c.div(c.neg(slope.get(name)!), c.maximum(image.get(name)!, leastImage))),
  );
  const delta = needed.reduce((a, d) => c.maximum(a, d), c.zeros(rowShape(rows)));
  const along = c.mul(delta, dotArrays(c, problem, x, image));
  const around = c.mul(0.5, c.mul(c.square(delta), dotArrays(c, problem, q, image)));
  return c.add(dotArrays(c, problem, x, slope), c.add(along, around));
};
