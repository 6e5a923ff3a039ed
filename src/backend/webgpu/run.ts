// The backend `webgpu`: kernels of our own in WGSL, on a GPU through Dawn. In: a module. Out: a runner on plain arrays. The device
// is opened when a module is loaded, and shared by all modules of the process; a device that was lost is opened anew for the next.
import type { Backend } from '../backend.ts';
import { adapterName, dawnAlone, findAdapter, isFound, thisMachine } from '../tfjs/devices/adapter.ts';
import { Computer } from './computer.ts';
import { lacking } from './failures.ts';
import { WebgpuRunner } from './runner.ts';

const name = 'webgpu';
const describe = 'kernels of our own on WebGPU (Dawn), float32';

const shared = (): (() => Promise<Computer>) => {
  let opening: Promise<Computer> | null = null;
  const open = async (): Promise<Computer> => {
    const found = await findAdapter(thisMachine, dawnAlone);
    if (!isFound(found)) throw lacking(name, found);
    return Computer.open(found, name);
  };
  return async () => {
    const before = await opening?.catch(() => null);
    if (opening === null || before === null || before?.isLost === true) opening = open();
    return opening;
  };
};

export const webgpuBackendOn = (computer: () => Promise<Computer>): Backend => ({
  name,
  precision: 'float32',
  describe,
  detect: async () => {
    const found = await findAdapter(thisMachine, dawnAlone);
    if (!isFound(found)) return { name, available: false, ...found };
    const adapter = adapterName(found.adapter.info);
    const software = found.adapter.info.isFallbackAdapter === true;
    return { name, available: true, detail: software ? `${adapter}: in software, for no GPU was found` : adapter, remedy: null, gpu: !software }; // prettier-ignore
  },
  load: async (module) => new WebgpuRunner(module, await computer()),
});

export const webgpuBackend = webgpuBackendOn(shared());
