// `cuda` and `tensorflow`: tfjs on libtensorflow, through the native packages @tensorflow/tfjs-node-gpu and
// @tensorflow/tfjs-node. Both call themselves `tensorflow` within tfjs, so that one process serves one of the two.
import { refuse, unavailable, type Device, type Tf, type TfjsBackendName } from './device.ts';
import { inspect, lackOf, misstart, processorReason, thisInstallation, type Installation } from './native-package.ts';

export type NativeName = Extract<TfjsBackendName, 'cuda' | 'tensorflow'>;

const describes: Readonly<Record<NativeName, string>> = {
  cuda: 'tfjs on NVIDIA GPUs through libtensorflow, float32',
  tensorflow: 'tfjs on the processor through libtensorflow, float32',
};

/** What tfjs-node's backend says of itself. */
interface NodeBackend {
  readonly isGPUPackage: boolean;
  readonly isUsingGpuDevice: boolean;
}
const backendOf = (tf: Tf): NodeBackend => tf.backend() as unknown as NodeBackend;

export const nativeDevice = (name: NativeName, installation: Installation = thisInstallation): Device => ({
  name,
  registered: 'tensorflow',
  describe: describes[name],
  detect: async () => {
    const finding = await inspect(name, installation);
    const lack = lackOf(name, finding);
    if (lack !== null) return unavailable(name, lack);
    const reason = finding.kind === 'runs' && name === 'cuda' ? processorReason(finding) : null;
    if (reason !== null)
      return { name, available: true, detail: `computes on the CPU: ${reason.detail}`, remedy: reason.remedy };
    const device = finding.kind === 'runs' ? finding.gpu : null;
    return { name, available: true, detail: device ?? describes[name], remedy: null, gpu: device !== null };
  },
  register: async () => {
    const lack = lackOf(name, await inspect(name, installation, { start: false }));
    if (lack !== null) refuse(name, lack);
    // Its log goes to stderr, a screenful at every start: from errors on.
    installation.environment['TF_CPP_MIN_LOG_LEVEL'] ??= '2';
    try {
      await installation.load(name);
    } catch (error) {
      refuse(name, lackOf(name, misstart(error instanceof Error ? error.message : String(error)))!);
    }
  },
  serves: (tf) => backendOf(tf).isGPUPackage === (name === 'cuda'),
  caution: (tf) =>
    name === 'cuda' && !backendOf(tf).isUsingGpuDevice ? 'no CUDA device that it can use was found' : null,
  guard: (_tf, work) => work(),
});
