// The living part of program building: the growing list of instructions, value numbering, and nested builders that
// capture outer values. In: instructions one at a time. Out: Values (handles) and in the end a Program.
// `Builder` (builder.ts) adds the operations; nothing else extends this class.
import { InternalError } from '../../diagnostics/diagnostic.ts';
import { printShape, type Dim } from '../dims.ts';
import type { DType, Instr, Program, ValueId, ValueInfo } from '../program.ts';
import { resultsOf } from '../shape-rules.ts';
import type { Builder } from '../builder.ts';

/** A handle on one value of the program under construction. */
export interface Value {
  readonly id: ValueId;
  readonly shape: readonly Dim[];
  readonly dtype: DType;
  readonly builder: Builder;
}

/** Wherever a Value is expected, a number stands for a scalar constant. */
export type Argument = Value | number;

// Omit distributes over the union: every instruction without its results.
type WithoutOut<I> = I extends Instr ? Omit<I, 'out'> : never;
export type NewInstr = WithoutOut<Instr>;

/** Literals longer than this are not compared with earlier ones. */
const numberedLiteral = 4096;

export abstract class BuilderCore {
  readonly instrs: Instr[] = [];
  private readonly handles: Value[] = [];
  private readonly producers: (Instr | null)[] = [];
  private readonly inputs: { name: string; id: ValueId }[] = [];
  private readonly numbering = new Map<string, readonly Value[]>();
  private readonly captures = new Map<ValueId, Value>();
  private randoms = 0;

  constructor(readonly parent: Builder | null = null) {}

  protected abstract self(): Builder;
  abstract constant(value: number, dtype?: DType): Value;
  abstract dim(dim: Dim): Value;

  private newValue(info: ValueInfo, producer: Instr | null): Value {
    const value: Value = { id: this.handles.length, shape: info.shape, dtype: info.dtype, builder: this.self() };
    this.handles.push(value);
    this.producers.push(producer);
    return value;
  }

  /** A named input of the program. Names are unique; the order of calls is the order of inputs. */
  input(name: string, shape: readonly Dim[], dtype: DType = 'float'): Value {
    if (this.inputs.some((i) => i.name === name)) throw new InternalError(`input ${name} is declared twice`);
    const value = this.newValue({ shape, dtype }, null);
    this.inputs.push({ name, id: value.id });
    return value;
  }

  /** Appends an instruction, or returns the results of an equal earlier one. `declared` where the instruction itself does
   *  not determine its shape (constant, iota, random, scatter-add). */
  emit(instr: NewInstr, declared: readonly ValueInfo[] = []): readonly Value[] {
    const results = resultsOf({ ...instr, out: [] } as unknown as Instr, (id) => this.handle(id), declared);
    const key = this.keyOf(instr, results);
    const known = key === null ? undefined : this.numbering.get(key);
    if (known !== undefined) return known;
    const out: ValueId[] = [];
    const finished = { ...instr, out } as unknown as Instr;
    this.instrs.push(finished);
    const values = results.map((info) => this.newValue(info, finished));
    out.push(...values.map((v) => v.id));
    if (key !== null) this.numbering.set(key, values);
    return values;
  }

  /** The same numbers under a new identity: a value that equals no earlier one for value numbering, so that derivatives
   *  with respect to it are its own (two probes that are both zero, two factors with one formula). Passes remove it later. */
  distinct(value: Value): Value {
    const arg = this.use(value);
    const out: ValueId[] = [];
    const instr = { op: 'view', arg: arg.id, view: { kind: 'reshape', shape: arg.shape }, out } as unknown as Instr;
    this.instrs.push(instr);
    const result = this.newValue(arg, instr);
    out.push(result.id);
    return result;
  }

  private keyOf(instr: NewInstr, results: readonly ValueInfo[]): string | null {
    switch (instr.op) {
      case 'random':
      case 'scan':
      case 'while':
        return null;
      case 'constant':
        if (typeof instr.value !== 'number' && instr.value.length > numberedLiteral) return null;
        // JSON has no NaN, Infinity or -0.
        return `constant ${typeof instr.value === 'number' ? printNumber(instr.value) : instr.value.map(printNumber).join()} ${printResults(results)}`;
      default:
        return `${JSON.stringify(instr)} ${printResults(results)}`;
    }
  }

  handle(id: ValueId): Value {
    return this.handles[id] ?? bug(`no value ${id} in this builder`);
  }

  /** The instruction that computes a value of this builder; null for inputs and captured values. */
  producer(value: Value): Instr | null {
    return this.producers[this.use(value).id] ?? null;
  }

  /** This builder's handle on a value of itself or of any enclosing builder (which is then captured); scalar constants
   *  and sizes are made anew instead. Throws InternalError for a value of an unrelated or inner builder. */
  use(value: Argument): Value {
    if (typeof value === 'number') return this.constant(value);
    if (value.builder === this.self()) return value;
    if (this.parent === null) return bug(`value ${value.id} ${printShape(value.shape)} belongs to another builder`);
    const outer = this.parent.use(value);
    const known = this.captures.get(outer.id);
    if (known !== undefined) return known;
    const producer = this.parent.producer(outer);
    const local =
      producer?.op === 'constant' && typeof producer.value === 'number'
        ? this.constant(producer.value, outer.dtype)
        : producer?.op === 'dim'
          ? this.dim(producer.dim)
          : this.newValue(outer, null);
    this.captures.set(outer.id, local);
    return local;
  }

  /** Outer values captured so far, with their local handles. */
  captured(): readonly { readonly outer: Value; readonly local: Value }[] {
    return [...this.captures]
      .map(([outer, local]) => ({ outer: this.parent!.handle(outer), local }))
      .filter(({ local }) => this.producers[local.id] === null);
  }

  /** Makes a new identity for one `random` instruction, unique in the whole program. */
  protected nextRandom(): number {
    return this.parent === null ? this.randoms++ : this.parent.nextRandom();
  }

  /** Closes the program. `captured` lists outer values that become inputs after the declared ones, in this order. */
  finish(outputs: Readonly<Record<string, Argument>>, captured: readonly Value[] = []): Program {
    const named = Object.entries(outputs).map(([name, value]) => ({ name, id: this.use(value).id }));
    const extra = captured.map((outer, i) => ({ name: `captured${i}`, id: this.useAsInput(outer).id }));
    return {
      inputs: [...this.inputs, ...extra],
      instrs: [...this.instrs],
      values: this.handles.map(({ shape, dtype }) => ({ shape, dtype })),
      outputs: named,
    };
  }

  private useAsInput(outer: Value): Value {
    const local = this.use(outer);
    return this.producers[local.id] === null ? local : bug(`value ${outer.id} is a constant and needs no capture`);
  }
}

const bug = (text: string): never => {
  throw new InternalError(text);
};
const printNumber = (value: number): string => (Object.is(value, -0) ? '-0' : String(value));
const printResults = (results: readonly ValueInfo[]): string =>
  results.map((r) => `${r.dtype}${printShape(r.shape)}`).join();
