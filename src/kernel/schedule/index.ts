// The schedule, in order, each pass with the reason for its place: which loops are merged, run by threads, run as vectors. In:
// fused kernels. Out: the same with loops in the order and with the marks that a renderer follows.
import type { KernelPass } from '../fuse/index.ts';
import { hoistIndices } from './invariant-indices.ts';
import { laneReductions } from './lanes.ts';
import { orderLoops } from './loop-order.ts';
import { markLoops } from './marks.ts';
import { mergeLoops } from './merge-loops.ts';
import { splitReductions } from './split-reductions.ts';
import { tileLoops } from './tiles.ts';
import { unrollReductions } from './unroll-reductions.ts';

export const schedulePasses: readonly KernelPass[] = [
  {
    name: 'split reductions',
    why: 'first, while the loop over terms is one by itself: merged loops cannot be told apart again',
    run: splitReductions,
  },
  {
    name: 'unroll reductions',
    why: 'before loops are merged: what is left has no loop inside and may run on with its neighbours',
    run: unrollReductions,
  },
  {
    name: 'loop order',
    why: 'before loops are merged, which only happens in the order in which memory is laid out',
    run: orderLoops,
  },
  { name: 'merge loops', why: 'before lanes and tiles, which count the entries of a loop', run: mergeLoops },
  {
    name: 'lanes',
    why: 'after merging: neighbouring results are one loop then, however many axes they have',
    run: laneReductions,
  },
  { name: 'tiles', why: 'when all loops have their length', run: tileLoops },
  {
    name: 'invariant indices',
    why: 'when it is known which loops are innermost',
    run: hoistIndices,
  },
  { name: 'marks', why: 'last: they say what loops are, not what they may become', run: markLoops },
];
