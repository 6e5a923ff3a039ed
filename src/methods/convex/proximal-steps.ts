// Steps of accelerated proximal gradient descent (FISTA: Beck and Teboulle 2009) with gradient restarts (O'Donoghue and Candès
// 2015), for all rows of a problem at once. In: a setting and where a descent stands. Out: where it stands some steps later.
// A quadratic smooth part has an affine gradient, so that the gradient at the extrapolated point is a combination of known ones
// and a step costs one evaluation; its step size is fixed, for the caller to check. Otherwise steps are found by backtracking.
import type { Environment } from '../../lower/environment.ts';
import type { Builder, Value } from '../../tensor/builder.ts';
import * as dims from '../../tensor/dims.ts';
import type { GradientOf } from './lipschitz.ts';
import { dotArrays, scaleRows } from './lipschitz.ts';
import type { Arrays, Weights } from './parts.ts';
import { proximal, weightsOf } from './parts.ts';
import type { ConvexProblem } from './problem.ts';
import { insideBarriers } from './barriers.ts';
import { rowShape, spread } from './rows.ts';
import { gradientOf, onBuilder } from './smooth.ts';

export interface Setting {
  readonly env: Environment;
  readonly problem: ConvexProblem;
  readonly weights: ReadonlyMap<string, Weights>;
  /** The constant gradient of the linear terms and of the absolute values of nonnegative unknowns; null where there are none. */
  readonly slopes: Arrays | null;
  /** Of the smooth part with the latter. */
  readonly gradient: GradientOf;
}

/** `smoothGradient`: where it is known in a cheaper form than the gradient of the energy. */
export const settingOf = (
  env: Environment,
  problem: ConvexProblem,
  zeros: Arrays,
  smoothGradient: GradientOf | null = null,
): Setting => {
  const weights = weightsOf(env, problem);
  const isFolded = problem.parts.some((p) => p.nonnegative && p.absolute.length > 0);
  const withFolded = (b: Builder, slopes: Arrays): Arrays =>
    new Map(
      problem.parts.map(({ variable: { name }, nonnegative }) => {
        const w = nonnegative ? weights.get(name)!.absolute : null;
        return [name, w === null ? slopes.get(name)! : b.add(slopes.get(name)!, w)] as const;
      }),
    );
  const smooth = [...problem.squares, ...problem.linear, ...problem.others];
  return {
    env,
    problem,
    weights,
    slopes:
      problem.linear.length === 0 && !isFolded
        ? null
        : withFolded(env.builder, gradientOf(env, problem, problem.linear, zeros)),
    gradient: (b, arrays) =>
      withFolded(b, smoothGradient?.(b, arrays) ?? gradientOf(onBuilder(env, b), problem, smooth, arrays)),
  };
};

/** Where a descent stands. */
export interface Walk {
  /** L by row. */
  readonly bound: Value;
  /** t of the momentum (t - 1)/t⁺, by row. */
  readonly momentum: Value;
  readonly x: Arrays;
  /** The last step. */
  readonly moved: Arrays;
  /** The gradient at x, and at the point before the last step. */
  readonly slope: Arrays;
  readonly slopeBefore: Arrays;
}

type Values = readonly Value[];

/** Packs arrays by name into lists that loops carry, and back. */
export const packing = (problem: ConvexProblem) => {
  const names = problem.parts.map((p) => p.variable.name);
  const n = names.length;
  return {
    names,
    list: (...all: readonly Arrays[]): Values => all.flatMap((arrays) => names.map((k) => arrays.get(k)!)),
    cut: (values: Values): readonly Arrays[] =>
      Array.from(
        { length: values.length / n },
        (_, i) => new Map(names.map((k, j) => [k, values[i * n + j]!] as const)),
      ),
    each: (make: (name: string) => Value): Arrays => new Map(names.map((k) => [k, make(k)] as const)),
  };
};

/** So many steps. The gradient at the end is left to the caller, who has it from elsewhere. */
export type Steps = (c: Builder, setting: Setting, from: Walk, count: number) => Omit<Walk, 'slope'>;

const nextMomentum = (b: Builder, t: Value): Value => b.mul(0.5, b.add(1, b.sqrt(b.add(1, b.mul(4, b.square(t))))));

/** The proximal maps of all parts with steps 1/L. */
const proximals = (c: Builder, { env, problem, weights }: Setting, v: Arrays, sizes: Arrays): Arrays =>
  new Map(
    problem.parts.map((p) => {
      const { name } = p.variable;
      return [name, proximal(onBuilder(env, c), p, weights.get(name)!, v.get(name)!, sizes.get(name)!)] as const;
    }),
  );

const stepSizes = (c: Builder, { parts, rows }: ConvexProblem, bound: Value): Arrays => {
  const inverse = c.reciprocal(bound);
  return new Map(parts.map(({ variable }) => [variable.name, spread(c, rows, variable, inverse)] as const));
};

/** (y - x⁺)'(x⁺ - x) > 0 with y = x + β d: the step goes against the momentum. */
const turnsBack = (b: Builder, problem: ConvexProblem, beta: Value, moved: Arrays, step: Arrays): Value =>
  b.gt(b.mul(beta, dotArrays(b, problem, moved, step)), dotArrays(b, problem, step, step));

