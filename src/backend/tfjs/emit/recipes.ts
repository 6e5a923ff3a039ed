// How whoever imports a module chooses where it computes. Out: lines of JavaScript by place, and as part of the module's header.
// A test runs them as they stand.

export interface Recipe {
  readonly place: string;
  readonly imports: readonly string[];
  readonly start: readonly string[];
}

export const recipes = {
  wasm: {
    place: 'WebAssembly',
    imports: ["import '@tensorflow/tfjs-backend-wasm';"],
    start: ["await tf.setBackend('wasm');"],
  },
  browser: {
    place: 'WebGPU in a browser',
    imports: ["import '@tensorflow/tfjs-backend-webgpu';"],
    start: ["await tf.setBackend('webgpu');"],
  },
  webgpu: {
    place: 'WebGPU in Node',
    imports: [
      "import { WebGPUBackend } from '@tensorflow/tfjs-backend-webgpu';",
      "import { create, globals } from 'webgpu';",
    ],
    start: [
      'Object.assign(globalThis, globals);',
      "Object.defineProperty(globalThis, 'navigator', { value: { gpu: create([]) } });",
      'const adapter = await navigator.gpu.requestAdapter();',
      'const { maxBufferSize, maxStorageBufferBindingSize } = adapter.limits;',
      'const requiredLimits = { maxBufferSize, maxStorageBufferBindingSize };',
      'const device = await adapter.requestDevice({ requiredLimits });',
      "tf.registerBackend('webgpu', () => new WebGPUBackend(device, adapter.info));",
      "tf.env().set('WEBGPU_CPU_FORWARD', false);",
      "await tf.setBackend('webgpu');",
    ],
  },
  tensorflow: { place: 'libtensorflow', imports: ["import '@tensorflow/tfjs-node';"], start: ['await tf.ready();'] },
  cuda: { place: 'NVIDIA GPUs', imports: ["import '@tensorflow/tfjs-node-gpu';"], start: ['await tf.ready();'] },
} as const satisfies Readonly<Record<string, Recipe>>;

/** The recipes as text without comment signs, the places in a column of their own. */
export const recipeLines = (): readonly string[] => {
  const all: readonly Recipe[] = Object.values(recipes);
  const width = Math.max(...all.map(({ place }) => place.length));
  return all.flatMap(({ place, imports, start }) =>
    [...imports, ...start].map((line, i) => `  ${(i === 0 ? place : '').padEnd(width)}  ${line}`),
  );
};
