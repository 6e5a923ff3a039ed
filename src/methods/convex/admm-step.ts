// Params in which the energy is convex with norms, absolute values or positive parts of something affine: support vectors, least
// absolute deviations, quantiles. ADMM, alone to its gap, in an alternation some steps that never raise the energy.
import { sumOfEnergies } from '../../lower/group.ts';
import { bindArrays } from '../continuous/joint-transform.ts';
import type { ParameterStep } from '../method.ts';
import { refusal } from '../method.ts';
import { admm } from './admm.ts';
import type { AdmmWitness } from './admm-method.ts';
import { admmGap, lowerAdmm, proposeAdmm } from './admm-method.ts';

/** Steps in one sweep. */
const stepsPerSweep = 200;

export const admmStep: ParameterStep<AdmmWitness> = {
  name: 'ADMM',
  documentation:
    'Params in which the energy is quadratic plus absolute values, norms and positive parts of affine expressions: alternating ' +
    'direction method of multipliers (Boyd et al. 2011). Globally optimal.',
  propose: (facts) => (facts.enumerated.size > 0 ? refusal('ADMM', 'latents weigh the energy') : proposeAdmm(facts)),
  lower: ({ split }, facts, env, _, current) => {
    const b = env.builder;
    const found = admm(env, split, stepsPerSweep, current).arrays;
    const before = sumOfEnergies(bindArrays(env, current), facts.groups);
    const lowers = b.le(sumOfEnergies(bindArrays(env, found), facts.groups), before);
    return new Map([...found].map(([name, value]) => [name, b.select(lowers, value, current.get(name)!)] as const));
  },
  solve: lowerAdmm,
  gapAt: admmGap,
};
