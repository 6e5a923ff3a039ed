// Where the tfjs packages are, and how a backend of theirs is started. Nothing of tfjs is loaded before startTfjs.
// In: a backend's name. Out: paths, or the running tfjs. Throws InternalError when a package that was found does not start.
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import type * as Tfjs from '@tensorflow/tfjs-core';
import { InternalError } from '../../diagnostics/diagnostic.ts';

export type TfjsBackendName = 'cpu' | 'wasm';

const packages: Readonly<Record<TfjsBackendName, string>> = {
  cpu: '@tensorflow/tfjs-backend-cpu',
  wasm: '@tensorflow/tfjs-backend-wasm',
};

const folderOf = (name: string): string | null => {
  try {
    return dirname(createRequire(import.meta.url).resolve(`${name}/package.json`));
  } catch {
    return null;
  }
};

export const corePackage = '@tensorflow/tfjs-core';
export const coreFolder = (): string | null => folderOf(corePackage);

/** The packages that a backend needs and that are not installed. */
export const missingPackages = (backend: TfjsBackendName): readonly string[] =>
  [corePackage, packages[backend]].filter((name) => folderOf(name) === null);

const started: Readonly<Record<TfjsBackendName, () => Promise<void>>> = {
  cpu: async () => {
    await import('@tensorflow/tfjs-backend-cpu');
  },
  wasm: async () => {
    const { setWasmPaths } = await import('@tensorflow/tfjs-backend-wasm');
    setWasmPaths(`${join(folderOf(packages.wasm)!, 'dist')}/`);
  },
};

/** tfjs with this backend current. Its first start takes about 0.1 s, later ones nothing. */
export const startTfjs = async (backend: TfjsBackendName): Promise<typeof Tfjs> => {
  const tf = await import('@tensorflow/tfjs-core');
  if (tf.getBackend() === backend) return tf;
  // Production mode keeps tfjs from writing advice to stderr.
  tf.enableProdMode();
  if (tf.findBackendFactory(backend) === null) await started[backend]();
  const before = listeners();
  if (!(await tf.setBackend(backend))) throw new InternalError(`tfjs backend ${backend} did not start`);
  // The wasm loader installs handlers that rethrow any error of the whole process; ours must stay in charge.
  for (const [event, list] of Object.entries(listeners()))
    for (const listener of list)
      if (!before[event]!.includes(listener)) process.removeListener(event, listener as () => void);
  return tf;
};

const listeners = (): Record<string, readonly unknown[]> => ({
  uncaughtException: process.listeners('uncaughtException'),
  unhandledRejection: process.listeners('unhandledRejection'),
});
