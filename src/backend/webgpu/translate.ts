// A tensor program to shaders. In: an entry's program, the sizes of a call, what the device is like. Out: a program in WGSL. All
// sizes become numbers: a loop whose length is known needs no parameter, and barriers may stand in it. What is compiled for one
// data set serves only data of its shape.
import type { KernelTarget } from '../../kernel/kernel.ts';
import type { WgslProgram } from '../../kernel/render-wgsl/commands.ts';
import type { DeviceProfile } from '../../kernel/render-wgsl/device-profile.ts';
import { wgslKernelsOf } from '../../kernel/render-wgsl/kernels.ts';
import { renderWgsl } from '../../kernel/render-wgsl/render.ts';
import { specialise } from '../../kernel/rewrite/specialise.ts';
import type { Program } from '../../tensor/program.ts';

export const translate = (
  program: Program,
  sizes: Readonly<Record<string, number>>,
  profile: DeviceProfile,
): WgslProgram => {
  const target: KernelTarget = { sizes, blockBytes: 16_384, rowBlocks: false, bytesOfReal: 4 };
  return renderWgsl(wgslKernelsOf(specialise(program, sizes), target, profile), sizes, profile);
};
