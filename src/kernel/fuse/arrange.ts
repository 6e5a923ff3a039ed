// Statements gathered into clusters that run one after the other: greedy typed fusion (Kennedy, McKinley: Typed Fusion with
// Applications to Parallel and Sequential Code Generation, 1993). Clusters stand on levels, each above all it depends on; an
// item joins a cluster only where all else it depends on is below, so no path leads out of a cluster and back in. In: items in
// program order, their effects and what may join what. Out: clusters in an order that is right, items in each in program order.
import type { BufferId, LocalId } from '../kernel.ts';
import { meet, type Effects, type Touched } from './dependences.ts';

export interface Cluster<Item, State> {
  readonly items: Item[];
  readonly level: number;
  /** null: nothing joins it. */
  state: State | null;
}

export interface Policy<Item, State> {
  readonly effectsOf: (item: Item) => Effects;
  /** Clusters of another key are not asked; null: stays alone. */
  readonly keyOf: (item: Item) => string | null;
  readonly open: (item: Item) => State | null;
  /** The state with the item in it; null where it does not belong. */
  readonly join: (state: State, item: Item) => State | null;
  /** `forwards`: producers first, as early as can be, consumers come to them; `backwards`: producers come to their consumers. */
  readonly direction: 'forwards' | 'backwards';
}

/** How many clusters of its key an item asks: neighbours, so that long programs take linear time. */
const ASKED = 12;

export const arrange = <Item, State>(
  items: readonly Item[],
  policy: Policy<Item, State>,
): readonly Cluster<Item, State>[] => {
  const backwards = policy.direction === 'backwards';
  const clusters: Cluster<Item, State>[] = [];
  const byKey = new Map<string, Cluster<Item, State>[]>();
  const order = new Order<Cluster<Item, State>>(backwards);
  for (const item of backwards ? items.toReversed() : items) {
    const effects = policy.effectsOf(item);
    const before = order.before(effects);
    const key = policy.keyOf(item);
    const asked = (key === null ? undefined : byKey.get(key))?.slice(-ASKED).reverse() ?? [];
    let home = asked.find((cluster) => {
      if (!before.every((other) => other === cluster || other.level < cluster.level)) return false;
      const joined = cluster.state === null ? null : policy.join(cluster.state, item);
      if (joined !== null) cluster.state = joined;
      return joined !== null;
    });
    if (home === undefined) {
      const level = before.reduce((most, other) => Math.max(most, other.level + 1), 0);
      home = { items: [], level, state: key === null ? null : policy.open(item) };
      clusters.push(home);
      if (home.state !== null) byKey.set(key!, [...(byKey.get(key!)?.slice(1 - ASKED) ?? []), home]);
    }
    home.items.push(item);
    order.record(effects, home);
  }
  if (!backwards) return clusters.sort((a, b) => a.level - b.level);
  for (const cluster of clusters) cluster.items.reverse();
  return clusters.reverse().sort((a, b) => b.level - a.level);
};

/** What touched what so far. It lives as long as one arrangement. */
class Order<Home> {
  private readonly touched = new Map<BufferId, { readonly home: Home; readonly by: Touched }[]>();
  private readonly makers = new Map<LocalId, Home>();
  private readonly users = new Map<LocalId, Set<Home>>();

  constructor(private readonly backwards: boolean) {}

  /** Everything that something with these effects may not change places with. */
  before({ buffers, uses, makes }: Effects): readonly Home[] {
    const found = new Set<Home>();
    if (this.backwards) {
      for (const local of makes) for (const home of this.users.get(local) ?? []) found.add(home);
    } else {
      for (const local of uses) if (this.makers.has(local)) found.add(this.makers.get(local)!);
    }
    for (const [buffer, mine] of buffers)
      for (const { home, by } of this.touched.get(buffer) ?? [])
        if (!found.has(home) && meet(mine, by)) found.add(home);
    return [...found];
  }

  record({ buffers, makes, uses }: Effects, home: Home): void {
    for (const local of makes) this.makers.set(local, home);
    for (const local of uses) {
      const users = this.users.get(local);
      if (users === undefined) this.users.set(local, new Set([home]));
      else users.add(home);
    }
    for (const [buffer, by] of buffers) {
      const seen = this.touched.get(buffer);
      if (seen === undefined) this.touched.set(buffer, [{ home, by }]);
      else seen.push({ home, by });
    }
  }
}
