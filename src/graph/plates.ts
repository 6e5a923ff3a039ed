// In: variables and factor groups. Out: the plates, which are the axes of variables, two axes being one plate where factors
// walk along both with one index. `plate n in N` is such an axis; so is the t of `s[t in T]` and of `x[t in T] ~ d(s[t])`.
import type { Binder } from '../semantics/model.ts';
import { equal } from '../tensor/dims.ts';
import type { FactorGroup, Plate } from './factor-graph.ts';

/** What plates hold: variables, and the lets that are drawn. */
export interface PlateMember {
  readonly name: string;
  readonly binders: readonly Binder[];
}

export interface Plates {
  readonly plates: readonly Plate[];
  /** The plate of a binder of a variable, or of a binder of a factor that walks along exactly one plate, by binder id. */
  readonly plateOf: ReadonlyMap<string, string>;
  /** Pairs of plates that share variables although neither encloses the other. */
  readonly crossing: readonly (readonly [Plate, Plate])[];
}

export const findPlates = (variables: readonly PlateMember[], groups: readonly FactorGroup[]): Plates => {
  const axes = new Map<string, Binder>();
  for (const v of variables) for (const b of v.binders) axes.set(b.id, b);
  const parent = new Map([...axes.keys()].map((id) => [id, id]));
  const find = (id: string): string => {
    const up = parent.get(id)!;
    return up === id ? id : find(up);
  };
  const order = [...axes.keys()];
  const join = (a: string, b: string): void => {
    const [first, second] = [find(a), find(b)].sort((x, y) => order.indexOf(x) - order.indexOf(y)) as [string, string];
    parent.set(second, first);
  };

  const bindersOf = new Map(variables.map((v) => [v.name, v.binders]));
  const walked = groups.map((group) => axesWalked(group, bindersOf));
  for (const along of walked)
    for (const ids of along.values()) {
      const [first, ...rest] = ids;
      for (const id of rest) {
        const [a, b] = [axes.get(first!)!, axes.get(id)!];
        if (equal(a.from, b.from) && equal(a.to, b.to)) join(a.id, b.id);
      }
    }

  // Axes of one name and range inside the same plates are one plate too: `left[i in H, j in W]` and `right[i in H, j in W]`.
  for (const v of variables)
    v.binders.forEach((b, k) => {
      const before = v.binders.slice(0, k).map((x) => find(x.id));
      for (const w of variables) {
        const other = w.binders[k];
        if (w === v || other === undefined || other.name !== b.name) continue;
        const same = equal(b.from, other.from) && equal(b.to, other.to);
        if (same && before.every((id, i) => find(w.binders[i]!.id) === id)) join(b.id, other.id);
      }
    });

  const plateOf = new Map(order.map((id) => [id, find(id)]));
  for (const along of walked)
    for (const [binder, ids] of along) {
      const plates = new Set([...ids].map(find));
      if (plates.size === 1 && !plateOf.has(binder)) plateOf.set(binder, [...plates][0]!);
    }

  const members = new Map<string, Set<string>>();
  for (const v of variables)
    for (const b of v.binders) {
      const plate = find(b.id);
      members.set(plate, (members.get(plate) ?? new Set()).add(v.name));
    }
  const ids = [...members.keys()];
  const contains = (outer: string, inner: string): boolean =>
    [...members.get(inner)!].every((v) => members.get(outer)!.has(v));
  const encloses = (outer: string, inner: string): boolean =>
    outer !== inner && contains(outer, inner) && (!contains(inner, outer) || ids.indexOf(outer) < ids.indexOf(inner));
  const plates = ids.map((id): Plate => {
    const { name, from, to } = axes.get(id)!;
    const inside = ids.filter((other) => encloses(other, id));
    inside.sort((a, b) => members.get(b)!.size - members.get(a)!.size || ids.indexOf(a) - ids.indexOf(b));
    return { id, name, from, to, inside };
  });
  const crossing = plates.flatMap((a, i) =>
    plates.slice(i + 1).flatMap((b) => {
      const shared = [...members.get(a.id)!].some((v) => members.get(b.id)!.has(v));
      return shared && !contains(a.id, b.id) && !contains(b.id, a.id) ? [[a, b] as const] : [];
    }),
  );
  return { plates, plateOf, crossing };
};

/** For each binder of the group the variable axes that it, and no other binder of the group, walks along. An index that walks
 *  along two axes of one variable, or an axis walked by two indices (`x[r, a] != x[r, b]`), says nothing about plates. */
const axesWalked = (
  group: FactorGroup,
  bindersOf: ReadonlyMap<string, readonly Binder[]>,
): ReadonlyMap<string, ReadonlySet<string>> => {
  const walkers = new Map<string, Set<string>>();
  const walkedIn = new Map<string, Map<string, Set<string>>>();
  for (const slot of group.slots)
    slot.at.forEach((map, k) => {
      if (map.kind !== 'affine') return;
      const axis = bindersOf.get(slot.variable)![k]!.id;
      walkers.set(axis, (walkers.get(axis) ?? new Set()).add(map.index));
      const byVariable = walkedIn.get(map.index) ?? new Map<string, Set<string>>();
      walkedIn.set(map.index, byVariable);
      byVariable.set(slot.variable, (byVariable.get(slot.variable) ?? new Set()).add(axis));
    });
  const alone = (ids: ReadonlySet<string>): boolean => ids.size === 1 && walkers.get([...ids][0]!)!.size === 1;
  return new Map(
    [...walkedIn].map(([binder, byVariable]) => [
      binder,
      new Set([...byVariable.values()].filter(alone).flatMap((ids) => [...ids])),
    ]),
  );
};
