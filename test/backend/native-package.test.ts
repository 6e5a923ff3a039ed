// What is found of @tensorflow/tfjs-node and -node-gpu on installations of every kind, without having one; and, where one is
// really installed, that it starts as found.
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { nativeDevice } from '../../src/backend/tfjs/devices/libtensorflow.ts';
import {
  inspect,
  lackOf,
  processorReason,
  thisInstallation,
  type Finding,
  type Installation,
  type Trial,
} from '../../src/backend/tfjs/devices/native-package.ts';
import { DiagnosticError } from '../../src/diagnostics/diagnostic.ts';
import { onBackend } from './devices.ts';

const folder = '/somewhere/node_modules/@tensorflow/package';
const library = 'libtensorflow.so.2';
const whole = [join(folder, 'lib', 'napi-v8', 'tfjs_binding.node'), join(folder, 'deps', 'lib', library)];
const ran = (gpu: boolean, stderr = ''): Trial => ({ exitCode: 0, stdout: `{"gpu":${gpu}}\n`, stderr });

const installation = (changes: Partial<Installation> & { readonly files?: readonly string[] } = {}): Installation => {
  const files = changes.files ?? whole;
  return {
    nodeVersion: '20.19.0',
    platform: 'linux',
    environment: {},
    folderOf: () => folder,
    list: () => ['napi-v8'],
    exists: (path) => files.includes(path),
    hasIsNullOrUndefined: true,
    try: async () => ran(false),
    load: async () => undefined,
    ...changes,
  };
};

// The lines of libtensorflow 2.9's log: tsl/stream_executor's dso_loader.cc and common_runtime/gpu/gpu_device.cc.
const notLoaded = (name: string): string =>
  `2024-05-01 10:00:00.000000: W tensorflow/stream_executor/platform/default/dso_loader.cc:64] Could not load dynamic library '${name}'; dlerror: ${name}: cannot open shared object file: No such file or directory\n`;
const created =
  '2024-05-01 10:00:01.000000: I tensorflow/core/common_runtime/gpu/gpu_device.cc:1532] Created device /job:localhost/replica:0/task:0/device:GPU:0 with 9652 MB memory:  -> device: 0, name: NVIDIA GeForce RTX 2080 Ti, pci bus id: 0000:01:00.0, compute capability: 7.5\n';

describe('findings', () => {
  const cases: readonly (readonly [string, Partial<Parameters<typeof installation>[0]>, Finding])[] = [
    ['no package', { folderOf: () => null }, { kind: 'absent' }],
    [
      'a Node that lost what the package calls',
      { hasIsNullOrUndefined: false, nodeVersion: '24.1.0' },
      { kind: 'node-too-new', version: '24.1.0' },
    ],
    ['no addon', { files: [] }, { kind: 'binary-absent', file: 'tfjs_binding.node' }],
    ['no folder of addons', { list: () => [] }, { kind: 'binary-absent', file: 'tfjs_binding.node' }],
    ['no libtensorflow', { files: whole.slice(0, 1) }, { kind: 'binary-absent', file: library }],
    ['that of Linux on a Mac', { platform: 'darwin' }, { kind: 'binary-absent', file: 'libtensorflow.2.dylib' }],
    [
      'a library of the system missing',
      {
        try: async () => ({
          exitCode: 1,
          stdout: '',
          stderr: `node:internal/modules/cjs/loader:1586\nError: libstdc++.so.6: cannot open shared object file: No such file or directory\n    at Object..node`,
        }),
      },
      { kind: 'library-absent', library: 'libstdc++.so.6' },
    ],
    [
      'an addon that fails',
      { try: async () => ({ exitCode: 1, stdout: '', stderr: 'x.js:3\nTypeError: no such symbol\n    at x.js:3\n' }) },
      { kind: 'broken', said: 'TypeError: no such symbol' },
    ],
    [
      'an addon that dies',
      { try: async () => ({ exitCode: null, stdout: '', stderr: '' }) },
      { kind: 'broken', said: 'it ended without a word' },
    ],
    ['no GPU', { try: async () => ran(false) }, { kind: 'runs', gpu: null, unloaded: [] }],
    [
      'no CUDA library',
      { try: async () => ran(false, notLoaded('libcudart.so.11.0') + notLoaded('libcudart.so.11.0') + notLoaded('libcublas.so.11')) },
      { kind: 'runs', gpu: null, unloaded: ['libcudart.so.11.0', 'libcublas.so.11'] },
    ],
    ['a GPU', { try: async () => ran(true, created) }, { kind: 'runs', gpu: 'NVIDIA GeForce RTX 2080 Ti', unloaded: [] }],
  ]; // prettier-ignore
  it.each(cases)('%s', async (_name, changes, finding) => {
    expect(await inspect('cuda', installation(changes))).toEqual(finding);
  });
  it('without a start, what is installed is believed', async () => {
    const never = async (): Promise<Trial> => expect.fail('it was started');
    expect(await inspect('cuda', installation({ try: never }), { start: false })).toEqual({ kind: 'installed' });
  });
});

