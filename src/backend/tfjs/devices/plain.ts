// The devices that need nothing but packages of plain JavaScript or WebAssembly: `wasm` and `cpu`.
import { join } from 'node:path';
import type { BackendStatus } from '../../backend.ts';
import { corePackage, folderOf, installing, missingAmong } from '../packages.ts';
import { refuse, unavailable, type Device, type Lack, type Tf, type TfjsBackendName } from './device.ts';

const plain = (
  name: Extract<TfjsBackendName, 'wasm' | 'cpu'>,
  packageName: string,
  describe: string,
  load: (tf: Tf) => Promise<void>,
): Device => {
  const lack = (): Lack | null => {
    const missing = missingAmong([corePackage, packageName]);
    return missing.length === 0
      ? null
      : { detail: `${missing.join(' and ')} not installed`, remedy: installing(missing) };
  };
  return {
    name,
    registered: name,
    describe,
    detect: async (): Promise<BackendStatus> => {
      const found = lack();
      return found === null ? { name, available: true, detail: describe, remedy: null } : unavailable(name, found);
    },
    register: async (tf) => {
      const found = lack();
      if (found !== null) refuse(name, found);
      await load(tf);
    },
    serves: () => true,
    caution: () => null,
    guard: (_tf, work) => work(),
  };
};

const wasmPackage = '@tensorflow/tfjs-backend-wasm';

export const wasm = plain('wasm', wasmPackage, 'tfjs on WebAssembly with SIMD, float32: the default', async () => {
  const { setWasmPaths } = await import('@tensorflow/tfjs-backend-wasm');
  setWasmPaths(`${join(folderOf(wasmPackage)!, 'dist')}/`);
});

export const cpu = plain(
  'cpu',
  '@tensorflow/tfjs-backend-cpu',
  'tfjs in plain JavaScript, float32: slow, for comparison',
  async () => {
    await import('@tensorflow/tfjs-backend-cpu');
  },
);
