// Smooth unknowns of any kind, all nodes together: descent (L-BFGS, Adam) on their free coordinates, or gradient steps that are
// projected onto their sets. A local minimum; the global one where a convex energy over a convex set is descended by
// projections. The value is taken at the minimiser, which outer derivatives see as fixed (envelope theorem).
import { curvatureFinder, joinBehaviours } from '../../graph/curvature.ts';
import { unknownFactsOf } from '../../graph/structure.ts';
import type { Environment } from '../../lower/environment.ts';
import { sumOfEnergies } from '../../lower/group.ts';
import type { Variable } from '../../semantics/model.ts';
import type { Value } from '../../tensor/builder.ts';
import * as dims from '../../tensor/dims.ts';
import type { BlockFacts, Candidate, Lowered, Method, Refusal } from '../method.ts';
import { dimValue, refusal } from '../method.ts';
import { wholeShape } from '../../semantics/whole-shape.ts';
import type { CoordinateKinds } from './coordinates.ts';
import { coordinatesOf } from './coordinates.ts';
import { bindArrays, transformsOf } from './joint-transform.ts';
import type { OptimizerChoice, OptimizerName } from './optimizer.ts';
import { forSweep, optimizerChoice, optimizerTitles } from './optimizer.ts';
import { readableIn } from './projections.ts';
import { descendFromStarts } from './starts.ts';

const searchesAlongLines: Readonly<Record<OptimizerName, boolean>> = {
  lbfgs: true,
  adam: false,
  sgd: false,
  projected_gradient: true,
  riemannian: true,
};

/** What makes the energy unfit for an optimizer in these unknowns, or null. A line search needs a smooth energy; first-order
 *  steps pass over kinks (Bottou, Curtis, Nocedal 2018, section 7), but nothing descends a staircase. */
export const roughness = (facts: BlockFacts, optimizer: OptimizerName): string | null => {
  const names = facts.block.map((v) => v.variable.name);
  const constraint = facts.groups.find((g) => g.kind === 'constraint');
  if (constraint !== undefined) return `${constraint.name} is a constraint`;
  const graph = { model: facts.model, variables: facts.model.variables, groups: facts.groups, plates: [] };
  const present = unknownFactsOf(graph, new Set(names)).filter((u) => u.curvature !== 'absent');
  const broken = present.find((u) => !u.continuous);
  if (broken !== undefined) return `the energy has steps in ${broken.variable} (factor ${broken.witness})`;
  const kinked = searchesAlongLines[optimizer] ? present.find((u) => !u.smooth) : undefined;
  return kinked === undefined ? null : `the energy is ${kinked.curvature} in ${kinked.variable}, not smooth`;
};

const propose =
  (optimizer: OptimizerName) =>
  (facts: BlockFacts): Candidate<OptimizerChoice> | Refusal => {
    const name = optimizerTitles[optimizer];
    if (facts.block.some((v) => v.operation !== 'minimize'))
      return { ...refusal(name, 'it minimises, and this block is marginalised'), otherOperation: true };
    const variables = facts.block.map((v) => v.variable);
    const kinds = coordinatesOf(variables, optimizer, readableIn(facts.model));
    if (typeof kinds === 'string') return refusal(name, kinds);
    const needless = facts.requested === null ? needlessProjections(optimizer, variables, kinds) : null;
    if (needless !== null) return refusal(name, needless);
    const rough = roughness(facts, optimizer);
    if (rough !== null) return refusal(name, rough);
    const witness = optimizerChoice(optimizer, facts.requested?.options);
    const count = variables.reduce((n, v) => n + (dimValue(dims.product(wholeShape(v)), facts.sizes) ?? 1), 0);
    const { iterations } = witness;
    const shape = shapeOf(facts, kinds);
    const convex = searchesAlongLines[optimizer] && shape.convex;
    const where = kinds.projected.map((p) => `${p.variable.name} in ${p.projection.title}`);
    return {
      kind: 'candidate',
      method: name,
      certificate: convex ? 'globally optimal' : 'local',
      cost: { operations: count * iterations, bytes: count * 4 * 24 },
      summary:
        `${shape.words} in ${variables.map((v) => v.name).join(', ')}: ` +
        `${where.length === 0 ? shape.way : `steps projected onto ${where.join(', ')},`} on ${count} coordinates, at most ${iterations} steps`,
      witness,
    };
  };

