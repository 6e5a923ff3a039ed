// The intermediates of a row block that only it sees. In: the statements of a group, the roles of buffers. Out: which buffers
// shrink to the rows of a tile, and how many bytes of them a row needs at a time.
import type { Buffer, BufferId, LoopId, Statement } from '../kernel.ts';
import { effectsOf } from './dependences.ts';
import type { Roles } from './roles.ts';
import { isSteps } from './steps.ts';
import type { Unit } from './units.ts';

/** Aligned buffers that nothing else touches and that are written before they are read: each tile makes its own. */
export const scratchOf = (
  units: readonly Unit[],
  roles: Roles,
  bufferOf: (id: BufferId) => Buffer,
  users: ReadonlyMap<BufferId, number>,
): readonly BufferId[] => {
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

interface Span {
  first: number;
  last: number;
  readonly readFirst: boolean;
}

/** The most bytes of scratch that hold numbers at a time, when buffers that are done with give their place to others. */
export const peakBytes = (
  statements: readonly Statement[],
  scratch: ReadonlySet<BufferId>,
  bytesOf: (id: BufferId) => number,
  rowLoops: ReadonlySet<LoopId>,
): number => {
  const spans = new Map<BufferId, Span>();
  const loops: { readonly from: number; readonly to: number }[] = [];
  let position = 0;
  const walk = (list: readonly Statement[]): void => {
    for (const s of list) {
      if (isSteps(s, rowLoops)) {
        const from = position;
        walk(s.body);
        loops.push({ from, to: position - 1 });
        continue;
      }
      for (const [id, { accesses }] of effectsOf([s]).buffers) {
        if (!scratch.has(id)) continue;
        const span = spans.get(id);
        if (span === undefined) spans.set(id, { first: position, last: position, readFirst: accesses[0]!.reads });
        else span.last = position;
      }
      position++;
    }
  };
  walk(statements);
  for (const { from, to } of loops)
    for (const span of spans.values()) {
      const within = span.first >= from && span.last <= to;
      if (span.first > to || span.last < from || (within && !span.readFirst)) continue;
      span.first = Math.min(span.first, from);
      span.last = Math.max(span.last, to);
    }
  const change = new Float64Array(position + 1);
  for (const [id, { first, last }] of spans) {
    change[first]! += bytesOf(id);
    change[last + 1]! -= bytesOf(id);
  }
  let [now, peak] = [0, 0];
  for (const bytes of change) peak = Math.max(peak, (now += bytes));
  return peak;
};
