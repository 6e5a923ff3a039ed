// What a row block would save and how many rows a tile of it has. In: the statements of a group, their binding, sizes. Out: the
// intermediates that become scratch, the rows of a tile, bytes of memory traffic saved; null where it is not worth it.
import { evaluate, type Dim } from '../../tensor/dims.ts';
import { iterations } from '../extents.ts';
import type { Buffer, BufferId, KernelTarget, LoopId, Statement } from '../kernel.ts';
import { visitStatements } from '../transform.ts';
import type { Roles } from './roles.ts';
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
/** As many tiles at least, where there are rows for it: every thread gets some, and none waits long for the last. */
const TILES = 8;
/** Starting all threads for one more step of a serial loop, as the traffic that takes as long. */
const START_BYTES = 1 << 15;
/** Below this much traffic saved, a block costs more in starts of its loops than it brings. */
const WORTH_BYTES = 1 << 15;
/** A reduction over this many rows, by itself, is worth threads. */
const MANY_ROWS = 8192;

export const chooseBlock = ({ units, rows, rowLoops, roles }: Group, known: Known): Choice | null => {
  const { target, bufferOf } = known;
  const count = evaluate(rows, target.sizes);
  if (count < 2 * LEAST_ROWS) return null;
  const bytes = (shape: readonly Dim[]): number =>
    shape.reduce<number>((product, dim) => product * evaluate(dim, target.sizes), target.bytesOfReal);
  const ofRow = (id: BufferId): number => bytes(bufferOf(id).shape) / count;
  const privates = [...roles.own].filter(([, role]) => role.kind === 'private');
  const privateBytes = privates.reduce((sum, [id]) => sum + bytes(bufferOf(id).shape), 0);
  if (privateBytes > target.blockBytes / 4) return null;
  const chosen = scratchOf(units, roles, known).sort((a, b) => ofRow(a) - ofRow(b));
  let rowBytes = chosen.reduce((sum, id) => sum + ofRow(id), 0);
  while (chosen.length > 0 && rowBytes * LEAST_ROWS > target.blockBytes) rowBytes -= ofRow(chosen.pop()!);
  const size = tileSize(Math.min(target.blockBytes / Math.max(rowBytes, 1), count / TILES));
  const scratch = new Set(chosen);
  let saves = 0;
  for (const [id, role] of roles.own) {
    const uses = units.filter((unit) => unit.effects.buffers.has(id)).length;
    if (role.kind === 'aligned' && uses > 1) saves += ofRow(id) * count * (scratch.has(id) ? uses : uses - 1);
  }
  for (const unit of units)
    for (const s of unit.statements) if (isSteps(s, rowLoops)) saves += START_BYTES * (starts(s, rowLoops, target) - 1);
  const alone = privates.length > 0 && count >= MANY_ROWS;
  return saves >= WORTH_BYTES || alone ? { scratch: chosen, size, saves } : null;
};

type LoopStatement = Extract<Statement, { kind: 'loop' }>;

/** A scan: each step needs the one before. A loop that only adds can be a loop of rows as well. */
const isSteps = (s: Statement, rowLoops: ReadonlySet<LoopId>): s is LoopStatement =>
  s.kind === 'loop' && s.role === 'serial' && !rowLoops.has(s.loop.id) && setsAny(s.body);

const setsAny = (list: readonly Statement[]): boolean => {
  let sets = false;
  visitStatements(list, {
    statement: (s) => {
      if ((s.kind === 'store' && s.mode === 'set') || (s.kind === 'product' && !s.accumulate)) sets = true;
    },
  });
  return sets;
};

/** How often a statement outside of a row block would start its threads. */
const starts = (s: Statement, rowLoops: ReadonlySet<LoopId>, target: KernelTarget): number => {
  if (s.kind === 'product' || (s.kind === 'loop' && s.role === 'parallel')) return 1;
  if (!isSteps(s, rowLoops)) return 0;
  const each = s.body.reduce((sum, inner) => sum + starts(inner, rowLoops, target), 0);
  return iterations(s.loop.extent, target.sizes) * each;
};

const tileSize = (fits: number): number => {
  const most = Math.min(MOST_ROWS, Math.max(LEAST_ROWS, fits));
  return most >= 16 ? Math.floor(most / 16) * 16 : LEAST_ROWS;
};

/** Aligned buffers that nothing else touches and that are written before they are read: each tile makes its own. */
const scratchOf = (units: readonly Unit[], roles: Roles, { bufferOf, users }: Known): BufferId[] => {
  const inside = new Map<BufferId, { count: number; readonly readFirst: boolean; readonly ranks: Set<number> }>();
  for (const { effects } of units)
    for (const [id, { accesses }] of effects.buffers) {
      let seen = inside.get(id);
      if (seen === undefined) inside.set(id, (seen = { count: 0, readFirst: accesses[0]!.reads, ranks: new Set() }));
      seen.count++;
      for (const { access } of accesses) seen.ranks.add(access.at.length);
    }
  return [...roles.own].flatMap(([id, role]) => {
    const found = inside.get(id);
    if (found === undefined || found.readFirst || found.count !== users.get(id)) return [];
    const { shape, storage } = bufferOf(id);
    if (role.kind !== 'aligned' || !role.written || storage !== 'arena') return [];
    // With axes run through as one, no strides but those behind the first axis stay what they are.
    return role.axis === 0 || [...found.ranks].every((rank) => rank === shape.length) ? [id] : [];
  });
};
