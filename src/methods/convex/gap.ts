// How far a point is from the minimum at most: the optimality gap P(z) - D by row, with a dual bound D ≤ min P.
//
// P = f + g, f smooth and convex, g the simple parts. Where f = q + ℓ, q a square of something affine (so that q is quadratic,
// q ≥ 0) and ℓ linear with slope c, the dual of q at the scaled residual s·r gives for every s ≥ 0
//     D(s) = (2s - s²) q(z) - s ∇q(z)'z + min_u [ g(u) + (s ∇q(z) + c)'u ]
// (the scaled dual point of the Lasso: Kim, Koh, Lustig, Boyd, Gorinevsky 2007, section III.B; Mairal 2010, appendix D). With other
// smooth parts s = 1, where it is the linear bound f(u) ≥ f(z) + ∇f(z)'(u - z) (Jaggi 2013 for bounded sets). Where a weight does
// not hold its slope, Σ w|u| ≤ R = P(z) - inf f at the minimum bounds what the excess is worth.
import type { Environment } from '../../lower/environment.ts';
import type { Builder, Value } from '../../tensor/builder.ts';
import { bindPoint, gradientOf } from './smooth.ts';
import type { Arrays, Weights } from './parts.ts';
import type { ConvexProblem } from './problem.ts';
import { rowDot, rowEnergies, rowShape, spread } from './rows.ts';
import { heldScales, linearMinimum, reachOf } from './support.ts';

export interface Gap {
  /** By row. */
  readonly objective: Value;
  readonly gap: Value;
  /** The gradient of the smooth part. */
  readonly gradient: Arrays;
}

/** `slopes`: the constant gradient of the linear terms, weights of nonnegative unknowns included. */
export const gapAt = (
  env: Environment,
  problem: ConvexProblem,
  weights: ReadonlyMap<string, Weights>,
  slopes: Arrays,
  arrays: Arrays,
): Gap => {
  const b = env.builder;
  const { rows, parts } = problem;
  const bound = bindPoint(env, problem, arrays);
  const q = rowEnergies(bound, rows, problem.squares);
  const others = rowEnergies(bound, rows, problem.others);
  const penalties = rowEnergies(
    bound,
    rows,
    problem.composite.penalties.map((p) => p.term),
  );
  const objective = b.add(b.add(q, others), b.add(penalties, rowEnergies(bound, rows, problem.linear)));
  const dq = gradientOf(env, problem, problem.squares, arrays);
  const dOthers = problem.others.length === 0 ? null : gradientOf(env, problem, problem.others, arrays);
  const inner = (d: Arrays): Value =>
    parts.reduce(
      (sum, { variable: { name } }) => b.add(sum, rowDot(b, rows, name, d.get(name)!, arrays.get(name)!)),
      b.zeros(rowShape(rows)),
    );
  const along = inner(dq);
  const constant = (name: string): Value =>
    dOthers === null ? slopes.get(name)! : b.add(slopes.get(name)!, dOthers.get(name)!);
  const fixed = dOthers === null ? b.zeros(rowShape(rows)) : b.sub(others, inner(dOthers));
  const radius = b.maximum(objective, 0);

  const dual = (s: Value): Value => {
    const square = b.sub(b.mul(b.sub(b.mul(2, s), b.square(s)), q), b.mul(s, along));
    let value = b.add(square, fixed);
    let excess = b.zeros(rowShape(rows));
    for (const part of parts) {
      const { name } = part.variable;
      const d = dq.get(name)!;
      const e = b.add(b.mul(d, spread(b, rows, part.variable, s, d.shape.length)), constant(name));
      const found = linearMinimum(env, rows, part, weights.get(name)!, e);
      value = b.add(value, b.sub(found.value, b.mul(found.loose, reachOf(env, rows, part, arrays.get(name)!))));
      excess = b.maximum(excess, found.excess);
    }
    return b.sub(value, b.mul(radius, excess));
  };
  const one = b.full(rowShape(rows), 1);
  const candidates = problem.others.length > 0 ? [one] : scales(b, env, problem, weights, dq, slopes, q, along);
  const best = candidates.map(dual).reduce((x, y) => b.maximum(x, y));
  const gradient = new Map(
    parts.map(({ variable: { name } }) => [name, b.add(dq.get(name)!, constant(name))] as const),
  );
  return { objective, gap: b.maximum(b.sub(objective, best), 0), gradient };
};

/** Scales to try: the best one where nothing else is in the way, and 1, both brought into what the weights hold. */
const scales = (
  b: Builder,
  env: Environment,
  { parts, rows }: ConvexProblem,
  weights: ReadonlyMap<string, Weights>,
  dq: Arrays,
  slopes: Arrays,
  q: Value,
  along: Value,
): readonly Value[] => {
  let low = b.zeros(rowShape(rows));
  let high = b.full(rowShape(rows), 1e30);
  for (const part of parts) {
    const { name } = part.variable;
    const range = heldScales(env, rows, part, weights.get(name)!, dq.get(name)!, slopes.get(name)!);
    if (range === null) continue;
    low = b.maximum(low, range.low);
    high = b.minimum(high, range.high);
  }
  const into = (s: Value): Value => b.maximum(b.minimum(s, high), low);
  const positive = b.gt(q, 0);
  const ideal = b.select(positive, b.sub(1, b.div(along, b.mul(2, b.select(positive, q, 1)))), 1);
  return [into(ideal), into(b.full(rowShape(rows), 1))];
};
