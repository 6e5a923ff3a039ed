// How far a point is from the minimum at most: the optimality gap P(z) - D by row, with a dual bound D ≤ min P.
//
// P = f + g, f smooth and convex, g the simple parts. Where f = q + ℓ, q a square of something affine (so that q is quadratic,
// q ≥ 0) and ℓ linear with slope c, the dual of q at the scaled residual s·r gives for every s ≥ 0
//     D(s) = (2s - s²) q(z) - s ∇q(z)'z + min_u [ g(u) + (s ∇q(z) + c)'u ]
// (the scaled dual point of the Lasso: Kim, Koh, Lustig, Boyd, Gorinevsky 2007, section III.B; Mairal 2010, appendix D). With other
// smooth parts s = 1, where it is the linear bound f(u) ≥ f(z) + ∇f(z)'(u - z) (Jaggi 2013 for bounded sets). Where a weight does
// not hold its slope, Σ w|u| ≤ R = P(z) - inf f at the minimum bounds what the excess is worth; R is known where f ≥ 0, and else
// taken from the point, as if a minimiser were not much further away.
import type { Environment } from '../../lower/environment.ts';
import type { Builder, Value } from '../../tensor/builder.ts';
import { dotArrays } from './lipschitz.ts';
import { bindPoint, gradientOf } from './smooth.ts';
import type { Arrays, Weights } from './parts.ts';
import { wholeShape } from '../../semantics/whole-shape.ts';
import * as dims from '../../tensor/dims.ts';
import type { ConvexProblem, SimplePart } from './problem.ts';
import { rowEnergies, rowMaximum, rowShape, rowSum } from './rows.ts';
import { partDual } from './support.ts';

export interface Gap {
  /** By row. */
  readonly objective: Value;
  readonly gap: Value;
  /** By row: the share of gradients that nothing holds, for which an assumption stands in (`reachOf`). */
  readonly loose: Value;
  /** The gradient of the smooth part. */
  readonly gradient: Arrays;
}

/** `slopes`: the constant gradient of the linear terms and of the weights of nonnegative unknowns; null where there are none. */
export const gapAt = (
  env: Environment,
  problem: ConvexProblem,
  weights: ReadonlyMap<string, Weights>,
  slopes: Arrays | null,
  arrays: Arrays,
): Gap => {
  const b = env.builder;
  const { rows, parts } = problem;
  const names = parts.map((p) => p.variable.name);
  const bound = bindPoint(env, problem, arrays);
  const penalties = problem.composite.penalties.map((p) => p.term);
  const q = rowEnergies(bound, rows, problem.squares);
  const others = rowEnergies(bound, rows, problem.others);
  const simple = b.add(rowEnergies(bound, rows, penalties), rowEnergies(bound, rows, problem.linear));
  const objective = b.add(b.add(q, others), simple);
  const dq = gradientOf(env, problem, problem.squares, arrays);
  const dOthers = problem.others.length === 0 ? null : gradientOf(env, problem, problem.others, arrays);
  const constants = new Map(
    names.map((n) => {
      const [c, o] = [slopes?.get(n) ?? null, dOthers?.get(n) ?? null];
      return [n, c === null ? o : o === null ? c : b.add(c, o)] as const;
    }),
  );
  const along = dotArrays(b, problem, dq, arrays);
  const fixed = dOthers === null ? b.zeros(rowShape(rows)) : b.sub(others, dotArrays(b, problem, dOthers, arrays));
  const duals = parts.map((part) => {
    const { name } = part.variable;
    return partDual(env, rows, part, weights.get(name)!, dq.get(name)!, constants.get(name)!);
  });
  const reach = parts.map((p) => reachOf(b, rows, p.variable.name, arrays.get(p.variable.name)!));
  // What the penalties are worth at a minimiser: where the rest is never negative at most the whole, else as far as it may be.
  const radius = problem.smoothNonnegative
    ? b.maximum(objective, 0)
    : parts.reduce(
        (sum, p, i) => b.add(sum, b.mul(reach[i]!, weightSum(b, rows, p, weights.get(p.variable.name)!))),
        b.zeros(rowShape(rows)),
      );

  const dual = (s: Value): Value => {
    const square = b.sub(b.mul(b.sub(b.mul(2, s), b.square(s)), q), b.mul(s, along));
    const found = duals.map((d) => d.at(s));
    const value = found.reduce(
      (sum, f, i) => b.add(sum, b.sub(f.value, b.mul(f.loose, reach[i]!))),
      b.add(square, fixed),
    );
    const excess = found.map((f) => f.excess).reduce((x, y) => b.maximum(x, y));
    return b.sub(value, b.mul(radius, excess));
  };
  const one = b.full(rowShape(rows), 1);
  const most = duals.flatMap((d) => (d.mostScale === null ? [] : [d.mostScale]));
  const into = (s: Value): Value =>
    b.maximum(
      most.reduce((x, y) => b.minimum(x, y), s),
      0,
    );
  // The best scale where nothing else is in the way, and 1, both brought into what the weights hold.
  const positive = b.gt(q, 0);
  const ideal = b.select(positive, b.sub(1, b.div(along, b.mul(2, b.select(positive, q, 1)))), 1);
  const scales = problem.others.length > 0 ? [one] : [into(ideal), into(one)];
  const best = scales.map(dual).reduce((x, y) => b.maximum(x, y));
  const gradient = new Map(
    names.map((n) => {
      const c = constants.get(n)!;
      return [n, c === null ? dq.get(n)! : b.add(dq.get(n)!, c)] as const;
    }),
  );
  const loose = duals.reduce((sum, d) => b.add(sum, d.at(one).loose), b.zeros(rowShape(rows)));
  return { objective, gap: b.maximum(b.sub(objective, best), 0), loose, gradient };
};

/** Σw + Σκ√n by row: at most so much are the penalties where no entry is larger than 1. */
const weightSum = (b: Builder, rows: ConvexProblem['rows'], part: SimplePart, { absolute, norm }: Weights): Value => {
  const { name } = part.variable;
  const zeros = b.zeros(rowShape(rows));
  const first = absolute === null ? zeros : rowSum(b, rows, name, absolute);
  if (norm === null || part.norm === null) return first;
  const shape = wholeShape(part.variable);
  const together = dims.product(part.norm.core.over.map((axis) => shape[axis]!));
  return b.add(first, b.mul(b.sqrt(b.dim(together)), rowSum(b, rows, name, norm)));
};

/** How far a minimiser may be in a direction that nothing bounds: an assumption, for gradients that are nearly 0 there. */
const reachOf = (b: Builder, rows: ConvexProblem['rows'], name: string, x: Value): Value =>
  b.mul(2, rowMaximum(b, rows, name, b.abs(x)));
