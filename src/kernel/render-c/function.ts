// One C function under construction. In: lines that are rendered into it. Out: its text with what it must be given (loop variables
// and locals of the functions around it) and what it takes out of the call's record at its head (sizes and buffers).
// Functions are static; each is given the record of the call, and the number of the thread where it uses scratch.
import { print, type Dim } from '../../tensor/dims.ts';
import type { BufferId, LocalId, LoopId, Scalar } from '../kernel.ts';
import { int64Of } from './numbers.ts';
import type { Place } from './storage.ts';
import { Writer } from './writer.ts';

/** What all functions of an entry share. */
export interface EntryNames {
  /** The symbol of the entry, which other names at file scope begin with. */
  readonly symbol: string;
  /** The type of the call's record. */
  readonly record: string;
  readonly sizes: ReadonlyMap<string, string>;
  readonly places: readonly Place[];
  /** Dims that functions compute, by their print, and what they must stay below. */
  readonly dims: Map<string, { readonly dim: Dim; readonly below: string }>;
  /** Buffers that functions mention. */
  readonly buffers: Set<BufferId>;
}

type CType = 'int64_t' | 'int32_t' | 'real';
const cType: Readonly<Record<Scalar, CType>> = { real: 'real', int: 'int32_t' };
/** The field of eb_given that holds a variable of the type. */
const field: Readonly<Record<CType, string>> = { int64_t: 'i', int32_t: 'n', real: 'r' };

/** A variable of C that stands for a loop or a local, with its type. */
interface Variable {
  readonly name: string;
  readonly type: CType;
}

export class CFunction extends Writer {
  private readonly sizes = new Set<string>();
  private readonly buffers = new Set<BufferId>();
  private readonly own = new Set<string>();
  private readonly given = new Map<string, Variable>();
  /** Lines before and after all others. */
  private readonly first: string[] = [];
  private readonly last: string[] = [];
  private thread = false;
  private temporaries = 0;

  /** `returned` are locals that it makes for the function that calls it. */
  constructor(
    private readonly names: EntryNames,
    private readonly returned: readonly { readonly local: LocalId; readonly scalar: Scalar }[] = [],
  ) {
    super();
  }

  // -------------------------------------------------------------- what lines mention

  size(name: string): string {
    this.sizes.add(name);
    return this.names.sizes.get(name)!;
  }

  dim(dim: Dim): string {
    const key = print(dim);
    if (!this.names.dims.has(key)) this.names.dims.set(key, { dim, below: 'EB_MOST' });
    return int64Of(dim, (name) => this.size(name));
  }

  /** The dim must stay within what an int32_t holds. */
  holdsIn32(dim: Dim): void {
    this.names.dims.set(`32 bits: ${print(dim)}`, { dim, below: '2147483647.0' });
  }

  buffer(id: BufferId): string {
    this.names.buffers.add(id);
    if (this.names.places[id]!.kind === 'constant') return `${this.names.symbol}_b${id}`;
    this.buffers.add(id);
    if (this.names.places[id]!.perThread) this.thread = true;
    return `b${id}`;
  }

  /** Whether it must know on which thread it runs. */
  get usesThread(): boolean {
    return this.thread;
  }

  threadNumber(): string {
    this.thread = true;
    return 'thread';
  }

  loop(id: LoopId): string {
    return this.mention({ name: `i${id}`, type: 'int64_t' });
  }

  local(id: LocalId, scalar: Scalar): string {
    return this.mention({ name: `v${id}`, type: cType[scalar] });
  }

  private mention(variable: Variable): string {
    if (!this.own.has(variable.name)) this.given.set(variable.name, variable);
    return variable.name;
  }

  // -------------------------------------------------------------- what lines define

  defineLoop(id: LoopId): string {
    this.own.add(`i${id}`);
    return `i${id}`;
  }

  defineLocal(id: LocalId, scalar: Scalar, value: string): void {
    this.own.add(`v${id}`);
    this.line(`const ${cType[scalar]} v${id} = ${value};`);
    if (this.returned.some(({ local }) => local === id)) this.line(`*out_v${id} = v${id};`);
  }

  /** What is done first whenever the function is called, and last where it did not give up. */
  around(first: string, last: string): void {
    this.first.push(first);
    this.last.push(last);
  }

  /** A name for a variable that only the renderer knows. */
  temporary(prefix: string): string {
    return `${prefix}_${this.temporaries++}`;
  }

  // -------------------------------------------------------------- the finished text

  /** The call out of `caller`, which declares what comes back. */
  callFrom(caller: CFunction, name: string): string {
    for (const { local, scalar } of this.returned) {
      caller.own.add(`v${local}`);
      caller.line(`${cType[scalar]} v${local} = 0;`);
    }
    const pass = [...this.given.values()].map((variable) => caller.mention(variable));
    const back = this.returned.map(({ local }) => `&v${local}`);
    const thread = this.thread ? [caller.threadNumber()] : [];
    return `${name}(${['call', ...thread, ...pass, ...back].join(', ')})`;
  }

  /** The function, once everything in it was rendered. */
  text(name: string, linkage: 'static' | 'EB_NOINLINE' | 'EB_COLD'): readonly string[] {
    const parameters = [
      `${this.names.record} *const call EB_MAYBE`,
      ...(this.thread ? ['const int32_t thread'] : []),
      ...[...this.given.values()].map(({ name: of, type }) => `const ${type} ${of}`),
      ...this.returned.map(({ local, scalar }) => `${cType[scalar]} *const out_v${local}`),
    ];
    return [`${linkage} void ${name}(${parameters.join(', ')}) {`, ...this.body([]), '}'];
  }

  /** What `eb_share` gives to each part of a loop, out of `caller`: loop variables and locals around it. */
  givenFrom(caller: CFunction): string {
    const fields = [...this.given.values()].map(
      (variable) => `{.${field[variable.type]} = ${caller.mention(variable)}}`,
    );
    return fields.length === 0 ? 'NULL' : `(const eb_given[]){${fields.join(', ')}}`;
  }

  /** The function as `eb_share` calls it: for iterations `from` ≤ i < `end`; `starts` with the first of its thread. */
  partText(name: string): readonly string[] {
    const given = [...this.given.values()].map(({ name: of, type }, i) => `const ${type} ${of} = given[${i}].${field[type]};`); // prettier-ignore
    return [`EB_PART(${name}) {`, ...this.body([`${this.names.record} *const call EB_MAYBE = record;`, ...given]), '}'];
  }

  private body(first: readonly string[]): readonly string[] {
    const sizes = [...this.sizes].sort().map((size) => this.names.sizes.get(size)!);
    const head = [...first, ...sizes.map((size) => `const int64_t ${size} = call->${size};`)];
    for (const id of [...this.buffers].sort((a, b) => a - b)) {
      const { type, readOnly, perThread } = this.names.places[id]!;
      const value = perThread ? copyOfThread(this.names.places[id]!, 'thread') : `call->b${id}`;
      head.push(`${readOnly ? 'const ' : ''}${type} *const b${id} = ${value};`);
    }
    return [...head, ...this.first, ...this.lines, ...this.last].map((line) => `  ${line}`);
  }
}

/** Where a buffer of a thread's own stands. */
export const copyOfThread = ({ type, offset }: Place, thread: string): string =>
  `(${type} *)(void *)(call->scratch + ${thread} * call->scratch_bytes + ${offset})`;
