// From a tensor program to scheduled kernels: every step in order. In: an optimised program and what is known of where it will
// run. Out: a kernel program for a renderer. Throws InternalError where a pass breaks it.
import type { Program } from '../tensor/program.ts';
import { fusions } from './fuse/index.ts';
import type { KernelProgram, KernelTarget } from './kernel.ts';
import { lowerToKernels } from './lower/index.ts';
import { rewriteForKernels } from './rewrite/index.ts';
import { schedulePasses } from './schedule/index.ts';
import { verifiedKernels } from './verify.ts';

export const kernelsOf = (program: Program, target: KernelTarget): KernelProgram => {
  const lowered = verifiedKernels(lowerToKernels(rewriteForKernels(program, target), target), 'as lowered');
  return [...fusions, ...schedulePasses].reduce(
    (kernels, { name, run }) => verifiedKernels(run(kernels, target), `after ${name}`),
    lowered,
  );
};
