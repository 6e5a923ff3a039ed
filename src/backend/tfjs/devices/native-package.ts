// What is here of a native tfjs package, and what is missing. In: an installation (packages, files, a process to try them in).
// Out: a finding, and in words what is missing with the command that gets it.
import { spawn } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import * as util from 'node:util';
import { folderOf, installing, loadPackage } from '../packages.ts';
import type { Lack } from './device.ts';

type Name = 'cuda' | 'tensorflow';

export const nativePackages: Readonly<Record<Name, string>> = {
  cuda: '@tensorflow/tfjs-node-gpu',
  tensorflow: '@tensorflow/tfjs-node',
};

/** What starting the package in a process of its own gave. */
export interface Trial {
  /** Null where it was ended from outside. */
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** What the inspection looks at; tests put another installation here. */
export interface Installation {
  readonly nodeVersion: string;
  readonly platform: string;
  readonly environment: Record<string, string | undefined>;
  readonly folderOf: (packageName: string) => string | null;
  readonly list: (folder: string) => readonly string[];
  readonly exists: (path: string) => boolean;
  /** Node had util.isNullOrUndefined, which tfjs-node calls, up to version 22. */
  readonly hasIsNullOrUndefined: boolean;
  readonly try: (packageFolder: string) => Promise<Trial>;
  readonly load: (name: Name) => Promise<unknown>;
}

/** Says on stdout whether it computes on a GPU. */
const trialCode = `
const tf = require(process.argv[1]);
const { isUsingGpuDevice } = tf.backend();
console.log(JSON.stringify({ gpu: isUsingGpuDevice }));
`;

const tryOut = (folder: string): Promise<Trial> =>
  new Promise((resolve) => {
    const child = spawn(process.execPath, ['-e', trialCode, folder], {
      // All of libtensorflow's log, which names libraries and devices.
      env: { ...process.env, TF_CPP_MIN_LOG_LEVEL: '0' },
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: 60_000,
    });
    let [stdout, stderr] = ['', ''];
    child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
    child.on('error', (error) => resolve({ exitCode: null, stdout, stderr: error.message }));
    child.on('close', (exitCode) => resolve({ exitCode, stdout, stderr }));
  });

export const thisInstallation: Installation = {
  nodeVersion: process.versions.node,
  platform: process.platform,
  environment: process.env,
  folderOf,
  list: (folder) => {
    try {
      return readdirSync(folder);
    } catch {
      return [];
    }
  },
  exists: existsSync,
  hasIsNullOrUndefined: 'isNullOrUndefined' in util,
  try: tryOut,
  load: (name) => loadPackage(nativePackages[name]),
};

export type Finding =
  | { readonly kind: 'absent' }
  | { readonly kind: 'node-too-new'; readonly version: string }
  /** Its installation did not get the file: the addon itself, or libtensorflow. */
  | { readonly kind: 'binary-absent'; readonly file: string }
  | { readonly kind: 'library-absent'; readonly library: string }
  | { readonly kind: 'broken'; readonly said: string }
  /** Everything seems to be there; it was not started. */
  | { readonly kind: 'installed' }
  /** It starts. `gpu` names the GPU; `unloaded` are CUDA's libraries that it did not find. */
  | { readonly kind: 'runs'; readonly gpu: string | null; readonly unloaded: readonly string[] };

const libraries: Readonly<Record<string, string>> = {
  darwin: 'libtensorflow.2.dylib',
  win32: 'tensorflow.dll',
};

/** `start`: whether to start it in another process, which takes a second or two. */
export const inspect = async (name: Name, on: Installation, { start = true } = {}): Promise<Finding> => {
  const folder = on.folderOf(nativePackages[name]);
  if (folder === null) return { kind: 'absent' };
  if (!on.hasIsNullOrUndefined) return { kind: 'node-too-new', version: on.nodeVersion };
  const addons = on
    .list(join(folder, 'lib'))
    .map((napi) => join(folder, 'lib', napi, 'tfjs_binding.node'))
    .filter(on.exists);
  if (addons.length === 0) return { kind: 'binary-absent', file: 'tfjs_binding.node' };
  const library = libraries[on.platform] ?? 'libtensorflow.so.2';
  if (!on.exists(join(folder, 'deps', 'lib', library))) return { kind: 'binary-absent', file: library };
  return start ? read(await on.try(folder)) : { kind: 'installed' };
};

/** What the dynamic loader or libtensorflow said when it did not start. */
export const misstart = (said: string): Extract<Finding, { kind: 'library-absent' | 'broken' }> => {
  const library = /([\w.+-]+\.so[\w.]*): cannot open shared object file/.exec(said)?.[1];
  if (library !== undefined) return { kind: 'library-absent', library };
  const error = /^\w*Error: .*$/m.exec(said)?.[0] ?? said.trim().split('\n').at(-1)!;
  return { kind: 'broken', said: error === '' ? 'it ended without a word' : error };
};

const read = ({ exitCode, stdout, stderr }: Trial): Finding => {
  const answer = /^\{"gpu":(true|false)\}$/m.exec(stdout)?.[1];
  if (exitCode === 0 && answer !== undefined) {
    const unloaded = [...stderr.matchAll(/Could not load dynamic library '([^']+)'/g)].map((match) => match[1]!);
    const gpu = /-> device: \d+, name: ([^,\n]+)/.exec(stderr)?.[1] ?? 'a CUDA device';
    return { kind: 'runs', gpu: answer === 'true' ? gpu : null, unloaded: [...new Set(unloaded)] };
  }
  return misstart(stderr);
};

const cudaVersion = 'CUDA 11.2 and cuDNN 8.1, for which libtensorflow 2.9.1 was built';

/** What keeps a package from being used at all, or null. */
export const lackOf = (name: Name, finding: Finding): Lack | null => {
  const named = nativePackages[name];
  switch (finding.kind) {
    case 'absent':
      return { detail: `${named} is not installed`, remedy: installing([named]) };
    case 'node-too-new':
      return {
        detail: `${named} calls util.isNullOrUndefined, which Node ${finding.version} no longer has: Node 20 or 22 does`,
        remedy: 'nvm install 22',
      };
    case 'binary-absent':
      return {
        detail: `${named} is installed without ${finding.file}: its download failed`,
        remedy: `npm rebuild ${named} --build-addon-from-source`,
      };
    case 'library-absent':
      return { detail: `${named} needs ${finding.library}, which this system lacks`, remedy: null };
    case 'broken':
      return {
        detail: `${named} does not start: ${finding.said}`,
        remedy: `npm rebuild ${named} --build-addon-from-source`,
      };
    case 'installed':
    case 'runs':
      return null;
  }
};

/** Why the package for GPUs computes on the CPU, or null where it does not. */
export const processorReason = ({ gpu, unloaded }: Extract<Finding, { kind: 'runs' }>): Lack | null => {
  if (gpu !== null) return null;
  const driver = unloaded.find((library) => library.startsWith('libcuda.so'));
  if (driver !== undefined)
    return {
      detail: `no CUDA device was found (${driver}, NVIDIA's driver, is missing)`,
      remedy: 'apt-get install nvidia-driver',
    };
  if (unloaded.length > 0)
    return {
      detail: `${unloaded.join(', ')} missing: it needs ${cudaVersion}`,
      remedy: 'apt-get install nvidia-cuda-toolkit nvidia-cudnn',
    };
  return { detail: 'no CUDA device was found', remedy: null };
};
