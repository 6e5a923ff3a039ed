// Where everything stands in the one memory. In: kernels under known sizes. Out: the first word of every buffer, and words for what
// the renderer itself keeps there.
import { product, evaluate } from '../../tensor/dims.ts';
import type { Buffer, BufferId, KernelProgram } from '../kernel.ts';
import { planMemory } from '../memory.ts';
import { visitStatements } from '../visit.ts';
import { routineFacts } from './routines.ts';

/** Buffers begin at multiples of 16 words: 64 bytes, a line of most caches. */
const aligned = (words: number): number => Math.ceil(words / 16) * 16;

export class Layout {
  private end = 0;
  private readonly bases = new Map<BufferId, number>();
  private readonly seeds = new Map<BufferId, number>();
  readonly workspace: number;
  readonly stop: number;

  constructor(
    private readonly kernels: KernelProgram,
    private readonly sizes: Readonly<Record<string, number>>,
  ) {
    const { arena } = planMemory(kernels, { sizes, bytesOfEntry: () => 4 });
    const slots = arena.slots.map(({ bytes }) => this.take(Math.max(...bytes.map((dim) => evaluate(dim, sizes))) / 4));
    for (const [buffer, slot] of arena.place) this.bases.set(buffer, slots[slot]!);
    kernels.buffers.forEach((_, id) => {
      if (!this.bases.has(id)) this.bases.set(id, this.take(this.entries(id)));
    });
    for (const { buffer } of kernels.inputs) if (kernels.buffers[buffer]!.shape.length === 0) this.seeds.set(buffer, this.take(1)); // prettier-ignore
    this.workspace = this.take(this.workspaceWords());
    this.stop = this.take(1);
  }

  shapeOf(buffer: BufferId): readonly number[] {
    return this.buffer(buffer).shape.map((dim) => evaluate(dim, this.sizes));
  }

  entries(buffer: BufferId): number {
    return evaluate(product(this.buffer(buffer).shape), this.sizes);
  }

  /** Words that nothing else has. */
  take(words: number): number {
    const base = this.end;
    this.end += aligned(Math.max(1, words));
    return base;
  }

  get words(): number {
    return this.end;
  }

  readonly baseOf = (buffer: BufferId): number => this.bases.get(buffer)!;
  readonly seedWord = (buffer: BufferId): number | null => this.seeds.get(buffer) ?? null;

  private buffer(id: BufferId): Buffer {
    return this.kernels.buffers[id]!;
  }

  /** Routines run one after the other: the largest need of any. */
  private workspaceWords(): number {
    let most = 0;
    visitStatements(this.kernels.body, {
      statement: (s) => {
        if (s.kind !== 'routine') return;
        const { batch, workspace } = routineFacts(s, (buffer) => this.shapeOf(buffer));
        most = Math.max(most, batch * workspace);
      },
    });
    return most;
  }
}
