// A convex problem solved for all its rows at once, as one `while`: stretches of accelerated proximal steps between looks at the
// optimality gap. In: a problem, a start, an environment. Out: the arrays where the gap is small, or no longer shrinks.
import { NOTHING } from '../../optimizers/trace.ts';
import type { Environment } from '../../lower/environment.ts';
import type { Trace } from '../../optimizers/trace.ts';
import { recorder } from '../../optimizers/trace.ts';
import type { Builder, Value } from '../../tensor/builder.ts';
import { curvatureInside, startInside } from './barriers.ts';
import type { Gap } from './gap.ts';
import { gapAt } from './gap.ts';
import { curvatureBound, dotArrays } from './lipschitz.ts';
import type { Arrays } from './parts.ts';
import type { ConvexProblem } from './problem.ts';
import type { Setting } from './proximal-steps.ts';
import { backtrackingSteps, packing, quadraticSteps, settingOf } from './proximal-steps.ts';
import { rowShape } from './rows.ts';
import { interiorDirection, shiftedGap } from './shifted-dual.ts';
import { sumOfEnergies } from '../../lower/group.ts';
import { bindPoint, onBuilder } from './smooth.ts';

export interface FistaResult {
  readonly arrays: Arrays;
  /** Scalars. */
  readonly gap: Value;
  readonly converged: Value;
  readonly iterations: Value;
  /** By look. */
  readonly trace: Trace;
}

/** Steps between looks at the gap. */
const stretch = 10;
/** Converged when the gap is at most this share of the objective. */
const tolerance = 1e-7;
/** Where rounding ends the descent before: what still counts as converged. */
const roundingTolerance = 1e-5;
/** Looks at the gap without a better one before the end is called; fewer where the gap may be rounding. */
const patience = 20;
const roundingPatience = 3;
/** A perfect fit has objective 0, of which no gap is a share: the share is of this much of the objective at the start then. */
export const leastShare = 1e-6;

/** Probes of the curvature go this far: any distance serves a quadratic. */
export const probe = (problem: ConvexProblem): number => (problem.quadratic ? 1 : 0.1);

/** A start brought into the sets. */
export const feasible = (env: Environment, problem: ConvexProblem, start: Arrays): Arrays =>
  new Map(
    problem.parts.map((p) => {
      const x = start.get(p.variable.name)!;
      return [p.variable.name, p.projection.trivial ? x : p.projection.project(env, x)] as const;
    }),
  );

/** The better of the bounds that a problem has. */
const lookFor = (env: Environment, setting: Setting, zeros: Arrays): ((c: Builder, x: Arrays) => Gap) => {
  const inward = interiorDirection(env.builder, setting, zeros);
  return (c, x) => {
    const seen = gapAt(onBuilder(env, c), setting.problem, setting.weights, setting.slopes, x);
    if (inward === null) return seen;
    const shifted = c.maximum(shiftedGap(c, setting, inward, x, seen.gradient), 0);
    const better = c.select(c.gt(seen.loose, 0), shifted, c.minimum(seen.gap, shifted));
    return { ...seen, gap: c.select(inward.valid, better, seen.gap) };
  };
};

/** At most so much lower than at the point of the unknowns that are iterated is the minimum: objective and gap there, scalars. */
export const boundAt = (
  env: Environment,
  problem: ConvexProblem,
  point: Arrays,
): { readonly objective: Value; readonly gap: Value } => {
  const b = env.builder;
  const { each } = packing(problem);
  const zeros = each((k) => b.zeros(point.get(k)!.shape));
  const { objective, gap } = lookFor(
    env,
    settingOf(env, problem, zeros),
    zeros,
  )(
    b,
    each((k) => point.get(k)!),
  );
  return { objective: b.sum(objective), gap: b.sum(gap) };
};

