// In: scopes of factors over numbered nodes. Out: the shape of the graph: nodes apart, chains, trees, or loops.
// A scope inside another adds nothing; the rest is a tree when the bipartite graph of nodes and factors has no cycle.

export type Shape = 'independent' | 'chain' | 'tree' | 'loopy';

/** Scopes may repeat nodes and each other. */
export const shapeOf = (nodes: number, scopes: readonly ArrayLike<number>[]): Shape => {
  const kept = maximal(scopes);
  if (kept.length === 0) return 'independent';
  const parent = Int32Array.from({ length: nodes }, (_, v) => v);
  const find = (v: number): number => {
    while (parent[v] !== v) {
      parent[v] = parent[parent[v]!]!;
      v = parent[v]!;
    }
    return v;
  };
  const degree = new Int32Array(nodes);
  let pairs = true;
  for (const scope of kept) {
    if (scope.length > 2) pairs = false;
    for (const v of scope) degree[v]!++;
    for (let i = 1; i < scope.length; i++) {
      const [a, b] = [find(scope[0]!), find(scope[i]!)];
      if (a === b) return 'loopy';
      parent[b] = a;
    }
  }
  return pairs && degree.every((d) => d <= 2) ? 'chain' : 'tree';
};

/** Distinct scopes of at least two nodes that lie in no other. */
const maximal = (scopes: readonly ArrayLike<number>[]): readonly (readonly number[])[] => {
  const distinct = new Map<string, readonly number[]>();
  for (const scope of scopes) {
    const sorted = [...new Set(Array.from(scope))].sort((a, b) => a - b);
    if (sorted.length > 1) distinct.set(sorted.join(), sorted);
  }
  const bySize = [...distinct.values()].sort((a, b) => b.length - a.length);
  const holding = new Map<number, Set<number>>();
  const kept: (readonly number[])[] = [];
  for (const scope of bySize) {
    const [first, ...rest] = scope;
    const covers = [...(holding.get(first!) ?? [])].some((k) => rest.every((v) => holding.get(v)?.has(k) === true));
    if (covers) continue;
    for (const v of scope) holding.set(v, (holding.get(v) ?? new Set()).add(kept.length));
    kept.push(scope);
  }
  return kept;
};
