// The fusion passes over kernels, in order, each with the reason for its place. In: one nest for each stored value, as lowered.
// Out: an equivalent kernel program with fewer passes over memory.
import type { KernelProgram, KernelTarget } from '../kernel.ts';
import { deadStores } from './dead-stores.ts';
import { forwardStores } from './forward-stores.ts';
import { mergeNests } from './merge-nests.ts';
import { rowBlocks } from './row-blocks.ts';

export interface KernelPass {
  readonly name: string;
  readonly why: string;
  readonly run: (kernels: KernelProgram, target: KernelTarget) => KernelProgram;
}

export const fusions: readonly KernelPass[] = [
  {
    name: 'row blocks',
    why: 'first, while each nest makes one thing: what is merged belongs to a block as a whole or not at all',
    run: rowBlocks,
  },
  {
    name: 'merge nests',
    why: 'in blocks and between them, where rows and domains are the same',
    run: mergeNests,
  },
  {
    name: 'forward stores',
    why: 'what is made and read in one iteration only shows when nests are merged',
    run: forwardStores,
  },
  { name: 'dead stores', why: 'last: forwarding leaves buffers that nothing reads', run: deadStores },
];
