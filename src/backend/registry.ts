// Every backend there is. In: a name, or nothing. Out: backends, and for each whether it can run here.
// A new backend is one line in this list.
import type { Backend, BackendStatus } from './backend.ts';
import { nativeBackends } from './native/run.ts';
import { referenceBackend } from './reference.ts';
import { tfjsBackends } from './tfjs/run.ts';
import { webgpuBackend } from './webgpu/run.ts';

export const backends: readonly Backend[] = [
  nativeBackends.native,
  nativeBackends.native64,
  tfjsBackends.wasm,
  tfjsBackends.cpu,
  webgpuBackend,
  tfjsBackends.webgpu,
  tfjsBackends.cuda,
  tfjsBackends.tensorflow,
  referenceBackend,
];

export const defaultBackend = 'wasm';

export const backendNames: readonly string[] = backends.map((b) => b.name);

/** The backend of this name, or null. Whether this machine can run it shows when it is loaded. */
export const findBackend = (name: string): Backend | null => backends.find((b) => b.name === name) ?? null;

/** The state of every backend on this machine. One after another, for some of them try out a device. */
export const detectBackends = async (): Promise<readonly BackendStatus[]> => {
  const found: BackendStatus[] = [];
  for (const backend of backends) found.push(await backend.detect());
  return found;
};
