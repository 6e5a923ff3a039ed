// Accelerated proximal gradient (FISTA: Beck and Teboulle 2009) with gradient restarts (O'Donoghue and Candès 2015) for all rows of
// a problem at once, as one `while`. In: a convex problem, a start, an environment. Out: the arrays where the gap is small.
// A quadratic smooth part has an affine gradient, so that the gradient at the extrapolated point is a combination of known ones
// and a step costs one evaluation; its step size is fixed, and checked. Otherwise steps are found by backtracking.
import type { Environment } from '../../lower/environment.ts';
import type { Builder, Value } from '../../tensor/builder.ts';
import * as dims from '../../tensor/dims.ts';
import type { Gap } from './gap.ts';
import { gapAt } from './gap.ts';
import type { GradientOf } from './lipschitz.ts';
import { curvatureBound, dotArrays, scaleRows } from './lipschitz.ts';
import type { Arrays, Weights } from './parts.ts';
import { proximal, weightsOf } from './parts.ts';
import type { ConvexProblem } from './problem.ts';
import { rowShape, spread } from './rows.ts';
import { gradientOf, onBuilder } from './smooth.ts';

export interface FistaResult {
  readonly arrays: Arrays;
  /** Scalars. */
  readonly gap: Value;
  readonly converged: Value;
  readonly iterations: Value;
}

/** Steps between looks at the gap. */
const stretch = 10;
/** Converged when the gap is at most this share of the objective. */
const tolerance = 1e-7;
/** Where rounding ends the descent before: what still counts as converged. */
const roundingTolerance = 1e-5;
/** Looks at the gap without a better one before the end is called. */
const patience = 20;
const NOTHING = 1e30;

export interface Setting {
  readonly env: Environment;
  readonly problem: ConvexProblem;
  readonly weights: ReadonlyMap<string, Weights>;
  /** The constant gradient of the linear terms and of the absolute values of nonnegative unknowns; null where there are none. */
  readonly slopes: Arrays | null;
  /** Of the smooth part with the latter. */
  readonly gradient: GradientOf;
}

export const settingOf = (env: Environment, problem: ConvexProblem, zeros: Arrays): Setting => {
  const weights = weightsOf(env, problem);
  const folded = (b: Builder, name: string, slope: Value): Value => {
    const part = problem.parts.find((p) => p.variable.name === name)!;
    const w = part.nonnegative ? weights.get(name)!.absolute : null;
    return w === null ? slope : b.add(slope, w);
  };
  const withFolded = (b: Builder, slopes: Arrays): Arrays =>
    new Map([...slopes].map(([name, slope]) => [name, folded(b, name, slope)] as const));
  const smooth = [...problem.squares, ...problem.linear, ...problem.others];
  return {
    env,
    problem,
    weights,
    slopes:
      problem.linear.length === 0 && !problem.parts.some((p) => p.nonnegative && p.absolute.length > 0)
        ? null
        : withFolded(env.builder, gradientOf(env, problem, problem.linear, zeros)),
    gradient: (b, arrays) => withFolded(b, gradientOf(onBuilder(env, b), problem, smooth, arrays)),
  };
};

type Values = readonly Value[];

