// What is done to a tensor program before kernels are made of it, in order, each with the reason for its place. In: an optimised
// program. Out: an equivalent one whose instructions are what loop nests do well.
import type { Program } from '../../tensor/program.ts';
import { verified } from '../../tensor/verify.ts';
import type { KernelTarget } from '../kernel.ts';

export interface Rewrite {
  readonly name: string;
  readonly why: string;
  readonly run: (program: Program, target: KernelTarget) => Program;
}

export const rewrites: readonly Rewrite[] = [];

/** Throws InternalError naming the rewrite that broke the program. */
export const rewriteForKernels = (program: Program, target: KernelTarget): Program =>
  rewrites.reduce((current, { name, run }) => verified(run(current, target), `after ${name}`), program);
