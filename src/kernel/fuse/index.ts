// The fusion passes over kernels, in order, each with the reason for its place. In: one nest for each stored value, as lowered.
// Out: an equivalent kernel program with fewer passes over memory.
import type { KernelProgram, KernelTarget } from '../kernel.ts';
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
];
