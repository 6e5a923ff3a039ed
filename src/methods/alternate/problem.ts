// The two halves of a sweep. In: an alternation's blocks and steps, and an environment. Out: the latents eliminated under the
// params (E-step), and the params after every step (M-step).
import type { FactorGroup } from '../../graph/factor-graph.ts';
import type { Environment } from '../../lower/environment.ts';
import { withBindings } from '../../lower/environment.ts';
import type { Variable } from '../../semantics/model.ts';
import type { Value } from '../../tensor/builder.ts';
import type { BlockFacts, Lowered, Method, ParameterStep, WeightsOf } from '../method.ts';

export interface AlternateBlock {
  readonly facts: BlockFacts;
  readonly method: Method;
  readonly witness: unknown;
  /** Its slots are enumerated and it has posteriors. */
  readonly enumerates: boolean;
}

export interface AlternateStep {
  readonly facts: BlockFacts;
  readonly step: ParameterStep;
  readonly witness: unknown;
}

/** So many of the starts, the best so far, go on until each has made so many iterations, or stands still. */
export interface Rung {
  readonly starts: number;
  readonly iterations: number;
}

export interface AlternateProblem {
  readonly params: readonly Variable[];
  readonly latents: readonly AlternateBlock[];
  readonly steps: readonly AlternateStep[];
  readonly groups: readonly FactorGroup[];
  /** At least one; each has fewer starts and more iterations than the one before. */
  readonly rungs: readonly Rung[];
  /** Σ of the groups that no latent block touches, with params bound in the environment. */
  readonly remaining: (env: Environment) => Value;
}

export type Values = readonly Value[];

/** Latents of iterative methods, which go on in each sweep from where they were in the last. */
export const resumed = (problem: AlternateProblem): readonly Variable[] =>
  problem.latents.filter((l) => l.method.resumes === true).flatMap((l) => l.facts.block.map((v) => v.variable));

export const bindParams = (problem: AlternateProblem, env: Environment, params: Values): Environment =>
  withBindings(
    env,
    problem.params.map((v, i) => [v.name, { kind: 'given', value: params[i]! }] as const),
  );

/** E-step: every latent block eliminated under the params. `begin`: arrays of the resumed latents. */
export const expectation = (problem: AlternateProblem, env: Environment, params: Values, begin: Values) => {
  const starts = new Map(resumed(problem).map((v, i) => [v.name, begin[i]!] as const));
  const bound = bindParams(problem, { ...env, starts }, params);
  const lowered = problem.latents.map((l) => l.method.lower(l.witness, l.facts, bound));
  const b = env.builder;
  const objective = lowered.reduce((sum, l) => b.add(sum, l.value), problem.remaining(bound));
  const found = new Map(
    lowered.filter((_, i) => problem.latents[i]!.method.resumes === true).flatMap((l) => [...l.assignment()]),
  );
  return { lowered, objective, latents: resumed(problem).map((v) => found.get(v.name)!) };
};

/** The steps in order, each under the params as they are by then. */
export const maximisation = (
  problem: AlternateProblem,
  env: Environment,
  params: Values,
  weightsOf: WeightsOf,
  bindings: Environment['bindings'],
  only: (s: AlternateStep) => boolean = () => true,
): Values => {
  let current: Values = params;
  for (const s of problem.steps.filter(only)) {
    const bound = withBindings(bindParams(problem, env, current), bindings);
    const known = new Map(problem.params.map((v, i) => [v.name, current[i]!] as const));
    const next = s.step.lower(s.witness, s.facts, bound, weightsOf, known);
    current = problem.params.map((v, i) => next.get(v.name) ?? current[i]!);
  }
  return current;
};

export const posteriorWeights =
  (problem: AlternateProblem, lowered: readonly Lowered[]): WeightsOf =>
  (name) => {
    for (const l of lowered) {
      const tensor = l.posterior?.(name) ?? null;
      if (tensor === null) continue;
      const group = problem.groups.find((g) => g.name === name)!;
      const covers = group.binders.map((i) => i.id).filter((id) => !tensor.axes.some((a) => a.id === id));
      return { tensor, covers: new Set(covers) };
    }
    return null;
  };

export const latentBindings = (lowered: readonly Lowered[]): Environment['bindings'] =>
  new Map(lowered.flatMap((l) => [...l.bindings]));