/** What is seen of the energy in all unknowns of the block. */
const shapeOf = (
  facts: BlockFacts,
  kinds: CoordinateKinds,
): { readonly convex: boolean; readonly words: string; readonly way: string } => {
  const convex = isConvex(facts, kinds);
  const names = new Set(facts.block.map((v) => v.variable.name));
  const { behaviour } = curvatureFinder(facts.model);
  const smooth = facts.groups.every((g) => behaviour(g.energy, names).smooth);
  if (smooth) return { convex, words: convex ? 'convex and smooth' : 'smooth', way: 'descent' };
  return {
    convex,
    words: convex ? 'convex but not smooth' : 'neither smooth nor seen to be convex',
    way: 'descent over its kinks',
  };
};

/** Why nobody would project here without being asked: free coordinates serve, or spheres alone are better followed. */
const needlessProjections = (
  optimizer: OptimizerName,
  variables: readonly Variable[],
  { projected }: CoordinateKinds,
): string | null => {
  if (optimizer !== 'projected_gradient' && optimizer !== 'riemannian') return null;
  if (typeof transformsOf(variables) !== 'string')
    return 'free coordinates reach all of their values: L-BFGS moves in them';
  const alongManifolds = projected.every((p) => p.projection.manifold !== null);
  return optimizer === 'projected_gradient' && alongManifolds ? 'all sets are manifolds: steps follow them' : null;
};

/** The energy in all unknowns jointly, over sets that are convex. */
export const isConvex = (facts: BlockFacts, { projected, transformed }: CoordinateKinds): boolean => {
  if (transformed || !projected.every((p) => p.projection.convex)) return false;
  const names = new Set(facts.block.map((v) => v.variable.name));
  const { behaviour } = curvatureFinder(facts.model);
  const total = joinBehaviours(facts.groups.map((g) => behaviour(g.energy, names)));
  return ['constant', 'affine', 'convex'].includes(total.convexity);
};

/** The block at its minimum; where the environment has starts for it, a bounded number of steps from there. */
export const lowerDescent = (choice: OptimizerChoice, facts: BlockFacts, env: Environment): Lowered => {
  const b = env.builder;
  const unknowns = facts.block.map((v) => v.variable);
  const energy = (inner: Environment): Value => sumOfEnergies(inner, facts.groups);
  // All minima of a convex energy are alike.
  const kinds = coordinatesOf(unknowns, choice.name, readableIn(facts.model));
  const convex = typeof kinds !== 'string' && isConvex(facts, kinds);
  const restarts = convex ? 1 : facts.restarts;
  const equilibrate = convex && choice.name === 'lbfgs';
  const sweeping = unknowns.every((v) => env.starts?.has(v.name) === true);
  const optimizer = sweeping ? forSweep(choice) : choice;
  const found = descendFromStarts({ unknowns, restarts, optimizer, equilibrate, objective: energy }, env);
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
    convergence: { converged: found.converged, iterations: found.iterations, trace: found.trace },
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
  projected_gradient:
    'Smooth unknowns in sets with a nearest point (orthants, boxes, simplices, balls, conditions on norms and sums): spectral ' +
    'projected gradient (Birgin, Martínez, Raydan 2000). Local; globally optimal for a convex energy over convex sets.',
  riemannian:
    'Unknowns on spheres or with orthonormal columns, without a transform: tangent steps of Barzilai and Borwein with ' +
    'a retraction (Wen, Yin 2013). Local.',
};

const descentBy = (optimizer: OptimizerName): Method<OptimizerChoice> => ({
  name: optimizerTitles[optimizer],
  documentation: documentation[optimizer],
  serves: [optimizer],
  enumerates: () => false,
  resumes: true,
  propose: propose(optimizer),
  lower: lowerDescent,
});

export const descents: readonly Method<OptimizerChoice>[] = [
  descentBy('lbfgs'),
  descentBy('adam'),
  descentBy('sgd'),
  descentBy('projected_gradient'),
  descentBy('riemannian'),
];
