// Concrete nodes and factors against graphs counted by hand or built by plain loops.
import { describe, expect, test } from 'vitest';
import type { ArrayData } from '../../src/data/table.ts';
import { eliminationOrder } from '../../src/graph/elimination-order.ts';
import { evaluateScalar } from '../../src/graph/evaluate.ts';
import { instantiate } from '../../src/graph/instantiate.ts';
import type { InstantiatedGraph } from '../../src/graph/instantiate.ts';
import type { FactorGraph } from '../../src/graph/factor-graph.ts';
import { graphOf, graphOfModel } from './load.ts';

const ints = (values: readonly number[], shape: readonly number[] = [values.length]): ArrayData => ({
  shape,
  data: Int32Array.from(values),
});

const instance = (
  graph: FactorGraph,
  variables: readonly string[],
  sizes: Record<string, number>,
  arrays: Record<string, ArrayData> = {},
): InstantiatedGraph => {
  const found = instantiate(graph, new Set(variables), { model: graph.model, sizes, arrays });
  if (found.kind !== 'instantiated') throw new Error(JSON.stringify(found));
  return found;
};

/** The sets of nodes of each factor of a group, sorted. */
const scopes = (found: InstantiatedGraph, name: string): readonly (readonly number[])[] => {
  const group = found.groups.find((g) => g.group.name === name)!;
  return Array.from({ length: group.count }, (_, f) =>
    group.slots
      .flatMap((s) => (s.starts === null ? [s.nodes[f]!] : [...s.nodes.subarray(s.starts[f]!, s.starts[f + 1]!)]))
      .sort((a, b) => a - b),
  );
};

describe('regular graphs', () => {
  test('a chain', () => {
    const found = instance(graphOfModel('hmm'), ['s'], { T: 4, S: 3, V: 2 });
    expect(found.nodes).toBe(4);
    expect(scopes(found, 's')).toEqual([[0]]);
    expect(scopes(found, 's#2')).toEqual([
      [0, 1],
      [1, 2],
      [2, 3],
    ]);
    expect(scopes(found, 'x')).toEqual([[0], [1], [2], [3]]);
    expect([...found.groups.find((g) => g.group.name === 's#2')!.indices[0]!]).toEqual([1, 2, 3]);
  });

  test('a grid of H × W has H (W - 1) + W (H - 1) pairs and width min(H, W)', () => {
    const [H, W] = [4, 6];
    const found = instance(graphOfModel('image_grid'), ['y'], { H, W });
    const pairs = [...scopes(found, 'across'), ...scopes(found, 'down')];
    expect(pairs).toHaveLength(H * (W - 1) + W * (H - 1));
    expect(pairs).toContainEqual([1 * W + 2, 1 * W + 3]);
    expect(pairs).toContainEqual([1 * W + 2, 2 * W + 2]);
    const order = eliminationOrder({
      nodes: found.nodes,
      cardinalities: new Int32Array(H * W).fill(2),
      cliques: pairs,
    });
    expect(order.width).toBe(Math.min(H, W));
  });

  test('two variables share one numbering', () => {
    const found = instance(graphOfModel('hmm'), ['s', 'x'], { T: 3, S: 3, V: 2 });
    expect(found.ranges).toEqual([
      { variable: 's', first: 0, shape: [3] },
      { variable: 'x', first: 3, shape: [3] },
    ]);
    expect(scopes(found, 'x')).toEqual([
      [0, 3],
      [1, 4],
      [2, 5],
    ]);
  });
});

