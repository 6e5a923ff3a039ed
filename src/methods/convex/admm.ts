// The alternating direction method of multipliers (Boyd, Parikh, Chu, Peleato, Eckstein 2011) with over-relaxation (3.4.3) and
// balanced residuals (Wohlberg 2017, ADMM penalty parameter selection by residual balancing), as one `while`. In: a split problem
// and an environment. Out: the unknowns with the gap to the dual: with θ = ρu, which every step leaves feasible,
//     D(θ) = min_x [ f(x) + Σ θ_j'a_j(x) ] + Σ min_v [ g_j(v) - θ_j'v ],
// the first a quadratic minimum, the second 0 for a penalty.
import { NOTHING } from '../../optimizers/trace.ts';
import type { Environment } from '../../lower/environment.ts';
import { withBindings } from '../../lower/environment.ts';
import { sumOfEnergies } from '../../lower/group.ts';
import { wholeShape } from '../../semantics/whole-shape.ts';
import type { Trace } from '../../optimizers/trace.ts';
import { recorder } from '../../optimizers/trace.ts';
import type { Builder, Value } from '../../tensor/builder.ts';
import * as dims from '../../tensor/dims.ts';
import { gradient } from '../../tensor/differentiate.ts';
import { bindArrays } from '../continuous/joint-transform.ts';
import { splitUnknowns, solveQuadratic } from '../quadratic/solve.ts';
import type { QuadraticWitness } from '../quadratic/method.ts';
import { assemble } from '../quadratic/system.ts';
import { leastShare } from './fista.ts';
import { activeSetSteps } from './active-set.ts';
import type { Arrays } from './parts.ts';
import { weightsOf } from './parts.ts';
import { onBuilder } from './smooth.ts';
import { splitPart } from './split-parts.ts';
import type { SplitProblem } from './splits.ts';
import { beforeName, ridgeName, weightName } from './splits.ts';

export interface AdmmResult {
  readonly arrays: Arrays;
  /** The energy without what is free of the unknowns, of any arrays: a scalar. */
  readonly energyOf: (arrays: Arrays) => Value;
  /** Scalars. */
  readonly energy: Value;
  readonly gap: Value;
  readonly converged: Value;
  readonly iterations: Value;
  /** By look. */
  readonly trace: Trace;
}

/** Steps between looks at residuals and gap. */
const stretch = 20;
const tolerance = 1e-7;
const roundingTolerance = 1e-5;
/** Looks without a better gap before the end is called; fewer where the gap may be rounding. */
const patience = 60;
const roundingPatience = 8;
const relaxation = 1.6;
/** Looks after which ρ stays, so that the iteration converges. */
const adapting = 40;
/** Changes of ρ by one look. */
const largestFactor = 5;

/** Weight of the proximal term, as a share of the curvature: beyond the rounding of a float32 system, without weight else. */
const proximalShare = 1e-5;

type Values = readonly Value[];

/** Of the distance to the splits, and to the last point. */
export interface Weighting {
  readonly rho: Value;
  readonly ridge: Value;
}

interface Walk {
  readonly arrays: Arrays;
  readonly v: Values;
  readonly u: Values;
  /** v one step before. */
  readonly old: Values;
}

