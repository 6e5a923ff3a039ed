// Smooth unknowns of any kind: descent (L-BFGS, Adam) on their free coordinates, all nodes together. A local minimum, or the global one
// where the energy is convex. The value is taken at the minimiser, which outer derivatives see as fixed (envelope theorem).
import { unknownFactsOf } from '../../graph/structure.ts';
import type { Environment } from '../../lower/environment.ts';
import { totalEnergy } from '../../lower/group.ts';
import type { Variable } from '../../semantics/model.ts';
import type { Value } from '../../tensor/builder.ts';
import * as dims from '../../tensor/dims.ts';
import type { BlockFacts, Candidate, Lowered, Method, Refusal } from '../method.ts';
import { dimValue, refusal } from '../method.ts';
import { wholeShape } from '../../semantics/whole-shape.ts';
import { bindArrays, transformsOf } from './joint-transform.ts';
import type { OptimizerChoice, OptimizerName } from './optimizer.ts';
import { optimizerChoice, optimizerTitles } from './optimizer.ts';
import { descendFromStarts } from './starts.ts';

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
  const unknowns = facts.block.map((v) => v.variable);
  const energy = (inner: Environment): Value =>
    facts.groups.reduce((sum, g) => inner.builder.add(sum, totalEnergy(inner, g).value), inner.builder.constant(0));
  const found = descendFromStarts({ unknowns, restarts: facts.restarts, optimizer: choice, objective: energy }, env);
  const arrays = new Map(
    unknowns.map((v) => [v.name, b.stopGradient(settled(env, v, found.arrays.get(v.name)!))] as const),
  );
  return {
    value: energy(bindArrays(env, arrays)),
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
