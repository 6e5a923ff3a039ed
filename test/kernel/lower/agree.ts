// Lowers a program and runs its kernels against the float64 interpreter of programs. In: a program, inputs, sizes. Out: the kernels;
// fails where they are malformed, touch what they must not, or give other numbers.
import { runProgram } from '../../../src/backend/reference.ts';
import { interpretKernels } from '../../../src/kernel/interpret.ts';
import type { KernelProgram, KernelTarget } from '../../../src/kernel/kernel.ts';
import { lowerToKernels } from '../../../src/kernel/lower/index.ts';
import { verifiedKernels } from '../../../src/kernel/verify.ts';
import type { Program } from '../../../src/tensor/program.ts';
import { close, type Inputs, type Sizes } from '../../backend/agreement.ts';

export const targetOf = (sizes: Sizes): KernelTarget => ({
  sizes,
  blockBytes: 512 * 1024,
  rowBlocks: true,
  bytesOfReal: 4,
});

/** `nominal` are the sizes that the kernels are made for; they must be right for `sizes` all the same. */
export const agree = (program: Program, inputs: Inputs, sizes: Sizes, nominal: Sizes = sizes): KernelProgram => {
  const kernels = verifiedKernels(lowerToKernels(program, targetOf(nominal)), 'as lowered');
  const expected = runProgram(program, inputs, { sizes });
  const found = interpretKernels(kernels, inputs, sizes, { order: 'backwards' });
  for (const [name, value] of Object.entries(expected)) close(found[name]!, value, 1e-9, name);
  return kernels;
};
