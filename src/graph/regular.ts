// Is a set of factor groups regular over a block of unknowns? Regular means: every slot of the block is indexed by the
// group's own indices, shifted by constants. Then the graph is a template repeated along *axis classes*: plates (all shifts
// equal) and chains (shifts differ by one). In: groups with lets expanded. Out: classes and shifted slots, or why not.
import type { Binder, Expr, Variable } from '../semantics/model.ts';
import type { Dim } from '../tensor/dims.ts';
import * as dims from '../tensor/dims.ts';
import { affineIndex, referenceKey, visit } from './expressions.ts';
import type { FactorGroup } from './factor-graph.ts';

export interface AxisClass {
  readonly id: string;
  readonly dim: Dim;
  /** Largest difference of shifts within one group: 0 for a plate, 1 for a first-order chain. */
  readonly order: number;
  /** As written: the name of the first index that runs along it. */
  readonly name: string;
}

export interface RegularSlot {
  readonly variable: string;
  /** The reference's index expressions, as they stand in the energy. */
  readonly at: readonly Expr[];
  /** By axis of the variable: the group's index, or null for a fixed position, and the shift (array position - index). */
  readonly index: readonly (string | null)[];
  readonly shift: readonly Dim[];
}

export interface RegularGroup {
  readonly group: FactorGroup;
  readonly slots: readonly RegularSlot[];
  /** Class of each index of the group that runs along a class. */
  readonly classOf: ReadonlyMap<string, string>;
  /** By class: the largest shift among the slots, so that row = index + lead; and for each slot the steps behind the lead. */
  readonly lead: ReadonlyMap<string, Dim>;
}

export interface RegularGraph {
  readonly classes: readonly AxisClass[];
  /** Class of each axis of each unknown. */
  readonly axes: ReadonlyMap<string, readonly string[]>;
  readonly groups: readonly RegularGroup[];
}

/** The distinct references to block variables in an energy, in order of appearance. */
export const slotsOf = (energy: Expr, block: ReadonlySet<string>): readonly (Expr & { kind: 'ref' })[] => {
  const seen = new Map<string, Expr & { kind: 'ref' }>();
  visit(energy, (e) => {
    if (e.kind === 'ref' && e.of === 'variable' && block.has(e.name)) seen.set(referenceKey(e.name, e.at), e);
  });
  return [...seen.values()];
};

export const analyseRegular = (
  variables: readonly Variable[],
  groups: readonly FactorGroup[],
): RegularGraph | string => {
  const block = new Set(variables.map((v) => v.name));
  const byName = new Map(variables.map((v) => [v.name, v] as const));
  const parent = new Map<string, string>();
  const find = (x: string): string => (parent.get(x) === x ? x : find(parent.get(x)!));
  const axisKey = (variable: string, i: number): string => `${variable}.${i}`;
  for (const v of variables) v.binders.forEach((_, i) => parent.set(axisKey(v.name, i), axisKey(v.name, i)));

  const collected: { group: FactorGroup; slots: RegularSlot[] }[] = [];
  for (const group of groups) {
    const own = new Set(group.binders.map((b) => b.id));
    const slots: RegularSlot[] = [];
    for (const ref of slotsOf(group.energy, block)) {
      const variable = byName.get(ref.name)!;
      if (ref.at.length < variable.binders.length) return `${group.name} reads all of ${ref.name} at once`;
      const index: (string | null)[] = [];
      const shift: Dim[] = [];
      for (const [i, at] of ref.at.entries()) {
        const affine = affineIndex(at);
        if (affine === null || (affine.index !== null && !own.has(affine.index)))
          return `${group.name} picks nodes of ${ref.name} by something else than its own indices`;
        const binder = group.binders.find((b) => b.id === affine.index);
        const shifted = affine.offset;
        if (!inRange(variable.binders[i]!, binder ?? null, shifted))
          return `${group.name} reads ${ref.name} beyond its ends (behind a condition)`;
        index.push(affine.index);
        shift.push(shifted);
      }
      slots.push({ variable: ref.name, at: ref.at, index, shift });
    }
    collected.push({ group, slots });
    // An index that runs along an axis of two unknowns makes the two axes one class.
    const first = new Map<string, string>();
    for (const slot of slots)
      slot.index.forEach((id, i) => {
        if (id === null) return;
        const key = axisKey(slot.variable, i);
        if (!first.has(id)) first.set(id, key);
        else parent.set(find(key), find(first.get(id)!));
      });
  }
  return classify(variables, collected, (variable, i) => find(axisKey(variable, i)));
};

