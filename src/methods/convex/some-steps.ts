// A bounded number of accelerated proximal steps inside a sweep of an alternation: the next sweep goes on from there. In: a problem,
// where it stands, its energy. Out: arrays whose energy is no higher.
import type { Environment } from '../../lower/environment.ts';
import { wholeShape } from '../../semantics/whole-shape.ts';
import type { Builder, Value } from '../../tensor/builder.ts';
import { feasible, probe } from './fista.ts';
import type { GradientOf } from './lipschitz.ts';
import { curvatureBound } from './lipschitz.ts';
import type { Arrays, Weights } from './parts.ts';
import { groupNorm } from './parts.ts';
import type { ConvexProblem } from './problem.ts';
import type { Setting } from './proximal-steps.ts';
import { backtrackingSteps, packing, quadraticSteps, settingOf } from './proximal-steps.ts';
import { rowShape } from './rows.ts';

/** Steps in one sweep. */
export const stepsPerSweep = 30;

export interface SomeSteps {
  readonly problem: ConvexProblem;
  /** Unknowns without an entry begin at 0. */
  readonly start: Arrays;
  /** Of the smooth part, where it is known in a cheaper form than the gradient of the energy. */
  readonly gradient: GradientOf | null;
  /** The total energy at a point, for smooth parts that are not quadratic: a scalar. */
  readonly energy: (arrays: Arrays) => Value;
}

export const someSteps = (env: Environment, { problem, start, gradient, energy }: SomeSteps): Arrays => {
  const b = env.builder;
  const { each } = packing(problem);
  const variables = new Map(problem.parts.map((p) => [p.variable.name, p.variable] as const));
  const zeros = each((k) => b.zeros(wholeShape(variables.get(k)!)));
  const first = feasible(
    env,
    problem,
    each((k) => start.get(k) ?? zeros.get(k)!),
  );
  const setting = settingOf(env, problem, zeros, gradient);
  const bound = curvatureBound(b, problem, setting.gradient, first, env.seed(), probe(problem));
  const slope = setting.gradient(b, first);
  const momentum = b.full(rowShape(problem.rows), 1);
  const from = { bound, momentum, x: first, moved: zeros, slope, slopeBefore: slope };
  const steps = problem.quadratic ? quadraticSteps : backtrackingSteps;
  const { x } = steps(b, setting, from, stepsPerSweep);
  const change = problem.quadratic ? quadraticChange(b, setting, first, x, slope) : b.sub(energy(x), energy(first));
  const lowers = b.le(change, 0);
  return each((k) => b.select(lowers, x.get(k)!, first.get(k)!));
};

/** E(x) - E(start), of the quadratic part as (x - start)'(∇f(x) + ∇f(start))/2, which keeps its digits. */
const quadraticChange = (b: Builder, setting: Setting, start: Arrays, x: Arrays, slope: Arrays): Value => {
  const there = setting.gradient(b, x);
  const simple = b.sub(simpleEnergy(b, setting, x), simpleEnergy(b, setting, start));
  return setting.problem.parts.reduce((sum, { variable: { name } }) => {
    const mean = b.mul(0.5, b.add(there.get(name)!, slope.get(name)!));
    return b.add(sum, b.sum(b.mul(mean, b.sub(x.get(name)!, start.get(name)!))));
  }, simple);
};

/** Σ of the weighted absolute values and norms: a scalar. */
const simpleEnergy = (b: Builder, { problem, weights }: Setting, x: Arrays): Value =>
  problem.parts.reduce((sum, part) => {
    const { absolute, norm } = weights.get(part.variable.name) as Weights;
    const value = x.get(part.variable.name)!;
    const first = absolute === null || part.nonnegative ? sum : b.add(sum, b.sum(b.mul(absolute, b.abs(value))));
    return norm === null ? first : b.add(first, b.sum(b.mul(norm, groupNorm(b, value, part.norm!.core.over))));
  }, b.constant(0));
