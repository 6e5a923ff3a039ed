// The params that an alternation starts from. In: its blocks and steps, a seed and the number of the restart. Out: arrays.
import { dependsOn } from '../../graph/expressions.ts';
import type { Environment } from '../../lower/environment.ts';
import type { Variable } from '../../semantics/model.ts';
import type { Builder, Value } from '../../tensor/builder.ts';
import * as dims from '../../tensor/dims.ts';
import { stateCount } from '../discrete/states.ts';
import type { WeightsOf } from '../method.ts';
import { quadraticStep } from '../parameter-steps/quadratic-step.ts';
import type { QuadraticWitness } from '../quadratic/method.ts';
import { denseCount } from '../quadratic/method.ts';
import type { AlternateProblem, AlternateStep, Values } from './problem.ts';
import { bindParams, maximisation } from './problem.ts';
import { hardWeights, randomSubsets, spreadSeeds, unaryEnergies, uniformWeights, weightsFromNodes } from './seeding.ts';
import { startValue } from './start.ts';

/** Domain-random params; then, when a latent is enumerated, a step under equal weights (global scales), and states spread
 *  over the data (spreadSeeds) or fitted to random subsets. Params with a written start keep it. */
export const seededStart = (problem: AlternateProblem, env: Environment, seed: Value, restart: Value): Values => {
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
