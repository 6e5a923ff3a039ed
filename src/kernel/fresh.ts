// New loops, locals and buffers for a pass. In: a kernel program. Out: functions that give ids not yet used, and the program with
// what was made. The one thing in this folder with a state: it lives as long as a pass runs.
import type { Buffer, BufferId, KernelProgram, LocalId, LoopId, Statement } from './kernel.ts';
import { visitStatements } from './visit.ts';

export class Fresh {
  private readonly buffers: Buffer[];
  private loops = 0;
  private locals = 0;

  /** With `from`, a copy of it: its ids are given anew. */
  constructor(
    private readonly kernels: KernelProgram,
    from?: Fresh,
  ) {
    this.buffers = [...(from?.buffers ?? kernels.buffers)];
    if (from !== undefined) {
      [this.loops, this.locals] = [from.loops, from.locals];
      return;
    }
    const loop = (id: LoopId): void => void (this.loops = Math.max(this.loops, id + 1));
    const local = (id: LocalId): void => void (this.locals = Math.max(this.locals, id + 1));
    visitStatements(kernels.body, {
      statement: (s) => {
        if (s.kind === 'loop' || s.kind === 'while') loop(s.loop.id);
        else if (s.kind === 'let') local(s.local);
        else if (s.kind === 'product') [s.rows, s.columns, s.inner].forEach((l) => loop(l.id));
        else if (s.kind === 'reduce') {
          s.loops.forEach((l) => loop(l.id));
          [...s.lets, ...s.accumulators].forEach((made) => local(made.local));
        }
      },
    });
  }

  /** For trying: what it makes is not real until it is taken. */
  draft(): Fresh {
    return new Fresh(this.kernels, this);
  }

  take(draft: Fresh): void {
    this.buffers.push(...draft.buffers.slice(this.buffers.length));
    [this.loops, this.locals] = [draft.loops, draft.locals];
  }

  loop(): LoopId {
    return this.loops++;
  }

  local(): LocalId {
    return this.locals++;
  }

  buffer(buffer: Buffer): BufferId {
    return this.buffers.push(buffer) - 1;
  }

  bufferOf(id: BufferId): Buffer {
    return this.buffers[id]!;
  }

  /** The program with another body and all buffers that were made. */
  finish(body: readonly Statement[]): KernelProgram {
    return { ...this.kernels, buffers: this.buffers, body };
  }
}
