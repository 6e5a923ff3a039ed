// Proximal steps beside energies that are not finite everywhere, as -log p is not: each point is asked before it is taken. In: a
// setting and points. Out: by row, whether the smooth part is finite there and has a slope; a start where it has.
import { INFINITE } from '../../tensor/energies.ts';
import type { Environment } from '../../lower/environment.ts';
import type { Builder, Value } from '../../tensor/builder.ts';
import { dotArrays } from './lipschitz.ts';
import type { Arrays } from './parts.ts';
import type { ConvexProblem } from './problem.ts';
import type { Setting } from './proximal-steps.ts';
import { rowEnergies, spread } from './rows.ts';
import { bindPoint, onBuilder } from './smooth.ts';

/** NaN is not below anything. */
const isFinite = (b: Builder, x: Value): Value => b.lt(b.abs(x), INFINITE);

export const insideBarriers = (b: Builder, { env, problem, gradient }: Setting, arrays: Arrays): Value => {
  const bound = bindPoint(onBuilder(env, b), problem, arrays);
  const energy = rowEnergies(bound, problem.rows, problem.others);
  const slope = gradient(b, arrays);
  return b.and(isFinite(b, energy), isFinite(b, dotArrays(b, problem, slope, slope)));
};

/** Sizes of entries that are tried for a start, first come first served. */
const sizes = [1, 0.1, 10, 0.01, 100, 1e-4, 1e4];

/** The start itself in the rows where it will do, else one of equal entries that will; where none will the start stays. */
export const startInside = (
  env: Environment,
  setting: Setting,
  start: Arrays,
  feasible: (env: Environment, problem: ConvexProblem, start: Arrays) => Arrays,
): Arrays => {
  const { problem } = setting;
  if (!problem.barrier) return start;
  const b = env.builder;
  const names = [...start.keys()];
  let found = start;
  let done = insideBarriers(b, setting, start);
  for (const size of sizes) {
    const level = new Map([...start].map(([name, x]) => [name, b.full(x.shape, size)] as const));
    const tried = feasible(env, problem, level);
    const good = insideBarriers(b, setting, tried);
    const rest = found;
    const taken = b.and(good, b.not(done));
    const wide = (name: string): Value => {
      const { variable } = problem.parts.find((p) => p.variable.name === name)!;
      return b.broadcast(spread(b, problem.rows, variable, taken), tried.get(name)!.shape);
    };
    found = new Map(names.map((name) => [name, b.select(wide(name), tried.get(name)!, rest.get(name)!)] as const));
    done = b.maximum(done, good);
  }
  return found;
};

/** Probes of the curvature may have left the domain: then backtracking finds it from 1. */
export const curvatureInside = (b: Builder, { barrier }: ConvexProblem, bound: Value): Value =>
  barrier ? b.select(isFinite(b, bound), bound, 1) : bound;
