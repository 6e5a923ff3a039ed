// One program with its memory on the device, for one set of sizes. In: shaders and commands, inputs. Out: outputs. Its memory stays
// while the program does, and with it inputs that are to be kept.
import { InternalError } from '../../diagnostics/diagnostic.ts';
import type { WgslProgram } from '../../kernel/render-wgsl/commands.ts';
import type { CallOptions, TensorData } from '../backend.ts';
import { CommandStream } from './command-stream.ts';
import type { Computer } from './computer.ts';
import { usage, type GpuBuffer, type GpuPipeline } from './gpu.ts';
import { CommandRun } from './run-commands.ts';

const entriesOf = (shape: readonly number[]): number => shape.reduce((a, b) => a * b, 1);

export class DeviceProgram {
  private readonly memory: GpuBuffer;
  private readonly stream: CommandStream;
  private readonly kept = new Map<string, TensorData['data']>();

  /** Within a turn of the computer. */
  static async load(program: WgslProgram, computer: Computer): Promise<DeviceProgram> {
    const pipelines = await Promise.all(program.shaders.map((shader) => computer.pipeline(shader)));
    return new DeviceProgram(program, pipelines, computer);
  }

  private constructor(
    private readonly program: WgslProgram,
    private readonly pipelines: readonly GpuPipeline[],
    computer: Computer,
  ) {
    const size = 4 * Math.max(1, program.words);
    this.memory = computer.device.createBuffer({ size, usage: usage.storage | usage.copySource | usage.copyTarget });
    this.stream = new CommandStream(computer, this.memory);
    for (const { base, values, scalar } of program.constants)
      this.stream.write(base, scalar === 'int' ? Int32Array.from(values) : Float32Array.from(values));
  }

  /** Within a turn of the computer. */
  async call(
    inputs: Readonly<Record<string, TensorData>>,
    { keep = [], cancelled = () => false, onStep = () => undefined }: CallOptions,
  ): Promise<Readonly<Record<string, TensorData>>> {
    for (const input of this.program.inputs) this.place(input, inputs[input.name], keep.includes(input.name));
    const { stop, commands } = this.program;
    this.stream.write(stop, Uint32Array.of(0));
    await new CommandRun(this.pipelines, stop, this.stream, { cancelled, onStep }).run(commands);
    const { outputs } = this.program;
    const words = await this.stream.read(outputs.map(({ base, shape }) => ({ base, words: entriesOf(shape) })));
    return Object.fromEntries(
      outputs.map(({ name, shape, scalar }, i) => {
        const bits = words[i]!.slice();
        return [name, { shape, data: scalar === 'int' ? new Int32Array(bits.buffer) : new Float32Array(bits.buffer) }];
      }),
    );
  }

  private place(
    { name, base, shape, scalar, seed }: WgslProgram['inputs'][number],
    given: TensorData | undefined,
    keep: boolean,
  ): void {
    if (given === undefined) throw new InternalError(`input ${name} is missing`);
    const { data } = given;
    if (entriesOf(given.shape) !== data.length || data.length !== entriesOf(shape))
      throw new InternalError(`input ${name}: ${data.length} numbers for shape [${given.shape.join(', ')}]`);
    if (keep && this.kept.get(name) === data) return;
    if (keep) this.kept.set(name, data);
    else this.kept.delete(name);
    this.stream.write(base, scalar === 'int' ? Int32Array.from(data) : data instanceof Float32Array ? data : Float32Array.from(data)); // prettier-ignore
    if (seed !== null) this.stream.write(seed, Int32Array.of(data[0]! | 0));
  }

  dispose(): void {
    this.stream.dispose();
    this.memory.destroy();
  }
}
