// `tfjs-webgpu`: tfjs on WebGPU through Dawn. In: an adapter (adapter.ts). Out: a device that tfjs knows, and whose failures end
// in one message: tfjs itself goes on in silence with zeros after a failed allocation or a lost device.
import { InternalError } from '../../../diagnostics/diagnostic.ts';
import { adapterName, findAdapter, isFound, type GpuDevice } from './adapter.ts';
import { failed, publicNames, refuse, unavailable, type Device, type Tf } from './device.ts';

const describe = 'tfjs on WebGPU (Dawn), float32';

/** Limits of which a device gets no more than the standard's minimum unless it asks: tfjs's kernels and big tensors need the
 *  adapter's own. */
const asked = [
  'maxBufferSize',
  'maxStorageBufferBindingSize',
  'maxComputeInvocationsPerWorkgroup',
  'maxComputeWorkgroupSizeX',
  'maxComputeWorkgroupsPerDimension',
  'maxComputeWorkgroupStorageSize',
] as const;

const register = async (tf: Tf): Promise<void> => {
  const found = await findAdapter();
  if (!isFound(found)) return refuse('webgpu', found);
  const { dawn, gpu, adapter } = found;
  // Before navigator.gpu exists: a package that sees one registers a factory of its own, and ours would be ignored.
  const { WebGPUBackend } = await import('@tensorflow/tfjs-backend-webgpu');
  Object.assign(globalThis, dawn.globals);
  // Node has a navigator of its own from version 21 on.
  const host = globalThis as { navigator?: object };
  if (host.navigator === undefined) Object.defineProperty(host, 'navigator', { value: {}, configurable: true });
  Object.defineProperty(host.navigator, 'gpu', { value: gpu, configurable: true });
  const requiredLimits = Object.fromEntries(asked.map((name) => [name, adapter.limits[name]!]));
  const device = await adapter.requestDevice({ requiredLimits });
  // Small tensors would be handed to the backend `cpu`, which may not be there.
  tf.env().set('WEBGPU_CPU_FORWARD', false);
  if (!tf.registerBackend('webgpu', () => new WebGPUBackend(device as never, adapter.info as never)))
    throw new InternalError('tfjs knows another webgpu backend already');
};

const filters = ['validation', 'out-of-memory', 'internal'] as const;

/** Runs work with the device's errors watched. Throws DiagnosticError (EBM516) when the device is lost or reports one, however
 *  the work itself ends. */
export const guarded = async <T>(device: GpuDevice, work: () => Promise<T>): Promise<T> => {
  const lost = device.lost.then(({ reason, message }) => {
    throw failed('webgpu', 'lost', message === '' ? reason : message);
  });
  const alive = <R>(promise: Promise<R>): Promise<R> => Promise.race([lost, promise]);
  for (const filter of filters) device.pushErrorScope(filter);
  const outcome = await alive(work()).then(
    (value) => ({ value }),
    (error: unknown) => ({ error }),
  );
  // Last opened, first closed.
  const errors = await alive(Promise.all(filters.toReversed().map(() => device.popErrorScope())));
  const problems = filters
    .toReversed()
    .flatMap((filter, i) => (errors[i] === null ? [] : [{ filter, error: errors[i]! }]));
  const worst = problems[0];
  const memory = problems.find(({ filter }) => filter === 'out-of-memory');
  if (memory !== undefined) throw failed('webgpu', 'memory', memory.error.message);
  if (worst !== undefined) throw failed('webgpu', 'error', worst.error.message);
  if ('error' in outcome) throw outcome.error;
  return outcome.value;
};

const deviceOf = (tf: Tf): GpuDevice => (tf.backend() as unknown as { readonly device: GpuDevice }).device;

export const webgpu: Device = {
  name: 'webgpu',
  registered: 'webgpu',
  describe,
  detect: async () => {
    const found = await findAdapter();
    if (!isFound(found)) return unavailable('webgpu', found);
    const name = adapterName(found.adapter.info);
    return {
      name: publicNames.webgpu,
      available: true,
      detail: found.adapter.info.isFallbackAdapter === true ? `${name}: in software, for no GPU was found` : name,
      remedy: null,
    };
  },
  register,
  serves: () => true,
  caution: (tf) => {
    const { adapterInfo } = deviceOf(tf);
    return adapterInfo.isFallbackAdapter === true
      ? `no GPU was found, and ${adapterName(adapterInfo)} takes its place`
      : null;
  },
  guard: (tf, work) => guarded(deviceOf(tf), work),
};
