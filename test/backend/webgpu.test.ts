// `tfjs-webgpu`: the search for an adapter on machines of every kind, failures of the device as one message each, and a process of
// its own that runs on it and ends cleanly.
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import {
  findAdapter,
  isFound,
  type Dawn,
  type GpuAdapter,
  type GpuDevice,
  type GpuError,
  type Machine,
} from '../../src/backend/tfjs/devices/adapter.ts';
import { guarded } from '../../src/backend/tfjs/devices/webgpu.ts';
import { DiagnosticError } from '../../src/diagnostics/diagnostic.ts';
import { startTfjs } from '../../src/backend/tfjs/start.ts';
import { Builder } from '../../src/tensor/builder.ts';
import { constant, size } from '../../src/tensor/dims.ts';
import { moduleOf } from './agreement.ts';
import { onBackend } from './devices.ts';

const swiftShader = '/usr/lib/chromium/vk_swiftshader_icd.json';
const loader = '/usr/lib/x86_64-linux-gnu/libvulkan.so.1';

const adapter = (description: string): GpuAdapter => ({
  info: { vendor: '', architecture: '', device: '', description },
  limits: {},
  requestDevice: async () => expect.fail('no device is asked for'),
});

/** A machine whose Dawn finds what `drivers` says for a value of VK_DRIVER_FILES. */
const machine = (
  changes: Partial<Machine> & { readonly files?: readonly string[]; readonly drivers?: (variable: string | undefined) => string | null } = {},
): { readonly machine: Machine; readonly asked: readonly (string | undefined)[] } => {
  const files = changes.files ?? [swiftShader, loader];
  const environment = changes.environment ?? {};
  const asked: (string | undefined)[] = [];
  const dawn: Dawn = {
    globals: {},
    create: () => ({
      requestAdapter: async () => {
        asked.push(environment['VK_DRIVER_FILES']);
        const name = (changes.drivers ?? (() => null))(environment['VK_DRIVER_FILES']);
        return name === null ? null : adapter(name);
      },
    }),
  };
  const made: Machine = {
    platform: 'linux',
    architecture: 'x64',
    missing: () => [],
    exists: (path) => files.includes(path),
    list: () => [],
    loadDawn: async () => dawn,
    ...changes,
    environment,
  };
  return { machine: made, asked };
}; // prettier-ignore

describe('the search for an adapter', () => {
  const software = (variable: string | undefined): string | null => (variable === swiftShader ? 'SwiftShader' : null);

  it('takes a real GPU first', async () => {
    const { machine: here, asked } = machine({ list: () => ['nvidia_icd.json'], drivers: () => 'NVIDIA' });
    const found = await findAdapter(here);
    expect(isFound(found) && found.adapter.info.description).toBe('NVIDIA');
    expect(asked).toEqual([undefined]);
  });
  it('takes SwiftShader where drivers are there and no GPU is, and leaves the environment as it was', async () => {
    const { machine: here, asked } = machine({ list: () => ['lvp_icd.x86_64.json'], drivers: software });
    const found = await findAdapter(here);
    expect(isFound(found) && found.adapter.info.description).toBe('SwiftShader');
    expect(asked).toEqual([undefined, swiftShader]);
    expect(here.environment).toEqual({});
  });
  it('does not ask for a GPU without a driver: Dawn would complain on stderr', async () => {
    const { machine: here, asked } = machine({ drivers: software });
    expect(isFound(await findAdapter(here))).toBe(true);
    expect(asked).toEqual([swiftShader]);
  });
  it('believes a driver that the user names', async () => {
    const { machine: here, asked } = machine({ environment: { VK_DRIVER_FILES: '/my/driver.json' }, drivers: (v) => v ?? null }); // prettier-ignore
    const found = await findAdapter(here);
    expect(isFound(found) && found.adapter.info.description).toBe('/my/driver.json');
    expect(asked).toEqual(['/my/driver.json']);
  });
  it('needs no Vulkan elsewhere', async () => {
    const found = await findAdapter(machine({ platform: 'darwin', files: [], drivers: () => 'Apple M2' }).machine);
    expect(isFound(found) && found.adapter.info.description).toBe('Apple M2');
  });

  const lacks: readonly (readonly [string, Parameters<typeof machine>[0], RegExp, string | null])[] = [
    ['no package', { missing: () => ['webgpu'] }, /^webgpu not installed$/, 'npm install webgpu@0.6.2'],
    [
      'a package without a binary for this platform',
      { loadDawn: () => Promise.reject(new Error("Cannot find module 'linux-ppc64/dawn.node'\nRequire stack:")) },
      /^the package webgpu does not load on linux-x64: Cannot find module 'linux-ppc64\/dawn.node'$/,
      null,
    ],
    ['no loader of Vulkan', { files: [swiftShader] }, /^libvulkan\.so\.1/, 'apt-get install chromium libvulkan1'],
    ['no GPU and no SwiftShader', { files: [loader] }, /nor SwiftShader/, 'apt-get install chromium libvulkan1'],
    ['a SwiftShader that gives nothing', {}, /neither a GPU nor/, 'apt-get install --reinstall chromium libvulkan1'],
    ['nothing on another system', { platform: 'win32' }, /^no GPU/, null],
  ];
  it.each(lacks)('%s', async (_name, changes, detail, remedy) => {
    const found = await findAdapter(machine(changes).machine);
    expect(isFound(found)).toBe(false);
    expect(found).toMatchObject({ detail: expect.stringMatching(detail) as string, remedy });
  });
});

