// Alternating minimisation as one program: restarts around a while loop whose body is an E-step (eliminate the latents under
// the current params) and the closed-form steps for the params. With hard latents it is Lloyd's algorithm (1982), with
// marginalised ones expectation-maximisation (Dempster, Laird, Rubin 1977; a partial M-step still never raises F, Neal and
// Hinton 1998); without latents, block coordinate descent (alternating least squares).
import type { FactorGroup } from '../../graph/factor-graph.ts';
import { dependsOn } from '../../graph/expressions.ts';
import type { Environment } from '../../lower/environment.ts';
import { withBindings } from '../../lower/environment.ts';
import type { Variable } from '../../semantics/model.ts';
import type { Builder, Value } from '../../tensor/builder.ts';
import * as dims from '../../tensor/dims.ts';
import type { BlockFacts, Lowered, Method, ParameterStep, WeightsOf } from '../method.ts';
import { denseCount } from '../quadratic/method.ts';
import type { QuadraticWitness } from '../quadratic/method.ts';
import { quadraticStep } from '../parameter-steps/quadratic-step.ts';
import { hardWeights, randomSubsets, spreadSeeds, unaryEnergies, uniformWeights, weightsFromNodes } from './seeding.ts';
import { stateCount } from '../discrete/states.ts';
import { startValue } from './start.ts';

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

export interface AlternateProblem {
  readonly params: readonly Variable[];
  readonly latents: readonly AlternateBlock[];
  readonly steps: readonly AlternateStep[];
  readonly groups: readonly FactorGroup[];
  readonly restarts: number;
  /** At most so many iterations of one descent. */
  readonly iterations: number;
  /** Iterations of each start before the best one alone is continued; null: every start runs to its end. */
  readonly trialIterations: number | null;
  /** Σ of the groups that no latent block touches, with params bound in the environment. */
  readonly remaining: (env: Environment) => Value;
}

export interface AlternateResult {
  readonly params: ReadonlyMap<string, Value>;
  readonly objective: Value;
  readonly iterations: Value;
  /** 1 when the objective stood still before the last allowed iteration. */
  readonly converged: Value;
  /** Objective by iteration, of the best restart; 1e30 beyond the last. */
  readonly trace: Value;
}

/** The objective stands still when `patience` iterations together lower it by less than this share. One small step alone
 *  may be rounding, or a plateau of EM. */
const tolerance = 1e-7;
const patience = 4;
const NOTHING = 1e30;

type Values = readonly Value[];

export const lowerAlternate = (problem: AlternateProblem, env: Environment, seed: Value): AlternateResult => {
  const b = env.builder;
  const restartOf = (inner: Environment, restart: Value) => {
    const start = seededStart(problem, inner, seed, restart);
    return descend(problem, inner, beginning(problem, inner, start), problem.trialIterations ?? problem.iterations);
  };
  // Short runs, then the best one to its end (em-EM: Biernacki, Celeux, Govaert 2003).
  const finished = (packed: Values): Values =>
    problem.trialIterations === null ? packed : pack(descend(problem, env, continued(env, packed), problem.iterations));
  const pack = (r: ReturnType<typeof descend>): Values => [
    r.objective,
    r.iterations,
    r.converged,
    r.trace,
    ...r.params,
  ];
  if (problem.restarts === 1) return unpack(problem, finished(pack(restartOf(env, b.constant(0)))));
  const shapes = problem.params.map((v) => startValue(env, v, b.constant(0), b.constant(0)).shape);
  const initial: Values = [
    b.constant(NOTHING),
    b.constant(0),
    b.constant(0),
    b.full([dims.constant(problem.iterations)], NOTHING),
    // Where no start comes to a finite objective, the params are reported as running away.
    ...shapes.map((s) => b.full(s, NOTHING)),
  ];
  const length = dims.constant(problem.restarts);
  const { carry } = b.scan({ length, carry: initial, xs: [b.iota([length], 0, 'float')] }, (inner, best, [restart]) => {
    const found = pack(restartOf({ ...env, builder: inner }, restart!));
    const wins = inner.lt(found[0]!, best[0]!);
    return { carry: best.map((old, i) => choose(inner, wins, found[i]!, old)) };
  });
  return unpack(problem, finished(carry));
};

const choose = (b: Builder, condition: Value, yes: Value, no: Value): Value => b.select(condition, yes, no);

