// In: additive terms and a block of unknowns. Out: along which axes the nodes of the block are coupled: not at all (a plate),
// between neighbours (a chain of some order), or otherwise, and by which factor.
import type { Variable } from '../semantics/model.ts';
import type { Dim } from '../tensor/dims.ts';
import { constantValue, equal, subtract } from '../tensor/dims.ts';
import type { FactorGroup, IndexMap, Slot } from './factor-graph.ts';

export type Coupling =
  | { readonly kind: 'independent' }
  /** Nodes at most `order` steps apart share a factor. */
  | { readonly kind: 'chain'; readonly order: number; readonly factor: string }
  /** `reason` completes "coupled by factor f: …". */
  | { readonly kind: 'coupled'; readonly factor: string; readonly reason: string };

/** One axis of variables; several are one where factors walk along them with one index. */
export interface AxisFacts {
  /** The index as written at the first variable. */
  readonly name: string;
  readonly from: Dim;
  readonly to: Dim;
  readonly axes: readonly { readonly variable: string; readonly axis: number }[];
  readonly coupling: Coupling;
}

/** Slots through which a term takes part in choosing a variable of the block. */
export const blockSlots = (term: FactorGroup, block: ReadonlySet<string>): readonly Slot[] =>
  term.slots.filter((s) => block.has(s.variable) && s.detached !== true);

export const axisFacts = (
  terms: readonly FactorGroup[],
  variables: readonly Variable[],
  block: ReadonlySet<string>,
): readonly AxisFacts[] => {
  const members = variables.filter((v) => block.has(v.name));
  const axes = members.flatMap((v) => v.binders.map((binder, axis) => ({ variable: v.name, axis, binder })));
  const group = axes.map((_, i) => i);
  const numberOf = new Map(axes.map((a, i) => [`${a.variable} ${a.axis}`, i]));
  const join = (a: number, b: number): void => {
    const [low, high] = [Math.min(group[a]!, group[b]!), Math.max(group[a]!, group[b]!)];
    group.forEach((g, i) => g === high && (group[i] = low));
  };
  for (const term of terms) {
    const walkedBy = new Map<string, number>();
    for (const slot of blockSlots(term, block))
      slot.at.forEach((map, axis) => {
        if (map.kind !== 'affine') return;
        const here = numberOf.get(`${slot.variable} ${axis}`)!;
        const other = walkedBy.get(map.index);
        if (other === undefined) walkedBy.set(map.index, here);
        else if (sameLength(axes[here]!.binder, axes[other]!.binder)) join(here, other);
      });
  }
  return [...new Set(group)].map((first): AxisFacts => {
    const own = axes.filter((_, i) => group[i] === first);
    const { name, from, to } = axes[first]!.binder;
    const axisOf = new Map<string, number[]>();
    for (const a of own) axisOf.set(a.variable, [...(axisOf.get(a.variable) ?? []), a.axis]);
    const coupling = terms
      .map((t) => couplingOf(t, blockSlots(t, block), axisOf))
      .reduce(stronger, { kind: 'independent' });
    return { name, from, to, axes: own.map(({ variable, axis }) => ({ variable, axis })), coupling };
  });
};

interface Range {
  readonly from: Dim;
  readonly to: Dim;
}
const sameLength = (a: Range, b: Range): boolean => equal(subtract(a.to, a.from), subtract(b.to, b.from));

const rank = { independent: 0, chain: 1, coupled: 2 } as const;
const stronger = (a: Coupling, b: Coupling): Coupling => {
  if (a.kind === 'chain' && b.kind === 'chain') return b.order > a.order ? b : a;
  return rank[b.kind] > rank[a.kind] ? b : a;
};

/** How one term couples nodes along one class of axes. */
const couplingOf = (
  term: FactorGroup,
  slots: readonly Slot[],
  axisOf: ReadonlyMap<string, readonly number[]>,
): Coupling => {
  const coupled = (reason: string): Coupling => ({ kind: 'coupled', factor: term.name, reason });
  const maps: IndexMap[] = [];
  let without: string | null = null;
  for (const slot of slots) {
    const own = axisOf.get(slot.variable);
    if (own === undefined) without ??= slot.variable;
    else maps.push(...own.map((axis) => slot.at[axis]!));
  }
  if (maps.length === 0) return { kind: 'independent' };
  for (const map of maps) {
    if (map.kind === 'all') return coupled('it reads all nodes at once');
    if (map.kind === 'unknown') return coupled('an unknown chooses the node');
    if (map.kind === 'gather') return coupled('data choose the nodes');
  }
  const indices = new Set(maps.flatMap((m) => (m.kind === 'affine' ? [m.index] : [])));
  const fixed = maps.flatMap((m) => (m.kind === 'fixed' ? [m.at] : []));
  if (indices.size > 1) return coupled('it joins pairs of nodes');
  if (indices.size === 1 && fixed.length > 0) return coupled('it joins every node with a fixed one');
  if (fixed.some((at) => !equal(at, fixed[0]!))) return coupled('it joins fixed nodes');
  if (indices.size === 0) return { kind: 'independent' };
  if (without !== null) return coupled(`every node shares ${without}`);
  const offsets = maps.flatMap((m) =>
    m.kind === 'affine' ? [constantValue(subtract(m.offset, firstOffset(maps)))] : [],
  );
  if (offsets.some((o) => o === null)) return coupled('the distance of the nodes depends on sizes');
  const order = Math.max(...(offsets as number[])) - Math.min(...(offsets as number[]));
  return order === 0 ? { kind: 'independent' } : { kind: 'chain', order, factor: term.name };
};

const firstOffset = (maps: readonly IndexMap[]): Dim => {
  const first = maps.find((m) => m.kind === 'affine');
  return first?.kind === 'affine' ? first.offset : [];
};
