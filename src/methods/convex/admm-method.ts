// Convex energies with norms of affine expressions (total variation, generalised lasso, least absolute deviations beside squares):
// ADMM. The value is taken at the minimiser, which outer derivatives see as fixed (envelope theorem).
import type { Environment } from '../../lower/environment.ts';
import { sumOfEnergies } from '../../lower/group.ts';
import { bindArrays } from '../continuous/joint-transform.ts';
import type { BlockFacts, Candidate, GapAt, Lowered, Method, Refusal } from '../method.ts';
import { dimValue, refusal } from '../method.ts';
import { denseCount } from '../quadratic/method.ts';
import { admm } from './admm.ts';

import type { SplitProblem } from './splits.ts';
import { splitProblem } from './splits.ts';
import { convexWords } from './words.ts';

export interface AdmmWitness {
  readonly split: SplitProblem;
  readonly iterations: number;
}

const name = 'ADMM';
const standardIterations = 10_000;
/** From a point that is nearly a minimum. */
const stepsToBound = 400;

export const proposeAdmm = (facts: BlockFacts): Candidate<AdmmWitness> | Refusal => {
  if (facts.block.some((v) => v.operation !== 'minimize'))
    return { ...refusal(name, 'it minimises, and this block is marginalised'), otherOperation: true };
  const split = splitProblem(facts);
  if (typeof split === 'string') return refusal(name, split);
  if (split.splits.length === 0) return refusal(name, 'the energy has no part to split off: it is smooth and free');
  const { layout } = split.augmented;
  const size = denseCount(facts, layout);
  const copies = [...layout.batch, ...(layout.chain === null ? [] : [layout.chain])].reduce(
    (n, c) => n * (dimValue(c.dim, facts.sizes) ?? 1),
    1,
  );
  const iterations = facts.requested?.options['iterations'] ?? standardIterations;
  const solve =
    layout.chain === null
      ? `linear systems of ${size} unknowns`
      : `block-tridiagonal systems along ${layout.chain.name}, blocks of ${size}`;
  return {
    kind: 'candidate',
    method: name,
    certificate: 'globally optimal',
    cost: { operations: copies * (size ** 3 + 500 * size ** 2), bytes: copies * size * size * 4 },
    summary: `${convexWords(split.problem)}; ${solve}`,
    witness: { split, iterations },
  };
};

export const lowerAdmm = ({ split, iterations }: AdmmWitness, facts: BlockFacts, env: Environment): Lowered => {
  const b = env.builder;
  const found = admm(env, split, iterations);
  const arrays = new Map([...found.arrays].map(([n, value]) => [n, b.stopGradient(value)] as const));
  return {
    value: sumOfEnergies(bindArrays(env, arrays), facts.groups),
    assignment: () => arrays,
    marginals: () => new Map(),
    posterior: null,
    bindings: new Map([...arrays].map(([n, value]) => [n, { kind: 'given', value } as const])),
    expectedEnergy: null,
    pointwise: null,
    convergence: { converged: found.converged, iterations: found.iterations, trace: found.trace },
    gap: found.gap,
  };
};

/** The dual point is no part of a result: it is found again. */
export const admmGap: GapAt<AdmmWitness> = {
  evaluations: 3 * stepsToBound,
  of: ({ split }, _, env, point) => {
    const b = env.builder;
    const { energyOf, energy, gap } = admm(env, split, stepsToBound, point);
    return b.maximum(b.sub(energyOf(point), b.sub(energy, gap)), 0);
  },
};

export const admmMethod: Method<AdmmWitness> = {
  name: 'ADMM',
  documentation:
    'Convex energies: quadratic plus absolute values, norms and positive parts of affine expressions (total variation, ' +
    'generalised lasso), over boxes, simplices and norm balls: alternating direction method of multipliers ' +
    '(Boyd et al. 2011). Globally optimal, with the gap.',
  serves: ['admm'],
  enumerates: () => false,
  propose: proposeAdmm,
  lower: lowerAdmm,
  gapAt: admmGap,
};
