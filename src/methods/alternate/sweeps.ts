// One descent of an alternation. In: its blocks and steps, and where a descent stands. Out: where it stands after more sweeps,
// each an E-step (eliminate the latents under the current params) and a step for each block of params.
import { NOTHING } from '../../optimizers/trace.ts';
import type { Environment } from '../../lower/environment.ts';
import type { Variable } from '../../semantics/model.ts';
import { wholeShape } from '../../semantics/whole-shape.ts';
import type { Builder, Value } from '../../tensor/builder.ts';
import * as dims from '../../tensor/dims.ts';
import type { AlternateProblem, Values } from './problem.ts';
import { expectation, latentBindings, maximisation, posteriorWeights, resumed } from './problem.ts';
import { seededStart } from './seeded-start.ts';
import { startValue } from './start.ts';

/** Where a descent stands. */
export interface Descent {
  /** At `state`; NOTHING before the first sweep. */
  readonly objective: Value;
  /** Iterations so far. */
  readonly iterations: Value;
  /** The objective by iteration; NOTHING beyond the last. */
  readonly trace: Value;
  /** The lowest objective that counted as progress, and iterations since then. */
  readonly lowest: Value;
  readonly still: Value;
  /** The params, then the latents that go on from where they were. */
  readonly state: Values;
}

/** The objective stands still when `patience` iterations together lower it by less than this share. One small step alone
 *  may be rounding, or a plateau of EM. */
const tolerance = 1e-7;
const patience = 4;

export const stateOf = (problem: AlternateProblem): readonly Variable[] => [...problem.params, ...resumed(problem)];

/** A descent as the values that a loop carries, and back. */
export const packed = (d: Descent): Values => [d.objective, d.iterations, d.trace, d.lowest, d.still, ...d.state];
export const unpacked = ([objective, iterations, trace, lowest, still, ...state]: Values): Descent => ({
  objective: objective!,
  iterations: iterations!,
  trace: trace!,
  lowest: lowest!,
  still: still!,
  state,
});

/** A descent that has not moved yet. `state` in place of values: where nothing was found, params are reported as running away. */
const before = (b: Builder, problem: AlternateProblem, state: Values): Descent => ({
  objective: b.constant(NOTHING),
  iterations: b.constant(0),
  trace: b.full([dims.constant(mostIterations(problem))], NOTHING),
  lowest: b.constant(NOTHING),
  still: b.constant(0),
  state,
});

export const mostIterations = ({ rungs }: AlternateProblem): number => rungs.at(-1)!.iterations;

export const nowhere = (b: Builder, problem: AlternateProblem): Descent =>
  before(
    b,
    problem,
    stateOf(problem).map((v) => b.full(wholeShape(v), NOTHING)),
  );

export const beginning = (problem: AlternateProblem, env: Environment, seed: Value, restart: Value): Descent => {
  const params = seededStart(problem, env, seed, restart);
  const latents = resumed(problem).map((v) => startValue(env, v, seed, restart));
  return before(env.builder, problem, [...params, ...latents]);
};

/** 1 when the objective stood still. */
export const hasArrived = (b: Builder, { still }: Descent): Value => b.gt(still, patience - 0.5);

/** Sweeps until there are `limit` of them in all, or the objective stands still. */
export const descend = (problem: AlternateProblem, env: Environment, from: Descent, limit: Value): Descent => {
  const b = env.builder;
  const most = mostIterations(problem);
  const parted = (state: Values): readonly [params: Values, latents: Values] => [
    state.slice(0, problem.params.length),
    state.slice(problem.params.length),
  ];
  const { carry } = b.while_(
    { max: most, carry: [...packed(from).slice(1)] },
    (inner, [iterations, , , still]) =>
      inner.mul(inner.lt(still!, patience - 0.5), inner.lt(iterations!, inner.sub(limit, 0.5))),
    (inner, [iterations, trace, lowest, still, ...state]) => {
      const here: Environment = { ...env, builder: inner };
      const [params, latents] = parted(state);
      const e = expectation(problem, here, params, latents);
      const next = maximisation(problem, here, params, posteriorWeights(problem, e.lowered), latentBindings(e.lowered));
      const now = inner.eq(inner.iota([dims.constant(most)], 0, 'float'), iterations!);
      const scale = inner.maximum(inner.abs(e.objective), 1e-3);
      const progress = inner.gt(inner.sub(lowest!, e.objective), inner.mul(tolerance, scale));
      return [
        inner.add(iterations!, 1),
        inner.select(now, inner.broadcast(e.objective, [dims.constant(most)]), trace!),
        inner.select(progress, e.objective, lowest!),
        inner.select(progress, inner.constant(0), inner.add(still!, 1)),
        ...next,
        ...e.latents,
      ];
    },
  );
  const [iterations, trace, lowest, still, ...state] = carry;
  const [params, latents] = parted(state);
  const final = expectation(problem, env, params, latents);
  return unpacked([final.objective, iterations!, trace!, lowest!, still!, ...params, ...final.latents]);
};
