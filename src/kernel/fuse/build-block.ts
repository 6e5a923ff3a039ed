// A row block: one parallel loop over tiles of rows, in whose body the statements of a group run one after the other over the
// rows of the tile. In: the statements, their row loops, the roles of buffers, the size of a tile. Out: what replaces them: what
// private accumulators start from, then the block.
import { constant, type Dim } from '../../tensor/dims.ts';
import type { Fresh } from '../fresh.ts';
import { addIndex, ofLoop, scaleIndex, stridesOfShape } from '../index-arithmetic.ts';
import type { Buffer, BufferId, Loop, LoopId, Private, Statement } from '../kernel.ts';
import { neutral } from '../neutral.ts';
import { mapStatement, type Replacements } from '../transform.ts';
import { filled } from './new-nests.ts';
import type { Role, Roles } from './roles.ts';

export interface Block {
  readonly statements: readonly Statement[];
  readonly rowLoops: ReadonlySet<LoopId>;
  readonly rows: Dim;
  readonly roles: Roles;
  /** Intermediates that only the block sees. */
  readonly scratch: readonly BufferId[];
  readonly size: number;
}

export const buildBlock = (block: Block, fresh: Fresh): readonly Statement[] => {
  const { rows, roles, size } = block;
  const tile = fresh.loop();
  const scratch = new Map(block.scratch.map((id) => [id, scratchOf(id, block, fresh)] as const));
  const privates: Private[] = [];
  const fills: Statement[] = [];
  for (const [into, role] of roles.own) {
    if (role.kind !== 'private') continue;
    const buffer = fresh.bufferOf(into);
    const copy = fresh.buffer({ name: buffer.name, scalar: buffer.scalar, shape: buffer.shape, storage: 'scratch' });
    privates.push({ copy, into, op: role.op });
    if (role.fills) fills.push(...filled(into, neutral[role.op], fresh));
  }
  const copies = new Map(privates.map(({ copy, into }) => [into, copy] as const));
  const body = block.statements.map((statement) => inTile(statement, { block, tile, scratch, copies }));
  const loop: Statement = {
    kind: 'loop',
    loop: { id: tile, extent: { kind: 'tiles', of: rows, size } },
    role: 'parallel',
    scratch: [...scratch.values()].map(({ id }) => id),
    privates,
    body,
  };
  return [...fills, loop];
};

interface Scratch {
  readonly id: BufferId;
  readonly axis: number;
  readonly strides: readonly Dim[];
}

interface Inside {
  readonly block: Block;
  readonly tile: LoopId;
  readonly scratch: ReadonlyMap<BufferId, Scratch>;
  readonly copies: ReadonlyMap<BufferId, BufferId>;
}

const axisOf = (role: Role | undefined): number => (role?.kind === 'aligned' ? role.axis : 0);

/** The buffer with as many rows as a tile has. */
const scratchOf = (id: BufferId, { roles, size }: Block, fresh: Fresh): Scratch => {
  const buffer = fresh.bufferOf(id);
  const axis = axisOf(roles.get(id));
  const shape = buffer.shape.with(axis, constant(size));
  const small: Buffer = { name: buffer.name, scalar: buffer.scalar, shape, storage: 'scratch' };
  return { id: fresh.buffer(small), axis, strides: stridesOfShape(shape) };
};

const inTile = (statement: Statement, inside: Inside): Statement => {
  const { block, tile, scratch, copies } = inside;
  const start = scaleIndex(ofLoop(tile), constant(block.size));
  const replacements: Replacements = {
    atom: (atom) => (atom.kind === 'loop' && block.rowLoops.has(atom.loop) ? addIndex(start, ofLoop(atom.loop)) : null),
    access: (access) => {
      const copy = copies.get(access.buffer);
      if (copy !== undefined) return { ...access, buffer: copy };
      const small = scratch.get(access.buffer);
      if (small === undefined) return null;
      // The row stands in one place only.
      const place = access.at.findIndex(({ terms }) => terms.some(({ atom }) => atom.kind === 'loop' && atom.loop === tile)); // prettier-ignore
      const local = addIndex(access.at[place]!, scaleIndex(start, constant(-1)));
      const strides = small.axis === 0 ? access.strides : small.strides;
      return { buffer: small.id, at: access.at.with(place, local), strides };
    },
  };
  return mapStatement(cut(statement, inside), replacements);
};

/** With the loops of rows as long as the tile, and what goes to a copy added to it. */
const cut = (s: Statement, inside: Inside): Statement => {
  const { block, tile, copies } = inside;
  const { rowLoops, rows: of, size, roles } = block;
  const each = (list: readonly Statement[]): readonly Statement[] => list.map((inner) => cut(inner, inside));
  const cutLoop = (loop: Loop): Loop =>
    rowLoops.has(loop.id) ? { id: loop.id, extent: { kind: 'tile', of, tile, size } } : loop;
  switch (s.kind) {
    case 'loop': {
      // Rows that add to one place do so one after the other: a copy is private to the thread, not to the row.
      const adds = rowLoops.has(s.loop.id) && writesAnyOf(s.body, copies);
      return { ...s, loop: cutLoop(s.loop), role: adds ? 'serial' : s.role, body: each(s.body) };
    }
    case 'if':
      return { ...s, then: each(s.then) };
    case 'reduce':
      return { ...s, loops: s.loops.map(cutLoop) };
    case 'product': {
      const [rows, columns, inner] = [cutLoop(s.rows), cutLoop(s.columns), cutLoop(s.inner)];
      return { ...s, rows, columns, inner, accumulate: s.accumulate || copies.has(s.out.buffer) };
    }
    case 'store': {
      const role = roles.get(s.to.buffer);
      return role?.kind === 'private' ? { ...s, mode: role.op } : s;
    }
    case 'let':
    case 'routine':
    case 'while':
      return s;
  }
};

const writesAnyOf = (statements: readonly Statement[], buffers: ReadonlyMap<BufferId, unknown>): boolean =>
  statements.some((s) => {
    switch (s.kind) {
      case 'loop':
        return writesAnyOf(s.body, buffers);
      case 'if':
        return writesAnyOf(s.then, buffers);
      case 'store':
        return buffers.has(s.to.buffer);
      case 'product':
        return buffers.has(s.out.buffer);
      default:
        return false;
    }
  });
