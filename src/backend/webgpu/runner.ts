// One module on WebGPU. In: its programs, a device. Out: calls on plain arrays. A program is translated and compiled when it is
// first called, for the sizes of that call.
import { InternalError } from '../../diagnostics/diagnostic.ts';
import { evaluate, product } from '../../tensor/dims.ts';
import type { Program } from '../../tensor/program.ts';
import type { CallOptions, ModuleSpec, Runner, TensorData } from '../backend.ts';
import { sizesOfCall, type Inputs, type Sizes } from '../native/call-sizes.ts';
import type { Computer } from './computer.ts';
import { DeviceProgram } from './device-program.ts';
import { broke } from './failures.ts';
import { translate } from './translate.ts';

const ordinaryBudget = 2 ** 30;
const gibibytes = (bytes: number): string => `${(bytes / 2 ** 30).toFixed(2)} GiB`;

export class WebgpuRunner implements Runner {
  readonly caution: string | null;
  private readonly loaded = new Map<string, Promise<DeviceProgram>>();

  constructor(
    private readonly module: ModuleSpec,
    private readonly computer: Computer,
  ) {
    this.caution = computer.caution;
  }

  readonly call = async (
    entry: string,
    inputs: Inputs,
    options: CallOptions = {},
  ): Promise<Readonly<Record<string, TensorData>>> => {
    const program = this.module.entries[entry];
    if (program === undefined) throw new InternalError(`module ${this.module.name} has no entry ${entry}`);
    const sizes = sizesOfCall(this.module, program, inputs, options.sizes);
    this.reserve(entry, program, sizes, options.budget ?? ordinaryBudget);
    return this.computer.run(async () => (await this.loadedFor(entry, program, sizes)).call(inputs, options));
  };

  readonly dispose = (): Promise<void> =>
    this.computer.run(async () => {
      for (const program of this.loaded.values()) (await program.catch(() => null))?.dispose();
      this.loaded.clear();
    });

  private loadedFor(entry: string, program: Program, sizes: Sizes): Promise<DeviceProgram> {
    const key = `${entry} ${JSON.stringify(Object.entries(sizes).sort(([a], [b]) => (a < b ? -1 : 1)))}`;
    const known = this.loaded.get(key);
    if (known !== undefined) return known;
    const load = async (): Promise<DeviceProgram> => {
      const translated = translate(program, sizes, this.computer.profile);
      const { mostBytes, name } = this.computer;
      if (4 * translated.words > mostBytes)
        throw broke(name, 'memory', `${entry} needs ${gibibytes(4 * translated.words)} in one piece, more than the ${gibibytes(mostBytes)} that ${name} can hold`); // prettier-ignore
      return DeviceProgram.load(translated, this.computer);
    };
    const loading = load();
    this.loaded.set(key, loading);
    loading.catch(() => this.loaded.delete(key));
    return loading;
  }

  /** Inputs and outputs are known before anything is made of the program. */
  private reserve(entry: string, { inputs, outputs, values }: Program, sizes: Sizes, budget: number): void {
    for (const { id } of [...inputs, ...outputs]) {
      const entries = evaluate(product(values[id]!.shape), sizes);
      if (4 * entries > budget)
        throw broke(this.computer.name, 'memory', `${entry} needs a tensor of ${entries} numbers (${gibibytes(4 * entries)}), more than the budget of ${gibibytes(budget)}`); // prettier-ignore
    }
  }
}
