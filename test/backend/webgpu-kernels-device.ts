// Suites about `webgpu`, kernels of our own: skipped with the reason where this machine has nothing that WebGPU can compute on.
import { describe } from 'vitest';
import type { Backend } from '../../src/backend/backend.ts';
import { dawnAlone, findAdapter, isFound, thisMachine } from '../../src/backend/tfjs/devices/adapter.ts';
import { Computer } from '../../src/backend/webgpu/computer.ts';
import { webgpuBackend, webgpuBackendOn } from '../../src/backend/webgpu/run.ts';
import { profileOf, type DeviceProfile } from '../../src/kernel/render-wgsl/device-profile.ts';

const { available, detail } = await webgpuBackend.detect();

// oxlint-disable-next-line no-console -- a test that is skipped says why
if (!available) console.warn(`skipped: webgpu: ${detail}`);

export const onWebgpu = (name: string, suite: () => void): void => {
  if (available) describe(name, suite);
  else describe.skip(`${name}: ${detail}`, suite);
};

/** The device of this machine, taken for another: ways of spreading work that it would not choose for itself. */
export const takenFor = async (changes: Partial<DeviceProfile>, asGpu: boolean): Promise<Backend> => {
  const found = await findAdapter(thisMachine, dawnAlone);
  if (!isFound(found)) throw new Error(found.detail);
  const computer = Computer.open(found, 'webgpu', (limits, onProcessor) => ({
    ...profileOf(limits, onProcessor && !asGpu),
    ...changes,
  }));
  return webgpuBackendOn(() => computer);
};

/** What a GPU is given; everything as dispatches; everything in small pieces. */
export const takings: Readonly<Record<string, () => Promise<Backend>>> = {
  'as it is': async () => webgpuBackend,
  'as a GPU': () => takenFor({}, true),
  'as one with slow barriers': () => takenFor({ dispatch: 0, barrier: 1e6, groups: 128 }, false),
  'as one of few lanes and short dispatches': () =>
    takenFor({ dispatch: 1, barrier: 1, mostGroups: 3, apart: 2, lanes: 4, width: 2, groups: 4, longest: 200 }, false),
};
