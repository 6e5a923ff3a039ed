// Statements gathered into clusters that run one after the other: greedy typed fusion (Kennedy, McKinley: Typed Fusion with
// Applications to Parallel and Sequential Code Generation, 1993). No path of dependences leads out of a cluster and back in. In:
// items in program order, their effects and what may join what. Out: clusters in an order that is right, as near to that of the
// program as can be, the items of each in program order.
import type { BufferId, LocalId } from '../kernel.ts';
import { meet, type Effects, type Touched } from './dependences.ts';

export interface Policy<Item, State> {
  readonly effectsOf: (item: Item) => Effects;
  /** Clusters of another key are not asked; null: stays alone. */
  readonly keyOf: (item: Item) => string | null;
  readonly open: (item: Item) => State | null;
  /** The state with the items in it; null where they do not belong, with nothing changed. Items come in any order. */
  readonly join: (state: State, items: readonly Item[]) => State | null;
}

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
  policy: Policy<Item, State>,
): readonly Arranged<Item, State>[] => {
  const clusters: Cluster<State>[] = [];
  let growing: Cluster<State>[] = [];
  const order = new Order<Cluster<State>>();
  items.forEach((item, i) => {
    const effects = policy.effectsOf(item);
    const before = order.before(effects);
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
    order.record(effects, home);
    if (home.state !== null) growing = [...growing.filter((cluster) => cluster !== home), home].slice(-GROWING);
  });
  return inOrder(coalesced(clusters, items, policy)).map(({ members, state }) => ({
    items: members.map((i) => items[i]!),
    state,
  }));
};

/** A cluster that one of the same key waits for, and waits for directly only, becomes a part of it where it can. */
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

/** What touched what so far. It lives as long as one arrangement. */
class Order<Home> {
  private readonly touched = new Map<BufferId, { readonly home: Home; readonly by: Touched }[]>();
  private readonly makers = new Map<LocalId, Home>();

  /** Everything that something with these effects has to wait for. */
  before({ buffers, uses }: Effects): readonly Home[] {
    const found = new Set<Home>();
    for (const local of uses) if (this.makers.has(local)) found.add(this.makers.get(local)!);
    for (const [buffer, mine] of buffers)
      for (const { home, by } of this.touched.get(buffer) ?? [])
        if (!found.has(home) && meet(by, mine)) found.add(home);
    return [...found];
  }

  record({ buffers, makes }: Effects, home: Home): void {
    for (const local of makes) this.makers.set(local, home);
    for (const [buffer, by] of buffers) {
      const seen = this.touched.get(buffer);
      if (seen === undefined) this.touched.set(buffer, [{ home, by }]);
      else seen.push({ home, by });
    }
  }
}
