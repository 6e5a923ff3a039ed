// Alternating minimisation as one program: restarts around a while loop whose body is an E-step (eliminate the latents under
// the current params) and a step for each block of params. With hard latents it is Lloyd's algorithm (1982), with marginalised
// ones expectation-maximisation (Dempster, Laird, Rubin 1977; a partial M-step still never raises F, Neal and Hinton 1998);
// with continuous latents or none, block coordinate descent (alternating least squares, dictionary learning).
import type { Environment } from '../../lower/environment.ts';
import type { Variable } from '../../semantics/model.ts';
import { wholeShape } from '../../semantics/whole-shape.ts';
import type { Value } from '../../tensor/builder.ts';
import * as dims from '../../tensor/dims.ts';
import type { AlternateProblem, Values } from './problem.ts';
import { expectation, latentBindings, maximisation, posteriorWeights, resumed } from './problem.ts';
import { seededStart } from './seeded-start.ts';
import { startValue } from './start.ts';

export interface AlternateResult {
  readonly params: ReadonlyMap<string, Value>;
  /** Latents of iterative methods, where the last sweep left them: starts for whoever minimises them again. */
  readonly latents: ReadonlyMap<string, Value>;
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

export const lowerAlternate = (problem: AlternateProblem, env: Environment, seed: Value): AlternateResult => {
  const b = env.builder;
  const restartOf = (inner: Environment, restart: Value) => {
    const params = seededStart(problem, inner, seed, restart);
    const latents = resumed(problem).map((v) => startValue(inner, v, seed, restart));
    const from = beginning(problem, inner, [...params, ...latents]);
    return descend(problem, inner, from, problem.trialIterations ?? problem.iterations);
  };
  // Short runs, then the best one to its end (em-EM: Biernacki, Celeux, Govaert 2003).
  const finished = (packed: Values): Values =>
    problem.trialIterations === null ? packed : pack(descend(problem, env, continued(env, packed), problem.iterations));
  const pack = (r: ReturnType<typeof descend>): Values => [r.objective, r.iterations, r.converged, r.trace, ...r.state];
  if (problem.restarts === 1) return unpack(problem, finished(pack(restartOf(env, b.constant(0)))));
  const initial: Values = [
    b.constant(NOTHING),
    b.constant(0),
    b.constant(0),
    b.full([dims.constant(problem.iterations)], NOTHING),
    // Where no start comes to a finite objective, the params are reported as running away.
    ...stateOf(problem).map((v) => b.full(wholeShape(v), NOTHING)),
  ];
  const length = dims.constant(problem.restarts);
  const { carry } = b.scan({ length, carry: initial, xs: [b.iota([length], 0, 'float')] }, (inner, best, [restart]) => {
    const found = pack(restartOf({ ...env, builder: inner }, restart!));
    const wins = inner.lt(found[0]!, best[0]!);
    return { carry: best.map((old, i) => inner.select(wins, found[i]!, old)) };
  });
  return unpack(problem, finished(carry));
};

/** What a descent carries from sweep to sweep: the params, then the latents that go on from where they were. */
const stateOf = (problem: AlternateProblem): readonly Variable[] => [...problem.params, ...resumed(problem)];

const unpack = (problem: AlternateProblem, packed: Values): AlternateResult => {
  const named = stateOf(problem).map((v, i) => [v.name, packed[4 + i]!] as const);
  return {
    objective: packed[0]!,
    iterations: packed[1]!,
    converged: packed[2]!,
    trace: packed[3]!,
    params: new Map(named.slice(0, problem.params.length)),
    latents: new Map(named.slice(problem.params.length)),
  };
};

/** Where a descent stands: the lowest objective that counted as progress, iterations since then, the trace, the step. */
const beginning = (problem: AlternateProblem, env: Environment, state: Values): Values => {
  const b = env.builder;
  return [
    b.constant(NOTHING),
    b.constant(0),
    b.full([dims.constant(problem.iterations)], NOTHING),
    b.constant(0),
    ...state,
  ];
};

/** Resumes the descent that a trial broke off. */
const continued = (env: Environment, [objective, iterations, , trace, ...state]: Values): Values => [
  env.builder.add(objective!, env.builder.mul(2 * tolerance, env.builder.abs(objective!))),
  env.builder.constant(0),
  trace!,
  iterations!,
  ...state,
];

const descend = (problem: AlternateProblem, env: Environment, from: Values, most: number) => {
  const b = env.builder;
  const length = dims.constant(problem.iterations);
  const parted = (state: Values): readonly [params: Values, latents: Values] => [
    state.slice(0, problem.params.length),
    state.slice(problem.params.length),
  ];
  const { carry } = b.while_(
    { max: most, carry: [...from] },
    (inner, [, still, , step]) => inner.mul(inner.lt(still!, patience - 0.5), inner.lt(step!, most - 0.5)),
    (inner, [lowest, still, trace, step, ...state]) => {
      const here: Environment = { ...env, builder: inner };
      const [params, latents] = parted(state);
      const e = expectation(problem, here, params, latents);
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
        ...e.latents,
      ];
    },
  );
  const [, still, trace, iterations, ...state] = carry;
  const [params, latents] = parted(state);
  const final = expectation(problem, env, params, latents);
  return {
    state: [...params, ...final.latents],
    objective: final.objective,
    trace: trace!,
    iterations: iterations!,
    converged: b.gt(still!, patience - 0.5),
  };
};
