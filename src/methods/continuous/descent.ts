// Smooth unknowns of any kind: descent (L-BFGS, Adam) on their free coordinates, all nodes together. A local minimum, or the global one
// where the energy is convex. The value is taken at the minimiser, which outer derivatives see as fixed (envelope theorem).
import { unknownFactsOf } from '../../graph/structure.ts';
import type { Environment } from '../../lower/environment.ts';
import { withBindings } from '../../lower/environment.ts';
import { totalEnergy } from '../../lower/group.ts';
import { differentiated } from '../../optimizers/objective.ts';
import type { Variable } from '../../semantics/model.ts';
import type { Value } from '../../tensor/builder.ts';
import type { Dim } from '../../tensor/dims.ts';
import * as dims from '../../tensor/dims.ts';
import { startValue } from '../alternate/start.ts';
import type { BlockFacts, Candidate, Lowered, Method, Refusal } from '../method.ts';
import { dimValue, refusal } from '../method.ts';
import { wholeShape } from '../quadratic/layout.ts';
import type { OptimizerChoice, OptimizerName } from './optimizer.ts';
import { minimiseBy, optimizerChoice, optimizerTitles } from './optimizer.ts';
import type { Transform } from './transforms.ts';
import { transformOf } from './transforms.ts';

/** Coordinates of several unknowns side by side. */
export const jointTransform = (variables: readonly Variable[], transforms: readonly Transform[]) => ({
  count: transforms.reduce<Dim>((sum, t) => dims.add(sum, t.count), []),
  toArrays: (env: Environment, free: Value): ReadonlyMap<string, Value> => {
    let start: Dim = [];
    return new Map(
      variables.map((v, i) => {
        const part = env.builder.sliceAxis(free, 0, start, transforms[i]!.count);
        start = dims.add(start, transforms[i]!.count);
        return [v.name, transforms[i]!.toArray(env, part)] as const;
      }),
    );
  },
  toFree: (env: Environment, arrays: readonly Value[]): Value =>
    env.builder.concat(
      arrays.map((a, i) => transforms[i]!.toFree(env, a)),
      0,
    ),
});

/** The transforms of all unknowns, or the first reason why one has none. */
export const transformsOf = (variables: readonly Variable[]): readonly Transform[] | string => {
  const result: Transform[] = [];
  for (const v of variables) {
    const t = transformOf(v);
    if (typeof t === 'string') return t;
    result.push(t);
  }
  return result;
};

export const bindArrays = (env: Environment, arrays: ReadonlyMap<string, Value>): Environment =>
  withBindings(
    env,
    [...arrays].map(([n, value]) => [n, { kind: 'given', value }] as const),
  );

/** What makes the energy unfit for gradients in these unknowns, or null. */
export const roughness = (facts: BlockFacts): string | null => {
  const names = facts.block.map((v) => v.variable.name);
  const constraint = facts.groups.find((g) => g.kind === 'constraint');
  if (constraint !== undefined) return `${constraint.name} is a constraint`;
  const graph = { model: facts.model, variables: facts.model.variables, groups: facts.groups, plates: [] };
  const rough = unknownFactsOf(graph, new Set(names)).find((u) => u.curvature !== 'absent' && !u.smooth);
  return rough === undefined ? null : `the energy is ${rough.curvature} in ${rough.variable}, not smooth`;
};

const propose =
  (optimizer: OptimizerName) =>
  (facts: BlockFacts): Candidate<OptimizerChoice> | Refusal => {
    const name = optimizerTitles[optimizer];
    if (facts.block.some((v) => v.operation !== 'minimize'))
      return { ...refusal(name, 'it minimises, and this block is marginalised'), otherOperation: true };
    const variables = facts.block.map((v) => v.variable);
    const transforms = transformsOf(variables);
    if (typeof transforms === 'string') return refusal(name, transforms);
    const rough = roughness(facts);
    if (rough !== null) return refusal(name, rough);
    const witness = optimizerChoice(optimizer, facts.requested?.options);
    const count = variables.reduce((n, v) => n + (dimValue(dims.product(wholeShape(v)), facts.sizes) ?? 1), 0);
    const { iterations } = witness;
    return {
      kind: 'candidate',
      method: name,
      certificate: 'local',
      cost: { operations: count * iterations, bytes: count * 4 * 24 },
      summary: `smooth in ${variables.map((v) => v.name).join(', ')}: descent on ${count} coordinates, at most ${iterations} steps`,
      witness,
    };
  };

const lower = (choice: OptimizerChoice, facts: BlockFacts, env: Environment): Lowered => {
  const b = env.builder;
  const variables = facts.block.map((v) => v.variable);
  const joint = jointTransform(variables, transformsOf(variables) as readonly Transform[]);
  const energy = (inner: Environment, arrays: ReadonlyMap<string, Value>): Value => {
    const bound = bindArrays(inner, arrays);
    return facts.groups.reduce(
      (sum, g) => inner.builder.add(sum, totalEnergy(bound, g).value),
      inner.builder.constant(0),
    );
  };
  const start = joint.toFree(
    env,
    variables.map((v) => startValue(env, v, b.constant(0), b.constant(0))),
  );
  const found = minimiseBy(
    b,
    start,
    differentiated((inner, x) => {
      const here = { ...env, builder: inner };
      return energy(here, joint.toArrays(here, x));
    }),
    choice,
  );
  const arrays = new Map(
    [...joint.toArrays(env, found.x)].map(
      ([n, value], i) => [n, b.stopGradient(settled(env, variables[i]!, value))] as const,
    ),
  );
  return {
    value: energy(env, arrays),
    assignment: () => arrays,
    marginals: () => new Map(),
    posterior: null,
    bindings: new Map([...arrays].map(([n, value]) => [n, { kind: 'given', value } as const])),
    expectedEnergy: null,
    pointwise: null,
    convergence: { converged: found.converged, iterations: found.iterations },
  };
};

/** Angles come back to (-π, π]. */
const settled = ({ builder: b }: Environment, variable: Variable, value: Value): Value =>
  variable.domain.kind === 'angle' ? b.sub(value, b.mul(2 * Math.PI, b.round(b.div(value, 2 * Math.PI)))) : value;

const documentation: Readonly<Record<OptimizerName, string>> = {
  lbfgs:
    'Smooth unknowns, constrained ones through a transform (exp, softmax, Cholesky): limited-memory BFGS with a strong-Wolfe ' +
    'line search (Nocedal, Wright 2006, algorithm 7.4). Local.',
  adam: 'The same unknowns by Adam (Kingma, Ba 2015). Local.',
  sgd: 'The same unknowns by gradient descent with momentum (Polyak 1964), when asked for. Local.',
};

const descentBy = (optimizer: OptimizerName): Method<OptimizerChoice> => ({
  name: optimizerTitles[optimizer],
  documentation: documentation[optimizer],
  serves: [optimizer],
  enumerates: () => false,
  propose: propose(optimizer),
  lower,
});

export const descents: readonly Method<OptimizerChoice>[] = [descentBy('lbfgs'), descentBy('adam'), descentBy('sgd')];
