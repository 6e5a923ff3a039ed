// The artifact as a user has it: the module alone in a folder with nothing but tfjs, run by another process; its text, which is
// the same bytes every time; its types; and how it answers wrong calls.
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ModuleSpec } from '../../src/backend/backend.ts';
import { swiftShaderOn, thisMachine } from '../../src/backend/tfjs/devices/adapter.ts';
import type { TfjsBackendName } from '../../src/backend/tfjs/devices/device.ts';
import { emitDeclarations } from '../../src/backend/tfjs/emit/declarations.ts';
import { emitModule } from '../../src/backend/tfjs/emit/module.ts';
import { recipes, type Recipe } from '../../src/backend/tfjs/emit/recipes.ts';
import { folderOf } from '../../src/backend/tfjs/packages.ts';
import { runtimeTextSource } from '../../src/backend/tfjs/runtime/generate.ts';
import { Builder } from '../../src/tensor/builder.ts';
import { add, constant, size } from '../../src/tensor/dims.ts';
import { readFile } from 'node:fs/promises';
import type * as Kmeans from './golden/kmeans.d.ts';
import { onEveryBackend } from './devices.ts';
import { chain, kmeans } from './programs.ts';

const run = promisify(execFile);
let folder = '';

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ebmc-artifact-'));
  await mkdir(join(folder, 'node_modules', '@tensorflow'), { recursive: true });
  for (const name of ['@tensorflow/tfjs-core', ...Object.values(packages).flat()]) {
    const installed = folderOf(name);
    if (installed !== null) await symlink(installed, join(folder, 'node_modules', name));
  }
});
afterAll(() => rm(folder, { recursive: true }));

const packages: Readonly<Record<TfjsBackendName, readonly string[]>> = {
  wasm: ['@tensorflow/tfjs-backend-wasm'],
  cpu: ['@tensorflow/tfjs-backend-cpu'],
  webgpu: ['@tensorflow/tfjs-backend-webgpu', 'webgpu'],
  cuda: ['@tensorflow/tfjs-node-gpu'],
  tensorflow: ['@tensorflow/tfjs-node'],
};

/** What the module's header tells its user to write; cpu is like wasm. */
const recipeOf = (backend: TfjsBackendName): Recipe => {
  const text = JSON.stringify(backend === 'cpu' ? recipes.wasm : recipes[backend]);
  return JSON.parse(backend === 'cpu' ? text.replaceAll('wasm', 'cpu') : text) as Recipe;
};

const points = [
  [0, 0],
  [0, 1],
  [10, 0],
  [10, 1],
  [0, 10],
  [1, 10],
];
const script = (backend: TfjsBackendName, call: string): string => `
import * as tf from '@tensorflow/tfjs-core';
${recipeOf(backend).imports.join('\n')}
import { infer, signature } from './kmeans.mjs';
tf.enableProdMode();
${recipeOf(backend).start.join('\n')}
const y = ${JSON.stringify(points)};
const start = [[1, 1], [9, 0], [0, 9]];
const plain = (results) => Object.fromEntries(Object.entries(results).map(([name, { shape, data }]) => [name, { shape, data: [...data], type: data.constructor.name }]));
try {
  console.log(JSON.stringify({ sizes: signature.sizes, result: plain(${call}), tensors: tf.memory().numTensors }));
} catch (error) {
  console.log(JSON.stringify({ error: error.message }));
}
`;
const inFolder = async (backend: TfjsBackendName, call: string) => {
  await writeFile(join(folder, 'kmeans.mjs'), emitModule(kmeans()));
  await writeFile(join(folder, 'main.mjs'), script(backend, call));
  // Where only SwiftShader is, Vulkan has to be told.
  const driver = swiftShaderOn(thisMachine);
  const software = backend === 'webgpu' && driver !== null ? { VK_DRIVER_FILES: driver } : {};
  const env = { ...process.env, TF_CPP_MIN_LOG_LEVEL: '3', ...software };
  const { stdout, stderr } = await run(process.execPath, ['main.mjs'], { cwd: folder, env });
  return {
    ...(JSON.parse(stdout) as {
      sizes: unknown;
      error?: string;
      tensors: number;
      result: Record<string, { shape: number[]; data: number[]; type: string }>;
    }),
    stderr,
  };
};

