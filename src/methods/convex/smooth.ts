// The smooth part of a convex problem at a point: energies by row and gradients, the free unknowns minimised exactly. In: the
// problem and an environment with everything else bound. Out: callbacks that build it on the builder of any loop.
import type { Environment } from '../../lower/environment.ts';
import { sumOfEnergies } from '../../lower/group.ts';
import type { FactorGroup } from '../../graph/factor-graph.ts';
import { wholeShape } from '../../semantics/whole-shape.ts';
import type { Builder } from '../../tensor/builder.ts';
import { gradient } from '../../tensor/differentiate.ts';
import { bindArrays } from '../continuous/joint-transform.ts';
import { splitUnknowns, solveQuadratic } from '../quadratic/solve.ts';
import { assemble } from '../quadratic/system.ts';
import type { Arrays } from './parts.ts';
import type { ConvexProblem } from './problem.ts';

/** Builds on the environment's builder, which may be that of a loop inside. */
export const onBuilder = (env: Environment, builder: Builder): Environment => ({ ...env, builder });

/** The free unknowns at their minimum given the others, which are bound in the environment. */
export const freeArrays = (env: Environment, problem: ConvexProblem): Arrays => {
  if (problem.free === null) return new Map();
  const { facts, witness } = problem.free;
  const variables = facts.block.map((v) => v.variable);
  const system = assemble(env, variables, witness.layout, witness.polynomials, () => null);
  return splitUnknowns(env, witness.layout, variables, solveQuadratic(env, witness.layout, system).minimiser);
};

/** Everything bound: the arrays, and the free unknowns that belong to them. By the envelope theorem the latter are constants to
 *  a gradient. */
export const bindPoint = (env: Environment, problem: ConvexProblem, arrays: Arrays): Environment => {
  const bound = bindArrays(env, arrays);
  if (problem.free === null) return bound;
  const free = [...freeArrays(bound, problem)].map(([n, v]) => [n, env.builder.stopGradient(v)] as const);
  return bindArrays(bound, new Map(free));
};

/** The gradient of the sum of the terms with respect to each active unknown, at a point. */
export const gradientOf = (
  env: Environment,
  problem: ConvexProblem,
  terms: readonly FactorGroup[],
  arrays: Arrays,
): Arrays => {
  const b = env.builder;
  const names = problem.parts.map((p) => p.variable.name);
  const here = new Map(names.map((n) => [n, b.distinct(arrays.get(n)!)] as const));
  const bound = bindPoint(env, problem, here);
  const total = sumOfEnergies(bound, terms);
  if (terms.length === 0)
    return new Map(problem.parts.map((p) => [p.variable.name, b.zeros(wholeShape(p.variable))] as const));
  const slopes = gradient(b, total, [...here.values()]);
  return new Map(names.map((n, i) => [n, slopes[i]!] as const));
};
