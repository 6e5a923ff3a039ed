// What is done to a tensor program before kernels are made of it, in order, each with the reason for its place. In: an optimised
// program. Out: an equivalent one whose instructions are what loop nests do well.
import { removeDeadCode } from '../../tensor/passes/dead-code.ts';
import { hoistInvariants } from '../../tensor/passes/hoist-invariants.ts';
import { simplify } from '../../tensor/passes/simplify.ts';
import type { Program } from '../../tensor/program.ts';
import { verified, verify } from '../../tensor/verify.ts';
import type { KernelTarget } from '../kernel.ts';
import { moveAccumulatedFactors } from './accumulated-factors.ts';
import { shareContractions } from './common-contractions.ts';
import { gatherMaps } from './gathered-maps.ts';
import { remakeCaptures } from './loop-captures.ts';
import { withoutOneHots } from './one-hot.ts';
import { splitIntoPairs } from './pairs.ts';
import { addPlainSums } from './plain-sums.ts';
import { multiplyPosteriors } from './posterior-sums.ts';
import { shrinkRepetitions } from './repetitions.ts';
import { moveSlices } from './slices.ts';
import { multiplySoftMinima } from './soft-min-products.ts';

export interface Rewrite {
  readonly name: string;
  readonly why: string;
  readonly run: (program: Program, target: KernelTarget) => Program;
}

export const rewrites: readonly Rewrite[] = [
  {
    name: 'simplify',
    why: 'first: sizes that have become numbers fold into other constants',
    run: simplify,
  },
  {
    name: 'posterior-sums',
    why: 'while exponentials of sums over three axes still look as gradients make them',
    run: multiplyPosteriors,
  },
  {
    name: 'soft-min-products',
    why: 'beside the gradients, so that both take the same exponentials',
    run: multiplySoftMinima,
  },
  {
    name: 'repetitions',
    why: 'before whatever looks at shapes: what repeats one number should look small',
    run: shrinkRepetitions,
  },
  {
    name: 'hoist-invariants',
    why: 'minima and exponentials of tables that a loop captures leave the loop',
    run: hoistInvariants,
  },
  {
    name: 'loop-captures',
    why: 'after hoisting, which hands repeated values into loops',
    run: remakeCaptures,
  },
  {
    name: 'accumulated-factors',
    why: 'after hoisting, when a factor is seen to come from outside',
    run: moveAccumulatedFactors,
  },
  {
    name: 'gathered-maps',
    why: 'before slices, which move through gathers and stop at maps that others read',
    run: gatherMaps,
  },
  {
    name: 'slices',
    why: 'before sums are split: parts have fewer terms',
    run: moveSlices,
  },
  {
    name: 'plain-sums',
    why: 'after the free energies, which are recognised by contractions',
    run: addPlainSums,
  },
  {
    name: 'pairs',
    why: 'once every product is known',
    run: splitIntoPairs,
  },
  {
    name: 'one-hot',
    why: 'after pairs: a one-hot operand stands beside one other',
    run: withoutOneHots,
  },
  {
    name: 'common-contractions',
    why: 'after pairs, which make many that are alike',
    run: shareContractions,
  },
  {
    name: 'repetitions again',
    why: 'counts of terms fold into the numbers that they multiply; equal pieces of what was rewritten become one',
    run: shrinkRepetitions,
  },
  {
    name: 'dead-code',
    why: 'last: what was rewritten is not read any more',
    run: removeDeadCode,
  },
];

/** Throws InternalError naming the rewrite that broke the program. */
export const rewriteForKernels = (program: Program, target: KernelTarget): Program => {
  const result = rewrites.reduce((current, { run }) => run(current, target), program);
  if (verify(result).length === 0) return result;
  // Verifying takes as long as a pass, so the one that broke the program is looked for only when it is broken.
  return rewrites.reduce((current, { name, run }) => verified(run(current, target), `after ${name}`), program);
};
