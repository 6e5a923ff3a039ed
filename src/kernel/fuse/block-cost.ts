// What a row block would save and how many rows a tile of it has. In: the statements of a group, their binding, sizes. Out: the
// intermediates that become scratch, the rows of a tile, bytes of memory traffic saved; null where it is not worth it.
import { evaluate, type Dim } from '../../tensor/dims.ts';
import type { Buffer, BufferId, KernelTarget, LoopId } from '../kernel.ts';
import { peakBytes, scratchOf } from './block-scratch.ts';
import type { Roles } from './roles.ts';
import { innermostRuns, isSteps, starts } from './steps.ts';
import type { Unit } from './units.ts';

export interface Group {
  readonly units: readonly Unit[];
  readonly rows: Dim;
  readonly rowLoops: ReadonlySet<LoopId>;
  readonly roles: Roles;
}

export interface Choice {
  readonly scratch: readonly BufferId[];
  readonly size: number;
  /** Bytes that need not go to memory and back, a call. */
  readonly saves: number;
}

export interface Known {
  readonly target: KernelTarget;
  readonly bufferOf: (id: BufferId) => Buffer;
  /** How many units of the list touch a buffer that nothing outside of the list touches. */
  readonly users: ReadonlyMap<BufferId, number>;
}

const [LEAST_ROWS, MOST_ROWS] = [8, 256];
/** As many tiles as this keep many threads busy to the end, as long as a tile has the rows that a product is good at; as many as
 *  that are made in any case. */
const [MANY_TILES, GOOD_ROWS, FEWEST_TILES] = [32, 32, 8];
/** Starting all threads for one more step of a serial loop, as the traffic that takes as long. */
const START_BYTES = 1 << 15;
/** Below this much traffic saved, a block costs more in starts of its loops than it brings. */
const WORTH_BYTES = 1 << 15;
/** A scatter of this many terms, by itself, is worth threads. */
const MUCH_WORK = 1 << 15;

export const bytesOf = (shape: readonly Dim[], { sizes, bytesOfReal }: KernelTarget): number =>
  shape.reduce<number>((product, dim) => product * evaluate(dim, sizes), bytesOfReal);

/** Of a buffer that every thread has a copy of: it stays in the cache beside the intermediates. */
export const mostPrivateBytes = ({ blockBytes }: KernelTarget): number => blockBytes / 4;

export const chooseBlock = ({ units, rows, rowLoops, roles }: Group, known: Known): Choice | null => {
  const { target, bufferOf } = known;
  const count = evaluate(rows, target.sizes);
  if (count < 2 * LEAST_ROWS) return null;
  const ofRow = (id: BufferId): number => bytesOf(bufferOf(id).shape, target) / count;
  const statements = units.flatMap((unit) => unit.statements);
  const chosen = scratchOf(units, roles, bufferOf, known.users).toSorted((a, b) => ofRow(a) - ofRow(b));
  const peak = (): number => peakBytes(statements, new Set(chosen), ofRow, rowLoops);
  let rowBytes = peak();
  while (rowBytes * LEAST_ROWS > target.blockBytes) {
    chosen.pop();
    rowBytes = peak();
  }
  const size = tileSize(Math.min(target.blockBytes / Math.max(rowBytes, 1), rowsForThreads(count)));
  const scratch = new Set(chosen);
  let saves = 0;
  for (const [id, role] of roles.own) {
    const uses = units.filter((unit) => unit.effects.buffers.has(id)).length;
    if (role.kind === 'aligned' && uses > 1) saves += ofRow(id) * count * (scratch.has(id) ? uses : uses - 1);
  }
  for (const s of statements) if (isSteps(s, rowLoops)) saves += START_BYTES * (starts(s, rowLoops, target) - 1);
  // Lone reductions and products find their threads in the schedule.
  const scatters = statements.some((s) => s.kind === 'loop' && s.role === 'serial' && rowLoops.has(s.loop.id));
  if (scatters && innermostRuns(statements, target.sizes) >= MUCH_WORK) saves = Math.max(saves, WORTH_BYTES);
  return saves >= WORTH_BYTES ? { scratch: chosen, size, saves } : null;
};

const rowsForThreads = (count: number): number =>
  Math.max(count / MANY_TILES, Math.min(GOOD_ROWS, count / FEWEST_TILES));

const tileSize = (fits: number): number => {
  const most = Math.min(MOST_ROWS, Math.max(LEAST_ROWS, fits));
  return most >= 16 ? Math.floor(most / 16) * 16 : LEAST_ROWS;
};