describe('in words', () => {
  const said = async (name: 'cuda' | 'tensorflow', changes: Parameters<typeof installation>[0]) => {
    const { available, detail, remedy } = await nativeDevice(name, installation(changes)).detect();
    return [available, detail, remedy];
  };
  it('what is missing, and the command that gets it', async () => {
    expect(await said('tensorflow', { folderOf: () => null })).toEqual([
      false,
      '@tensorflow/tfjs-node is not installed',
      'npm install @tensorflow/tfjs-node@4.22.0',
    ]);
    expect(await said('cuda', { files: [] })).toEqual([
      false,
      '@tensorflow/tfjs-node-gpu is installed without tfjs_binding.node: its download failed',
      'npm rebuild @tensorflow/tfjs-node-gpu --build-addon-from-source',
    ]);
    expect(await said('cuda', { hasIsNullOrUndefined: false, nodeVersion: '24.1.0' })).toEqual([
      false,
      '@tensorflow/tfjs-node-gpu calls util.isNullOrUndefined, which Node 24.1.0 no longer has: Node 20 or 22 does',
      'nvm install 22',
    ]);
  });
  it('where cuda computes', async () => {
    expect(await said('cuda', { try: async () => ran(true, created) })).toEqual([true, 'NVIDIA GeForce RTX 2080 Ti', null]); // prettier-ignore
    expect(await said('cuda', {})).toEqual([true, 'computes on the CPU: no CUDA device was found', null]);
    const [available, detail, remedy] = await said('cuda', {
      try: async () => ran(false, notLoaded('libcudart.so.11.0')),
    });
    expect(available).toBe(true);
    expect(detail).toMatch(/^computes on the CPU: libcudart.so.11.0 missing/);
    expect(remedy).toBe('apt-get install nvidia-cuda-toolkit nvidia-cudnn');
    expect(processorReason({ kind: 'runs', gpu: null, unloaded: ['libcuda.so.1', 'libcudart.so.11.0'] })!.remedy).toBe(
      'apt-get install nvidia-driver',
    );
  });
  it('tensorflow needs no device', async () => {
    expect(await said('tensorflow', {})).toEqual([true, 'tfjs on the processor through libtensorflow, float32', null]);
  });
  it('every lack has words', () => {
    const findings: readonly Finding[] = [
      { kind: 'absent' },
      { kind: 'node-too-new', version: '23.0.0' },
      { kind: 'binary-absent', file: 'x' },
      { kind: 'library-absent', library: 'libx.so' },
      { kind: 'broken', said: 'x' },
    ];
    for (const finding of findings) expect(lackOf('cuda', finding)!.detail).toMatch(/^@tensorflow\/tfjs-node-gpu /);
  });
});

describe('starting', () => {
  const unused = null as never;
  it('is quiet, and loads the package once', async () => {
    const environment: Record<string, string> = {};
    const loaded: string[] = [];
    await nativeDevice('cuda', installation({ environment, load: async (name) => loaded.push(name) })).register(unused);
    expect(loaded).toEqual(['cuda']);
    expect(environment).toEqual({ TF_CPP_MIN_LOG_LEVEL: '2' });
  });
  it.each([
    [
      new Error('libtensorflow.so.2: cannot open shared object file: No such file or directory'),
      'needs libtensorflow.so.2',
    ],
    [new Error('wrong ELF class'), 'does not start: wrong ELF class'],
  ] as const)('that fails is EBM513: %s', async (error, words) => {
    const device = nativeDevice('tensorflow', installation({ load: () => Promise.reject(error) }));
    const refusal = await device.register(unused).catch((e: unknown) => e);
    expect(refusal).toBeInstanceOf(DiagnosticError);
    expect((refusal as DiagnosticError).message).toContain(`EBM513: the backend tensorflow cannot run here: @tensorflow/tfjs-node ${words}`); // prettier-ignore
  });
  it('tells the two packages of one name apart, and says when a GPU was not found', () => {
    const tf = (isGPUPackage: boolean, isUsingGpuDevice: boolean) =>
      ({ backend: () => ({ isGPUPackage, isUsingGpuDevice }) }) as never;
    const [cuda, tensorflow] = [nativeDevice('cuda'), nativeDevice('tensorflow')];
    expect([cuda, tensorflow].map((d) => d.serves(tf(true, false)))).toEqual([true, false]);
    expect([cuda, tensorflow].map((d) => d.serves(tf(false, false)))).toEqual([false, true]);
    expect(cuda.caution(tf(true, true))).toBeNull();
    expect(cuda.caution(tf(true, false))).toBe('no CUDA device that it can use was found');
    expect(tensorflow.caution(tf(false, false))).toBeNull();
  });
});

for (const name of ['cuda', 'tensorflow'] as const)
  onBackend(name, () => {
    it('starts, and is what was found', async () => {
      expect((await inspect(name, thisInstallation)).kind).toBe('runs');
    });
  });
