// Statements gathered into clusters that run one after the other: greedy typed fusion (Kennedy, McKinley: Typed Fusion with
// Applications to Parallel and Sequential Code Generation, 1993). No path of dependences leads out of a cluster and back in. In:
// items in program order, their effects and what may join what. Out: clusters in an order that is right, as near to that of the
// program as can be, the items of each in program order.
import type { BufferId, LocalId } from '../kernel.ts';
import { meet, type Effects, type Touched } from './dependences.ts';

export interface Policy<Item, State> {
  /** Clusters of another key are not asked; null: stays alone. */
  readonly keyOf: (item: Item) => string | null;
  readonly open: (item: Item) => State | null;
  /** The state with the items in it; null where they do not belong, with nothing changed. Items come in any order. */
  readonly join: (state: State, items: readonly Item[]) => State | null;
}

/** For each item the earlier ones that it has to wait for, by number. */
export type Waits = readonly (readonly number[])[];

export interface Arranged<Item, State> {
  readonly items: readonly Item[];
  /** null: nothing joins it. */
  readonly state: State | null;
}

interface Cluster<State> {
  readonly members: number[];
  readonly key: string | null;
  state: State | null;
  readonly before: Set<Cluster<State>>;
  /** Whatever has to come after it, while it may still grow. */
  readonly after: Set<Cluster<State>>;
}

/** How many clusters may grow at a time: neighbours, so that long programs take linear time. */
const GROWING = 48;

export const arrange = <Item, State>(
  items: readonly Item[],
  waits: Waits,
  policy: Policy<Item, State>,
): readonly Arranged<Item, State>[] => {
  const clusters: Cluster<State>[] = [];
  const homes: Cluster<State>[] = [];
  let growing: Cluster<State>[] = [];
  items.forEach((item, i) => {
    const before = [...new Set(waits[i]!.map((earlier) => homes[earlier]!))];
    const key = policy.keyOf(item);
    let home = growing.findLast((cluster) => {
      // What it needs must not wait for the cluster.
      if (key === null || cluster.key !== key || before.some((other) => cluster.after.has(other))) return false;
      const joined = policy.join(cluster.state!, [item]);
      if (joined !== null) cluster.state = joined;
      return joined !== null;
    });
    if (home === undefined) {
      const state = key === null ? null : policy.open(item);
      home = { members: [], key, state, before: new Set(), after: new Set() };
      clusters.push(home);
    }
    home.members.push(i);
    for (const other of before) if (other !== home) home.before.add(other);
    for (const cluster of growing)
      if (cluster !== home && before.some((other) => other === cluster || cluster.after.has(other))) {
        cluster.after.add(home);
        for (const later of home.after) cluster.after.add(later);
      }
    homes.push(home);
    if (home.state !== null) growing = [...growing.filter((cluster) => cluster !== home), home].slice(-GROWING);
  });
  return inOrder(coalesced(clusters, items, policy)).map(({ members, state }) => ({
    items: members.map((i) => items[i]!),
    state,
  }));
};

/** A cluster that one of the same key waits for, and waits for directly only, becomes a part of it where it can: an item had to
 *  choose one of them. */
const coalesced = <Item, State>(
  clusters: readonly Cluster<State>[],
  items: readonly Item[],
  policy: Policy<Item, State>,
): readonly Cluster<State>[] => {
  const gone = new Set<Cluster<State>>();
  for (const cluster of clusters)
    for (const other of [...cluster.before]) {
      if (cluster.state === null || other.state === null || other.key !== cluster.key) continue;
      if (reaches(cluster, other)) continue;
      const state = policy.join(cluster.state, other.members.map((i) => items[i]!)); // prettier-ignore
      if (state === null) continue;
      cluster.state = state;
      cluster.members.push(...other.members);
      cluster.members.sort((a, b) => a - b);
      cluster.before.delete(other);
      for (const earlier of other.before) cluster.before.add(earlier);
      gone.add(other);
      for (const each of clusters) if (each.before.delete(other) && each !== cluster) each.before.add(cluster);
    }
  return clusters.filter((cluster) => !gone.has(cluster));
};

/** Whether a cluster waits for another by way of a third. */
const reaches = <State>(cluster: Cluster<State>, other: Cluster<State>): boolean => {
  const seen = new Set<Cluster<State>>([...cluster.before].filter((each) => each !== other));
  for (const each of seen) {
    if (each === other) return true;
    for (const earlier of each.before) seen.add(earlier);
  }
  return false;
};

/** Each after all it waits for, else by its first member. */
const inOrder = <State>(clusters: readonly Cluster<State>[]): readonly Cluster<State>[] => {
  const placed = new Set<Cluster<State>>();
  const place = (cluster: Cluster<State>): void => {
    if (placed.has(cluster)) return;
    for (const earlier of [...cluster.before].sort((a, b) => a.members[0]! - b.members[0]!)) place(earlier);
    placed.add(cluster);
  };
  for (const cluster of clusters.toSorted((a, b) => a.members[0]! - b.members[0]!)) place(cluster);
  return [...placed];
};

/** What every item has to wait for: who made what it reads, who used what it changes. */
export const waitsOf = (effects: readonly Effects[]): Waits => {
  const touched = new Map<BufferId, { readonly by: Touched; readonly item: number }[]>();
  const makers = new Map<LocalId, number>();
  return effects.map(({ buffers, uses, makes }, item) => {
    const found = new Set<number>();
    for (const local of uses) if (makers.has(local)) found.add(makers.get(local)!);
    for (const local of makes) makers.set(local, item);
    for (const [buffer, mine] of buffers) {
      const seen = touched.get(buffer);
      if (seen === undefined) {
        touched.set(buffer, [{ by: mine, item }]);
        continue;
      }
      for (const { by, item: earlier } of seen) if (!found.has(earlier) && meet(by, mine)) found.add(earlier);
      seen.push({ by: mine, item });
    }
    return [...found];
  });
};