export const fista = (env: Environment, problem: ConvexProblem, start: Arrays, maxIterations: number): FistaResult => {
  const b = env.builder;
  const names = problem.parts.map((p) => p.variable.name);
  const zeros = new Map(names.map((n) => [n, b.zeros(start.get(n)!.shape)] as const));
  const setting = settingOf(env, problem, zeros);
  const { gradient } = setting;
  const list = (arrays: Arrays): Values => names.map((n) => arrays.get(n)!);
  const named = (values: Values): Arrays => new Map(names.map((n, i) => [n, values[i]!] as const));
  const n = names.length;
  const cut = (values: Values): readonly Arrays[] =>
    Array.from({ length: values.length / n }, (_, i) => named(values.slice(i * n, (i + 1) * n)));

  const curvature = curvatureBound(b, problem, gradient, zeros, env.seed(), problem.quadratic ? 1 : 0.1);
  const first = feasible(env, setting, start, curvature);
  const point = (c: Builder, x: Arrays): Gap => gapAt(onBuilder(env, c), problem, setting.weights, setting.slopes, x);
  const total = (c: Builder, rows: Value): Value => c.sum(rows);
  const here = point(b, first);
  const steps = problem.quadratic ? quadraticSteps : backtrackingSteps;
  const loop = b.while_(
    {
      max: Math.ceil(maxIterations / stretch),
      carry: [
        curvature,
        b.full(rowShape(problem.rows), 1),
        // The best gap that counted as progress, looks since then; the gap and objective now.
        b.constant(NOTHING),
        b.constant(0),
        total(b, here.gap),
        total(b, here.objective),
        ...list(first),
        ...list(zeros),
        ...list(here.gradient),
      ],
    },
    (c, [, , , still, gap, objective]) =>
      c.mul(c.gt(gap!, c.mul(tolerance, c.abs(objective!))), c.lt(still!, patience - 0.5)),
    (c, [bound, momentum, best, still, , , ...values]) => {
      const [x, moved, slope] = cut(values) as [Arrays, Arrays, Arrays];
      const walked = steps(c, setting, { bound: bound!, momentum: momentum!, x, moved, slope });
      const there = point(c, walked.x);
      const gap = total(c, there.gap);
      const progress = c.lt(gap, c.mul(0.9, best!));
      // A quotient above the bound shows that the bound is too small: it is raised, and the momentum forgotten.
      const change = new Map(names.map((k) => [k, c.sub(walked.x.get(k)!, x.get(k)!)] as const));
      const turn = new Map(names.map((k) => [k, c.sub(there.gradient.get(k)!, slope.get(k)!)] as const));
      const length = dotArrays(c, problem, change, change);
      const quotient = c.div(dotArrays(c, problem, turn, change), c.maximum(length, 1e-30));
      const low = problem.quadratic ? c.gt(quotient, c.mul(walked.bound, 1.0001)) : c.zeros(quotient.shape);
      return [
        c.select(low, c.mul(1.1, quotient), walked.bound),
        c.select(low, 1, walked.momentum),
        c.select(progress, gap, best!),
        c.select(progress, c.constant(0), c.add(still!, 1)),
        gap,
        total(c, there.objective),
        ...list(walked.x),
        ...list(walked.moved),
        ...list(there.gradient),
      ];
    },
  );
  const [, , , , gap, objective, ...values] = loop.carry;
  const [arrays] = cut(values) as [Arrays];
  return {
    arrays,
    gap: gap!,
    converged: b.le(gap!, b.mul(roundingTolerance, b.abs(objective!))),
    iterations: b.mul(stretch, loop.steps),
  };
};

/** The start brought into the sets. */
const feasible = ({ builder: b, ...env }: Environment, { problem }: Setting, start: Arrays, _: Value): Arrays =>
  new Map(
    problem.parts.map((p) => {
      const x = start.get(p.variable.name)!;
      return [p.variable.name, p.projection.trivial ? x : p.projection.project({ ...env, builder: b }, x)] as const;
    }),
  );

interface Walk {
  /** L by row. */
  readonly bound: Value;
  /** t of the momentum (t - 1)/t⁺, by row. */
  readonly momentum: Value;
  readonly x: Arrays;
  /** The last step. */
  readonly moved: Arrays;
}

const nextMomentum = (b: Builder, t: Value): Value => b.mul(0.5, b.add(1, b.sqrt(b.add(1, b.mul(4, b.square(t))))));

/** The proximal maps of all parts with steps 1/L. */
const proximals = (
  c: Builder,
  { env, problem, weights }: Setting,
  v: Arrays,
  steps: ReadonlyMap<string, Value>,
): Arrays =>
  new Map(
    problem.parts.map((p) => {
      const { name } = p.variable;
      return [name, proximal(onBuilder(env, c), p, weights.get(name)!, v.get(name)!, steps.get(name)!)] as const;
    }),
  );

const stepSizes = (c: Builder, { parts, rows }: ConvexProblem, bound: Value): ReadonlyMap<string, Value> => {
  const inverse = c.reciprocal(bound);
  return new Map(parts.map(({ variable }) => [variable.name, spread(c, rows, variable, inverse)] as const));
};

/** With ∇f affine and u(x) = x - ∇f(x)/L, the gradient step at y = x + β(x - x⁻) is u(x) + β(u(x) - u(x⁻)). */
const quadraticSteps = (c: Builder, setting: Setting, from: Walk & { readonly slope: Arrays }): Walk => {
  const { problem, gradient } = setting;
  const { rows, parts } = problem;
  const names = parts.map((p) => p.variable.name);
  const n = names.length;
  const sizes = stepSizes(c, problem, from.bound);
  const list = (arrays: Arrays): Values => names.map((k) => arrays.get(k)!);
  const named = (values: Values): Arrays => new Map(names.map((k, i) => [k, values[i]!] as const));
  const image = (b: Builder, x: Arrays, slope: Arrays): Arrays =>
    new Map(names.map((k) => [k, b.sub(x.get(k)!, b.mul(slope.get(k)!, sizes.get(k)!))] as const));
  // The point before the last step has its gradient from nowhere cheaper than another evaluation.
  const before = new Map(names.map((k) => [k, c.sub(from.x.get(k)!, from.moved.get(k)!)] as const));
  const now = image(c, from.x, from.slope);
  const then = image(c, before, gradient(c, before));
  const { carry } = c.scan(
    {
      length: dims.constant(stretch),
      carry: [from.momentum, ...list(from.x), ...list(from.moved), ...list(now), ...list(then)],
      xs: [],
    },
    (b, [t, ...values]) => {
      const [x, moved, u, old] = [0, 1, 2, 3].map((i) => named(values.slice(i * n, (i + 1) * n))) as [
        Arrays,
        Arrays,
        Arrays,
        Arrays,
      ];
      const t2 = nextMomentum(b, t!);
      const beta = b.div(b.sub(t!, 1), t2);
      const v = new Map(
        parts.map(({ variable }) => {
          const k = variable.name;
          const ahead = b.mul(b.sub(u.get(k)!, old.get(k)!), spread(b, rows, variable, beta));
          return [k, b.add(u.get(k)!, ahead)] as const;
        }),
      );
      const next = proximals(b, setting, v, sizes);
      const step = new Map(names.map((k) => [k, b.sub(next.get(k)!, x.get(k)!)] as const));
      const restart = turnsBack(b, problem, beta, moved, step);
      return {
        carry: [
          b.select(restart, 1, t2),
          ...list(next),
          ...list(step),
          ...list(image(b, next, gradient(b, next))),
          ...list(u),
        ],
      };
    },
  );
  const [momentum, ...values] = carry;
  const [x, moved] = [0, 1].map((i) => named(values.slice(i * n, (i + 1) * n))) as [Arrays, Arrays];
  return { bound: from.bound, momentum: momentum!, x, moved };
};