describe('irregular graphs', () => {
  test('sudoku: 810 pairs of cells that must differ, as three loops count them', () => {
    const found = instance(graphOfModel('sudoku'), ['x'], {});
    const pairs = new Set(['row', 'column', 'box'].flatMap((name) => scopes(found, name).map((s) => s.join())));
    const expected = new Set<string>();
    for (let a = 0; a < 81; a++)
      for (let b = a + 1; b < 81; b++) {
        const [ra, ca, rb, cb] = [Math.floor(a / 9), a % 9, Math.floor(b / 9), b % 9];
        const box = Math.floor(ra / 3) === Math.floor(rb / 3) && Math.floor(ca / 3) === Math.floor(cb / 3);
        if (ra === rb || ca === cb || box) expected.add(`${a},${b}`);
      }
    expect(expected.size).toBe(810);
    expect(pairs).toEqual(expected);
    expect(scopes(found, 'row')).toHaveLength(9 * 36);
  });

  test('edges given by data', () => {
    const graph = graphOfModel('pose_graph');
    const found = instance(graph, ['p', 't'], { N: 3, M: 3 }, { a: ints([0, 1, 2]), b: ints([1, 2, 0]) });
    // p is 0, 1, 2 and t is 3, 4, 5.
    expect(scopes(found, 'moved')).toEqual([
      [0, 1, 3],
      [1, 2, 4],
      [0, 2, 5],
    ]);
    expect(scopes(found, 'turns')).toEqual([
      [3, 4],
      [4, 5],
      [3, 5],
    ]);
    expect(scopes(found, 'anchor')).toEqual([[0, 3]]);
  });

  test('a filter on data inside a sum chooses the nodes of a check', () => {
    // The Hamming (7, 4) code.
    const H = [1, 0, 1, 0, 1, 0, 1, 0, 1, 1, 0, 0, 1, 1, 0, 0, 0, 1, 1, 1, 1];
    const found = instance(graphOfModel('ldpc'), ['x'], { N: 7, C: 3 }, { H: ints(H, [3, 7]) });
    expect(scopes(found, 'parity')).toEqual([
      [0, 2, 4, 6],
      [1, 2, 5, 6],
      [3, 4, 5, 6],
    ]);
  });

  test('a sum over edges in one factor touches the ends of those edges', () => {
    const { graph } = graphOf(
      'model m\nsize N, M\ndata a[e in M] : index(N)\nlatent x[n in N] : binary\nfactor f = sum[e in M where a[e] > 0] x[a[e]]',
    );
    const found = instance(graph, ['x'], { N: 5, M: 4 }, { a: ints([3, 0, 1, 3]) });
    expect(scopes(found, 'f')).toEqual([[1, 3]]);
  });

  test('data that point outside the array, and data that are not there', () => {
    const graph = graphOfModel('pose_graph');
    const known = { model: graph.model, sizes: { N: 3, M: 2 } };
    const outside = instantiate(graph, new Set(['p']), { ...known, arrays: { a: ints([0, 1]), b: ints([1, 3]) } });
    expect(outside).toMatchObject({ kind: 'out-of-range', group: 'moved', indices: { e: 1 } });
    const missing = instantiate(graph, new Set(['p']), { ...known, arrays: { a: ints([0, 1]) } });
    expect(missing).toMatchObject({ kind: 'unevaluable' });
  });

  test('indices that do not begin at 0', () => {
    const { graph } = graphOf('model m\nsize T\nlatent s[t in 2..T] : binary\nfactor f[t in 3..T] = s[t] * s[t-1]');
    const found = instance(graph, ['s'], { T: 6 });
    expect(found.nodes).toBe(4);
    expect(scopes(found, 'f')).toEqual([
      [0, 1],
      [1, 2],
      [2, 3],
    ]);
  });
});

describe('numbers from expressions', () => {
  const valueOf = (expression: string, indices: Record<string, number> = { i: 2, j: 5 }): unknown => {
    const { graph } = graphOf(
      `model m\nsize N = 4\nconst c = 3, table = [[1, 2, 3], [4, 5, 6]]\ndata d[n in N] : real\nlatent x : real\nfactor f[i in N, j in 9] = x * (${expression})`,
    );
    const energy = graph.groups[0]!.energy;
    if (energy.kind !== 'call') throw new Error('not a product');
    const ids = graph.groups[0]!.binders.map((b) => b.id);
    return evaluateScalar(energy.args[1]!, Object.fromEntries(ids.map((id, k) => [id, Object.values(indices)[k]!])), {
      model: graph.model,
      sizes: { N: 4 },
      arrays: { d: { shape: [4], data: Float64Array.of(0.5, 1.5, 2.5, 3.5) } },
    });
  };
  const table: readonly (readonly [string, number])[] = [
    ['i + 2 * j - 1', 11],
    ['div(j, 2) + mod(j, 3)', 4],
    ['mod(0 - j, 3)', 1],
    ['max(i, j) - min(i, j)', 3],
    ['N * c', 12],
    ['table[1, i]', 6],
    ['table[0, mod(j, 3)]', 3],
    ['d[i] + d[0]', 3],
    ['if i < j and not (i == 3) then 10 else 20', 10],
    ['sum[k in N where k != i] k', 4],
    ['prod[k in 1..4] k', 6],
    ['max[k in N] d[k]', 3.5],
    ['sum[k in N] sum[l in k..N] 1', 10],
    ['abs(0 - i)^2', 4],
    ['clamp(j, 0, 3)', 3],
    ['[i, j][1]', 5],
    ['wrap(4)', 4 - 2 * Math.PI],
  ];
  test.each(table)('%s', (expression, value) => {
    expect(valueOf(expression)).toBeCloseTo(value, 12);
  });
  test('what is unknown is said to be so', () => {
    expect(valueOf('x')).toMatchObject({ kind: 'unevaluable', reason: 'x has no value before inference' });
  });
});
