// Every device that tfjs runs on here, and how one is made the current one. Nothing of tfjs is loaded before startTfjs.
import { InternalError } from '../../diagnostics/diagnostic.ts';
import type { Device, Tf, TfjsBackendName } from './devices/device.ts';
import { nativeDevice } from './devices/libtensorflow.ts';
import { cpu, wasm } from './devices/plain.ts';
import { webgpu } from './devices/webgpu.ts';

export const devices: Readonly<Record<TfjsBackendName, Device>> = {
  wasm,
  cpu,
  webgpu,
  cuda: nativeDevice('cuda'),
  tensorflow: nativeDevice('tensorflow'),
};

/** tfjs with this device current. Its first start takes about 0.1 s, later ones nothing. Throws DiagnosticError (EBM513) when
 *  something that it needs is missing, InternalError when it is all there and does not start. */
export const startTfjs = async (name: TfjsBackendName): Promise<Tf> => {
  const { registered, register, serves } = devices[name];
  const tf = await import('@tensorflow/tfjs-core');
  if (tf.getBackend() === registered && serves(tf)) return tf;
  // Production mode keeps tfjs from writing advice to stderr.
  tf.enableProdMode();
  if (tf.findBackendFactory(registered) === null) await register(tf);
  const before = listeners();
  if (!(await tf.setBackend(registered))) throw new InternalError(`tfjs backend ${registered} did not start`);
  if (!serves(tf)) throw new InternalError(`a process that has used another ${registered} of tfjs cannot use ${name}`);
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
