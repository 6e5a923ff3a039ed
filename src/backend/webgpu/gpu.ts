// The part of WebGPU that the kernels need (https://www.w3.org/TR/webgpu/), beside that of the search for an adapter.
import type { GpuDevice } from '../tfjs/devices/adapter.ts';

export interface GpuBuffer {
  mapAsync(mode: number): Promise<void>;
  getMappedRange(): ArrayBuffer;
  unmap(): void;
  destroy(): void;
}
export interface GpuShaderModule {
  getCompilationInfo(): Promise<{
    readonly messages: readonly { readonly type: string; readonly message: string; readonly lineNum: number }[];
  }>;
}
/** Made by the device, and only handed back to it. */
export type Opaque<Name extends string> = { readonly __brand: Name };
export type GpuPipeline = Opaque<'pipeline'>;
export type GpuBindGroup = Opaque<'bind group'>;
export type GpuLayout = Opaque<'layout'>;

export interface GpuComputePass {
  setPipeline(pipeline: GpuPipeline): void;
  setBindGroup(index: number, group: GpuBindGroup, dynamicOffsets: readonly number[]): void;
  dispatchWorkgroups(x: number, y: number): void;
  end(): void;
}
export interface GpuEncoder {
  beginComputePass(): GpuComputePass;
  copyBufferToBuffer(from: GpuBuffer, fromOffset: number, to: GpuBuffer, toOffset: number, size: number): void;
  finish(): Opaque<'command buffer'>;
}
export interface GpuQueue {
  writeBuffer(buffer: GpuBuffer, offset: number, data: ArrayBufferView): void;
  submit(commands: readonly Opaque<'command buffer'>[]): void;
  onSubmittedWorkDone(): Promise<void>;
}
interface PipelineDescriptor {
  readonly layout: GpuLayout;
  readonly compute: { readonly module: GpuShaderModule; readonly entryPoint: string };
}
export interface ComputeDevice extends GpuDevice {
  readonly queue: GpuQueue;
  createBuffer(descriptor: { readonly size: number; readonly usage: number }): GpuBuffer;
  createShaderModule(descriptor: { readonly code: string }): GpuShaderModule;
  createBindGroupLayout(descriptor: object): GpuLayout;
  createPipelineLayout(descriptor: object): GpuLayout;
  createBindGroup(descriptor: object): GpuBindGroup;
  createComputePipeline(descriptor: PipelineDescriptor): GpuPipeline;
  createComputePipelineAsync(descriptor: PipelineDescriptor): Promise<GpuPipeline>;
  createCommandEncoder(): GpuEncoder;
}

/** Flags of the standard. */
export const usage = { mapRead: 0x1, copySource: 0x4, copyTarget: 0x8, uniform: 0x40, storage: 0x80 } as const;
export const mapForReading = 0x1;
export const visibleToCompute = 0x4;
