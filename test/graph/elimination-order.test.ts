// Widths of graphs whose treewidth is known, random graphs against exhaustive search, and the bookkeeping of an order.
import { describe, expect, test } from 'vitest';
import {
  adjacency,
  eliminationOrder,
  greedyOrder,
  heuristics,
  sweeps,
  treewidthLowerBound,
} from '../../src/graph/elimination-order.ts';
import type { EliminationOrder, EliminationProblem } from '../../src/graph/elimination-order.ts';

const graph = (nodes: number, cliques: readonly (readonly number[])[], cardinality = 2): EliminationProblem => ({
  nodes,
  cardinalities: new Int32Array(nodes).fill(cardinality),
  cliques,
});
const grid = (rows: number, columns: number): EliminationProblem => {
  const at = (i: number, j: number): number => i * columns + j;
  const edges: number[][] = [];
  for (let i = 0; i < rows; i++)
    for (let j = 0; j < columns; j++) {
      if (j > 0) edges.push([at(i, j - 1), at(i, j)]);
      if (i > 0) edges.push([at(i - 1, j), at(i, j)]);
    }
  return graph(rows * columns, edges);
};
const range = (n: number): number[] => Array.from({ length: n }, (_, i) => i);

/** A small deterministic generator (Lehmer, 1988). */
const random = (seed: number): (() => number) => {
  let state = seed;
  return () => (state = (state * 48271) % 2147483647) / 2147483647;
};

/** Treewidth by dynamic programming over sets of eliminated nodes (Bodlaender et al., On exact algorithms for treewidth, 2006). */
const exactTreewidth = (problem: EliminationProblem): number => {
  const neighbours = adjacency(problem);
  const reach = (eliminated: number, v: number): number => {
    const seen = new Set([v]);
    const stack = [v];
    let count = 0;
    for (let u = stack.pop(); u !== undefined; u = stack.pop())
      for (const w of neighbours[u]!) {
        if (seen.has(w)) continue;
        seen.add(w);
        if ((eliminated >> w) & 1) stack.push(w);
        else count++;
      }
    return count;
  };
  const best = new Float64Array(2 ** problem.nodes).fill(Infinity);
  best[0] = -1;
  for (let set = 1; set < best.length; set++)
    for (let v = 0; v < problem.nodes; v++)
      if ((set >> v) & 1) best[set] = Math.min(best[set]!, Math.max(best[set ^ (1 << v)]!, reach(set ^ (1 << v), v)));
  return best[best.length - 1]!;
};

/** Replays the order on the bare graph: every clique must be the node and what is adjacent to it at that time. */
const replay = (problem: EliminationProblem, found: EliminationOrder): void => {
  const neighbours = adjacency(problem);
  let width = -1;
  let entries = 0;
  found.order.forEach((v, step) => {
    const around = [...neighbours[v]!].sort((a, b) => a - b);
    expect([...found.cliques[step]!]).toEqual([v, ...around]);
    for (const a of around) {
      for (const b of around) if (a !== b) neighbours[a]!.add(b);
      neighbours[a]!.delete(v);
    }
    width = Math.max(width, around.length);
    entries += [v, ...around].reduce((product, u) => product * problem.cardinalities[u]!, 1);
  });
  expect(found.width).toBe(width);
  expect(found.cost).toBeCloseTo(Math.log2(entries), 9);
};

