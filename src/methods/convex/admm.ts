// The alternating direction method of multipliers (Boyd, Parikh, Chu, Peleato, Eckstein 2011) with over-relaxation (3.4.3) and
// balanced residuals (Wohlberg 2017, ADMM penalty parameter selection by residual balancing), as one `while`. In: a split problem
// and an environment. Out: the unknowns with the gap to the dual: with θ = ρu, which every step leaves feasible,
//     D(θ) = min_x [ f(x) + Σ θ_j'a_j(x) ] + Σ min_v [ g_j(v) - θ_j'v ],
// the first a quadratic minimum, the second 0 for a penalty.
import type { Environment } from '../../lower/environment.ts';
import { withBindings } from '../../lower/environment.ts';
import { totalEnergy } from '../../lower/group.ts';
import { wholeShape } from '../../semantics/whole-shape.ts';
import type { Builder, Value } from '../../tensor/builder.ts';
import * as dims from '../../tensor/dims.ts';
import { gradient } from '../../tensor/differentiate.ts';
import { bindArrays } from '../continuous/joint-transform.ts';
import { splitUnknowns, solveQuadratic } from '../quadratic/solve.ts';
import type { QuadraticWitness } from '../quadratic/method.ts';
import { assemble } from '../quadratic/system.ts';
import type { Arrays } from './parts.ts';
import { weightsOf } from './parts.ts';
import { onBuilder } from './smooth.ts';
import { splitPart } from './split-parts.ts';
import type { SplitProblem } from './splits.ts';
import { weightName } from './splits.ts';

export interface AdmmResult {
  readonly arrays: Arrays;
  /** Scalars. */
  readonly gap: Value;
  readonly converged: Value;
  readonly iterations: Value;
}

/** Steps between looks at residuals and gap. */
const stretch = 20;
const tolerance = 1e-7;
const roundingTolerance = 1e-5;
/** Looks without a better gap before the end is called; fewer where the gap may be rounding. */
const patience = 60;
const roundingPatience = 25;
const relaxation = 1.6;
/** Looks after which ρ stays, so that the iteration converges. */
const adapting = 40;
/** Changes of ρ by one look. */
const largestFactor = 5;
const NOTHING = 1e30;

type Values = readonly Value[];

interface Walk {
  readonly arrays: Arrays;
  readonly v: Values;
  readonly u: Values;
  /** v one step before. */
  readonly old: Values;
}

export const admm = (env: Environment, split: SplitProblem, maxIterations: number): AdmmResult => {
  const b = env.builder;
  const { splits, variables, problem } = split;
  const outer: Environment = { ...env, model: split.model };
  const weights = weightsOf(outer, problem);
  const parts = splits.map((s) => splitPart(outer, s, weights));
  const names = variables.map((v) => v.name);
  const list = (arrays: Arrays): Values => names.map((k) => arrays.get(k)!);
  const named = (values: Values): Arrays => new Map(names.map((k, i) => [k, values[i]!] as const));
  const [n, m] = [names.length, splits.length];

  const formOf = (c: Builder, witness: QuadraticWitness, given: Values, rho: Value) => {
    const bound = withBindings(onBuilder(outer, c), [
      [weightName, { kind: 'given', value: rho }],
      ...splits.map((s, i) => [s.name, { kind: 'given', value: given[i]! }] as const),
    ]);
    return { bound, system: assemble(bound, variables, witness.layout, witness.polynomials, () => null) };
  };
  /** The minimiser over x of one of the two forms, with `given` in place of the v_j. */
  const solve = (c: Builder, witness: QuadraticWitness, given: Values, rho: Value) => {
    const { bound, system } = formOf(c, witness, given, rho);
    const solved = solveQuadratic(bound, witness.layout, system);
    return {
      arrays: splitUnknowns(bound, witness.layout, variables, solved.minimiser),
      minimum: solved.minimum,
    };
  };
  const smooth = [...problem.squares, ...problem.linear, ...problem.others];
  const smoothEnergy = (c: Builder, arrays: Arrays): Value => {
    const bound = bindArrays(onBuilder(env, c), arrays);
    return smooth.reduce((sum, t) => c.add(sum, totalEnergy(bound, t).value), c.constant(0));
  };
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

  const look = (c: Builder, { arrays: x, v, u }: Walk, rho: Value) => {
    // Split unknowns are reported from v, which lies in the set and has exact zeros.
    const own = splits.flatMap((s, i) => (s.of.kind === 'part' ? [[s.of.part.variable.name, v[i]!] as const] : []));
    const arrays: Arrays = new Map([...x, ...own]);
    const value = objective(c, arrays);
    const multipliers = parts.map((p, i) => p.within(c, c.mul(rho, u[i]!)));
    const nearby = linearBound(c, arrays, multipliers);
    const dual = split.lagrangian === null ? null : solve(c, split.lagrangian, multipliers, rho);
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

  const walk = (c: Builder, rho: Value, from: Values): Walk => {
    const { carry } = c.scan({ length: dims.constant(stretch), carry: from, xs: [] }, (d, values) => {
      const [v, u] = [values.slice(n, n + m), values.slice(n + m, n + 2 * m)];
      const { arrays } = solve(
        d,
        split.augmented,
        v.map((x, i) => d.sub(x, u[i]!)),
        rho,
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
  const startRho = (): Value => {
    const { system } = formOf(b, split.augmented, zeros, b.constant(0));
    const matrix = system.hessian;
    const eye = b.reshape(b.eye(matrix.shape.at(-1)!), [
      ...matrix.shape.slice(0, -2).map(() => dims.constant(1)),
      ...matrix.shape.slice(-2),
    ]);
    const mean = b.div(b.sum(b.mul(matrix, eye)), b.dim(dims.product(system.gradient.shape)));
    return b.select(b.gt(mean, 0), mean, 1);
  };
  const loop = b.while_(
    {
      max: Math.ceil(maxIterations / stretch),
      carry: [
        startRho(),
        // The best gap that counted as progress, looks since then, looks in all; gap and value now.
        b.constant(NOTHING),
        b.constant(0),
        b.constant(0),
        b.constant(NOTHING),
        b.constant(1),
        ...variables.map((v) => b.zeros(wholeShape(v))),
        ...[...variables.map((v) => b.zeros(wholeShape(v))), ...zeros, ...zeros, ...zeros],
      ],
    },
    (c, [, , still, , gap, value]) => {
      const far = c.gt(gap!, c.mul(tolerance, c.abs(value!)));
      const close = c.le(gap!, c.mul(roundingTolerance, c.abs(value!)));
      return c.mul(far, c.lt(still!, c.select(close, roundingPatience - 0.5, patience - 0.5)));
    },
    (c, [rho, best, still, looks, , , ...values]) => {
      const walked = walk(c, rho!, values.slice(n));
      const seen = look(c, walked, rho!);
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
        ...list(seen.arrays),
        ...list(walked.arrays),
        ...walked.v,
        ...walked.u.map((x) => c.div(x, factor)),
        ...walked.old,
      ];
    },
  );
  const [, , , , gap, value, ...values] = loop.carry;
  return {
    arrays: named(values.slice(0, n)),
    gap: gap!,
    converged: b.le(gap!, b.mul(roundingTolerance, b.abs(value!))),
    iterations: b.mul(stretch, loop.steps),
  };
};
