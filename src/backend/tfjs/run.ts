// The tfjs backends: they run the very text that `ebmc compile` writes. In: a module spec. Out: a runner on plain arrays.
// Nothing of tfjs is loaded until load().
import { pathToFileURL } from 'node:url';
import { InternalError } from '../../diagnostics/diagnostic.ts';
import type { Backend, BackendStatus, Runner, TensorData } from '../backend.ts';
import { emitModule } from './emit/module.ts';
import { writeModule } from './module-file.ts';
import { identifier } from './names.ts';
import { missingPackages, startTfjs, type TfjsBackendName } from './packages.ts';

type Entry = (
  inputs: Readonly<Record<string, TensorData>>,
  options: object,
) => Promise<Readonly<Record<string, TensorData>>>;

const descriptions: Readonly<Record<TfjsBackendName, string>> = {
  wasm: 'tfjs on WebAssembly with SIMD, float32: the default',
  cpu: 'tfjs in plain JavaScript, float32: slow, for comparison',
};

const detect = async (name: TfjsBackendName): Promise<BackendStatus> => {
  const missing = missingPackages(name);
  return missing.length === 0
    ? { name, available: true, detail: descriptions[name], remedy: null }
    : {
        name,
        available: false,
        detail: `${missing.join(' and ')} not installed`,
        remedy: `npm install ${missing.join(' ')}`,
      };
};

/** Backends that share tfjs. Its current backend is one for the whole process, so their calls wait for each other. */
const tfjsBackends = (): Readonly<Record<TfjsBackendName, Backend>> => {
  let turn: Promise<unknown> = Promise.resolve();
  const inTurn = <T>(run: () => Promise<T>): Promise<T> => {
    const result = turn.then(run);
    turn = result.catch(() => undefined);
    return result;
  };
  const backend = (name: TfjsBackendName): Backend => ({
    name,
    describe: descriptions[name],
    detect: () => detect(name),
    load: async (module): Promise<Runner> => {
      const [path] = await Promise.all([writeModule(emitModule(module)), inTurn(() => startTfjs(name))]);
      const entries = (await import(/* @vite-ignore */ pathToFileURL(path).href)) as Readonly<Record<string, Entry>>;
      return {
        call: async (entry, inputs, options = {}) => {
          const run = entries[identifier(entry)];
          const program = module.entries[entry];
          if (run === undefined || program === undefined)
            throw new InternalError(`module ${module.name} has no entry ${entry}`);
          return inTurn(async () => {
            await startTfjs(name);
            // Like the interpreter, and unlike the module by itself, it looks past inputs of other entries.
            const own = program.inputs.flatMap(({ name }) =>
              inputs[name] === undefined ? [] : [[name, inputs[name]]],
            );
            return run(Object.fromEntries(own) as typeof inputs, options);
          });
        },
        dispose: async () => undefined,
      };
    },
  });
  return { wasm: backend('wasm'), cpu: backend('cpu') };
};

export const { wasm: wasmBackend, cpu: cpuBackend } = tfjsBackends();
