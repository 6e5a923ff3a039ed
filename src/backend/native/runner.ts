// One module on the native backend. In: its programs, a site (toolchain, cache, worker). Out: calls on plain arrays. A program is
// translated, compiled and loaded when it is first called, for the sizes of that call.
import { InternalError, type Diagnostic } from '../../diagnostics/diagnostic.ts';
import { diagnoseBackend } from '../../diagnostics/messages/backends.ts';
import { evaluate, product } from '../../tensor/dims.ts';
import type { CallOptions, ModuleSpec, Runner, TensorData } from '../backend.ts';
import { sizesOfCall, type Inputs, type Sizes } from './call-sizes.ts';
import { compiledProgram, type CompiledProgram, type CompilerSite } from './compiled-program.ts';
import { ConstantSizes } from './constant-sizes.ts';
import { whyNoRoom, whyTooLarge } from './memory.ts';
import type { NativeWorker, Work } from './native-worker.ts';
import { compilerFailed, tooLarge } from './refusals.ts';
import type { Signature } from './translation.ts';
import type { Element, Numbers, Reply, SentInput } from './worker/protocol.ts';

export interface Site extends CompilerSite {
  readonly name: string;
  readonly worker: NativeWorker;
  readonly threads: () => number;
  /** Bytes that are free. */
  readonly freeMemory: () => number;
}

const arrays = { float32: Float32Array, float64: Float64Array, int32: Int32Array };

/** A copy of its own, for it is given away; null where memory is short. */
const copied = (data: TensorData['data'], element: Element): Numbers | null => {
  try {
    return new arrays[element](data);
  } catch (error) {
    if (error instanceof RangeError) return null;
    throw error;
  }
};

/** Arrays of earlier results, each to be taken once. */
class Rooms {
  private readonly free: Set<Numbers>;

  constructor(results: readonly TensorData[]) {
    const whole = results.flatMap(({ data }) => (isWhole(data) ? [data] : []));
    this.free = new Set(whole);
  }

  take(element: Element, length: number): Numbers | null {
    for (const numbers of this.free) {
      if (!(numbers instanceof arrays[element]) || numbers.length !== length) continue;
      this.free.delete(numbers);
      return numbers;
    }
    return null;
  }
}

/** An array that can be given away: all of its buffer, and not empty, as those are that were given away before. */
const isWhole = (data: TensorData['data']): data is Numbers =>
  data.length > 0 && data.buffer instanceof ArrayBuffer && data.byteLength === data.buffer.byteLength;

export class NativeRunner implements Runner {
  readonly caution = null;
  private readonly constants = new Map<string, ConstantSizes>();
  private readonly compiled = new Map<string, Promise<CompiledProgram>>();
  /** What the worker has of inputs to keep, by the name under which it has them. */
  private readonly kept = new Map<string, TensorData['data']>();
  private said: readonly Diagnostic[] = [];

  private readonly prefix: string;

  constructor(
    private readonly module: ModuleSpec,
    private readonly site: Site,
  ) {
    this.prefix = site.worker.nextPrefix();
  }

  readonly warnings = (): readonly Diagnostic[] => this.said;

  readonly call = async (
    entry: string,
    inputs: Inputs,
    options: CallOptions = {},
  ): Promise<Readonly<Record<string, TensorData>>> => {
    const program = this.module.entries[entry];
    if (program === undefined) throw new InternalError(`module ${this.module.name} has no entry ${entry}`);
    const sizes = sizesOfCall(this.module, program, inputs, options.sizes);
    const { signature, path } = await this.compiledFor(entry, sizes, options.budget);
    const work = this.workOf(entry, signature, path, inputs, sizes, options);
    const reply = await this.site.worker.call(work, options);
    // Only now the worker has them.
    if (reply.kind === 'done') this.noteKept(work, signature, inputs);
    return this.resultOf(entry, signature, sizes, reply);
  };

  readonly dispose = async (): Promise<void> => {
    this.kept.clear();
    this.site.worker.forget(this.prefix);
  };

  private async compiledFor(entry: string, sizes: Sizes, budget: number | undefined): Promise<CompiledProgram> {
    const program = this.module.entries[entry]!;
    if (!this.constants.has(entry)) this.constants.set(entry, new ConstantSizes(program));
    const constants = this.constants.get(entry)!.of(sizes);
    const refuse = ({ stored }: Signature): void => {
      const why = whyTooLarge(entry, stored, sizes, budget);
      if (why !== null) throw tooLarge(this.site.name, why);
    };
    const key = `${entry} ${JSON.stringify(constants)}`;
    const underWay = this.compiled.get(key) ?? compiledProgram(this.site, { entry, program, constants, sizes }, refuse);
    this.compiled.set(key, underWay);
    // Another call may succeed where this one failed.
    underWay.catch(() => this.compiled.delete(key));
    const found = await underWay;
    refuse(found.signature);
    const { unkept } = found;
    if (unkept !== null && this.said.length === 0) this.said = [diagnoseBackend('EBM519', null, { why: unkept })];
    return found;
  }

  private workOf(
    entry: string,
    { symbol, sizes: order, inputs: taken, outputs }: Signature,
    path: string,
    inputs: Inputs,
    sizes: Sizes,
    { keep = [], recycle = [], threads = this.site.threads() }: CallOptions,
  ): Work {
    const rooms = new Rooms(recycle);
    const sent = taken.map(({ name, element }): SentInput => this.sent(entry, name, element, inputs[name]!, keep.includes(name))); // prettier-ignore
    return {
      path,
      symbol,
      sizes: order.map((name) => sizes[name]!),
      inputs: sent,
      outputs: outputs.map(({ element, shape }) => {
        const length = evaluate(product(shape), sizes);
        return { element, length, room: rooms.take(element, length) };
      }),
      threads,
      memory: this.site.freeMemory(),
    };
  }

  private sent(entry: string, name: string, element: Element, { shape, data }: TensorData, keep: boolean): SentInput {
    if (shape.reduce((a, b) => a * b, 1) !== data.length)
      throw new InternalError(`input ${name}: ${data.length} numbers for shape [${shape.join(', ')}]`);
    const key = keep ? `${this.prefix}${name} ${element}` : null;
    if (key !== null && this.kept.get(key) === data) return { numbers: null, keep: key };
    const numbers = copied(data, element);
    if (numbers === null) throw tooLarge(this.site.name, whyNoRoom(entry, data.length * arrays[element].BYTES_PER_ELEMENT)); // prettier-ignore
    return { numbers, keep: key };
  }

  private noteKept({ inputs: sent }: Work, { inputs: taken }: Signature, inputs: Inputs): void {
    for (const [i, { keep }] of sent.entries()) if (keep !== null) this.kept.set(keep, inputs[taken[i]!.name]!.data);
  }

  private resultOf(
    entry: string,
    { outputs }: Signature,
    sizes: Sizes,
    reply: Reply,
  ): Readonly<Record<string, TensorData>> {
    const { toolchain, name } = this.site;
    switch (reply.kind) {
      case 'unloadable':
        throw compilerFailed(toolchain.version, 'unloadable', [reply.said]);
      case 'memory':
        throw tooLarge(name, whyNoRoom(entry, reply.bytes));
      case 'done':
        if (reply.stopped === 'gave up') throw new InternalError(`${entry} gave up while the process ended`);
        return Object.fromEntries(
          outputs.map(({ name: output, shape }, i) => [
            output,
            { shape: shape.map((dim) => evaluate(dim, sizes)), data: reply.outputs[i]! },
          ]),
        );
    }
  }
}
