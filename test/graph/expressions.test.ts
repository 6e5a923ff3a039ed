// Lets replaced by their values keep the meaning: both forms are evaluated, the second by hand-written loops.
import { describe, expect, test } from 'vitest';
import { evaluateScalar } from '../../src/graph/evaluate.ts';
import { dependsOn, expandLets, freeIndices, substituteIndices, visit } from '../../src/graph/expressions.ts';
import type { Expr } from '../../src/semantics/model.ts';
import { graphOf } from './load.ts';

const energyOf = (text: string): { energy: Expr; value: (indices?: Record<string, number>) => unknown } => {
  const { graph } = graphOf(`model m\nsize N = 3\ndata d[n in N] : real\n${text}`);
  const [group] = graph.groups;
  const arrays = { d: { shape: [3], data: Float64Array.of(2, 3, 5) } };
  return {
    energy: group!.energy,
    value: (indices = {}) => evaluateScalar(group!.energy, indices, { model: graph.model, sizes: { N: 3 }, arrays }),
  };
};

describe('lets are replaced', () => {
  test('with their index filled', () => {
    const { energy, value } = energyOf('let a[i in N] = d[i] + i\nfactor f[j in 1..N] = 10 * a[j - 1]');
    visit(energy, (e) => expect(e.kind === 'ref' && e.of === 'let').toBe(false));
    expect(value({ j: 2 })).toBe(40);
  });
  test('all at once, also by one of their own points', () => {
    // Outside the plate a is all of [2, 4, 7]; inside, the point.
    const { value } = energyOf('plate n in N {\n  let a = d[n] + n\n  factor f = a * whole[2]\n}\nlet whole = a');
    expect([0, 1, 2].map((n) => value({ n }))).toEqual([14, 28, 49]);
  });
  test('in a range that does not begin at 0', () => {
    const { value } = energyOf('let a[i in 1..N] = 100 * i\nfactor f[j in 1..N] = a[j]');
    expect([1, 2].map((j) => value({ j }))).toEqual([100, 200]);
  });
  test('one inside the other, with sums over the same letter', () => {
    const { value } = energyOf(
      'let a[i in N] = sum[k in N] d[k] * i\nlet b = sum[k in N] a[k]\nfactor f = sum[k in N] b * d[k]',
    );
    // Σ d = 10; a = [0, 10, 20]; b = 30; f = 300.
    expect(value()).toBe(300);
  });
});

test('substitution leaves bound indices alone', () => {
  const { energy } = energyOf('factor f[i in N] = d[i] + sum[k in N] d[k]');
  const [k] = [...new Set(reducedIds(energy))];
  const seven: Expr = { kind: 'number', value: 7, type: { scalar: { kind: 'integer' }, shape: [] }, span: energy.span };
  const changed = substituteIndices(energy, new Map([[k!, seven]]));
  expect(changed).toBe(energy);
  expect([...freeIndices(energy)]).toEqual(['i']);
  expect([...freeIndices(substituteIndices(energy, new Map([['i', seven]])))]).toEqual([]);
});

const reducedIds = (energy: Expr): readonly string[] => {
  const ids: string[] = [];
  visit(energy, (e) => {
    if (e.kind === 'reduce') ids.push(...e.binders.map((b) => b.id));
  });
  return ids;
};

test('dependence and expansion of shared lets stay small', () => {
  // Each let doubles the one before: expanded as a tree this would have 2^40 nodes.
  const lets = Array.from({ length: 40 }, (_, i) => `let a${i + 1} = a${i} + a${i}`);
  const { graph } = graphOf(`model m\nlatent x, y : real\nlet a0 = x\n${lets.join('\n')}\nfactor f = a40`);
  const { energy } = graph.groups[0]!;
  expect(dependsOn(energy, new Set(['x']))).toBe(true);
  expect(dependsOn(energy, new Set(['y']))).toBe(false);
  expect(expandLets(graph.model, energy)).toBe(energy);
});
