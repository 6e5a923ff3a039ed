// Convex energies with simple parts that are not smooth, or over simple convex sets: FISTA, all nodes at once, with the optimality
// gap as the certificate. The value is taken at the minimiser, which outer derivatives see as fixed (envelope theorem).
import type { Environment } from '../../lower/environment.ts';
import { totalEnergy } from '../../lower/group.ts';
import { wholeShape } from '../../semantics/whole-shape.ts';
import * as dims from '../../tensor/dims.ts';
import { bindArrays } from '../continuous/joint-transform.ts';
import type { BlockFacts, Candidate, Lowered, Method, Refusal } from '../method.ts';
import { dimValue, refusal } from '../method.ts';
import { fista } from './fista.ts';
import type { ConvexProblem } from './problem.ts';
import { convexProblem } from './problem.ts';
import { freeArrays } from './smooth.ts';
import { convexWords } from './words.ts';

export interface ConvexWitness {
  readonly problem: ConvexProblem;
  readonly iterations: number;
}

const standardIterations = 10_000;
const name = 'FISTA';

const propose = (facts: BlockFacts): Candidate<ConvexWitness> | Refusal => {
  if (facts.block.some((v) => v.operation !== 'minimize'))
    return { ...refusal(name, 'it minimises, and this block is marginalised'), otherOperation: true };
  const problem = convexProblem(facts);
  if (typeof problem === 'string') return refusal(name, problem);
  const [affine] = problem.composite.affine;
  if (affine !== undefined)
    return refusal(
      name,
      `factor ${affine.term.part ?? affine.term.name} is a norm of something affine, which has no closed proximal map`,
    );
  const asked = facts.requested?.name === 'fista';
  const simple = problem.parts.every((p) => p.projection.trivial && p.absolute.length === 0 && p.norm === null);
  if (simple && !asked)
    return refusal(name, 'the energy is smooth and nothing constrains it: a descent does the same better');
  const iterations = facts.requested?.options['iterations'] ?? standardIterations;
  const count = facts.block.reduce((n, v) => n + (dimValue(dims.product(wholeShape(v.variable)), facts.sizes) ?? 1), 0);
  return {
    kind: 'candidate',
    method: name,
    certificate: 'globally optimal',
    cost: { operations: count * 100, bytes: count * 4 * 8 },
    summary: convexWords(problem),
    witness: { problem, iterations },
  };
};

const lower = ({ problem, iterations }: ConvexWitness, facts: BlockFacts, env: Environment): Lowered => {
  const b = env.builder;
  const start = new Map(problem.parts.map((p) => [p.variable.name, b.zeros(wholeShape(p.variable))] as const));
  const found = fista(env, problem, start, iterations);
  const fixed = new Map([...found.arrays].map(([n, value]) => [n, b.stopGradient(value)] as const));
  const free = freeArrays(bindArrays(env, fixed), problem);
  const arrays = new Map([...fixed, ...[...free].map(([n, v]) => [n, b.stopGradient(v)] as const)]);
  const bound = bindArrays(env, arrays);
  return {
    value: facts.groups.reduce((sum, g) => b.add(sum, totalEnergy(bound, g).value), b.constant(0)),
    assignment: () => arrays,
    marginals: () => new Map(),
    posterior: null,
    bindings: new Map([...arrays].map(([n, value]) => [n, { kind: 'given', value } as const])),
    expectedEnergy: null,
    pointwise: null,
    convergence: { converged: found.converged, iterations: found.iterations },
    gap: found.gap,
  };
};

export const fistaMethod: Method<ConvexWitness> = {
  name: 'FISTA',
  documentation:
    'Convex energies: smooth plus weighted absolute values and norms of nodes, over boxes, simplices and norm balls. ' +
    'Accelerated proximal gradient with restarts (Beck, Teboulle 2009; O’Donoghue, Candès 2015). Globally optimal, with the gap.',
  serves: ['fista'],
  enumerates: () => false,
  propose,
  lower,
};
