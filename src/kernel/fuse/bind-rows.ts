// Which loop of a statement runs over rows, so that it can be cut into tiles of rows together with others. In: statements, the
// extent of the rows and the roles of buffers so far. Out: the row loops, with the roles added; null where some statement does
// not fit. A row loop is
//   a kept loop, what it stores being at exactly its row;
//   a loop of a sum, minimum or maximum, or the inner loop of a product: what comes out is combined over tiles;
//   the loop of a scatter that adds.
// Other loops around (steps of a scan, batches) stay as they are: everything in them has a row loop of its own.
import { equal, type Dim } from '../../tensor/dims.ts';
import { asLoop, stridesOfShape } from '../index-arithmetic.ts';
import type { Access, Buffer, BufferId, Index, LocalId, Loop, LoopId, Private, Statement } from '../kernel.ts';
import { coefficientOf, visitStatements } from '../visit.ts';
import { Roles, type Role } from './roles.ts';

type Kinds = Statement['kind'];
type Of<K extends Kinds> = Extract<Statement, { kind: K }>;

export const hasExtent = (loop: Loop, rows: Dim): boolean => loop.extent.kind === 'dim' && equal(loop.extent.dim, rows);

export interface Binding {
  readonly rows: ReadonlySet<LoopId>;
  readonly roles: Roles;
}

export interface Facts {
  readonly bufferOf: (id: BufferId) => Buffer;
  /** Whether every thread may have a copy of it. */
  readonly isSmall: (id: BufferId) => boolean;
}

/** Nothing is changed in `roles`. */
export const bindRows = (statements: readonly Statement[], rows: Dim, roles: Roles, facts: Facts): Binding | null => {
  const context: Context = { ...facts, rows, found: new Set(), partial: new Map() };
  const tried = new Roles(roles);
  return bindList(statements, context, tried, []) ? { rows: context.found, roles: tried } : null;
};

interface Context extends Facts {
  readonly rows: Dim;
  readonly found: Set<LoopId>;
  /** Scalars that hold what one tile brings. */
  readonly partial: Map<LocalId, Private['op']>;
}

const bindList = (list: readonly Statement[], context: Context, roles: Roles, around: readonly Loop[]): boolean =>
  list.every((statement) => bindStatement(statement, context, roles, around));

const bindStatement = (s: Statement, context: Context, roles: Roles, around: readonly Loop[]): boolean => {
  switch (s.kind) {
    case 'loop':
      if (s.privates.length > 0 || s.scratch.length > 0) return false;
      return (
        (hasExtent(s.loop, context.rows) && attempt(context, roles, (tried) => bindLoop(s, context, tried))) ||
        attempt(context, roles, (tried) => bindList(s.body, context, tried, [...around, s.loop]))
      );
    case 'product':
      return (
        [s.rows, s.columns].some(
          (row) => hasExtent(row, context.rows) && attempt(context, roles, (tried) => bindSide(s, row, context, tried)),
        ) ||
        (hasExtent(s.inner, context.rows) && attempt(context, roles, (tried) => bindInner(s, context, tried, around)))
      );
    case 'reduce':
      return s.loops.some(
        (row) => hasExtent(row, context.rows) && attempt(context, roles, (tried) => bindReduce(s, row, context, tried)),
      );
    case 'store':
      return storesPartial(s, context, roles, around);
    case 'let':
      // Computed again in every tile.
      return usesNoPartial([s], context) && readAll([s], null, context, roles);
    case 'if':
    case 'routine':
    case 'while':
      return false;
  }
};

const attempt = (context: Context, roles: Roles, bind: (tried: Roles) => boolean): boolean => {
  const tried = new Roles(roles);
  const [rows, partials] = [context.found.size, context.partial.size];
  if (bind(tried)) {
    tried.commit();
    return true;
  }
  for (const row of [...context.found].slice(rows)) context.found.delete(row);
  for (const local of [...context.partial.keys()].slice(partials)) context.partial.delete(local);
  return false;
};

/** Rows in any order: each statement in the loop touches what belongs to the row, or adds to what belongs to none. */
const bindLoop = (s: Of<'loop'>, context: Context, roles: Roles): boolean => {
  if (!usesNoPartial(s.body, context)) return false;
  const row = s.loop.id;
  let fits = true;
  const write = (to: Access, mode: Of<'store'>['mode']): void => {
    const axis = rowAxis(to, row, context.bufferOf(to.buffer));
    const role: Role | null =
      axis !== null
        ? { kind: 'aligned', axis, written: true }
        : mode === 'set'
          ? null
          : privateRole(to.buffer, mode, false, context);
    if (role === null || !roles.add(to.buffer, role)) fits = false;
  };
  visitStatements(s.body, {
    statement: (inner) => {
      if (inner.kind === 'store') write(inner.to, inner.mode);
      else if (inner.kind === 'product') write(inner.out, inner.accumulate ? 'sum' : 'set');
      else if (inner.kind === 'routine' || inner.kind === 'while') fits = false;
      else if (inner.kind === 'loop' && inner.privates.length + inner.scratch.length > 0) fits = false;
    },
  });
  context.found.add(row);
  return fits && readAll(s.body, row, context, roles);
};

