// Kernels for a device that runs thousands of invocations: lowered and fused like those for processors, without what only vector
// units and caches ask for (tiles, lanes, private accumulators). In: a tensor program. Out: a kernel program for render.ts.
import type { Program } from '../../tensor/program.ts';
import { fusions, type KernelPass } from '../fuse/index.ts';
import type { KernelProgram, KernelTarget } from '../kernel.ts';
import { lowerToKernels } from '../lower/index.ts';
import { rewriteForKernels } from '../rewrite/index.ts';
import { mergeLoops } from '../schedule/merge-loops.ts';
import { unrollReductions } from '../schedule/unroll-reductions.ts';
import { verifiedKernels } from '../verify.ts';
import type { DeviceProfile } from './device-profile.ts';
import { splitLongProducts } from './long-products.ts';
import { splitLongReductions } from './long-reductions.ts';
import { spreadScatters } from './scatters.ts';

/** `profile`: what keeps the device busy. */
const passesFor = (profile: DeviceProfile): readonly KernelPass[] => [
  {
    name: 'scatters',
    why: 'before fusion, which would make a serial loop of the loops over updates and their parallel neighbours',
    run: (kernels, { sizes }) => spreadScatters(kernels, sizes, profile),
  },
  ...fusions,
  {
    name: 'unroll reductions',
    why: 'before loops are merged: what is left has no loop inside and runs on with its neighbours',
    run: unrollReductions,
  },
  {
    name: 'merge loops',
    why: 'before reductions are cut: fewer loop variables are found from the number of an invocation, and the longest loop is longer',
    run: mergeLoops,
  },
  {
    name: 'long products',
    why: 'at last, when all loops have their length',
    run: (kernels, { sizes }) => splitLongProducts(kernels, sizes, profile),
  },
  {
    name: 'long reductions',
    why: 'after products, whose parts are reduced too',
    run: (kernels, { sizes }) => splitLongReductions(kernels, sizes, profile),
  },
];

/** Throws InternalError where a pass breaks the kernels. */
export const wgslKernelsOf = (program: Program, target: KernelTarget, profile: DeviceProfile): KernelProgram =>
  passesFor(profile).reduce(
    (kernels, { name, run }) => verifiedKernels(run(kernels, target), `after ${name}`),
    verifiedKernels(lowerToKernels(rewriteForKernels(program, target), target), 'as lowered'),
  );
