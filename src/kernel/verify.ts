// The verifier of kernels. In: a kernel program. Out: what is wrong with it, as sentences.
import { InternalError } from '../diagnostics/diagnostic.ts';
import type { KernelProgram } from './kernel.ts';

export const verifyKernels = (_kernels: KernelProgram): readonly string[] => [];

/** Throws InternalError listing every problem; returns the kernels when there is none. */
export const verifiedKernels = (kernels: KernelProgram, where: string): KernelProgram => {
  const problems = verifyKernels(kernels);
  if (problems.length > 0) throw new InternalError(`malformed kernels (${where}): ${problems.join('; ')}`);
  return kernels;
};
