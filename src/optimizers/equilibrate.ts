// A descent in coordinates in which all curvatures are about 1, whatever the units of the unknowns and of the energy: rows of the
// Hessian are given equal sizes, estimated from differences of gradients along random signs (Dauphin, de Vries, Bengio 2015,
// Equilibrated adaptive learning rates; iterated as Ruiz 2001 scales matrices). In: a start [P], an objective that is convex, an
// optimizer. Out: what the optimizer finds, in the old coordinates.
import { constant } from '../tensor/dims.ts';
import type { Builder, Value } from '../tensor/builder.ts';
import { bestOf } from './best-of.ts';
import type { Minimum, Objective } from './objective.ts';
import { NOTHING } from './trace.ts';

/** Estimates, each in the units of the one before, and directions for each: one direction alone may hide a row. */
const passes = 3;
const directionsEach = 4;
/** How far the loosest unknown is moved for an estimate. */
const distance = 1e-2;
/** Units that differ by no more count as equal, and looser ones are brought so near: the curvature at the start is a rough guide
 *  to that at the end, and a scale that is too large is worse than none. */
const similar = 10;
/** Units differ by no more. */
const widest = 1e8;

export const equilibrated = (
  b: Builder,
  given: Value,
  objective: Objective,
  seed: Value,
  optimise: (start: Value, objective: Objective) => Minimum,
): Minimum => {
  const start = orZero(b, given, objective);
  const { value, gradient } = objective(b, start);
  const { most, ratios } = scales(b, start, gradient, objective, seed);
  const root = b.mul(most, ratios);
  // Half the square of the scaled gradient is about what there is to gain: with it as unit of energy, tolerances are relative
  // where that is little.
  const slope = b.div(gradient, root);
  const gain = b.sum(b.square(slope));
  const unit = b.minimum(1, b.maximum(gain, b.maximum(b.mul(1e-12, b.abs(value)), 1e-30)));
  // Stiff energies stay as they are, lest tolerances become loose.
  const back = b.div(b.sqrt(unit), b.mul(b.minimum(most, 1), ratios));
  const found = optimise(b.div(start, back), (c, z) => {
    const there = objective(c, c.mul(z, back));
    return { value: c.div(there.value, unit), gradient: c.div(c.mul(there.gradient, back), unit) };
  });
  const { values } = found.trace;
  return {
    ...found,
    x: b.mul(found.x, back),
    value: b.mul(found.value, unit),
    trace: { ...found.trace, values: b.select(b.lt(values, NOTHING), b.mul(values, unit), values) },
  };
};

/** The better of a start and 0: with data in large units all others may lie where an energy is flat or overflows. */
const orZero = (b: Builder, start: Value, objective: Objective): Value => {
  const [, better] = bestOf(b, 2, [b.constant(NOTHING), start], (c, number) => {
    const x = c.select(c.lt(number, 0.5), start, 0);
    return [objective(c, x).value, x];
  });
  return better!;
};

/** √ of the sizes of the Hessian's rows once all rows and columns are divided by them: the largest, and shares of it. */
const scales = (
  b: Builder,
  start: Value,
  gradient: Value,
  objective: Objective,
  seed: Value,
): { readonly most: Value; readonly ratios: Value } => {
  const length = constant(passes * directionsEach);
  const directions = b.random('normal', [length, start.shape[0]!], seed, b.constant(0));
  const isLast = b.literal(
    Array.from({ length: passes * directionsEach }, (_, i) => (i % directionsEach === directionsEach - 1 ? 1 : 0)),
    [passes * directionsEach],
  );
  const { carry } = b.scan(
    { length, carry: [b.full(start.shape, 1), b.zeros(start.shape)], xs: [directions, isLast] },
    (c, [root, squares], [direction, last]) => {
      const loose = c.reciprocal(root!);
      const unit = c.div(distance, c.max(loose));
      const step = c.mul(c.select(c.gt(direction!, 0), unit, c.neg(unit)), loose);
      const there = objective(c, c.add(start, step));
      // The scaled Hessian times signs.
      const product = c.div(c.sub(there.gradient, gradient), c.mul(root!, unit));
      const sum = c.add(squares!, c.square(product));
      const row = c.sqrt(c.div(sum, directionsEach));
      const sound = c.and(c.gt(row, 0), c.lt(row, NOTHING));
      const next = c.mul(root!, c.sqrt(c.select(sound, row, 1)));
      const limited = c.maximum(next, c.div(c.max(next), widest));
      return { carry: [c.select(last!, limited, root!), c.select(last!, 0, sum)] };
    },
  );
  // The estimates are rough: unknowns whose units are nearly those of the stiffest keep them.
  const most = b.max(carry[0]!);
  return { most, ratios: b.minimum(1, b.mul(similar, b.div(carry[0]!, most))) };
};
