// In: a factor graph, sizes and the data that choose indices. Out: the nodes and factors of the graph, one by one, as index
// arrays: for graphs that have no regular structure, with edges given by data, filters, or all pairs of nodes.
import { InternalError } from '../diagnostics/diagnostic.ts';
import type { Expr } from '../semantics/model.ts';
import { evaluate } from '../tensor/dims.ts';
import type { Dim } from '../tensor/dims.ts';
import type { Known, ScalarFunction, Unevaluable } from './evaluate.ts';
import { Frame, compileScalar, isUnevaluable } from './evaluate.ts';
import type { FactorGraph, FactorGroup, IndexMap, Slot } from './factor-graph.ts';

/** The nodes of one variable: numbers first … first + Π shape - 1, row-major over its indices. */
export interface NodeRange {
  readonly variable: string;
  readonly first: number;
  readonly shape: readonly number[];
}

/** The nodes that a slot touches: of factor f those from starts[f] to starts[f + 1]; `starts` is null when each has just one. */
export interface SlotNodes {
  readonly slot: Slot;
  readonly starts: Int32Array | null;
  readonly nodes: Int32Array;
}

export interface GroupFactors {
  readonly group: FactorGroup;
  /** Number of factors: index combinations that pass the filter. */
  readonly count: number;
  /** For each binder of the group its value in each factor. */
  readonly indices: readonly Int32Array[];
  /** Only slots of the chosen variables. */
  readonly slots: readonly SlotNodes[];
}

export interface InstantiatedGraph {
  readonly kind: 'instantiated';
  readonly nodes: number;
  readonly ranges: readonly NodeRange[];
  readonly groups: readonly GroupFactors[];
}

/** A subscript that leaves the array: which, and at which indices. */
export interface OutOfRange {
  readonly kind: 'out-of-range';
  readonly group: string;
  readonly slot: Slot;
  readonly indices: Readonly<Record<string, number>>;
}

/** The nodes of `variables` and the factors of all groups that touch one of them. */
export const instantiate = (
  graph: FactorGraph,
  variables: ReadonlySet<string>,
  known: Known,
): InstantiatedGraph | Unevaluable | OutOfRange => {
  const ranges: NodeRange[] = [];
  let nodes = 0;
  for (const v of graph.variables) {
    if (!variables.has(v.name)) continue;
    const shape = v.binders.map((b) => evaluate(b.to, known.sizes) - evaluate(b.from, known.sizes));
    ranges.push({ variable: v.name, first: nodes, shape });
    nodes += shape.reduce((a, b) => a * b, 1);
  }
  const groups: GroupFactors[] = [];
  for (const group of graph.groups) {
    const slots = group.slots.filter((s) => variables.has(s.variable));
    if (slots.length === 0) continue;
    const factors = instantiateGroup(group, slots, ranges, known);
    if ('kind' in factors) return factors;
    groups.push(factors);
  }
  return { kind: 'instantiated', nodes, ranges, groups };
};

const instantiateGroup = (
  group: FactorGroup,
  slots: readonly Slot[],
  ranges: readonly NodeRange[],
  known: Known,
): GroupFactors | Unevaluable | OutOfRange => {
  const frame = new Frame(group.binders);
  const where = group.where === null ? null : compileScalar(group.where, frame, known);
  if (isUnevaluable(where)) return where;
  const writers = slots.map((slot) => slotWriter(slot, ranges, frame, known));
  const bad = writers.find(isUnevaluable);
  if (bad !== undefined) return bad;

  const from = group.binders.map((b) => evaluate(b.from, known.sizes));
  const to = group.binders.map((b) => evaluate(b.to, known.sizes));
  const values = frame.make();
  const indices = group.binders.map((): number[] => []);
  const starts = slots.map((): number[] => [0]);
  const nodes = slots.map((): number[] => []);
  let count = 0;
  let outside: OutOfRange | null = null;
  const descend = (k: number): void => {
    if (outside !== null) return;
    if (k < from.length) {
      for (let i = from[k]!; i < to[k]!; i++) {
        values[k] = i;
        descend(k + 1);
      }
      return;
    }
    if (where !== null && where(values) === 0) return;
    for (let s = 0; s < slots.length; s++) {
      const inside = (writers[s] as SlotWriter)(values, nodes[s]!);
      if (!inside) {
        const at = Object.fromEntries(group.binders.map((b, i) => [b.name, values[i]!]));
        outside = { kind: 'out-of-range', group: group.name, slot: slots[s]!, indices: at };
        return;
      }
      starts[s]!.push(nodes[s]!.length);
    }
    indices.forEach((list, i) => list.push(values[i]!));
    count++;
  };
  descend(0);
  if (outside !== null) return outside;
  return {
    group,
    count,
    indices: indices.map((list) => Int32Array.from(list)),
    slots: slots.map((slot, s) => ({
      slot,
      starts: isSingle(slot) ? null : Int32Array.from(starts[s]!),
      nodes: Int32Array.from(nodes[s]!),
    })),
  };
};