/** With ∇f affine and u(x) = x - ∇f(x)/L, the gradient step at y = x + β(x - x⁻) is u(x) + β(u(x) - u(x⁻)). */
export const quadraticSteps: Steps = (c, setting, from, count) => {
  const { problem, gradient } = setting;
  const { list, cut, each } = packing(problem);
  const sizes = stepSizes(c, problem, from.bound);
  const image = (b: Builder, x: Arrays, slope: Arrays): Arrays =>
    each((k) => b.sub(x.get(k)!, b.mul(slope.get(k)!, sizes.get(k)!)));
  const before = each((k) => c.sub(from.x.get(k)!, from.moved.get(k)!));
  const now = image(c, from.x, from.slope);
  const then = image(c, before, from.slopeBefore);
  const { carry } = c.scan(
    { length: dims.constant(count), carry: [from.momentum, ...list(from.x, from.moved, now, then)], xs: [] },
    (b, [t, ...values]) => {
      const [x, moved, u, old] = cut(values) as [Arrays, Arrays, Arrays, Arrays];
      const t2 = nextMomentum(b, t!);
      const beta = b.div(b.sub(t!, 1), t2);
      const ahead = scaleRows(
        b,
        problem,
        each((k) => b.sub(u.get(k)!, old.get(k)!)),
        beta,
      );
      const next = proximals(
        b,
        setting,
        each((k) => b.add(u.get(k)!, ahead.get(k)!)),
        sizes,
      );
      const step = each((k) => b.sub(next.get(k)!, x.get(k)!));
      const restart = turnsBack(b, problem, beta, moved, step);
      return { carry: [b.select(restart, 1, t2), ...list(next, step, image(b, next, gradient(b, next)), u)] };
    },
  );
  const [momentum, ...values] = carry;
  const [x, moved, , old] = cut(values) as [Arrays, Arrays, Arrays, Arrays];
  const last = each((k) => c.sub(c.sub(x.get(k)!, moved.get(k)!), old.get(k)!));
  return { bound: from.bound, momentum: momentum!, x, moved, slopeBefore: scaleRows(c, problem, last, from.bound) };
};

/** Steps whose bound is raised until the curvature along the step is below it, and lowered a little each time (Becker, Candès,
 *  Grant 2011, 5.3, with gradients, which keep their digits near the minimum). */
export const backtrackingSteps: Steps = (c, setting, from, count) => {
  const { problem, gradient } = setting;
  const { rows, parts } = problem;
  const { list, cut, each } = packing(problem);
  const { carry } = c.scan(
    { length: dims.constant(count), carry: [from.bound, from.momentum, ...list(from.x, from.moved)], xs: [] },
    (b, [bound, t, ...values]) => {
      const [x, moved] = cut(values) as [Arrays, Arrays];
      const t2 = nextMomentum(b, t!);
      const leap = b.div(b.sub(t!, 1), t2);
      const pointAt = (share: Value): Arrays => {
        const ahead = scaleRows(b, problem, moved, share);
        return each((k) => b.add(x.get(k)!, ahead.get(k)!));
      };
      // Extrapolation may leave the domain of the energy: it is left out then.
      const beta = problem.barrier ? b.select(insideBarriers(b, setting, pointAt(leap)), leap, 0) : leap;
      const y = pointAt(beta);
      const slope = gradient(b, y);
      const trial = b.while_(
        { max: mostTrials, carry: [b.mul(loosening, bound!), b.zeros(rowShape(rows)), ...list(x)] },
        (d, [, done]) => d.lt(d.min(done!), 1),
        (d, [l, done, ...last]) => {
          const sizes = stepSizes(d, problem, l!);
          const next = proximals(
            d,
            setting,
            each((k) => d.sub(y.get(k)!, d.mul(slope.get(k)!, sizes.get(k)!))),
            sizes,
          );
          const apart = each((k) => d.sub(next.get(k)!, y.get(k)!));
          const there = gradient(d, next);
          const turn = each((k) => d.sub(there.get(k)!, slope.get(k)!));
          // Written so that NaN counts as too far.
          const bent = d.le(dotArrays(d, problem, turn, apart), d.mul(l!, dotArrays(d, problem, apart, apart)));
          const good = problem.barrier ? d.and(bent, insideBarriers(d, setting, next)) : bent;
          const closed = d.maximum(done!, good);
          const kept = parts.map(({ variable }, i) => {
            const old = d.broadcast(spread(d, rows, variable, done!), last[i]!.shape);
            return d.select(old, last[i]!, next.get(variable.name)!);
          });
          return [d.select(closed, l!, d.mul(2, l!)), closed, ...kept];
        },
      );
      const [l, , ...found] = trial.carry;
      const [next] = cut(found) as [Arrays];
      const step = each((k) => b.sub(next.get(k)!, x.get(k)!));
      const restart = turnsBack(b, problem, beta, moved, step);
      return { carry: [l!, b.select(restart, 1, t2), ...list(next, step)] };
    },
  );
  const [bound, momentum, ...values] = carry;
  const [x, moved] = cut(values) as [Arrays, Arrays];
  // Nobody reads the gradient before: steps evaluate their own.
  return { bound: bound!, momentum: momentum!, x, moved, slopeBefore: from.slopeBefore };
};

/** Doublings of the bound in one step. */
const mostTrials = 60;
const loosening = 0.9;