export const fista = (env: Environment, problem: ConvexProblem, start: Arrays, maxIterations: number): FistaResult => {
  const b = env.builder;
  const { list, cut, each } = packing(problem);
  const zeros = each((k) => b.zeros(start.get(k)!.shape));
  const setting = settingOf(env, problem, zeros);
  const first = startInside(env, setting, feasible(env, problem, start), feasible);
  const curvature = curvatureInside(
    b,
    problem,
    curvatureBound(b, problem, setting.gradient, first, env.seed(), probe(problem)),
  );
  const look = lookFor(env, setting, zeros);
  const here = look(b, first);
  const steps = problem.quadratic ? quadraticSteps : backtrackingSteps;
  const begun = b.sum(here.objective);
  const floor = b.mul(leastShare, b.abs(begun));
  const isSmall = (c: Builder, gap: Value, objective: Value, share: number): Value =>
    c.le(gap, c.mul(share, c.maximum(c.abs(objective), floor)));
  const mostLooks = Math.ceil(maxIterations / stretch);
  const trace = recorder(b, mostLooks);
  const loop = b.while_(
    {
      max: mostLooks,
      carry: [
        curvature,
        b.full(rowShape(problem.rows), 1),
        // The best gap that counted as progress, looks since then; the gap and objective now.
        b.constant(NOTHING),
        b.constant(0),
        // Nothing is known of how far away a minimiser is before some steps have been taken.
        b.constant(NOTHING),
        begun,
        // Looks in all, and the objective at each.
        b.constant(0),
        trace.begin(begun),
        ...list(first, zeros, here.gradient, here.gradient),
      ],
    },
    (c, [, , , still, gap, objective]) => {
      const close = isSmall(c, gap!, objective!, roundingTolerance);
      const rests = c.lt(still!, c.select(close, roundingPatience - 0.5, patience - 0.5));
      return c.mul(c.not(isSmall(c, gap!, objective!, tolerance)), rests);
    },
    (c, [bound, momentum, best, still, , , looks, seen, ...values]) => {
      const [x, moved, slope, slopeBefore] = cut(values) as [Arrays, Arrays, Arrays, Arrays];
      const from = { bound: bound!, momentum: momentum!, x, moved, slope, slopeBefore };
      const walked = steps(c, setting, from, stretch);
      const there = look(c, walked.x);
      const gap = c.sum(there.gap);
      const objective = c.sum(there.objective);
      const progress = c.lt(gap, c.mul(0.9, best!));
      // A quotient above the bound shows that the bound is too small: it is raised, and the momentum forgotten.
      const change = each((k) => c.sub(walked.x.get(k)!, x.get(k)!));
      const turn = each((k) => c.sub(there.gradient.get(k)!, slope.get(k)!));
      const length = c.maximum(dotArrays(c, problem, change, change), 1e-30);
      const quotient = c.div(dotArrays(c, problem, turn, change), length);
      const low = problem.quadratic ? c.gt(quotient, c.mul(walked.bound, 1.0001)) : c.zeros(quotient.shape);
      return [
        c.select(low, c.mul(1.1, quotient), walked.bound),
        c.select(low, 1, walked.momentum),
        c.select(progress, gap, best!),
        c.select(progress, c.constant(0), c.add(still!, 1)),
        gap,
        objective,
        c.add(looks!, 1),
        trace.record(c, seen!, c.add(looks!, 1), objective),
        ...list(walked.x, walked.moved, there.gradient, walked.slopeBefore),
      ];
    },
  );
  const [, , , , gap, objective, , objectives, ...values] = loop.carry;
  const [found, moved] = cut(values) as [Arrays, Arrays];
  const converged = isSmall(b, gap!, objective!, roundingTolerance);
  // Where the energy falls without end the steps go on along a line; a point far out on it says so.
  const far = farAlong(env, problem, found, moved);
  const escapes = b.and(b.not(converged), b.lt(energyAt(env, problem, far), objective!));
  return {
    arrays: each((k) => b.select(escapes, far.get(k)!, found.get(k)!)),
    gap: gap!,
    converged,
    iterations: b.mul(stretch, loop.steps),
    trace: { values: objectives!, every: stretch * trace.every },
  };
};

/** Larger than what models are written in, and its square is a number in float32. */
const farAway = 1e15;

const farAlong = (env: Environment, problem: ConvexProblem, x: Arrays, moved: Arrays): Arrays => {
  const b = env.builder;
  const largest = [...moved.values()].map((m) => b.max(b.abs(m))).reduce((p, q) => b.maximum(p, q));
  const length = b.div(farAway, b.maximum(largest, 1e-20));
  return feasible(env, problem, new Map([...x].map(([k, v]) => [k, b.add(v, b.mul(length, moved.get(k)!))] as const)));
};

const energyAt = (env: Environment, problem: ConvexProblem, arrays: Arrays): Value => {
  const bound = bindPoint(env, problem, arrays);
  const { smooth, penalties } = problem.composite;
  return sumOfEnergies(bound, [...smooth, ...penalties.map((p) => p.term)]);
};
