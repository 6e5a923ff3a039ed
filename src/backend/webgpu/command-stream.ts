// Commands on their way to a device: dispatches are encoded one behind the other and submitted in long pieces, a few of which may
// be under way. In: dispatches with their parameters. Out: work on the device; words read back where the host must know.
import type { Computer } from './computer.ts';
import { parameterBytes } from './computer.ts';
import { mapForReading, usage, type GpuBindGroup, type GpuBuffer, type GpuComputePass, type GpuEncoder, type GpuPipeline } from './gpu.ts'; // prettier-ignore

/** Rows of parameters in one piece; each begins at a multiple of 256 bytes, as WebGPU has it. */
const mostRows = 2048;
const rowBytes = 256;
/** Dispatches in one piece: encoding goes on while the piece before is run. */
const mostDispatches = 1024;
const mostUnderWay = 2;

export class CommandStream {
  private readonly parameters: GpuBuffer;
  private readonly group: GpuBindGroup;
  private readonly rows = new Map<string, number>();
  private readonly rowWords = new Uint32Array((mostRows * rowBytes) / 4);
  private readonly underWay: Promise<void>[] = [];
  private encoder: GpuEncoder | null = null;
  private pass: GpuComputePass | null = null;
  private dispatches = 0;
  private time = 0;

  constructor(
    private readonly computer: Computer,
    private readonly memory: GpuBuffer,
  ) {
    const { device } = computer;
    this.parameters = device.createBuffer({ size: mostRows * rowBytes, usage: usage.uniform | usage.copyTarget });
    this.group = computer.bind(memory, this.parameters);
  }

  /** `values` are the parameters after the first word, which is 0. `time` in operations of one invocation. */
  async dispatch(pipeline: GpuPipeline, groups: number, values: readonly number[], time: number): Promise<void> {
    if (groups === 0) return;
    if (this.rows.size === mostRows || this.dispatches === mostDispatches || this.time > this.computer.profile.longest)
      await this.submit();
    const most = this.computer.profile.mostGroups;
    this.encoder ??= this.computer.device.createCommandEncoder();
    this.pass ??= this.encoder.beginComputePass();
    this.pass.setPipeline(pipeline);
    this.pass.setBindGroup(0, this.group, [this.rowOf(values) * rowBytes]);
    this.pass.dispatchWorkgroups(Math.min(groups, most), Math.ceil(groups / most));
    this.dispatches++;
    this.time += time + this.computer.profile.dispatch;
  }

  private rowOf(values: readonly number[]): number {
    const key = values.join(' ');
    const known = this.rows.get(key);
    if (known !== undefined) return known;
    const row = this.rows.size;
    this.rowWords.set([0, ...values], (row * rowBytes) / 4);
    this.rows.set(key, row);
    return row;
  }

  /** What was encoded goes to the device; waits until few pieces are under way. */
  async submit(): Promise<void> {
    this.send();
    while (this.underWay.length > mostUnderWay) await this.underWay.shift();
  }

  private send(before: (encoder: GpuEncoder) => void = () => undefined): void {
    const { queue } = this.computer.device;
    this.pass?.end();
    this.pass = null;
    const encoder = this.encoder ?? this.computer.device.createCommandEncoder();
    this.encoder = null;
    before(encoder);
    if (this.rows.size > 0) {
      const used = ((this.rows.size - 1) * rowBytes + parameterBytes) / 4;
      queue.writeBuffer(this.parameters, 0, this.rowWords.subarray(0, used));
    }
    this.rows.clear();
    queue.submit([encoder.finish()]);
    this.underWay.push(queue.onSubmittedWorkDone());
    this.dispatches = 0;
    this.time = 0;
  }

  /** Words of memory, after all that was encoded: for each stretch its own. */
  async read(stretches: readonly { readonly base: number; readonly words: number }[]): Promise<readonly Uint32Array[]> {
    const total = stretches.reduce((sum, { words }) => sum + words, 0);
    if (total === 0) return stretches.map(() => new Uint32Array());
    const staging = this.computer.device.createBuffer({ size: 4 * total, usage: usage.mapRead | usage.copyTarget });
    try {
      this.send((encoder) => {
        let at = 0;
        for (const { base, words } of stretches) {
          if (words > 0) encoder.copyBufferToBuffer(this.memory, 4 * base, staging, 4 * at, 4 * words);
          at += words;
        }
      });
      await staging.mapAsync(mapForReading);
      const all = new Uint32Array(staging.getMappedRange().slice(0));
      this.underWay.length = 0;
      let at = 0;
      return stretches.map(({ words }) => all.subarray(at, (at += words)));
    } finally {
      staging.destroy();
    }
  }

  write(base: number, data: ArrayBufferView): void {
    if (data.byteLength === 0) return;
    // Writes and submissions take effect in order; what is encoded and not submitted comes before.
    if (this.encoder !== null) this.send();
    this.computer.device.queue.writeBuffer(this.memory, 4 * base, data);
  }

  dispose(): void {
    this.parameters.destroy();
  }
}