describe('a device that fails', () => {
  const device = (errors: Partial<Record<string, string>>, lost: Promise<never> | GpuDevice['lost'] = new Promise(() => undefined)): GpuDevice => {
    const scopes: string[] = [];
    return {
      adapterInfo: adapter('').info,
      limits: {},
      lost,
      pushErrorScope: (filter) => scopes.push(filter),
      popErrorScope: async (): Promise<GpuError | null> => {
        const message = errors[scopes.pop()!];
        return message === undefined ? null : { message };
      },
      destroy: () => undefined,
    };
  }; // prettier-ignore
  const outcome = async (work: Promise<unknown>): Promise<string> =>
    work.then(
      () => 'it went well',
      (error: unknown) => (error instanceof DiagnosticError ? error.message : String(error)),
    );

  it('hands on what the work gives', async () => {
    expect(await guarded(device({}), async () => 7)).toBe(7);
    await expect(guarded(device({}), () => Promise.reject(new Error('mine')))).rejects.toThrow('mine');
  });
  it('says which error it reported, however the work ended', async () => {
    const validation = device({ validation: 'Invalid ShaderModule\nmore' });
    expect(await outcome(guarded(validation, async () => 7))).toBe(
      'EBM516: the device of tfjs-webgpu reported an error: Invalid ShaderModule',
    );
    expect(await outcome(guarded(validation, () => Promise.reject(new Error('a consequence'))))).toContain('Invalid ShaderModule'); // prettier-ignore
  });
  it('says that memory ran out rather than what followed', async () => {
    const both = device({ 'out-of-memory': 'vkAllocateMemory', validation: 'invalid buffer' });
    expect(await outcome(guarded(both, async () => 7))).toBe(
      'EBM516: the device of tfjs-webgpu is out of memory: vkAllocateMemory',
    );
  });
  it('does not wait for work on a device that was lost', async () => {
    const gone = device({}, Promise.resolve({ reason: 'unknown', message: 'the driver restarted' }));
    expect(await outcome(guarded(gone, () => new Promise(() => undefined)))).toBe(
      'EBM516: the device of tfjs-webgpu was lost while it computed: the driver restarted',
    );
  });
});

onBackend('webgpu', (_name, backend) => {
  it('refuses a tensor larger than the device can bind', async () => {
    const [N, M] = [size('N'), size('M')];
    const b = new Builder();
    const [x, y] = [b.reshape(b.input('x', [N]), [N, constant(1)]), b.reshape(b.input('y', [M]), [constant(1), M])];
    const program = b.finish({ table: b.mul(x, y) });
    const runner = await backend.load(moduleOf({ infer: program }));
    const wide = { shape: [60_000], data: new Float32Array(60_000) };
    await expect(runner.call('infer', { x: wide, y: wide }, { budget: 2 ** 40 })).rejects.toThrow(
      /EBM516.*webgpu can hold/,
    );
  });

  it('says so when the device goes away, in this call and later ones', async () => {
    const b = new Builder();
    const runner = await backend.load(moduleOf({ infer: b.finish({ y: b.exp(b.input('x', [])) }) }));
    const x = { shape: [], data: Float32Array.of(0) };
    expect((await runner.call('infer', { x }))['y']!.data[0]).toBe(1);
    const tf = await startTfjs('webgpu');
    (tf.backend() as unknown as { device: GpuDevice }).device.destroy();
    await expect(runner.call('infer', { x })).rejects.toThrow(/EBM516: the device of tfjs-webgpu was lost/);
    await expect(runner.call('infer', { x })).rejects.toThrow(/EBM516: the device of tfjs-webgpu was lost/);
  });

  it('a process that used it ends by itself, with nothing on stderr', async () => {
    const code = `
      import { tfjsBackends } from './src/backend/tfjs/run.ts';
      import { kmeans } from './test/backend/programs.ts';
      const runner = await tfjsBackends.webgpu.load(kmeans());
      const y = { shape: [4, 1], data: Float32Array.of(0, 2, 10, 12) };
      const { w } = await runner.call('infer', { y, start: { shape: [2, 1], data: Float32Array.of(0, 10) } });
      console.log(JSON.stringify([...w.data]));
    `;
    const { stdout, stderr } = await promisify(execFile)(
      process.execPath,
      ['--import', 'tsx', '--input-type=module', '-e', code],
      { timeout: 20_000 },
    );
    expect(JSON.parse(stdout)).toEqual([1, 11]);
    expect(stderr).toBe('');
  });
});
