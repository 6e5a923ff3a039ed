// In: an undirected graph as cliques over numbered nodes with cardinalities. Out: an order of elimination, the clique that
// each step makes, the induced width and the cost of the tables. Greedy: min-fill and three of its relatives, and sweeps, which
// are better on large grids; the cheapest wins.
// Koller & Friedman, Probabilistic Graphical Models (2009), section 9.4.3.2; Bodlaender & Koster, Treewidth computations I (2010);
// Cuthill & McKee (1969) for the sweep.

export interface EliminationProblem {
  /** Nodes are 0 … nodes - 1. */
  readonly nodes: number;
  /** Number of states of each node. */
  readonly cardinalities: ArrayLike<number>;
  /** Scopes of the factors; every two nodes of one are adjacent. */
  readonly cliques: readonly ArrayLike<number>[];
  /** Nodes that stay: they become axes of the result. */
  readonly keep?: readonly number[];
}

export const heuristics = ['min-fill', 'weighted-min-fill', 'min-degree', 'min-weight'] as const;
/** Fixed orders: as declared, and along the graph from one end. */
export const sweeps = ['declared', 'sweep'] as const;
export type Heuristic = (typeof heuristics)[number] | (typeof sweeps)[number];

export interface EliminationOrder {
  readonly heuristic: Heuristic;
  /** All nodes that are not kept, first to last. */
  readonly order: Int32Array;
  /** One per step: the eliminated node, then its neighbours at that time, ascending. */
  readonly cliques: readonly Int32Array[];
  /** Induced width: nodes in the largest clique, minus 1. -1 for a graph without nodes to eliminate. */
  readonly width: number;
  /** log2 of the number of entries of all tables together; -Infinity when there is nothing to eliminate. */
  readonly cost: number;
  /** log2 of the number of entries of the largest table; 0 when there is nothing to eliminate. */
  readonly largest: number;
}

/** The cheapest of the orders found by all heuristics; of equals the first in the list of heuristics. Deterministic. */
export const eliminationOrder = (problem: EliminationProblem): EliminationOrder =>
  [...heuristics, ...sweeps]
    .map((heuristic) => greedyOrder(problem, heuristic))
    .reduce((best, next) => (next.cost < best.cost - 1e-9 ? next : best));

export const adjacency = (problem: EliminationProblem): readonly Set<number>[] => {
  const neighbours = Array.from({ length: problem.nodes }, () => new Set<number>());
  for (const clique of problem.cliques)
    for (let i = 0; i < clique.length; i++)
      for (let j = 0; j < i; j++) {
        const a = clique[i]!;
        const b = clique[j]!;
        if (a === b) continue;
        neighbours[a]!.add(b);
        neighbours[b]!.add(a);
      }
  return neighbours;
};

/** Eliminates the node with the least score, again and again; ties go to the smaller degree, then to the smaller node number. */
export const greedyOrder = (problem: EliminationProblem, heuristic: Heuristic): EliminationOrder => {
  const neighbours = adjacency(problem);
  const { cardinalities } = problem;
  const bits = Float64Array.from({ length: problem.nodes }, (_, v) => Math.log2(cardinalities[v]!));
  const scores = scoring(heuristic, neighbours, cardinalities, bits);
  const gone = new Uint8Array(problem.nodes);
  for (const v of problem.keep ?? []) gone[v] = 1;
  const queue = new Queue();
  const push = (v: number): void => {
    if (gone[v] === 0) queue.push({ node: v, score: scores.of(v), degree: neighbours[v]!.size });
  };
  for (let v = 0; v < problem.nodes; v++) push(v);

  const order: number[] = [];
  const cliques: Int32Array[] = [];
  let width = -1;
  let largest = 0;
  let entries = 0;
  for (let next = queue.pop(); next !== undefined; next = queue.pop()) {
    const v = next.node;
    if (gone[v] === 1 || next.score !== scores.of(v) || next.degree !== neighbours[v]!.size) continue;
    const around = Int32Array.from(neighbours[v]!).sort();
    const touched = new Set<number>(around);
    for (let i = 0; i < around.length; i++)
      for (let j = 0; j < i; j++) {
        const a = around[i]!;
        const b = around[j]!;
        if (neighbours[a]!.has(b)) continue;
        for (const c of scores.join(a, b)) touched.add(c);
        neighbours[a]!.add(b);
        neighbours[b]!.add(a);
      }
    scores.remove(v);
    for (const u of around) neighbours[u]!.delete(v);
    gone[v] = 1;
    for (const u of touched) push(u);

    order.push(v);
    cliques.push(Int32Array.of(v, ...around));
    width = Math.max(width, around.length);
    const size = around.reduce((sum, u) => sum + bits[u]!, bits[v]!);
    largest = Math.max(largest, size);
    entries += 2 ** size;
  }
  // 2 ** size overflows beyond 1024 bits; the largest table then stands for the sum.
  const cost = entries === Infinity ? largest : Math.log2(entries);
  return { heuristic, order: Int32Array.from(order), cliques, width, cost, largest };
};

/** The score of a node, kept up to date while edges are added and nodes removed. */
interface Scores {
  readonly of: (node: number) => number;
  /** Called before the edge a-b is added. Returns the nodes, other than a and b, whose score changes. */
  readonly join: (a: number, b: number) => readonly number[];
  /** Called before the node is removed, its neighbours being a clique by then. */
  readonly remove: (node: number) => void;
}

