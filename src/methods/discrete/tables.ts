// Tables of a regular block, aligned: every axis of a class has the same name and length in every table, slots are named by
// variable and lag. In: a regular graph and an environment with the block bound to states. Out: aligned tables beside the
// raw ones they came from (posteriors are gradients with respect to the raw ones).
import type { AxisClass, RegularGraph, RegularGroup } from '../../graph/regular.ts';
import { lag } from '../../graph/regular.ts';
import type { Environment } from '../../lower/environment.ts';
import { slotAxisId } from '../../lower/environment.ts';
import { lowerGroup, sumIndices } from '../../lower/group.ts';
import type { Axis, NamedTensor } from '../../lower/named-tensor.ts';
import { aligned, renameAxis } from '../../lower/named-tensor.ts';
import * as dims from '../../tensor/dims.ts';

export interface AlignedTable {
  readonly group: RegularGroup;
  readonly raw: NamedTensor;
  readonly tensor: NamedTensor;
}

const ZERO: dims.Dim = [];
export const classAxis = (cls: AxisClass): Axis => ({ id: `class ${cls.id}`, dim: cls.dim, from: ZERO });
export const stateAxis = (variable: string, count: dims.Dim, behind = 0): Axis => ({
  id: `state ${variable} ${behind}`,
  dim: count,
  from: ZERO,
});

/** `lagAlong`: the chain class, along which slots behind the lead keep an axis of their own; null for plain templates. */
export const alignedTable = (
  env: Environment,
  graph: RegularGraph,
  group: RegularGroup,
  countOf: (variable: string) => dims.Dim,
  lagAlong: string | null,
  mark: (raw: NamedTensor) => NamedTensor,
): AlignedTable => {
  const raw = mark(lowerGroup(env, group.group));
  const free = new Set(group.group.binders.map((i) => i.id).filter((id) => !group.classOf.has(id)));
  let tensor = sumIndices(env, group.group, raw, free);
  for (const slot of group.slots) {
    const behind = lagAlong === null ? 0 : lag(graph, group, slot, lagAlong);
    tensor = renameAxis(
      tensor,
      slotAxisId(slot.variable, slot.at),
      stateAxis(slot.variable, countOf(slot.variable), behind),
    );
  }
  for (const cls of graph.classes) {
    if (!group.lead.has(cls.id)) continue;
    const behind = cls.id === lagAlong ? Math.max(...group.slots.map((s) => lag(graph, group, s, cls.id))) : 0;
    tensor = alignClass(env, group, tensor, cls, dims.constant(behind));
  }
  return { group, raw, tensor };
};

/** Puts the group's rows along a class at their places: rows outside the group's range get energy 0. The first `unread`
 *  rows of a chain are never read (they have no previous node), so a table that is the same in all others needs no rows. */
const alignClass = (
  env: Environment,
  group: RegularGroup,
  tensor: NamedTensor,
  cls: AxisClass,
  unread: dims.Dim,
): NamedTensor => {
  const b = env.builder;
  const axis = classAxis(cls);
  const lead = group.lead.get(cls.id)!;
  const index = [...group.classOf].find(([, c]) => c === cls.id)?.[0] ?? null;
  const binder = index === null ? null : group.group.binders.find((i) => i.id === index)!;
  const length = binder === null ? dims.constant(1) : dims.subtract(binder.to, binder.from);
  const before = binder === null ? lead : dims.add(binder.from, lead);
  const after = dims.subtract(dims.subtract(cls.dim, before), length);
  const has = index !== null && tensor.axes.some((a) => a.id === index);
  const covers = after.length === 0 && (before.length === 0 || (!has && dims.equal(before, unread)));
  if (covers) return has ? renameAxis(tensor, index!, axis) : tensor;
  const rows: Axis = { id: axis.id, dim: length, from: ZERO };
  const named = has ? renameAxis(tensor, index!, rows) : tensor;
  const order = [rows, ...named.axes.filter((a) => a.id !== rows.id)];
  const full = aligned(b, named, order, true);
  const nothing = full.shape.slice(1).map(() => ZERO);
  return { value: b.pad(full, [before, ...nothing], [after, ...nothing]), axes: [axis, ...order.slice(1)], shape: [] };
};