describe('graphs of known treewidth', () => {
  for (const heuristic of heuristics) {
    test(`${heuristic}: trees 1, cycles 2, complete graphs n - 1`, () => {
      const tree = graph(
        500,
        range(499).map((v) => [Math.floor(v / 2), v + 1]),
      );
      const next = random(11);
      const randomTree = graph(
        300,
        range(299).map((v) => [Math.floor(next() * (v + 1)), v + 1]),
      );
      expect(greedyOrder(tree, heuristic).width).toBe(1);
      expect(greedyOrder(randomTree, heuristic).width).toBe(1);
      for (const n of [3, 4, 17, 100])
        expect(
          greedyOrder(
            graph(
              n,
              range(n).map((v) => [v, (v + 1) % n]),
            ),
            heuristic,
          ).width,
        ).toBe(2);
      for (const n of [1, 2, 5, 9]) expect(greedyOrder(graph(n, [range(n)]), heuristic).width).toBe(n - 1);
    });
  }

  test('grids: the shorter side', () => {
    for (const [rows, columns] of [
      [1, 7],
      [2, 9],
      [3, 3],
      [3, 10],
      [4, 6],
      [5, 5],
      [10, 12],
      [30, 10],
      [16, 16],
    ] as const)
      expect([rows, columns, eliminationOrder(grid(rows, columns)).width]).toEqual([
        rows,
        columns,
        Math.min(rows, columns),
      ]);
  });

  test('without nodes, without edges', () => {
    expect(eliminationOrder(graph(0, []))).toMatchObject({ width: -1, cost: -Infinity, largest: 0 });
    expect(eliminationOrder(graph(5, []))).toMatchObject({ width: 0, cost: Math.log2(10), largest: 1 });
  });
});

describe('random graphs', () => {
  const next = random(5);
  const problems = range(60).map((): EliminationProblem => {
    const nodes = 3 + Math.floor(next() * 6);
    const density = 0.2 + 0.6 * next();
    const edges = range(nodes).flatMap((a) =>
      range(a)
        .filter(() => next() < density)
        .map((b) => [a, b]),
    );
    return { ...graph(nodes, edges), cardinalities: range(nodes).map(() => 2 + Math.floor(next() * 4)) };
  });

  test('never below the treewidth, and mostly equal to it; the lower bound never above', () => {
    let optimal = 0;
    for (const problem of problems) {
      const exact = exactTreewidth(problem);
      const found = greedyOrder(problem, 'min-fill').width;
      expect(found).toBeGreaterThanOrEqual(exact);
      expect(treewidthLowerBound(problem)).toBeLessThanOrEqual(exact);
      if (found === exact) optimal++;
    }
    expect(optimal).toBeGreaterThanOrEqual(57);
  });

  test('cliques, width and cost are those of the order', () => {
    for (const problem of problems)
      for (const heuristic of heuristics) replay(problem, greedyOrder(problem, heuristic));
  });

  test('the chosen order is the cheapest', () => {
    for (const problem of problems) {
      const costs = [...heuristics, ...sweeps].map((heuristic) => greedyOrder(problem, heuristic).cost);
      expect(eliminationOrder(problem).cost).toBeCloseTo(Math.min(...costs), 9);
    }
  });
});

test('kept nodes stay and are carried along', () => {
  const chain = {
    ...graph(
      4,
      [
        [0, 1],
        [1, 2],
        [2, 3],
      ],
      3,
    ),
    keep: [0, 3],
  };
  const found = eliminationOrder(chain);
  expect([...found.order].sort()).toEqual([1, 2]);
  // Whichever goes first, the second is joined to both ends: 3 nodes.
  expect(found.width).toBe(2);
  replay(chain, found);
});

test('weights matter: the node with many states is not joined with others', () => {
  // A star whose centre has 100 states. Best: three leaves (200 entries each), then the centre with the last leaf (200), then that (2).
  const star = {
    nodes: 5,
    cardinalities: [100, 2, 2, 2, 2],
    cliques: [
      [0, 1],
      [0, 2],
      [0, 3],
      [0, 4],
    ],
  };
  expect(eliminationOrder(star).cost).toBeCloseTo(Math.log2(4 * 200 + 2), 9);
});

test('thousands of nodes in seconds', () => {
  const started = performance.now();
  const found = greedyOrder(grid(60, 60), 'min-fill');
  expect(found.order.length).toBe(3600);
  expect(found.width).toBeGreaterThanOrEqual(60);
  expect(found.width).toBeLessThan(110);
  expect(performance.now() - started).toBeLessThan(10_000);
});
