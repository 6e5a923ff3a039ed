// What the verifier knows while it goes through the statements: which loops, locals and scratch are in sight, what was read and
// written. In: kernels. Out: problems, as sentences.
import type { Buffer, BufferId, KernelProgram, LocalId, Loop, LoopId, Scalar } from '../kernel.ts';

export class Context {
  readonly problems: string[] = [];
  readonly written = new Set<BufferId>();
  readonly read = new Set<BufferId>();
  /** Every loop and local ever made: ids are unique in a program. */
  private readonly made = { loops: new Set<LoopId>(), locals: new Set<LocalId>() };
  private readonly loops = new Map<LoopId, Loop>();
  private readonly locals = new Map<LocalId, Scalar>();
  private readonly scratch = new Set<BufferId>();
  private readonly listed = new Set<BufferId>();

  constructor(readonly kernels: KernelProgram) {}

  report(problem: string): void {
    this.problems.push(problem);
  }

  /** A buffer that is used; null, and a problem, where there is none or it is scratch out of sight. */
  buffer(id: BufferId, where: () => string): Buffer | null {
    const buffer = this.kernels.buffers[id];
    if (buffer === undefined) this.report(`${where()}: there is no buffer %${id}`);
    else if (buffer.storage === 'scratch' && !this.scratch.has(id))
      this.report(`${where()}: scratch %${id} is used outside of the loop that lists it`);
    return buffer ?? null;
  }

  reads(id: BufferId): void {
    this.read.add(id);
  }

  writes(id: BufferId, where: () => string): void {
    this.written.add(id);
    const storage = this.kernels.buffers[id]?.storage;
    if (storage === 'input' || storage === 'constant') this.report(`${where()}: writes the ${storage} %${id}`);
  }

  loopOf(id: LoopId): Loop | null {
    return this.loops.get(id) ?? null;
  }

  scalarOf(local: LocalId): Scalar | null {
    return this.locals.get(local) ?? null;
  }

  makeLocal(local: LocalId, scalar: Scalar): void {
    if (this.made.locals.has(local)) this.report(`v${local} is made twice`);
    this.made.locals.add(local);
    this.locals.set(local, scalar);
  }

  /** Runs `inside` with the loops and scratch in sight; what it makes is out of sight afterwards. */
  within(loops: readonly Loop[], scratch: readonly BufferId[], inside: () => void): void {
    for (const loop of loops) this.enter(loop);
    for (const id of scratch) this.list(id);
    const before = new Map(this.locals);
    inside();
    for (const local of this.locals.keys()) if (!before.has(local)) this.locals.delete(local);
    for (const id of scratch) this.scratch.delete(id);
    for (const loop of loops) this.loops.delete(loop.id);
  }

  private enter(loop: Loop): void {
    const { id, extent } = loop;
    if (this.made.loops.has(id)) this.report(`loop i${id} is made twice`);
    this.made.loops.add(id);
    if (extent.kind === 'tile' && this.loops.get(extent.tile)?.extent.kind !== 'tiles')
      this.report(`loop i${id} runs through a tile of i${extent.tile}, which is no loop over tiles around it`);
    if (extent.kind !== 'dim' && !(Number.isInteger(extent.size) && extent.size > 0))
      this.report(`loop i${id} has tiles of ${extent.size}`);
    this.loops.set(id, loop);
  }

  private list(id: BufferId): void {
    const storage = this.kernels.buffers[id]?.storage;
    if (storage !== 'scratch') this.report(`%${id} is listed as scratch and is ${storage ?? 'no buffer'}`);
    if (this.listed.has(id)) this.report(`scratch %${id} is listed twice`);
    this.listed.add(id);
    this.scratch.add(id);
  }
}
