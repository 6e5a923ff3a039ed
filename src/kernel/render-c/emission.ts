// Where a statement is being rendered: the function, what holds around it, and the entry that collects finished functions.
import { scale, type Dim } from '../../tensor/dims.ts';
import { Fresh } from '../fresh.ts';
import type { BufferId, Index, KernelProgram, LocalId, LoopId, Statement } from '../kernel.ts';
import { CFunction, type EntryNames } from './function.ts';
import type { Real } from './numbers.ts';
import { boundOf, rangesOf } from './sizes.ts';
import type { Place, Region } from './storage.ts';
import { localsWanted } from './wanted.ts';

/** One entry under construction. */
export class EntryEmission {
  readonly functions: (readonly string[])[] = [];
  /** Doubles that routines work in, as C of the layout function: on all threads, and on one. */
  readonly routineSpaces = new Map<string, string>();
  /** Locals on which anything depends. */
  readonly wanted: ReadonlySet<LocalId>;
  private readonly fresh: Fresh;
  private readonly ranges: ReadonlyMap<LoopId, Dim>;
  private made = 0;
  private space = false;
  private readonly reserved: Region['open'][number][] = [];

  constructor(
    readonly kernels: KernelProgram,
    readonly real: Real,
    readonly names: EntryNames,
    private readonly used: Set<string>,
  ) {
    this.ranges = rangesOf(kernels);
    this.wanted = localsWanted(kernels);
    this.fresh = new Fresh(kernels);
  }

  /** A local that no statement makes. */
  freshLocal(): LocalId {
    return this.fresh.local();
  }

  /** What an index stays below, where that is known. */
  boundOf(index: Index): readonly Dim[] {
    const bound = boundOf(index, this.ranges);
    return bound === null ? [] : [bound];
  }

  get places(): readonly Place[] {
    return this.names.places;
  }

  /** A function of the runtime that the text calls. */
  uses(name: string): void {
    this.used.add(name);
  }

  functionName(): string {
    return `${this.names.symbol}_${this.made++}`;
  }

  /** A product is there: threads need packing space. */
  needsSpace(): void {
    this.space = true;
  }

  get hasSpace(): boolean {
    return this.space;
  }

  needsDoubles(count: (threads: string) => string): void {
    this.routineSpaces.set(count('threads'), count('1'));
  }

  /** Room for so many reals for each thread; gives the field of the record that tells where. */
  reserveOfThread(count: Dim): string {
    const field = `of_product_${this.reserved.length}`;
    this.reserved.push({ bytes: [scale(count, this.real === 'float' ? 4 : 8)], field });
    return field;
  }

  get reservedOfThread(): Region['open'] {
    return this.reserved;
  }
}

export interface Emission {
  readonly fn: CFunction;
  readonly entry: EntryEmission;
  /** Inside a loop that threads share: what stands here runs on one thread. */
  readonly threaded: boolean;
  /** The function for a part of that loop, and the private sums that it adds to; null outside. */
  readonly part: { readonly fn: CFunction; readonly sums: ReadonlySet<BufferId> } | null;
  /** Inside any loop: runs more than once. */
  readonly inLoop: boolean;
  /** In a function that runs once and has no long loops. */
  readonly cold: boolean;
  /** Inside a loop whose iterations are lanes: nothing may leave it, and a call would end the lanes. */
  readonly inLanes: boolean;
}

export type RenderStatements = (statements: readonly Statement[], e: Emission) => void;

export const startOf = (entry: EntryEmission): Emission => ({
  fn: new CFunction(entry.names),
  entry,
  threaded: false,
  part: null,
  inLoop: false,
  cold: false,
  inLanes: false,
});
