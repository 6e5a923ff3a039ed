// A device with what all programs on it share: its limits, compiled shaders, the turns that calls take. In: an adapter. Out: a
// device on which programs are compiled and run one at a time, with every failure told in one message.
import { InternalError } from '../../diagnostics/diagnostic.ts';
import type { Shader } from '../../kernel/render-wgsl/commands.ts';
import { profileOf, type DeviceProfile } from '../../kernel/render-wgsl/device-profile.ts';
import { parameterWords } from '../../kernel/render-wgsl/shader-writer.ts';
import { adapterName, type Found } from '../tfjs/devices/adapter.ts';
import { broke } from './failures.ts';
import { visibleToCompute, type ComputeDevice, type GpuBuffer, type GpuLayout, type GpuPipeline } from './gpu.ts';

/** Limits of which a device gets no more than the standard's minimum unless it asks. */
const asked = [
  'maxBufferSize',
  'maxStorageBufferBindingSize',
  'maxComputeInvocationsPerWorkgroup',
  'maxComputeWorkgroupSizeX',
  'maxComputeWorkgroupsPerDimension',
  'maxComputeWorkgroupStorageSize',
] as const;

const filters = ['validation', 'out-of-memory', 'internal'] as const;

export const parameterBytes = 4 * parameterWords;

export class Computer {
  readonly profile: DeviceProfile;
  /** What the user should know of where it computes, or null. */
  readonly caution: string | null;
  private readonly pipelines = new Map<string, Promise<GpuPipeline>>();
  private readonly bindings: GpuLayout;
  private readonly pipelineLayout: GpuLayout;
  private turn: Promise<unknown> = Promise.resolve();
  private gone: { readonly reason: string; readonly message: string } | null = null;

  /** `profile`: what the device is taken to be like. */
  static async open(found: Found, name: string, profile = profileOf): Promise<Computer> {
    const { adapter } = found;
    const requiredLimits = Object.fromEntries(asked.map((limit) => [limit, adapter.limits[limit]!]));
    return new Computer((await adapter.requestDevice({ requiredLimits })) as ComputeDevice, name, found, profile);
  }

  private constructor(
    readonly device: ComputeDevice,
    readonly name: string,
    /** Dawn's instance and adapter: collected as garbage they would take the device with them, and the process. */
    readonly found: Found,
    profile: typeof profileOf,
  ) {
    const { adapterInfo, limits } = device;
    const onProcessor = adapterInfo.isFallbackAdapter === true;
    this.profile = profile(limits, onProcessor);
    this.caution = onProcessor ? `no GPU was found, and ${adapterName(adapterInfo)} takes its place` : null;
    const visibility = visibleToCompute;
    this.bindings = device.createBindGroupLayout({
      entries: [
        { binding: 0, visibility, buffer: { type: 'storage' } },
        { binding: 1, visibility, buffer: { type: 'uniform', hasDynamicOffset: true, minBindingSize: parameterBytes } },
      ],
    });
    this.pipelineLayout = device.createPipelineLayout({ bindGroupLayouts: [this.bindings] });
    void device.lost.then((lost) => (this.gone = lost));
  }

  get isLost(): boolean {
    return this.gone !== null;
  }

  /** Bytes that one buffer may have. */
  get mostBytes(): number {
    const { limits } = this.device;
    return Math.min(limits['maxBufferSize']!, limits['maxStorageBufferBindingSize']!);
  }

  bind(memory: GpuBuffer, parameters: GpuBuffer): ReturnType<ComputeDevice['createBindGroup']> {
    return this.device.createBindGroup({
      layout: this.bindings,
      entries: [
        { binding: 0, resource: { buffer: memory } },
        { binding: 1, resource: { buffer: parameters, size: parameterBytes } },
      ],
    });
  }

  /** Work on the device, after all that was asked before. Throws DiagnosticError (EBM516) where the device is lost, has no memory
   *  or reports an error meanwhile, however the work itself ends. */
  run<T>(work: () => Promise<T>): Promise<T> {
    const result = this.turn.then(() => this.guarded(work));
    this.turn = result.catch(() => undefined);
    return result;
  }

  private async guarded<T>(work: () => Promise<T>): Promise<T> {
    const { device, name } = this;
    const lost = device.lost.then(({ reason, message }) => {
      throw broke(name, 'lost', message === '' ? reason : message);
    });
    const alive = <R>(promise: Promise<R>): Promise<R> => Promise.race([lost, promise]);
    for (const filter of filters) device.pushErrorScope(filter);
    const outcome = await alive(work()).then(
      (value) => ({ value }),
      (error: unknown) => ({ error }),
    );
    // Last opened, first closed.
    const closed = filters.toReversed();
    const errors = await alive(Promise.all(closed.map(() => device.popErrorScope())));
    const found = Object.fromEntries(closed.map((filter, i) => [filter, errors[i]?.message ?? null]));
    if (found['out-of-memory'] != null) throw broke(name, 'memory', found['out-of-memory']);
    // A shader that is not valid says more than what came of it.
    if ('error' in outcome && outcome.error instanceof InternalError) throw outcome.error;
    const said = found['internal'] ?? found['validation'];
    if (said != null) throw broke(name, 'error', said);
    if ('error' in outcome) throw outcome.error;
    return outcome.value;
  }

  /** Each text once. Throws InternalError with the line that WGSL refuses. */
  pipeline(shader: Shader): Promise<GpuPipeline> {
    const known = this.pipelines.get(shader.text);
    if (known !== undefined) return known;
    const made = this.compile(shader);
    this.pipelines.set(shader.text, made);
    made.catch(() => this.pipelines.delete(shader.text));
    return made;
  }

  private async compile({ label, text }: Shader): Promise<GpuPipeline> {
    const { device } = this;
    const module = device.createShaderModule({ code: text });
    const descriptor = { layout: this.pipelineLayout, compute: { module, entryPoint: 'main' } };
    // SwiftShader compiles on the processor anyway; drivers do it on all of their threads.
    const pipeline = this.profile.fastShared
      ? await device.createComputePipelineAsync(descriptor).catch(() => null)
      : device.createComputePipeline(descriptor);
    const { messages } = await module.getCompilationInfo();
    const error = messages.find(({ type }) => type === 'error');
    if (error !== undefined) {
      const line = text.split('\n')[error.lineNum - 1]?.trim() ?? '';
      throw new InternalError(`shader ${label}, line ${error.lineNum}: ${error.message}: ${line}`);
    }
    if (pipeline === null) throw new InternalError(`shader ${label} makes no pipeline`);
    return pipeline;
  }

  /** The device as it is no longer wanted. */
  close(): void {
    this.device.destroy();
  }
}