/** (y - x⁺)'(x⁺ - x) > 0 with y = x + β d: the step goes against the momentum. */
const turnsBack = (b: Builder, problem: ConvexProblem, beta: Value, moved: Arrays, step: Arrays): Value =>
  b.gt(b.mul(beta, dotArrays(b, problem, moved, step)), dotArrays(b, problem, step, step));

/** Steps whose bound is raised until the curvature along the step is below it, and lowered a little each time (Becker, Candès,
 *  Grant 2011, 5.3, with gradients, which keep their digits near the minimum). */
const backtrackingSteps = (c: Builder, setting: Setting, from: Walk): Walk => {
  const { problem, gradient } = setting;
  const { rows, parts } = problem;
  const names = parts.map((p) => p.variable.name);
  const n = names.length;
  const list = (arrays: Arrays): Values => names.map((k) => arrays.get(k)!);
  const named = (values: Values): Arrays => new Map(names.map((k, i) => [k, values[i]!] as const));
  const { carry } = c.scan(
    {
      length: dims.constant(stretch),
      carry: [from.bound, from.momentum, ...list(from.x), ...list(from.moved)],
      xs: [],
    },
    (b, [bound, t, ...values]) => {
      const [x, moved] = [0, 1].map((i) => named(values.slice(i * n, (i + 1) * n))) as [Arrays, Arrays];
      const t2 = nextMomentum(b, t!);
      const beta = b.div(b.sub(t!, 1), t2);
      const ahead = scaleRows(b, problem, moved, beta);
      const y = new Map(names.map((k) => [k, b.add(x.get(k)!, ahead.get(k)!)] as const));
      const slope = gradient(b, y);
      const trial = b.while_(
        { max: 60, carry: [b.mul(0.9, bound!), b.zeros(rowShape(rows)), ...list(x)] },
        (d, [, done]) => d.lt(d.min(done!), 1),
        (d, [l, done, ...last]) => {
          const sizes = stepSizes(d, problem, l!);
          const v = new Map(names.map((k) => [k, d.sub(y.get(k)!, d.mul(slope.get(k)!, sizes.get(k)!))] as const));
          const next = proximals(d, setting, v, sizes);
          const apart = new Map(names.map((k) => [k, d.sub(next.get(k)!, y.get(k)!)] as const));
          const there = gradient(d, next);
          const turn = new Map(names.map((k) => [k, d.sub(there.get(k)!, slope.get(k)!)] as const));
          const length = dotArrays(d, problem, apart, apart);
          // Written so that NaN counts as too far.
          const good = d.le(dotArrays(d, problem, turn, apart), d.mul(l!, length));
          const closed = d.maximum(done!, good);
          return [
            d.select(closed, l!, d.mul(2, l!)),
            closed,
            ...parts.map(({ variable }, i) => {
              const old = d.broadcast(spread(d, rows, variable, done!), last[i]!.shape);
              return d.select(old, last[i]!, next.get(variable.name)!);
            }),
          ];
        },
      );
      const [l, , ...found] = trial.carry;
      const next = named(found);
      const step = new Map(names.map((k) => [k, b.sub(next.get(k)!, x.get(k)!)] as const));
      const restart = turnsBack(b, problem, beta, moved, step);
      return { carry: [l!, b.select(restart, 1, t2), ...list(next), ...list(step)] };
    },
  );
  const [bound, momentum, ...values] = carry;
  const [x, moved] = [0, 1].map((i) => named(values.slice(i * n, (i + 1) * n))) as [Arrays, Arrays];
  return { bound: bound!, momentum: momentum!, x, moved };
};
