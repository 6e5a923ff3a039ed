// Runs the commands of a program. In: commands, pipelines, a stream, what the caller wants to know meanwhile. Out: nothing; results
// stand in memory. Loops of the host are encoded iteration after iteration; a while some steps at a time, more and more, and the
// device is asked in between whether it has stopped.
import { runRoutine } from '../../tensor/host-routines/by-name.ts';
import type { Command, Placed } from '../../kernel/render-wgsl/commands.ts';
import type { CommandStream } from './command-stream.ts';
import type { GpuPipeline } from './gpu.ts';

type CommandOf<K extends Command['kind']> = Extract<Command, { kind: K }>;

export interface Watch {
  readonly cancelled: () => boolean;
  readonly onStep: (step: number) => void;
}

/** Of waiting for an answer: long enough that it costs little, short enough for Ctrl-C and progress. */
const patience = 50;

export class CommandRun {
  /** Whiles around the current command. */
  private depth = 0;
  private stopped = false;

  constructor(
    private readonly pipelines: readonly GpuPipeline[],
    /** The word at which whiles within a dispatch look. */
    private readonly stop: number,
    private readonly stream: CommandStream,
    private readonly watch: Watch,
  ) {}

  /** `values` are those of the loops around. */
  async run(commands: readonly Command[], values: readonly number[] = []): Promise<void> {
    for (const command of commands) await this.one(command, values);
  }

  /** Whiles of the host ask the caller; those that the device runs by itself are told. */
  private tellDevice(): void {
    if (this.stopped || !this.watch.cancelled()) return;
    this.stopped = true;
    this.stream.write(this.stop, Uint32Array.of(1));
  }

  private async one(command: Command, values: readonly number[]): Promise<void> {
    switch (command.kind) {
      case 'dispatch':
        return command.range === null ? this.dispatch(command, [0, 0, ...values]) : this.ranges(command, command.range, values); // prettier-ignore
      case 'repeat':
        for (let i = 0; i < command.count; i++) await this.run(command.body, [...values, i]);
        return;
      case 'while':
        return this.steps(command, values);
      case 'host':
        return this.onHost(command);
    }
  }

  private dispatch({ shader, groups, time }: CommandOf<'dispatch'>, values: readonly number[]): Promise<void> {
    this.tellDevice();
    return this.stream.dispatch(this.pipelines[shader]!, groups, values, time);
  }

  private async ranges(
    command: CommandOf<'dispatch'>,
    { count, step, stops }: NonNullable<CommandOf<'dispatch'>['range']>,
    values: readonly number[],
  ): Promise<void> {
    for (let from = 0; from < count; from += step) {
      if (stops !== null && this.watch.cancelled()) return;
      await this.dispatch(command, [from, Math.min(count, from + step), ...values]);
      if (stops === null || from + step >= count) continue;
      const { alive, taken } = await this.progress(stops);
      if (this.depth === 0) this.watch.onStep(taken);
      if (!alive) return;
    }
  }

  private async progress({ alive, count }: { readonly alive: number; readonly count: number }): Promise<{ readonly alive: boolean; readonly taken: number }> {
    const [a, c] = await this.stream.read([{ base: alive, words: 1 }, { base: count, words: 1 }]);
    return { alive: a![0] !== 0, taken: c![0]! };
  } // prettier-ignore

  private async steps(command: CommandOf<'while'>, values: readonly number[]): Promise<void> {
    const { most, every, begin, test, body, end } = command;
    const { cancelled, onStep } = this.watch;
    await this.run(begin, values);
    let step = 0;
    let many = 1;
    let told = 0;
    while (step < most && !cancelled()) {
      const start = performance.now();
      this.depth++;
      for (const last = Math.min(most, step + many); step < last; step++) {
        const inside = [...values, step];
        if (step % every === 0) await this.run(test, inside);
        await this.run(body, inside);
      }
      this.depth--;
      const { alive, taken } = await this.progress(command);
      // The device counts when it tests: steps after that are known to be taken only while it goes on.
      const done = alive ? step : taken;
      if (this.depth === 0 && done > told) onStep(done);
      told = done;
      if (!alive) return;
      const took = performance.now() - start;
      if (took < patience) many *= 2;
      else if (took > 2 * patience) many = Math.max(1, many >> 1);
    }
    await this.run(end, [...values, step]);
  }

  private async onHost({ name, args, outs, alive }: CommandOf<'host'>): Promise<void> {
    const words = ({ shape }: Placed): number => shape.reduce((a, b) => a * b, 1);
    const flag = alive === null ? [] : [{ base: alive, words: 1 }];
    const read = await this.stream.read([...args.map((arg) => ({ base: arg.base, words: words(arg) })), ...flag]);
    if (alive !== null && read.at(-1)![0] === 0) return;
    const arrays = args.map(({ shape, scalar }, i) => {
      const bits = read[i]!.slice();
      return { shape, data: scalar === 'int' ? new Int32Array(bits.buffer) : Float64Array.from(new Float32Array(bits.buffer)) };
    }); // prettier-ignore
    runRoutine[name](arrays).forEach(({ data }, i) => {
      const out = outs[i]!;
      this.stream.write(out.base, out.scalar === 'int' ? Int32Array.from(data) : Float32Array.from(data));
    });
  }
}
