// Which units of a statement list would make row blocks over given rows. In: the units, the extent of the rows. Out: what they
// would save, and the list with the blocks built.
import { print, type Dim } from '../../tensor/dims.ts';
import type { Fresh } from '../fresh.ts';
import type { Buffer, BufferId, KernelTarget } from '../kernel.ts';
import { arrange, waitsOf, type Waits } from './arrange.ts';
import { bindRows, type Facts } from './bind-rows.ts';
import { bytesOf, chooseBlock, mostPrivateBytes, type Choice, type Group } from './block-cost.ts';
import { buildBlock } from './build-block.ts';
import { Roles, type Role } from './roles.ts';
import { splitTails } from './split-tails.ts';
import { extentsOf, unitOf, type Unit } from './units.ts';

/** A unit, or a block that was made already. */
export interface Item {
  readonly unit: Unit;
  readonly block: boolean;
  /** How long its loops are, printed. */
  readonly extents: ReadonlySet<string>;
}

export const asItem = (unit: Unit): Item => ({ unit, block: false, extents: extentsOf(unit) });

export interface List {
  readonly items: readonly Item[];
  readonly waits: Waits;
}

export const listOf = (items: readonly Item[]): List => ({
  items,
  waits: waitsOf(items.map(({ unit }) => unit.effects)),
});

/** A statement list of a program. */
export interface Place {
  readonly target: KernelTarget;
  readonly fresh: Fresh;
  /** Buffers that only this list touches. */
  readonly own: ReadonlySet<BufferId>;
}

export interface Trial {
  /** Bytes of memory traffic; 0 where there is no block. */
  readonly saves: number;
  readonly build: () => List;
}

/** The blocks that these rows would give. Units of which only a part would belong to one are split. */
export const tryRows = (rows: Dim, list: List, { fresh, ...known }: Place): Trial => {
  const key = print(rows);
  const place = { ...known, fresh: fresh.draft() };
  const alone = new Map<Item, Group | null>();
  const bindAlone = (item: Item): Group | null => {
    let group = alone.get(item);
    if (group !== undefined) return group;
    group = item.block || !item.extents.has(key) ? null : bind([item.unit], rows, place);
    alone.set(item, group);
    return group;
  };
  const split = new Map<Item, readonly [Item, Item]>();
  for (const item of list.items) {
    if (item.block || !item.extents.has(key) || bindAlone(item) !== null) continue;
    const parts = splitTails(item.unit.statements, rows, place.fresh);
    if (parts !== null) split.set(item, [asItem(unitOf(parts[0])), asItem(unitOf(parts[1]))]);
  }
  const pieces = list.items.flatMap((item) => split.get(item) ?? [item]);
  if (pieces.every((item) => bindAlone(item) === null)) return { saves: 0, build: () => list };
  const whole = partsOf(rows, split.size === 0 ? list : listOf(pieces), place, bindAlone);
  if (split.size === 0 || savesOf(whole) === 0) return trialOf(whole, fresh, place);
  // What was split for nothing stays in one.
  const inBlocks = new Set(whole.flatMap(({ units, choice }) => (choice === null ? [] : units)));
  const kept = list.items.flatMap((item) => {
    const parts = split.get(item);
    return parts !== undefined && inBlocks.has(parts[0].unit) ? parts : [item];
  });
  return trialOf(kept.length === pieces.length ? whole : partsOf(rows, listOf(kept), place, bindAlone), fresh, place);
};

/** A part of the list in its place; a block where something was chosen. */
interface Part {
  readonly items: readonly Item[];
  readonly units: readonly Unit[];
  readonly group: Group | null;
  readonly choice: Choice | null;
}

const savesOf = (parts: readonly Part[]): number => parts.reduce((sum, { choice }) => sum + (choice?.saves ?? 0), 0);

