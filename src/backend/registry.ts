// Every backend there is. In: a name, or nothing. Out: backends, and for each whether it can run here.
// A new backend is one line in this list.
import type { Backend, BackendStatus } from './backend.ts';
import { referenceBackend } from './reference.ts';
import { cpuBackend, wasmBackend } from './tfjs/run.ts';

export const backends: readonly Backend[] = [wasmBackend, cpuBackend, referenceBackend];

export const defaultBackend = 'wasm';

/** Devices that the design names and that nothing serves yet. */
const unserved: Readonly<Record<string, string>> = {
  cuda: 'NVIDIA GPU through @tensorflow/tfjs-node-gpu',
  tensorflow: 'libtensorflow through @tensorflow/tfjs-node',
  webgpu: 'WebGPU through @tensorflow/tfjs-backend-webgpu',
};

export const backendNames: readonly string[] = [...backends.map((b) => b.name), ...Object.keys(unserved)];

/** The backend of this name, or null: unknown, or known but not served yet. */
export const findBackend = (name: string): Backend | null => backends.find((b) => b.name === name) ?? null;

/** Whether a name is known but not served yet. */
export const isUnserved = (name: string): boolean => Object.hasOwn(unserved, name);

/** The state of every known backend, unserved ones included. Loads none of them. */
export const detectBackends = async (): Promise<readonly BackendStatus[]> => [
  ...(await Promise.all(backends.map((b) => b.detect()))),
  ...Object.entries(unserved).map(([name, device]) => ({
    name,
    available: false,
    detail: `${device}: this version does not run on it yet`,
    remedy: null,
  })),
];