/** Whether index + shift stays inside the axis, as far as the sizes tell. */
const inRange = (axis: Binder, index: Binder | null, shift: Dim): boolean => {
  const first = index === null ? shift : dims.add(index.from, shift);
  const last = index === null ? dims.add(shift, dims.constant(1)) : dims.add(index.to, shift);
  return !dims.isNegative(first) && !dims.isNegative(dims.subtract(dims.subtract(axis.to, axis.from), last));
};

const classify = (
  variables: readonly Variable[],
  collected: readonly { readonly group: FactorGroup; readonly slots: readonly RegularSlot[] }[],
  classOfAxis: (variable: string, i: number) => string,
): RegularGraph | string => {
  const axes = new Map(variables.map((v) => [v.name, v.binders.map((_, i) => classOfAxis(v.name, i))] as const));
  const dimOf = new Map<string, Dim>();
  const nameOf = new Map<string, string>();
  for (const v of variables) {
    const own = axes.get(v.name)!;
    if (new Set(own).size < own.length) return `${v.name} has two axes of one kind`;
    for (const [i, b] of v.binders.entries()) {
      const dim = dims.subtract(b.to, b.from);
      const known = dimOf.get(own[i]!);
      if (known !== undefined && !dims.equal(known, dim)) return `axes of different length are coupled at ${v.name}`;
      dimOf.set(own[i]!, dim);
      if (!nameOf.has(own[i]!)) nameOf.set(own[i]!, b.name);
    }
  }
  const order = new Map<string, number>();
  const groups: RegularGroup[] = [];
  for (const { group, slots } of collected) {
    const classOf = new Map<string, string>();
    const shifts = new Map<string, Dim[]>();
    const positions = new Map<string, Set<string>>();
    for (const slot of slots)
      slot.index.forEach((id, i) => {
        const cls = axes.get(slot.variable)![i]!;
        if (id !== null) classOf.set(id, cls);
        shifts.set(cls, [...(shifts.get(cls) ?? []), slot.shift[i]!]);
        positions.set(cls, (positions.get(cls) ?? new Set()).add(id ?? `= ${dims.print(slot.shift[i]!)}`));
      });
    const lead = new Map<string, Dim>();
    for (const [cls, list] of shifts) {
      if (positions.get(cls)!.size > 1)
        return `${group.name} joins nodes along ${nameOf.get(cls)!} that are not neighbours`;
      const steps = list.map((s) => dims.constantValue(dims.subtract(s, list[0]!)));
      if (steps.some((s) => s === null))
        return `${group.name} joins nodes of unknown distance along ${nameOf.get(cls)!}`;
      const most = Math.max(...(steps as number[]));
      const least = Math.min(...(steps as number[]));
      lead.set(cls, dims.add(list[0]!, dims.constant(most)));
      order.set(cls, Math.max(order.get(cls) ?? 0, most - least));
    }
    groups.push({ group, slots, classOf, lead });
  }
  const classes = [...dimOf].map(([id, dim]) => ({ id, dim, order: order.get(id) ?? 0, name: nameOf.get(id)! }));
  return { classes, axes, groups };
};

/** Steps that a slot lies behind the lead of its group along a class (0 for the leading one). */
export const lag = (graph: RegularGraph, group: RegularGroup, slot: RegularSlot, cls: string): number => {
  const i = graph.axes.get(slot.variable)!.indexOf(cls);
  return i < 0 ? 0 : dims.constantValue(dims.subtract(group.lead.get(cls)!, slot.shift[i]!))!;
};