const trialOf = (parts: readonly Part[], fresh: Fresh, place: Place): Trial => ({
  saves: savesOf(parts),
  build: () => {
    fresh.take(place.fresh);
    const items = parts.flatMap(({ units, items: own, group, choice }): readonly Item[] => {
      if (choice === null || group === null) return own;
      const statements = units.flatMap((unit) => unit.statements);
      return [{ ...asItem(unitOf(buildBlock({ ...group, ...choice, statements }, fresh))), block: true }];
    });
    return listOf(items);
  },
});

const partsOf = (
  rows: Dim,
  { items, waits }: List,
  place: Place,
  bindAlone: (item: Item) => Group | null,
): readonly Part[] => {
  const users = usersOf(items, place);
  const bufferOf = (id: BufferId): Buffer => place.fresh.bufferOf(id);
  const clusters = arrange<Item, Group>(items, waits, {
    keyOf: (item) => (bindAlone(item) === null ? null : 'rows'),
    open: (item) => opened(bindAlone(item)!),
    join: (group, joining) => extend(group, joining.map(({ unit }) => unit), place), // prettier-ignore
  });
  return clusters.flatMap(({ items: members, state }): readonly Part[] => {
    if (state === null) return [{ items: members, units: [], group: null, choice: null }];
    return connected(members, state.roles).map((part) => {
      const units = part.map((item) => item.unit);
      const group = part.length === members.length ? { ...state, units } : bind(units, rows, place);
      const choice = group === null ? null : chooseBlock(group, { target: place.target, users, bufferOf });
      return { items: part, units, group, choice };
    });
  });
};

/** A group that can grow without changing the one given. */
const opened = (group: Group): Group => ({ ...group, roles: group.roles.copy() });

const bind = (units: readonly Unit[], rows: Dim, place: Place): Group | null => {
  const statements = units.flatMap((unit) => unit.statements);
  const bound = bindRows(statements, rows, new Roles(), factsOf(place));
  return bound === null ? null : { units, rows, rowLoops: bound.rows, roles: bound.roles };
};

const extend = (group: Group, units: readonly Unit[], place: Place): Group | null => {
  const statements = units.flatMap((unit) => unit.statements);
  const bound = bindRows(statements, group.rows, group.roles, factsOf(place));
  if (bound === null) return null;
  bound.roles.commit();
  return { ...group, units: [...group.units, ...units], rowLoops: new Set([...group.rowLoops, ...bound.rows]) };
};

const factsOf = ({ fresh, target }: Place): Facts => {
  const bufferOf = (id: BufferId): Buffer => fresh.bufferOf(id);
  return { bufferOf, isSmall: (id) => bytesOf(bufferOf(id).shape, target) <= mostPrivateBytes(target) };
};

/** How many items touch a buffer of the list's own. */
const usersOf = (items: readonly Item[], { own }: Place): ReadonlyMap<BufferId, number> => {
  const users = new Map<BufferId, number>();
  for (const { unit } of items)
    for (const id of unit.effects.buffers.keys()) if (own.has(id)) users.set(id, (users.get(id) ?? 0) + 1);
  return users;
};

/** Members that share aligned buffers, each such part by itself: what has nothing in common saves nothing together. */
const connected = (members: readonly Item[], roles: Roles): readonly (readonly Item[])[] => {
  const parts: { readonly items: Item[]; readonly buffers: Set<BufferId> }[] = [];
  for (const item of members) {
    const shared = [...item.unit.effects.buffers.keys()].filter((id) => ties(roles.get(id)));
    const [first, ...others] = parts.filter(({ buffers }) => shared.some((id) => buffers.has(id)));
    if (first === undefined) {
      parts.push({ items: [item], buffers: new Set(shared) });
      continue;
    }
    first.items.push(item);
    for (const id of shared) first.buffers.add(id);
    for (const other of others) {
      first.items.push(...other.items);
      for (const id of other.buffers) first.buffers.add(id);
      parts.splice(parts.indexOf(other), 1);
    }
  }
  const position = new Map(members.map((item, i) => [item, i] as const));
  return parts.map(({ items }) => items.sort((a, b) => position.get(a)! - position.get(b)!));
};

const ties = (role: Role | undefined): boolean => role?.kind === 'aligned' || role?.kind === 'private';
