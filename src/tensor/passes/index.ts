// The passes over tensor programs, in order, each with the reason for its place. In: what a builder made. Out: an equivalent
// program that a backend lowers. Every pass is a pure function Program → Program.
import type { Program } from '../program.ts';
import { verified, verify } from '../verify.ts';
import { turnAccumulators } from './accumulators.ts';
import { mergeCommonLoops } from './common-loops.ts';
import { removeDeadCode } from './dead-code.ts';
import { splitDifferences } from './differences.ts';
import { freeMinima } from './minima.ts';
import { hoistInvariants } from './hoist-invariants.ts';
import { fuseProducts } from './products.ts';
import { absorbScales } from './scales.ts';
import { simplify } from './simplify.ts';

export interface Pass {
  readonly name: string;
  readonly why: string;
  readonly run: (program: Program) => Program;
}

export const passes: readonly Pass[] = [
  {
    name: 'common-loops',
    why: 'first, while the two scans of a gradient still look alike: dead code goes from each of them differently',
    run: mergeCommonLoops,
  },
  {
    name: 'dead-code',
    why: 'early, because gradients leave much behind that later passes need not look at',
    run: removeDeadCode,
  },
  { name: 'simplify', why: 'one sweep of constant folding, algebra, view merging and value numbering', run: simplify },
  {
    name: 'products',
    why: 'after value numbering, when a product that is read once is known to be',
    run: fuseProducts,
  },
  {
    name: 'differences',
    why: 'after products, so that what reads the difference is a contraction of two; before hoisting: a part may leave the loop',
    run: splitDifferences,
  },
  {
    name: 'scales',
    why: 'after products: it must see that a product is read once',
    run: absorbScales,
  },
  {
    name: 'minima',
    why: 'after products and before hoisting: what goes behind a minimum may then leave the loop',
    run: freeMinima,
  },
  {
    name: 'accumulators',
    why: 'after products, which make the contractions that are accumulated',
    run: turnAccumulators,
  },
  {
    name: 'hoist-invariants',
    why: 'after products, lest a large product leave the sum that absorbs it',
    run: hoistInvariants,
  },
  {
    name: 'simplify again',
    why: 'what left several loops may be equal; what entered as products may be smaller',
    run: simplify,
  },
  {
    name: 'final dead-code',
    why: 'last: the passes above leave unread values, and ids become dense',
    run: removeDeadCode,
  },
];

/** Runs all passes, verifying the program before and after. Throws InternalError naming the pass that broke it. */
export const optimise = (program: Program): Program => {
  const result = passes.reduce((current, pass) => pass.run(current), verified(program, 'as built'));
  if (verify(result).length === 0) return result;
  // Verifying takes as long as a pass, so the one that broke the program is looked for only when it is broken.
  return passes.reduce((current, pass) => verified(pass.run(current), `after ${pass.name}`), program);
};