describe('alone in a folder with tfjs', () => {
  onEveryBackend((backend) =>
    it('runs', async () => {
      const { result, sizes, tensors, stderr } = await inFolder(backend, 'await infer({ y, start })');
      expect(stderr).toBe('');
      expect(sizes).toEqual({ N: null, D: null, K: 3 });
      expect(result['w']).toEqual({ shape: [3, 2], data: [0, 0.5, 10, 0.5, 0.5, 10], type: 'Float32Array' });
      expect(result['z']).toEqual({ shape: [6], data: [0, 0, 1, 1, 2, 2], type: 'Int32Array' });
      // Each pair contributes 2 · (1/2)² around its centre.
      expect(result['energy']!.data[0]).toBeCloseTo(1.5, 6);
      expect(tensors).toBe(0);
    }),
  );

  it('takes tensors, plain data and nested arrays alike', async () => {
    const { result, tensors } = await inFolder(
      'cpu',
      '(await infer({ y: tf.tensor2d(y), start: { shape: [3, 2], data: new Float64Array(start.flat()) } }))',
    );
    expect(result['w']!.data).toEqual([0, 0.5, 10, 0.5, 0.5, 10]);
    // The caller's tensor is the caller's.
    expect(tensors).toBe(1);
  });

  it.each([
    ['await infer({ y })', 'input start of infer is missing'],
    ['await infer({ y, start, w: 1 })', 'infer has no input w; it takes y, start'],
    [
      'await infer({ y, start: [[1, 2, 3]] })',
      'input start has shape [1, 3], but axis 1 must be D with D = 2 from input y',
    ],
    ['await infer({ y: [1, 2], start })', 'input y has shape [2], expected [N, D]'],
    ['await infer({ y: [[1, 2], [3]], start })', 'input y is a ragged array'],
    [
      'await infer({ y, start }, { sizes: { N: 7 } })',
      'input y has shape [6, 2], but axis 0 must be N with N = 7 from the given sizes',
    ],
    ['await infer({ y: { shape: [2, 2], data: [1, 2, 3] }, start })', 'input y has 3 numbers, expected 4'],
    ['await infer({ y: "x", start })', 'input y is neither a tensor, nor {shape, data}, nor an array of numbers'],
    ['await infer({ y, start }, { budget: 100 })', 'more than the budget'],
  ])('refuses %s', async (call, message) => {
    const { error } = await inFolder('cpu', call);
    expect(error).toContain(message);
  });
});

it('sizes that only a sum mentions are solved for', async () => {
  const N = size('N');
  const b = new Builder();
  const x = b.input('x', [add(N, constant(2))]);
  const spec: ModuleSpec = {
    ...kmeans(),
    sizes: [{ name: 'N', default: null }],
    entries: { infer: b.finish({ y: b.sliceAxis(x, 0, constant(1), N), n: b.dim(N) }) },
  };
  await writeFile(join(folder, 'sum.mjs'), emitModule(spec));
  const code =
    "import * as tf from '@tensorflow/tfjs-core'; import '@tensorflow/tfjs-backend-cpu'; tf.enableProdMode(); import { infer } from './sum.mjs'; const r = await infer({ x: [1, 2, 3, 4, 5] }); console.log(JSON.stringify([[...r.y.data], r.n.data[0]]));";
  await writeFile(join(folder, 'sum-main.mjs'), code);
  const { stdout } = await run(process.execPath, ['sum-main.mjs'], { cwd: folder });
  expect(JSON.parse(stdout)).toEqual([[2, 3, 4], 3]);
});

describe('text', () => {
  it('is the same bytes for the same spec', () => {
    expect(emitModule(kmeans())).toBe(emitModule(kmeans()));
  });
  it('mentions nothing but tfjs-core', () => {
    const imports = emitModule(chain()).match(/^import .*$/gm);
    expect(imports).toEqual(["import * as tf from '@tensorflow/tfjs-core';"]);
  });
  it('reads like this', async () => {
    const text = emitModule(kmeans()).split('// -----')[0]!;
    await expect(text).toMatchFileSnapshot('golden/kmeans.mjs.txt');
    await expect(emitDeclarations(kmeans())).toMatchFileSnapshot('golden/kmeans.d.ts');
  });
  it('has types that fit its use', () => {
    const inputs: Kmeans.InferInputs = { y: [[1, 2]], start: { shape: [1, 2], data: [3, 4] } };
    const options: Kmeans.Options = { sizes: { K: 1 }, onStep: () => undefined };
    const types = (results: Awaited<ReturnType<typeof Kmeans.infer>>): readonly [Float32Array, Int32Array] => [
      results.w.data,
      results.z.data,
    ];
    // @ts-expect-error a size that the module does not have
    const wrong: Kmeans.Options = { sizes: { Q: 1 } };
    // @ts-expect-error start is missing
    const missing: Kmeans.InferInputs = { y: 1 };
    expect([inputs, options, types, wrong, missing]).toHaveLength(5);
  });
  it('embeds current copies of its helpers', async () => {
    const path = new URL('../../src/backend/tfjs/runtime-text.ts', import.meta.url);
    expect(await readFile(path, 'utf8')).toBe(await runtimeTextSource());
  });
});
