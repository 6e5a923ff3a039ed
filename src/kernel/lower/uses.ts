// Who reads what, in one program while it is decided what is stored. In: reads of entries, by nest. Out: for each value where and
// how often it is read; a value read twice at one index in one nest is read once.
import type { Dim } from '../../tensor/dims.ts';
import { producersOf } from '../../tensor/instructions.ts';
import type { Instr, Program, ValueId } from '../../tensor/program.ts';
import { ofLoop } from '../index-arithmetic.ts';
import type { Index, KernelTarget } from '../kernel.ts';
import { printIndex } from '../print-expressions.ts';
import { entries, lengthsOf, type Contract } from './contract-form.ts';
import { broadcastIndex, contractReads, readsOf, type Inlinable, type Read } from './reads.ts';

/** Reads of one entry in one nest. */
export interface Use {
  readonly nest: number;
  readonly indices: readonly Index[];
  /** How often it is computed if it is not stored. */
  readonly times: number;
}
/** A value that must have a buffer: one of any layout, or one of its own. */
export type Need = 'buffer' | 'whole';

/** Numbers that are unique in one decision. */
export class Numbers {
  private readonly lengths: Dim[] = [];
  private readonly computed = new Map<string, number>();
  private last = 0;

  readonly next = (): number => this.last++;
  readonly lengthOf = (loop: number): Dim => this.lengths[loop]!;

  loop(length: Dim): Index {
    return ofLoop(this.lengths.push(length) - 1);
  }

  /** The same for the same entry of the same value. */
  entry(scope: number, { value, indices }: Read): number {
    const key = `${scope}:${value}[${indices.map(printIndex).join(', ')}]`;
    const known = this.computed.get(key) ?? this.computed.size;
    this.computed.set(key, known);
    return known;
  }
}

export class Uses {
  readonly needs = new Map<ValueId, Need>();
  readonly producers: ReadonlyMap<ValueId, Instr>;
  private readonly uses = new Map<ValueId, Map<string, Use>>();
  private readonly scope: number;

  constructor(
    readonly program: Program,
    /** How often the program runs. */
    readonly runs: number,
    readonly target: KernelTarget,
    readonly numbers: Numbers,
  ) {
    this.scope = numbers.next();
    this.producers = producersOf(program);
  }

  of(value: ValueId): readonly Use[] {
    return [...(this.uses.get(value)?.values() ?? [])];
  }

  shapeOf(value: ValueId): readonly Dim[] {
    return this.program.values[value]!.shape;
  }

  /** Entries of a shape, in all runs. */
  count(shape: readonly Dim[]): number {
    return this.runs * entries(shape, this.target);
  }

  /** An index in a new nest over a shape. */
  point(shape: readonly Dim[]): readonly Index[] {
    return shape.map((length) => this.numbers.loop(length));
  }

  /** A new nest over all entries of a shape. */
  nestOver(shape: readonly Dim[]): Use {
    return { nest: this.numbers.next(), indices: this.point(shape), times: this.count(shape) };
  }

  /** The value is read, broadcast where its shape is another than that of the nest. */
  add(value: ValueId, { nest, indices, times }: Use): void {
    const own = this.shapeOf(value);
    const use = { nest, indices: broadcastIndex(own, indices), times };
    const uses = this.uses.get(value) ?? new Map<string, Use>();
    this.uses.set(value, uses);
    const key = `${nest}[${use.indices.map(printIndex).join(', ')}]`;
    const known = uses.get(key);
    if (known === undefined || known.times < times) uses.set(key, use);
  }

  /** A product takes operands of any layout: what a view looks at needs the buffer. */
  need(value: ValueId, need: Need, itself = need === 'whole'): void {
    const instr = this.producers.get(value);
    if (!itself && instr?.op === 'view' && instr.view.kind !== 'pad') return this.need(instr.arg, need);
    if (this.needs.get(value) !== 'whole') this.needs.set(value, need);
  }

  /** One use of an inlined value is uses of its operands; of a part of a whole, only as often as it is met. */
  spread(instr: Inlinable, { nest, indices, times }: Use): void {
    const all = this.count(this.shapeOf(instr.out[0]));
    const parts = instr.op === 'concat' || (instr.op === 'view' && instr.view.kind === 'pad');
    const { lengthOf } = this.numbers;
    const computed = (read: Read): number => this.numbers.entry(this.scope, read);
    for (const { value, indices: at } of readsOf(this.program, instr, indices, lengthOf, computed)) {
      const share = parts && all > 0 ? this.count(this.shapeOf(value)) / all : 1;
      this.add(value, { nest, indices: at, times: times * share });
    }
  }

  /** Operands of a contraction at each of its terms, as often as `share` of them. */
  addTerms(instr: Contract, nest: number, share: number): ReadonlyMap<number, Index> {
    const lengths = lengthsOf(this.program, instr);
    const at = new Map([...lengths].map(([label, length]) => [label, this.numbers.loop(length)]));
    const times = share * this.count([...lengths.values()]);
    for (const { value, indices } of contractReads(instr, at)) this.add(value, { nest, indices, times });
    return at;
  }
}
