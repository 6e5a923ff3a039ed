// The params that an alternation starts from. In: its blocks and steps, a seed and the number of the restart. Out: arrays.
import { dependsOn } from '../../graph/expressions.ts';
import type { Environment, States } from '../../lower/environment.ts';
import type { Variable } from '../../semantics/model.ts';
import type { Builder, Value } from '../../tensor/builder.ts';
import * as dims from '../../tensor/dims.ts';
import { stateCount, statesOf } from '../discrete/states.ts';
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
  const blocks = problem.latents.filter((l) => l.enumerates);
  const latents = blocks.flatMap((l) => l.facts.block.map((v) => v.variable)).filter((v) => stateCount(v) !== null);
  if (latents.length === 0 || problem.params.some((v) => v.start !== null)) return random;
  const under = bindParams(problem, env, random);
  const bindings = new Map(blocks.flatMap((l) => [...l.method.lower(l.witness, l.facts, under).bindings]));
  const uniform = new Map(latents.map((v) => [v.name, uniformWeights(env, v)] as const));
  const seeding: Seeding = { problem, env, seed, restart, latents, bindings, uniform };
  const moved = withScales(seeding, random);
  const target = latents.find((v) => problem.steps.some((s) => isLocation(s, v)));
  return target === undefined ? apartInScale(seeding, moved) : apartInPlace(seeding, moved, target);
};

interface Seeding {
  readonly problem: AlternateProblem;
  readonly env: Environment;
  readonly seed: Value;
  readonly restart: Value;
  /** Those that are enumerated. */
  readonly latents: readonly Variable[];
  readonly bindings: Environment['bindings'];
  /** Equal weights for all states, by latent. */
  readonly uniform: ReadonlyMap<string, Value>;
}

/** Weights by latent, those of the others equal. */
const weightsOf = (
  { latents, problem, uniform }: Seeding,
  env: Environment,
  weights: readonly (readonly [string, Value])[],
): WeightsOf => {
  const all = new Map([...uniform, ...weights]);
  const nodes = latents.map((v) => [v.name, { variable: v, weights: all.get(v.name)! }] as const);
  return weightsFromNodes(env, new Map(nodes), problem.groups);
};

/** Random subsets of about so many data for each state. */
const subsetsOf = (s: Seeding, size: number, of: readonly Variable[]): WeightsOf =>
  weightsOf(
    s,
    s.env,
    of.map((v) => [v.name, randomSubsets(s.env, v, size, s.seed, s.restart)] as const),
  );

const isSimplex = (s: AlternateStep): boolean => s.facts.block.some((v) => v.variable.domain.kind === 'simplex');
const isScale = (s: AlternateStep): boolean => s.step !== quadraticStep && !isSimplex(s);
const readsLatent = (s: AlternateStep, latent: Variable): boolean => s.facts.enumerated.has(latent.name);
const isLocation = (s: AlternateStep, latent: Variable): boolean => s.step === quadraticStep && readsLatent(s, latent);

/** One step under equal weights. Every other restart keeps unit scales: distances in the data's own units and in units of its
 *  spread lead to different optima. */
const withScales = (s: Seeding, random: Values): Values => {
  const { problem, env, bindings, restart } = s;
  const b = env.builder;
  const even = b.lt(b.mod(restart, 2), 0.5);
  const scaled = maximisation(problem, env, random, weightsOf(s, env, []), bindings, (step) => !isSimplex(step));
  const scales = new Set(problem.steps.filter(isScale).flatMap((step) => step.facts.block.map((v) => v.variable.name)));
  return problem.params.map((v, i) =>
    scales.has(v.name) ? b.select(even, unitScale(b, v, random[i]!), scaled[i]!) : scaled[i]!,
  );
};

/** Without locations the states must differ in scale: equal ones are a stationary point of every step. */
const apartInScale = (s: Seeding, params: Values): Values => {
  const { problem, env, latents, bindings } = s;
  const read = latents.filter((v) => problem.steps.some((step) => isScale(step) && readsLatent(step, v)));
  if (read.length === 0) return params;
  return maximisation(problem, env, params, subsetsOf(s, scaleSubset, read), bindings, isScale);
};

/** The states of `target` at different data, by the quadratic steps that read it. */
const apartInPlace = (s: Seeding, params: Values, target: Variable): Values => {
  const { problem, env, seed, restart, latents, bindings } = s;
  const locations = problem.steps.filter((step) => isLocation(step, target));
  const atLocations = (step: AlternateStep): boolean => locations.includes(step);
  const place = (inner: Environment, weights: Value, from: Values): Values =>
    maximisation(problem, inner, from, weightsOf(s, inner, [[target.name, weights]]), bindings, atLocations);
  const energies = (inner: Environment, from: Values, states = statesOf(inner.builder, target)): Value | null =>
    unaryEnergies(bindParams(problem, inner, from), target, problem.groups, states);
  const oneDatumEach = locations.every((step) => locationTerms(step));
  if (!oneDatumEach || latents.length > 1 || energies(env, params) === null) {
    const size = Math.max(...locations.map((l) => denseCount(l.facts, (l.witness as QuadraticWitness).layout)));
    return maximisation(problem, env, params, subsetsOf(s, 2 * size + 2, latents), bindings, atLocations);
  }
  const energiesAt = (inner: Environment, from: Values, states?: States): Value => energies(inner, from, states)!;
  const seeded = spreadSeeds(env, target, seed, restart, params, place, energiesAt).params;
  if (!problem.steps.some(isScale)) return seeded;
  // Scales need members: a few hard assignments settle the locations, then every step runs once.
  const { carry } = env.builder.scan(
    { length: dims.constant(settlingSteps), carry: [...seeded], xs: [] },
    (inner, from) => {
      const here: Environment = { ...env, builder: inner };
      return { carry: place(here, hardWeights(here, energiesAt(here, from), 0), from) };
    },
  );
  const weights = weightsOf(s, env, [[target.name, hardWeights(env, energiesAt(env, carry), 0.01)]]);
  return maximisation(problem, env, carry, weights, bindings);
};

/** Data from which a state's first scale is read. */
const scaleSubset = 4;
const settlingSteps = 10;

/** Scales of one: the identity, or 1; other params as they are. */
const unitScale = (b: Builder, variable: Variable, value: Value): Value => {
  if (variable.domain.kind === 'positive') return b.full(value.shape, 1);
  return value;
};

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