const scoring = (
  heuristic: Heuristic,
  neighbours: readonly Set<number>[],
  cardinalities: ArrayLike<number>,
  bits: Float64Array,
): Scores => {
  switch (heuristic) {
    case 'min-degree':
      return { of: (v) => neighbours[v]!.size, join: () => [], remove: () => undefined };
    case 'min-weight': {
      // Rounded, since the sum over a set must not depend on the order in which the set was filled.
      const of = (v: number): number => {
        let sum = bits[v]!;
        for (const u of neighbours[v]!) sum += bits[u]!;
        return Math.round(sum * 1e6);
      };
      return { of, join: () => [], remove: () => undefined };
    }
    case 'min-fill':
      return fillScores(neighbours, () => 1);
    case 'weighted-min-fill':
      return fillScores(neighbours, (a, b) => cardinalities[a]! * cardinalities[b]!);
    case 'declared':
      return { of: (v) => v, join: () => [], remove: () => undefined };
    case 'sweep': {
      const rank = sweep(neighbours);
      return { of: (v) => rank[v]!, join: () => [], remove: () => undefined };
    }
  }
};

/** The place of each node in a breadth-first walk from one end of its component, of equals the node of lesser degree first:
 *  a grid is walked along its diagonals, and the frontier is its shorter side. */
const sweep = (neighbours: readonly ReadonlySet<number>[]): Int32Array => {
  const rank = new Int32Array(neighbours.length).fill(-1);
  const walk = (start: number): readonly number[] => {
    const order = [start];
    const seen = new Set(order);
    for (let i = 0; i < order.length; i++) {
      const next = [...neighbours[order[i]!]!].filter((u) => !seen.has(u));
      next.sort((a, b) => neighbours[a]!.size - neighbours[b]!.size || a - b);
      for (const u of next) seen.add(u);
      order.push(...next);
    }
    return order;
  };
  let placed = 0;
  for (let v = 0; v < neighbours.length; v++) {
    if (rank[v]! >= 0) continue;
    const end = walk(walk(v).at(-1)!);
    for (const u of end) rank[u] = placed++;
  }
  return rank;
};

/** Sum of the weights of the edges missing among the neighbours of each node. */
const fillScores = (neighbours: readonly Set<number>[], weight: (a: number, b: number) => number): Scores => {
  const fill = new Float64Array(neighbours.length);
  /** Weight of the edges that `node` lacks to the other members of `among`. */
  const missing = (node: number, among: ReadonlySet<number>): number => {
    let sum = 0;
    const own = neighbours[node]!;
    for (const c of among) if (c !== node && !own.has(c)) sum += weight(node, c);
    return sum;
  };
  neighbours.forEach((around, v) => {
    for (const u of around) fill[v]! += missing(u, around) / 2;
  });
  return {
    of: (v) => fill[v]!,
    join: (a, b) => {
      const [few, many] = neighbours[a]!.size < neighbours[b]!.size ? [a, b] : [b, a];
      const common = [...neighbours[few]!].filter((c) => neighbours[many]!.has(c));
      for (const c of common) fill[c]! -= weight(a, b);
      fill[a]! += missing(b, neighbours[a]!);
      fill[b]! += missing(a, neighbours[b]!);
      return common;
    },
    remove: (v) => {
      const around = neighbours[v]!;
      for (const u of around) fill[u]! -= missing(v, neighbours[u]!);
    },
  };
};

interface Entry {
  readonly node: number;
  readonly score: number;
  readonly degree: number;
}

const before = (a: Entry, b: Entry): boolean =>
  a.score !== b.score ? a.score < b.score : a.degree !== b.degree ? a.degree < b.degree : a.node < b.node;

/** Binary heap; outdated entries stay inside and are skipped by the reader. */
class Queue {
  readonly #heap: Entry[] = [];

  push(entry: Entry): void {
    const heap = this.#heap;
    let at = heap.length;
    heap.push(entry);
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!before(entry, heap[parent]!)) break;
      heap[at] = heap[parent]!;
      at = parent;
    }
    heap[at] = entry;
  }

  pop(): Entry | undefined {
    const heap = this.#heap;
    const top = heap[0];
    const last = heap.pop();
    if (top === undefined || last === undefined || heap.length === 0) return top;
    let at = 0;
    for (let child = 1; child < heap.length; child = 2 * at + 1) {
      if (child + 1 < heap.length && before(heap[child + 1]!, heap[child]!)) child++;
      if (!before(heap[child]!, last)) break;
      heap[at] = heap[child]!;
      at = child;
    }
    heap[at] = last;
    return top;
  }
}

/** A lower bound of the treewidth: the largest minimum degree met while contracting a node of least degree into the neighbour
 *  with which it shares fewest neighbours (MMD+, "least-c"; Bodlaender & Koster, Treewidth computations II, 2011). */
export const treewidthLowerBound = (problem: EliminationProblem): number => {
  const neighbours = adjacency(problem);
  const alive = new Set(neighbours.keys());
  let bound = problem.nodes === 0 ? -1 : 0;
  while (alive.size > 1) {
    let v = -1;
    for (const u of alive) if (v < 0 || neighbours[u]!.size < neighbours[v]!.size) v = u;
    bound = Math.max(bound, neighbours[v]!.size);
    let into = -1;
    let fewest = Infinity;
    for (const u of neighbours[v]!) {
      let shared = 0;
      for (const c of neighbours[u]!) if (neighbours[v]!.has(c)) shared++;
      if (shared < fewest) [into, fewest] = [u, shared];
    }
    for (const u of neighbours[v]!) {
      neighbours[u]!.delete(v);
      if (u !== into) {
        neighbours[u]!.add(into);
        neighbours[into]!.add(u);
      }
    }
    alive.delete(v);
  }
  return bound;
};
