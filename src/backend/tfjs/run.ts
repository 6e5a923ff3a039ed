// The tfjs backends: they run the very text that `ebmc compile` writes. In: a module spec. Out: a runner on plain arrays.
// Nothing of tfjs is loaded until load().
import { pathToFileURL } from 'node:url';
import { InternalError } from '../../diagnostics/diagnostic.ts';
import type { Backend, Runner, TensorData } from '../backend.ts';
import { failed, publicNames, type TfjsBackendName } from './devices/device.ts';
import { emitModule } from './emit/module.ts';
import { KeptInputs } from './kept-inputs.ts';
import { writeModule } from './module-file.ts';
import { identifier } from './names.ts';
import { devices, startTfjs } from './start.ts';

type Entry = (
  inputs: Readonly<Record<string, TensorData>>,
  options: object,
) => Promise<Readonly<Record<string, TensorData>>>;

/** A module that refuses a tensor too large for the device says so in its own words: EBM516. */
const told =
  (name: TfjsBackendName) =>
  (error: unknown): never => {
    // Its advice names options of the module; the diagnostic has its own.
    if (error instanceof RangeError && error.cause === 'memory')
      throw failed(name, 'memory', error.message.replace(/: use smaller sizes.*$/, ''));
    throw error;
  };

/** Backends that share tfjs. Its current backend is one for the whole process, so their calls wait for each other. */
const backendsOfTfjs = (): Readonly<Record<TfjsBackendName, Backend>> => {
  let turn: Promise<unknown> = Promise.resolve();
  const inTurn = <T>(run: () => Promise<T>): Promise<T> => {
    const result = turn.then(run);
    turn = result.catch(() => undefined);
    return result;
  };
  const backend = (name: TfjsBackendName): Backend => ({
    name: publicNames[name],
    precision: 'float32',
    describe: devices[name].describe,
    detect: devices[name].detect,
    load: async (module): Promise<Runner> => {
      const started = inTurn(async () => {
        const tf = await startTfjs(name);
        return { tf, caution: devices[name].caution(tf) };
      });
      const [path, { tf, caution }] = await Promise.all([writeModule(emitModule(module)), started]);
      const entries = (await import(/* @vite-ignore */ pathToFileURL(path).href)) as Readonly<Record<string, Entry>>;
      const kept = new KeptInputs(tf);
      return {
        caution,
        call: async (entry, inputs, options = {}) => {
          const run = entries[identifier(entry)];
          const program = module.entries[entry];
          if (run === undefined || program === undefined)
            throw new InternalError(`module ${module.name} has no entry ${entry}`);
          return inTurn(async () => {
            await startTfjs(name);
            // Like the interpreter, and unlike the module by itself, it looks past inputs of other entries.
            const { keep = [], ...asked } = options;
            const placed = kept.placed(program, inputs, keep);
            const own = program.inputs.flatMap(({ name }) =>
              placed[name] === undefined ? [] : [[name, placed[name]]],
            );
            return devices[name]
              .guard(tf, () => run(Object.fromEntries(own) as typeof inputs, asked))
              .catch(told(name));
          });
        },
        dispose: () =>
          inTurn(async () => {
            await startTfjs(name);
            kept.dispose();
          }),
      };
    },
  });
  return {
    wasm: backend('wasm'),
    cpu: backend('cpu'),
    webgpu: backend('webgpu'),
    cuda: backend('cuda'),
    tensorflow: backend('tensorflow'),
  };
};

export const tfjsBackends = backendsOfTfjs();
export const { wasm: wasmBackend, cpu: cpuBackend } = tfjsBackends;