/** Whether every factor touches exactly one node through the slot. */
export const isSingle = (slot: Slot): boolean => slot.at.every((m) => m.kind !== 'all' && m.kind !== 'unknown');

/** Appends the nodes of one factor; false when one lies outside the array. */
type SlotWriter = (frame: Int32Array, nodes: number[]) => boolean;

const slotWriter = (slot: Slot, ranges: readonly NodeRange[], frame: Frame, known: Known): SlotWriter | Unevaluable => {
  const range = ranges.find((r) => r.variable === slot.variable);
  if (range === undefined) throw new InternalError(`no nodes for ${slot.variable}`);
  const loops = (slot.reductions ?? []).map((r) => ({
    binders: r.binders.map((b) => ({
      place: frame.place(b.id),
      from: evaluate(b.from, known.sizes),
      to: evaluate(b.to, known.sizes),
    })),
    where: r.where === null ? null : compileScalar(r.where, frame, known),
  }));
  const axes = slot.at.map((map) => axisPositions(map, frame, known));
  const bad = [...loops.map((l) => l.where), ...axes].find(isUnevaluable);
  if (bad !== undefined) return bad;

  const { first, shape } = range;
  /** Goes through the axes; `at` is the row-major position so far. */
  const place = (k: number, at: number, f: Int32Array, nodes: number[], seen: Set<number> | null): boolean => {
    if (k === axes.length) {
      if (seen === null || !seen.has(first + at)) nodes.push(first + at);
      seen?.add(first + at);
      return true;
    }
    const axis = axes[k] as AxisPositions;
    const length = shape[k]!;
    if (axis.kind === 'one') {
      const position = axis.index(f);
      return position >= 0 && position < length && place(k + 1, at * length + position, f, nodes, seen);
    }
    for (let i = axis.from; i < axis.to; i++) {
      if (i < 0 || i >= length || !place(k + 1, at * length + i, f, nodes, seen)) return false;
    }
    return true;
  };
  const steps = loops.flatMap((loop) =>
    loop.binders.map((b, i) => ({
      ...b,
      where: i === loop.binders.length - 1 ? (loop.where as ScalarFunction | null) : null,
    })),
  );
  if (steps.length === 0) return (f, nodes) => place(0, 0, f, nodes, null);
  const run = (k: number, f: Int32Array, nodes: number[], seen: Set<number>): boolean => {
    if (k === steps.length) return place(0, 0, f, nodes, seen);
    const step = steps[k]!;
    for (let i = step.from; i < step.to; i++) {
      f[step.place] = i;
      if (step.where !== null && step.where(f) === 0) continue;
      if (!run(k + 1, f, nodes, seen)) return false;
    }
    return true;
  };
  return (f, nodes) => run(0, f, nodes, new Set());
};

type AxisPositions =
  | { readonly kind: 'one'; readonly index: ScalarFunction }
  | { readonly kind: 'range'; readonly from: number; readonly to: number };

const axisPositions = (map: IndexMap, frame: Frame, known: Known): AxisPositions | Unevaluable => {
  const size = (dim: Dim): number => evaluate(dim, known.sizes);
  const compiled = (expr: Expr): AxisPositions | Unevaluable => {
    const index = compileScalar(expr, frame, known);
    return isUnevaluable(index) ? index : { kind: 'one', index };
  };
  switch (map.kind) {
    case 'affine': {
      const place = frame.place(map.index);
      const offset = size(map.offset);
      return { kind: 'one', index: (f) => f[place]! + offset };
    }
    case 'fixed': {
      const at = size(map.at);
      return { kind: 'one', index: () => at };
    }
    case 'gather':
      return compiled(map.expr);
    case 'all':
      return map.expr === undefined ? { kind: 'range', from: size(map.from), to: size(map.to) } : compiled(map.expr);
    case 'unknown':
      return { kind: 'range', from: size(map.from), to: size(map.to) };
  }
};