const unpack = (problem: AlternateProblem, packed: Values): AlternateResult => ({
  objective: packed[0]!,
  iterations: packed[1]!,
  converged: packed[2]!,
  trace: packed[3]!,
  params: new Map(problem.params.map((v, i) => [v.name, packed[4 + i]!] as const)),
});

const bindParams = (problem: AlternateProblem, env: Environment, params: Values): Environment =>
  withBindings(
    env,
    problem.params.map((v, i) => [v.name, { kind: 'given', value: params[i]! }] as const),
  );

/** E-step: every latent block eliminated under the params. */
const expectation = (problem: AlternateProblem, env: Environment, params: Values) => {
  const bound = bindParams(problem, env, params);
  const lowered = problem.latents.map((l) => l.method.lower(l.witness, l.facts, bound));
  const b = env.builder;
  const objective = lowered.reduce((sum, l) => b.add(sum, l.value), problem.remaining(bound));
  return { lowered, objective };
};

/** The steps in order, each under the params as they are by then. */
const maximisation = (
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

const posteriorWeights =
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

const latentBindings = (lowered: readonly Lowered[]): Environment['bindings'] =>
  new Map(lowered.flatMap((l) => [...l.bindings]));

/** Where a descent stands: the lowest objective that counted as progress, iterations since then, the trace, the step. */
const beginning = (problem: AlternateProblem, env: Environment, params: Values): Values => {
  const b = env.builder;
  return [
    b.constant(NOTHING),
    b.constant(0),
    b.full([dims.constant(problem.iterations)], NOTHING),
    b.constant(0),
    ...params,
  ];
};

/** Resumes the descent that a trial broke off. */
const continued = (env: Environment, [objective, iterations, , trace, ...params]: Values): Values => [
  env.builder.add(objective!, env.builder.mul(2 * tolerance, env.builder.abs(objective!))),
  env.builder.constant(0),
  trace!,
  iterations!,
  ...params,
];

const descend = (problem: AlternateProblem, env: Environment, from: Values, most: number) => {
  const b = env.builder;
  const length = dims.constant(problem.iterations);
  const { carry } = b.while_(
    { max: most, carry: [...from] },
    (inner, [, still, , step]) => inner.mul(inner.lt(still!, patience - 0.5), inner.lt(step!, most - 0.5)),
    (inner, [lowest, still, trace, step, ...params]) => {
      const here: Environment = { ...env, builder: inner };
      const e = expectation(problem, here, params);
      const next = maximisation(problem, here, params, posteriorWeights(problem, e.lowered), latentBindings(e.lowered));
      const now = inner.eq(inner.iota([length], 0, 'float'), step!);
      const marked = inner.select(now, inner.broadcast(e.objective, [length]), trace!);
      const scale = inner.maximum(inner.abs(e.objective), 1e-3);
      const progress = inner.gt(inner.sub(lowest!, e.objective), inner.mul(tolerance, scale));
      return [
        inner.select(progress, e.objective, lowest!),
        inner.select(progress, inner.constant(0), inner.add(still!, 1)),
        marked,
        inner.add(step!, 1),
        ...next,
      ];
    },
  );
  const [, still, trace, iterations, ...params] = carry;
  const final = expectation(problem, env, params).objective;
  return { params, objective: final, trace: trace!, iterations: iterations!, converged: b.gt(still!, patience - 0.5) };
};

// ---------------------------------------------------------------- starts

/** Domain-random params; then, when a latent is enumerated, a step under equal weights (global scales), and states spread
 *  over the data (spreadSeeds) or fitted to random subsets. Params with a written start keep it. */
const seededStart = (problem: AlternateProblem, env: Environment, seed: Value, restart: Value): Values => {
  const random = problem.params.map((v) => startValue(env, v, seed, restart));
  const latents = problem.latents
    .filter((l) => l.enumerates)
    .flatMap((l) => l.facts.block.map((v) => v.variable))
    .filter((v) => stateCount(v) !== null);
  if (latents.length === 0 || problem.params.some((v) => v.start !== null)) return random;
  const bindings = new Map(
    problem.latents
      .filter((l) => l.enumerates)
      .flatMap((l) => [...l.method.lower(l.witness, l.facts, bindParams(problem, env, random)).bindings]),
  );
  const weightsOf = (inner: Environment, weights: ReadonlyMap<string, Value>): WeightsOf =>
    weightsFromNodes(
      inner,
      new Map(latents.map((v) => [v.name, { variable: v, weights: weights.get(v.name)! }] as const)),
      problem.groups,
    );
  const uniform = new Map(latents.map((v) => [v.name, uniformWeights(env, v)] as const));
  const quadratic = (s: AlternateStep): boolean => s.step === quadraticStep;
  const b = env.builder;
  // Every other restart keeps unit scales: distances in the data's own units and in units of its spread lead to different optima.
  const even = b.lt(b.mod(restart, 2), 0.5);
  const scaled = maximisation(problem, env, random, weightsOf(env, uniform), bindings, (s) => !isSimplex(s));
  const scales = problem.steps
    .filter((s) => !quadratic(s) && !isSimplex(s))
    .flatMap((s) => s.facts.block.map((v) => v.variable.name));
  const moved = problem.params.map((v, i) =>
    scales.includes(v.name) ? b.select(even, unitScale(b, v, random[i]!), scaled[i]!) : scaled[i]!,
  );
  const subsets = (size: number, of: readonly Variable[]): WeightsOf =>
    weightsOf(
      env,
      new Map([...uniform, ...of.map((v) => [v.name, randomSubsets(env, v, size, seed, restart)] as const)]),
    );
  const target = latents.find((v) => problem.steps.some((s) => quadratic(s) && readsLatent(s, v)));
  if (target === undefined) {
    // Without locations the states must differ in scale: equal ones are a stationary point of every step.
    const told = (s: AlternateStep): boolean => s.facts.block.some((v) => scales.includes(v.variable.name));
    const read = latents.filter((v) => problem.steps.some((s) => told(s) && readsLatent(s, v)));
    return read.length === 0 ? moved : maximisation(problem, env, moved, subsets(scaleSubset, read), bindings, told);
  }
  const locations = problem.steps.filter((s) => quadratic(s) && readsLatent(s, target));
  const size = Math.max(...locations.map((s) => denseCount(s.facts, (s.witness as QuadraticWitness).layout)));
  const atLocations = (s: AlternateStep): boolean => locations.includes(s);
  const place = (inner: Environment, weights: Value, params: Values): Values =>
    maximisation(
      problem,
      inner,
      params,
      weightsOf(inner, new Map([...uniform, [target.name, weights]])),
      bindings,
      atLocations,
    );
  const energies = (inner: Environment, params: Values): Value | null =>
    unaryEnergies(bindParams(problem, inner, params), target, problem.groups);
  const oneDatumEach = locations.every((s) => locationTerms(s));
  if (!oneDatumEach || latents.length > 1 || energies(env, moved) === null)
    return maximisation(problem, env, moved, subsets(2 * size + 2, latents), bindings, atLocations);
  const energiesAt = (inner: Environment, params: Values): Value => energies(inner, params)!;
  const seeded = spreadSeeds(env, target, seed, restart, moved, place, energiesAt).params;
  if (scales.length === 0) return seeded;
  // Scales need members: a few hard assignments settle the locations, then every step runs once.
  const { carry } = b.scan({ length: dims.constant(settlingSteps), carry: [...seeded], xs: [] }, (inner, params) => {
    const here: Environment = { ...env, builder: inner };
    return { carry: place(here, hardWeights(here, energiesAt(here, params), 0), params) };
  });
  const weights = new Map([...uniform, [target.name, hardWeights(env, energiesAt(env, carry), 0.01)]]);
  return maximisation(problem, env, carry, weightsOf(env, weights), bindings);
};

/** Data from which a state's first scale is read. */
const scaleSubset = 4;
const settlingSteps = 10;

/** Scales of one: the identity, or 1; other params as they are. */
const unitScale = (b: Builder, variable: Variable, value: Value): Value => {
  if (variable.domain.kind === 'positive') return b.full(value.shape, 1);
  return value;
};

const isSimplex = (s: AlternateStep): boolean => s.facts.block.some((v) => v.variable.domain.kind === 'simplex');
const readsLatent = (s: AlternateStep, latent: Variable): boolean => s.facts.enumerated.has(latent.name);

/** In every quadratic term the known factors do not carry the unknown's labels through data: the coefficient is a metric,
 *  not a design matrix. A design depends on given variables; a metric on params or constants. */
const locationTerms = (s: AlternateStep): boolean => {
  const { polynomials } = s.witness as QuadraticWitness;
  const given = new Set(
    s.facts.model.variables.filter((v) => v.role === 'observed' || v.role === 'target').map((v) => v.name),
  );
  return polynomials.every(({ polynomial }) =>
    polynomial.terms.filter((t) => t.unknown.length === 2).every((t) => !t.known.some((k) => dependsOn(k.expr, given))),
  );
};