/** `start`: where it begins, 0 without. */
export const admm = (
  env: Environment,
  split: SplitProblem,
  maxIterations: number,
  start: Arrays = new Map(),
): AdmmResult => {
  const b = env.builder;
  const { splits, variables, problem } = split;
  const outer: Environment = { ...env, model: split.model };
  const weights = weightsOf(outer, problem);
  const parts = splits.map((s) => splitPart(outer, s, weights));
  const names = variables.map((v) => v.name);
  const list = (arrays: Arrays): Values => names.map((k) => arrays.get(k)!);
  const named = (values: Values): Arrays => new Map(names.map((k, i) => [k, values[i]!] as const));
  const [n, m] = [names.length, splits.length];

  const formOf = (c: Builder, witness: QuadraticWitness, given: Values, { rho, ridge }: Weighting, before: Arrays) => {
    const bound = withBindings(onBuilder(outer, c), [
      [weightName, { kind: 'given', value: rho }],
      [ridgeName, { kind: 'given', value: ridge }],
      ...variables.map((v) => [beforeName(v), { kind: 'given', value: before.get(v.name)! }] as const),
      ...splits.map((s, i) => [s.name, { kind: 'given', value: given[i]! }] as const),
    ]);
    return { bound, system: assemble(bound, variables, witness.layout, witness.polynomials, () => null) };
  };
  /** The minimiser over x of one of the two forms, with `given` in place of the v_j. */
  const solve = (c: Builder, witness: QuadraticWitness, given: Values, weighting: Weighting, before: Arrays) => {
    const { bound, system } = formOf(c, witness, given, weighting, before);
    const solved = solveQuadratic(bound, witness.layout, system);
    return {
      arrays: splitUnknowns(bound, witness.layout, variables, solved.minimiser),
      minimum: solved.minimum,
    };
  };
  const smooth = [...problem.squares, ...problem.linear, ...problem.others];
  const smoothEnergy = (c: Builder, arrays: Arrays): Value =>
    sumOfEnergies(bindArrays(onBuilder(env, c), arrays), smooth);
  const objective = (c: Builder, arrays: Arrays): Value =>
    parts.reduce((sum, p) => c.add(sum, p.energy(c, p.image(c, arrays))), smoothEnergy(c, arrays));
  /** f + Σ θ_j'a_j. */
  const lagrangian = (c: Builder, arrays: Arrays, multipliers: Values): Value =>
    parts.reduce((sum, p, i) => c.add(sum, c.sum(c.mul(multipliers[i]!, p.image(c, arrays)))), smoothEnergy(c, arrays));
  /** f + Σ θ_j'a_j near a point, where it has no minimum by itself (or none that float32 finds): its linear bound, for minimisers
   *  no further away than `reach`. */
  const linearBound = (c: Builder, at: Arrays, multipliers: Values): Value => {
    const here = new Map(names.map((k) => [k, c.distinct(at.get(k)!)] as const));
    const value = lagrangian(c, here, multipliers);
    const slopes = gradient(c, value, list(here));
    return names.reduce((sum, k, i) => {
      const reach = c.mul(2, c.max(c.abs(here.get(k)!)));
      return c.sub(sum, c.mul(reach, c.sum(c.abs(slopes[i]!))));
    }, value);
  };
  const free = splits.every((s) => s.of.kind === 'penalty');

  const judge = (c: Builder, x: Arrays, v: Values, raw: Values, weighting: Weighting) => {
    // Split unknowns are reported from v, which lies in the set and has exact zeros.
    const own = splits.flatMap((s, i) => (s.of.kind === 'part' ? [[s.of.part.variable.name, v[i]!] as const] : []));
    const arrays: Arrays = new Map([...x, ...own]);
    const value = objective(c, arrays);
    const multipliers = parts.map((p, i) => p.within(c, raw[i]!));
    const nearby = linearBound(c, arrays, multipliers);
    const dual = split.lagrangian === null ? null : solve(c, split.lagrangian, multipliers, weighting, arrays);
    // The value at its minimiser is the minimum but for the square of rounding; the closed form subtracts terms that may be
    // far larger, as with data far from 0.
    const lowest =
      dual === null ? nearby : c.select(c.isNan(dual.minimum), nearby, lagrangian(c, dual.arrays, multipliers));
    const bound = parts.reduce((sum, p, i) => c.add(sum, p.least(c, multipliers[i]!, v[i]!, value)), lowest);
    if (!free || dual === null) return { arrays, value, gap: c.maximum(c.sub(value, bound), 0) };
    // The minimiser of the dual may be the better point.
    const other = objective(c, dual.arrays);
    const wins = c.lt(other, value);
    const best = c.select(wins, other, value);
    const chosen = names.map((k) => [k, c.select(wins, dual.arrays.get(k)!, arrays.get(k)!)] as const);
    return { arrays: new Map(chosen), value: best, gap: c.maximum(c.sub(best, bound), 0) };
  };
  /** The better of where the walk stands and what its guess of the active set leads to. */
  const look = (c: Builder, { arrays, v, u }: Walk, weighting: Weighting) => {
    const multipliers = parts.map((p, i) => p.within(c, c.mul(weighting.rho, u[i]!)));
    const here = judge(c, arrays, v, multipliers, weighting);
    const end = activeSetSteps(c, outer, split, parts, weighting, { arrays, v, multipliers });
    if (end === null) return here;
    const there = judge(c, end.arrays, end.v, end.multipliers, weighting);
    const wins = c.lt(there.gap, here.gap);
    const chosen = names.map((k) => [k, c.select(wins, there.arrays.get(k)!, here.arrays.get(k)!)] as const);
    return {
      arrays: new Map(chosen),
      value: c.select(wins, there.value, here.value),
      gap: c.select(wins, there.gap, here.gap),
    };
  };

  const walk = (c: Builder, { rho, ridge }: Weighting, from: Values): Walk => {
    const { carry } = c.scan({ length: dims.constant(stretch), carry: from, xs: [] }, (d, values) => {
      const [v, u] = [values.slice(n, n + m), values.slice(n + m, n + 2 * m)];
      const { arrays } = solve(
        d,
        split.augmented,
        v.map((x, i) => d.sub(x, u[i]!)),
        { rho, ridge },
        named(values.slice(0, n)),
      );
      const relaxed = parts.map((p, i) => d.add(d.mul(relaxation, p.image(d, arrays)), d.mul(1 - relaxation, v[i]!)));
      const next = parts.map((p, i) => p.near(d, d.add(relaxed[i]!, u[i]!), rho));
      const up = u.map((x, i) => d.sub(d.add(x, relaxed[i]!), next[i]!));
      return { carry: [...list(arrays), ...next, ...up, ...v] };
    });
    return {
      arrays: named(carry.slice(0, n)),
      v: carry.slice(n, n + m),
      u: carry.slice(n + m, n + 2 * m),
      old: carry.slice(n + 2 * m),
    };
  };
  const size = (c: Builder, list: Values): Value =>
    c.sqrt(list.reduce((sum, x) => c.add(sum, c.sum(c.square(x))), c.constant(0)));
  /** Relative primal and dual residuals. */
  const residuals = (c: Builder, { arrays, v, u, old }: Walk): readonly [Value, Value] => {
    const images = parts.map((p) => p.image(c, arrays));
    const apart = images.map((a, i) => c.sub(a, v[i]!));
    const moved = v.map((x, i) => c.sub(x, old[i]!));
    const scale = c.maximum(c.maximum(size(c, images), size(c, v)), 1e-20);
    return [c.div(size(c, apart), scale), c.div(size(c, moved), c.maximum(size(c, u), 1e-20))];
  };

  const zeros = parts.map((p) => b.zeros(p.shape));
  /** Mean curvature of f and of the squared distances to the splits. */
  const [own, distances] = [0, 1].map((rho) => {
    const at = named(variables.map((v) => b.zeros(wholeShape(v))));
    const { system } = formOf(b, split.augmented, zeros, { rho: b.constant(rho), ridge: b.constant(0) }, at);
    return meanDiagonal(b, system.hessian, system.gradient);
  }) as [Value, Value];
  const weightingOf = (c: Builder, rho: Value): Weighting => {
    const size = c.add(own, c.mul(rho, c.sub(distances, own)));
    return { rho, ridge: c.mul(proximalShare, size) };
  };
  const first = variables.map((v) => start.get(v.name) ?? b.zeros(wholeShape(v)));
  const firstImages = start.size === 0 ? zeros : parts.map((p) => p.image(b, named(first)));
  const least = b.mul(leastShare, b.abs(objective(b, named(variables.map((v) => b.zeros(wholeShape(v)))))));
  const isWithin = (c: Builder, gap: Value, share: number, value: Value): Value =>
    c.le(gap, c.mul(share, c.maximum(c.abs(value), least)));
  const mostLooks = Math.ceil(maxIterations / stretch);
  const trace = recorder(b, mostLooks);
  const loop = b.while_(
    {
      max: mostLooks,
      carry: [
        b.select(b.gt(own, 0), own, 1),
        // The best gap that counted as progress, looks since then, looks in all; gap and value now; the value at each.
        b.constant(NOTHING),
        b.constant(0),
        b.constant(0),
        b.constant(NOTHING),
        b.constant(1),
        trace.begin(objective(b, named(first))),
        ...first,
        ...[...first, ...firstImages, ...zeros, ...firstImages],
      ],
    },
    (c, [, , still, , gap, value]) => {
      const far = c.not(isWithin(c, gap!, tolerance, value!));
      const close = isWithin(c, gap!, roundingTolerance, value!);
      return c.mul(far, c.lt(still!, c.select(close, roundingPatience - 0.5, patience - 0.5)));
    },
    (c, [rho, best, still, looks, , , objectives, ...values]) => {
      const weighting = weightingOf(c, rho!);
      const walked = walk(c, weighting, values.slice(n));
      const seen = look(c, walked, weighting);
      const [primal, dual] = residuals(c, walked);
      const progress = c.lt(seen.gap, c.mul(0.9, best!));
      const ratio = c.sqrt(c.div(primal, c.maximum(dual, 1e-20)));
      const limited = c.maximum(c.minimum(ratio, largestFactor), 1 / largestFactor);
      const factor = c.select(c.lt(looks!, adapting - 0.5), limited, 1);
      return [
        c.mul(rho!, factor),
        c.select(progress, seen.gap, best!),
        c.select(progress, c.constant(0), c.add(still!, 1)),
        c.add(looks!, 1),
        seen.gap,
        seen.value,
        trace.record(c, objectives!, c.add(looks!, 1), seen.value),
        ...list(seen.arrays),
        ...list(walked.arrays),
        ...walked.v,
        ...walked.u.map((x) => c.div(x, factor)),
        ...walked.old,
      ];
    },
  );
  const [, , , , gap, value, objectives, ...values] = loop.carry;
  return {
    arrays: named(values.slice(0, n)),
    energyOf: (of) => objective(b, of),
    energy: value!,
    gap: gap!,
    converged: isWithin(b, gap!, roundingTolerance, value!),
    iterations: b.mul(stretch, loop.steps),
    trace: { values: objectives!, every: stretch * trace.every },
  };
};

const meanDiagonal = (b: Builder, matrix: Value, gradient: Value): Value => {
  const eye = b.reshape(b.eye(matrix.shape.at(-1)!), [
    ...matrix.shape.slice(0, -2).map(() => dims.constant(1)),
    ...matrix.shape.slice(-2),
  ]);
  return b.div(b.sum(b.mul(matrix, eye)), b.dim(dims.product(gradient.shape)));
};
