// A tensor program as kernels: one nest for each value that is stored. In: a rewritten program. Out: a kernel program.
import { InternalError } from '../../diagnostics/diagnostic.ts';
import type { Program } from '../../tensor/program.ts';
import type { KernelProgram, KernelTarget } from '../kernel.ts';

export const lowerToKernels = (_program: Program, _target: KernelTarget): KernelProgram => {
  throw new InternalError('no kernels yet');
};
