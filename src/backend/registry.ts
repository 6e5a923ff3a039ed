// Every backend there is. In: a name, or nothing. Out: backends, and for each whether it can run here.
// A new backend is one line in this list.
import { existsSync } from 'node:fs';
import type { Surroundings } from './auto/choose.ts';
import type { Backend, BackendStatus } from './backend.ts';
import { threadCount } from './native/processor.ts';
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

/** The default of --backend, and no backend: the one that takes the least time is chosen (auto/choose.ts). */
export const auto = 'auto';

/** What --backend takes. */
export const backendNames: readonly string[] = [auto, ...backends.map((b) => b.name)];

/** What the choice looks at on this machine. */
export const thisMachine: Surroundings = {
  find: (name) => findBackend(name)!,
  threads: threadCount,
  // Linux shows them as files; elsewhere a device is asked for.
  mayHaveGpu: () => process.platform !== 'linux' || ['/dev/nvidiactl', '/dev/dri', '/dev/kfd'].some(existsSync),
};

/** The backend of this name, or null. Whether this machine can run it shows when it is loaded. */
export const findBackend = (name: string): Backend | null => backends.find((b) => b.name === name) ?? null;

/** The state of every backend on this machine. One after another, for some of them try out a device. */
export const detectBackends = async (): Promise<readonly BackendStatus[]> => {
  const found: BackendStatus[] = [];
  for (const backend of backends) found.push(await backend.detect());
  return found;
};
