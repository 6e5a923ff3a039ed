// Convex energies with simple parts that are not smooth, or over simple convex sets: FISTA, all nodes at once, with the optimality
// gap as the certificate. The value is taken at the minimiser, which outer derivatives see as fixed (envelope theorem).
import type { Environment } from '../../lower/environment.ts';
import { sumOfEnergies } from '../../lower/group.ts';
import type { Variable } from '../../semantics/model.ts';
import { wholeShape } from '../../semantics/whole-shape.ts';
import type { Value } from '../../tensor/builder.ts';
import * as dims from '../../tensor/dims.ts';
import { bindArrays, transformsOf } from '../continuous/joint-transform.ts';
import { optimizerChoice } from '../continuous/optimizer.ts';
import { descendFromStarts } from '../continuous/starts.ts';
import type { BlockFacts, Candidate, Lowered, Method, Refusal } from '../method.ts';
import { dimValue, refusal } from '../method.ts';
import type { FistaResult } from './fista.ts';
import { boundAt, fista } from './fista.ts';
import type { Arrays } from './parts.ts';
import type { ConvexProblem } from './problem.ts';
import { convexProblem } from './problem.ts';
import { freeArrays } from './smooth.ts';
import { someSteps } from './some-steps.ts';
import { convexWords, noProximalMap } from './words.ts';

export interface ConvexWitness {
  readonly problem: ConvexProblem;
  readonly iterations: number;
}

const standardIterations = 10_000;
const name = 'FISTA';

/** Nothing but a smooth energy: no sets and no kinks. */
export const isPlain = (problem: ConvexProblem): boolean =>
  problem.composite.affine.length === 0 &&
  problem.parts.every((p) => isOpen(p.variable) && p.absolute.length === 0 && p.norm === null);
export const plainReason = 'the energy is smooth and nothing constrains it: a descent does the same better';

/** All reals, or a half-line whose end is no value: free coordinates reach everything. */
const isOpen = ({ domain, conditions }: Variable): boolean =>
  conditions.length === 0 && (domain.kind === 'real' || domain.kind === 'positive');

export const proposeConvex = (facts: BlockFacts): Candidate<ConvexWitness> | Refusal => {
  if (facts.block.some((v) => v.operation !== 'minimize'))
    return { ...refusal(name, 'it minimises, and this block is marginalised'), otherOperation: true };
  const problem = convexProblem(facts);
  if (typeof problem === 'string') return refusal(name, problem);
  const [affine] = problem.composite.affine;
  if (affine !== undefined) return refusal(name, noProximalMap(affine));
  if (isPlain(problem) && facts.requested?.name !== 'fista') return refusal(name, plainReason);
  const iterations = facts.requested?.options['iterations'] ?? standardIterations;
  const count = facts.block.reduce((n, v) => n + (dimValue(dims.product(wholeShape(v.variable)), facts.sizes) ?? 1), 0);
  return {
    kind: 'candidate',
    method: name,
    certificate: 'globally optimal',
    cost: { operations: count * 100, bytes: count * 4 * 8 },
    summary: `${convexWords(problem)}${isBentAtEdges(problem) ? '; starts where L-BFGS ends in free coordinates' : ''}`,
    witness: { problem, iterations },
  };
};

export const solveConvex = ({ problem, iterations }: ConvexWitness, facts: BlockFacts, env: Environment): Lowered => {
  const b = env.builder;
  const sweeping = env.starts !== undefined && problem.parts.every((p) => env.starts!.has(p.variable.name));
  const found = sweeping ? { arrays: sweep(problem, facts, env, env.starts) } : whole(problem, facts, env, iterations);
  const fixed = new Map([...found.arrays].map(([n, value]) => [n, b.stopGradient(value)] as const));
  const free = freeArrays(bindArrays(env, fixed), problem);
  const arrays = new Map([...fixed, ...[...free].map(([n, v]) => [n, b.stopGradient(v)] as const)]);
  return {
    value: sumOfEnergies(bindArrays(env, arrays), facts.groups),
    assignment: () => arrays,
    marginals: () => new Map(),
    posterior: null,
    bindings: new Map([...arrays].map(([n, value]) => [n, { kind: 'given', value } as const])),
    expectedEnergy: null,
    pointwise: null,
    convergence:
      'gap' in found ? { converged: found.converged, iterations: found.iterations, trace: found.trace } : null,
    ...('gap' in found ? { gap: found.gap } : {}),
  };
};

const whole = (problem: ConvexProblem, facts: BlockFacts, env: Environment, iterations: number): FistaResult => {
  const zeros = new Map(
    problem.parts.map((p) => [p.variable.name, env.builder.zeros(wholeShape(p.variable))] as const),
  );
  return fista(env, problem, isBentAtEdges(problem) ? inFreeCoordinates(problem, facts, env) : zeros, iterations);
};

/** Curvatures without bound near the edges of the sets, where coordinates that keep away from them do better. */
const isBentAtEdges = ({ barrier, parts }: ConvexProblem): boolean =>
  barrier &&
  parts.every((p) => p.norm === null && (p.absolute.length === 0 || p.nonnegative)) &&
  typeof transformsOf(parts.map((p) => p.variable)) !== 'string';

/** A start for the steps that know their gap. */
const inFreeCoordinates = ({ parts }: ConvexProblem, facts: BlockFacts, env: Environment): Arrays =>
  descendFromStarts(
    {
      unknowns: parts.map((p) => p.variable),
      restarts: 1,
      optimizer: optimizerChoice('lbfgs'),
      objective: (inner) => sumOfEnergies(inner, facts.groups),
    },
    env,
  ).arrays;

const sweep = (problem: ConvexProblem, facts: BlockFacts, env: Environment, start: Arrays): Arrays =>
  someSteps(env, {
    problem,
    start,
    gradient: null,
    energy: (arrays) => {
      const bound = bindArrays(env, arrays);
      return sumOfEnergies(bindArrays(bound, freeArrays(bound, problem)), facts.groups);
    },
  });

/** Evaluations that one look at the gap is worth. */
export const looks = 10;

/** Unknowns that are eliminated count at their given values. */
export const convexGap = ({ problem }: ConvexWitness, env: Environment, point: Arrays): Value => {
  const b = env.builder;
  const { objective, gap } = boundAt(env, problem, point);
  if (problem.free === null) return gap;
  const given = bindArrays(env, point);
  const terms = [...problem.squares, ...problem.linear, ...problem.composite.penalties.map((p) => p.term)];
  return b.maximum(b.add(b.sub(sumOfEnergies(given, terms), objective), gap), 0);
};

export const fistaMethod: Method<ConvexWitness> = {
  name: 'FISTA',
  documentation:
    'Convex energies: smooth plus weighted absolute values and norms of nodes, over boxes, simplices and norm balls. ' +
    'Accelerated proximal gradient with restarts (Beck, Teboulle 2009; O’Donoghue, Candès 2015). Globally optimal, with the gap.',
  serves: ['fista'],
  enumerates: () => false,
  propose: proposeConvex,
  resumes: true,
  lower: solveConvex,
  gapAt: { evaluations: looks, of: (witness, _, env, point) => convexGap(witness, env, point) },
};
