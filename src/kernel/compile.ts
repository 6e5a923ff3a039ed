// From a tensor program to scheduled kernels: every step in order. In: an optimised program and what is known of where it will
// run. Out: a kernel program for a renderer. Throws InternalError where a pass breaks it.
import type { Program } from '../tensor/program.ts';
import { fusions } from './fuse/index.ts';
import type { KernelProgram, KernelTarget } from './kernel.ts';
import { lowerToKernels } from './lower/index.ts';
import { rewriteForKernels } from './rewrite/index.ts';
import { schedulePasses } from './schedule/index.ts';
import { verifiedKernels, verifyKernels } from './verify.ts';

export const kernelsOf = (program: Program, target: KernelTarget): KernelProgram => {
  const rewritten = rewriteForKernels(program, target);
  const passes = [...fusions, ...schedulePasses];
  const made = passes.reduce((kernels, { run }) => run(kernels, target), lowerToKernels(rewritten, target));
  if (verifyKernels(made).length === 0) return made;
  // Verifying takes as long as a pass, so the one that broke the kernels is looked for only when they are broken.
  const lowered = verifiedKernels(lowerToKernels(rewritten, target), 'as lowered');
  return passes.reduce((kernels, { name, run }) => verifiedKernels(run(kernels, target), `after ${name}`), lowered);
};
