// What lowering keeps while it goes through a program: buffers, loops and locals handed out in order, and for each program (the
// outer one, the bodies of loops) where its values are. In: requests. Out: ids that depend on nothing but their order.
import { isOne, type Dim } from '../../tensor/dims.ts';
import type { Instr, Program, ValueId } from '../../tensor/program.ts';
import { extentOf } from '../extents.ts';
import { stridesOfShape, zero } from '../index-arithmetic.ts';
import type { Access, Buffer, BufferId, Expr, Index, KernelTarget, LocalId, Loop, LoopId, Statement } from '../kernel.ts'; // prettier-ignore
import type { Guards } from './guards.ts';
import type { Place, Target } from './places.ts';

/** Where the entries of a value come from. */
export type Source =
  | { readonly kind: 'stored'; readonly place: Place }
  /** Computed from its operands wherever it is read. */
  | { readonly kind: 'computed'; readonly instr: Instr }
  /** A value of a program around this one, or (leading indices) a part of it. */
  | {
      readonly kind: 'outer';
      readonly scope: Scope;
      readonly value: ValueId;
      readonly leading: readonly Index[];
    }
  | { readonly kind: 'scalar'; readonly expr: Expr };

/** Which values of a program are stored, and the same of the programs in its loops, by instruction and in the order of
 *  nestedPrograms. */
export interface Decisions {
  readonly stored: ReadonlySet<ValueId>;
  readonly guards: Guards;
  readonly nested: ReadonlyMap<Instr, readonly Decisions[]>;
}

/** What a body adds to carries instead of making their next value. */
export interface ScopeAdditions {
  /** By the value that the sum would be; the term, where no instruction adds it by itself. */
  readonly sums: ReadonlyMap<ValueId, { readonly term: ValueId | null; readonly target: Target }>;
  /** By the term. */
  readonly terms: ReadonlyMap<ValueId, Target>;
}

/** One program while it is lowered. */
export interface Scope {
  /** Unique: two scopes may hold one program. */
  readonly number: number;
  /** What names of its buffers begin with: `%12.` in the body of the loop that makes %12. */
  readonly prefix: string;
  readonly program: Program;
  readonly context: Context;
  readonly decisions: Decisions;
  readonly sources: Map<ValueId, Source>;
  /** Where results have to end, by value. */
  readonly destinations: ReadonlyMap<ValueId, readonly Target[]>;
  readonly additions: ScopeAdditions;
  readonly statements: Statement[];
}

export class Context {
  readonly buffers: Buffer[] = [];
  private readonly loopLengths: Dim[] = [];
  private readonly strides: (readonly Dim[])[] = [];
  private locals = 0;
  private scopes = 0;

  constructor(readonly target: KernelTarget) {}

  buffer(buffer: Buffer): BufferId {
    this.strides.push(stridesOfShape(buffer.shape));
    return this.buffers.push(buffer) - 1;
  }

  loop(length: Dim): Loop {
    return { id: this.loopLengths.push(length) - 1, extent: extentOf(length) };
  }

  readonly lengthOf = (loop: LoopId): Dim => this.loopLengths[loop]!;

  /** How many loops there are; `forgetLoops` takes back those made since. */
  get loopCount(): number {
    return this.loopLengths.length;
  }

  forgetLoops(count: number): void {
    this.loopLengths.length = count;
  }

  local(): LocalId {
    return this.locals++;
  }

  scopeNumber(): number {
    return this.scopes++;
  }

  access({ buffer, at: position }: Place, indices: readonly Index[]): Access {
    const { shape } = this.buffers[buffer]!;
    const at = position(indices).map((index, axis) => (isOne(shape[axis]!) ? zero : index));
    return { buffer, at, strides: this.strides[buffer]! };
  }
}
