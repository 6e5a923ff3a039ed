// The memory of the interpreter. Every entry knows which buffer wrote it and when, so that each access can be judged: within
// its buffer, written before it is read, and not disturbed by another iteration of a parallel loop around it. In: accesses by
// buffer and offset. Out: numbers; InternalError where an access is wrong. Ints are kept as float64 too.
import { InternalError } from '../../diagnostics/diagnostic.ts';
import type { Buffer, BufferId } from '../kernel.ts';

/** Entries; buffers that share a place share these. Times count iterations and loops from the start of the run. */
interface Cells {
  readonly values: Float64Array;
  /** The buffer that wrote the entry last, or -1. */
  readonly writer: Int32Array;
  readonly writtenAt: Float64Array;
  /** The time of the last read, and of the last one before that was at another time. */
  readonly readAt: Float64Array;
  readonly readBefore: Float64Array;
}

/** An iteration of a parallel loop that is under way. What was touched from `loopStart` on and before `iterationStart` was
 *  touched by another iteration of the same loop. */
interface Iteration {
  readonly loopStart: number;
  readonly iterationStart: number;
  /** Private copies belong to a thread, not to an iteration. */
  readonly exempt: ReadonlySet<BufferId>;
}

const cellsOf = (count: number): Cells => ({
  values: new Float64Array(count),
  writer: new Int32Array(count).fill(-1),
  writtenAt: new Float64Array(count),
  readAt: new Float64Array(count),
  readBefore: new Float64Array(count),
});

export class Memory {
  private readonly cells: readonly Cells[];
  private readonly iterations: Iteration[] = [];
  private time = 0;

  /** `counts` are the entries of each buffer; buffers with one key of `places` share memory. */
  constructor(
    private readonly buffers: readonly Buffer[],
    private readonly counts: readonly number[],
    places: ReadonlyMap<BufferId, string> = new Map(),
  ) {
    const sizes = new Map<string, number>();
    for (const [id, place] of places) sizes.set(place, Math.max(sizes.get(place) ?? 0, counts[id]!));
    const shared = new Map([...sizes].map(([place, count]) => [place, cellsOf(count)]));
    this.cells = counts.map((count, id) => shared.get(places.get(id) ?? '') ?? cellsOf(count));
  }

  /** Given numbers, which no statement writes. */
  load(buffer: BufferId, values: ArrayLike<number>): void {
    this.cells[buffer]!.values.set(values);
    this.cells[buffer]!.writer.fill(buffer);
  }

  /** Every entry gets this number. */
  fill(buffer: BufferId, value: number): void {
    this.renew(buffer, buffer);
    this.cells[buffer]!.values.fill(value, 0, this.counts[buffer]!);
  }

  /** As if never written. */
  forget(buffer: BufferId): void {
    this.renew(buffer, -1);
  }

  private renew(buffer: BufferId, by: BufferId): void {
    const { writer, writtenAt, readAt, readBefore } = this.cells[buffer]!;
    const count = this.counts[buffer]!;
    writer.fill(by, 0, count);
    for (const times of [writtenAt, readAt, readBefore]) times.fill(this.time, 0, count);
  }

  read(buffer: BufferId, offset: number, describe: () => string): number {
    this.checkBounds(buffer, offset, describe);
    const { values, writer, writtenAt, readAt, readBefore } = this.cells[buffer]!;
    if (writer[offset] !== buffer) {
      const by = writer[offset]!;
      const what = by < 0 ? 'was never written' : `was overwritten by ${this.name(by)}, which shares its place`;
      throw new InternalError(`${describe()}: entry ${offset} of ${this.name(buffer)} ${what}`);
    }
    this.checkRace(buffer, offset, writtenAt[offset]!, 'reads what another iteration wrote', describe);
    if (readAt[offset] !== this.time) {
      readBefore[offset] = readAt[offset]!;
      readAt[offset] = this.time;
    }
    return values[offset]!;
  }

  write(buffer: BufferId, offset: number, value: number, describe: () => string): void {
    this.checkBounds(buffer, offset, describe);
    const { values, writer, writtenAt, readAt, readBefore } = this.cells[buffer]!;
    this.checkRace(buffer, offset, writtenAt[offset]!, 'writes what another iteration wrote', describe);
    for (const times of [readAt, readBefore])
      this.checkRace(buffer, offset, times[offset]!, 'writes what another iteration read', describe);
    values[offset] = this.buffers[buffer]!.scalar === 'int' ? value | 0 : value;
    writer[offset] = buffer;
    writtenAt[offset] = this.time;
  }

  /** All numbers of a buffer, each read. */
  readAll(buffer: BufferId, describe: () => string): Float64Array {
    return Float64Array.from({ length: this.counts[buffer]! }, (_, offset) => this.read(buffer, offset, describe));
  }

  /** Runs the iterations of a loop, in the order given, as ones that must not see each other. */
  inParallel(order: Iterable<() => void>, exempt: ReadonlySet<BufferId>): void {
    const loopStart = ++this.time;
    for (const iteration of order) {
      this.iterations.push({ loopStart, iterationStart: ++this.time, exempt });
      iteration();
      this.iterations.pop();
    }
    this.time++;
  }

  private checkBounds(buffer: BufferId, offset: number, describe: () => string): void {
    if (!(Number.isInteger(offset) && offset >= 0 && offset < this.counts[buffer]!))
      throw new InternalError(
        `${describe()}: entry ${offset} of ${this.name(buffer)}, which has ${this.counts[buffer]!} entries`,
      );
  }

  private checkRace(buffer: BufferId, offset: number, at: number, what: string, describe: () => string): void {
    for (const { loopStart, iterationStart, exempt } of this.iterations)
      if (at >= loopStart && at < iterationStart && !exempt.has(buffer))
        throw new InternalError(`${describe()}: ${what} (entry ${offset} of ${this.name(buffer)})`);
  }

  private name(buffer: BufferId): string {
    return `%${buffer} ${this.buffers[buffer]!.name}`;
  }
}