const bindSide = (s: Of<'product'>, row: Loop, context: Context, roles: Roles): boolean => {
  const axis = rowAxis(s.out, row.id, context.bufferOf(s.out.buffer));
  if (axis === null || !roles.add(s.out.buffer, { kind: 'aligned', axis, written: true })) return false;
  context.found.add(row.id);
  return readAll([s], row.id, context, roles);
};

const bindInner = (s: Of<'product'>, context: Context, roles: Roles, around: readonly Loop[]): boolean => {
  if (!s.accumulate && !coversAll(s.out, [...around, s.rows, s.columns], context)) return false;
  const role = privateRole(s.out.buffer, 'sum', !s.accumulate, context);
  if (role === null || !roles.add(s.out.buffer, role)) return false;
  context.found.add(s.inner.id);
  return readAll([s], s.inner.id, context, roles);
};

const bindReduce = (s: Of<'reduce'>, row: Loop, context: Context, roles: Roles): boolean => {
  if (!usesNoPartial([s], context)) return false;
  for (const { local, op } of s.accumulators) {
    if (op !== 'sum' && op !== 'min' && op !== 'max') return false;
    context.partial.set(local, op);
  }
  context.found.add(row.id);
  return readAll([s], row.id, context, roles);
};

const storesPartial = (s: Of<'store'>, context: Context, roles: Roles, around: readonly Loop[]): boolean => {
  if (s.value.kind !== 'local') return false;
  const op = context.partial.get(s.value.local);
  if (op === undefined) return false;
  const fills = s.mode === 'set';
  if (fills ? !coversAll(s.to, around, context) : s.mode !== op) return false;
  const role = privateRole(s.to.buffer, op, fills, context);
  return role !== null && roles.add(s.to.buffer, role);
};

const privateRole = (id: BufferId, op: Private['op'], fills: boolean, { bufferOf, isSmall }: Context): Role | null =>
  bufferOf(id).scalar === 'real' && isSmall(id) ? { kind: 'private', op, fills } : null;

/** Each of the loops around once, as they run through the whole shape. */
const coversAll = (to: Access, around: readonly Loop[], context: Context): boolean => {
  const { shape } = context.bufferOf(to.buffer);
  const loops = to.at.map(asLoop);
  return (
    around.length === shape.length &&
    new Set(loops).size === shape.length &&
    loops.every((id, axis) => around.some((loop) => loop.id === id && hasExtent(loop, shape[axis]!)))
  );
};

/** The roles of everything that is read. */
const readAll = (statements: readonly Statement[], row: LoopId | null, context: Context, roles: Roles): boolean => {
  let fits = true;
  visitStatements(statements, {
    access: (access, reads) => {
      if (!reads) return;
      const axis = row === null ? null : rowAxis(access, row, context.bufferOf(access.buffer));
      const role: Role = axis === null ? { kind: 'loose' } : { kind: 'aligned', axis, written: false };
      if (!roles.add(access.buffer, role)) fits = false;
    },
  });
  return fits;
};

const usesNoPartial = (statements: readonly Statement[], context: Context): boolean => {
  if (context.partial.size === 0) return true;
  let none = true;
  visitStatements(statements, {
    expr: (e) => {
      if (e.kind === 'local' && context.partial.has(e.local)) none = false;
    },
  });
  return none;
};

/** The axis of the buffer at which an access is exactly the row, which stands nowhere else in it. */
export const rowAxis = (access: Access, row: LoopId, { shape }: Buffer): number | null => {
  const place = access.at.findIndex((index) => asLoop(index) === row);
  if (place < 0 || !access.at.every((index, other) => other === place || isFreeOf(index, row))) return null;
  if (access.at.length === shape.length) return place;
  // Some axes are run through as one: the axis with this stride.
  const axis = stridesOfShape(shape).findIndex((stride) => equal(stride, access.strides[place]!));
  return axis < 0 ? null : axis;
};

const isFreeOf = (index: Index, loop: LoopId): boolean => coefficientOf(index, loop)?.length === 0;
