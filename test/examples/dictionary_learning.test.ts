// The planted dictionary is found; what was found is a stationary point by hand, never rose, and codes the points as sparse_coding
// does with it.
import { expect, it } from 'vitest';
import { expectDescending, numberAt, rounding, rowsOf, runExample, testExpected, valueAt } from './example.ts';
import type { Matrix } from './linear-algebra.ts';
import { dot, transpose } from './linear-algebra.ts';
import planted from '../../examples/data/sparse.json' with { type: 'json' };

const points = rowsOf('examples/data/sparse.csv');
const data = '--data y=examples/data/sparse.csv';
const length = (v: readonly number[]): number => Math.hypot(...v);

/** For each column of `a` the column of `c` of largest |cosine|, and that. */
const nearest = (a: Matrix, c: Matrix): readonly { readonly index: number; readonly cosine: number }[] =>
  a.map((v) => {
    const cosines = c.map((u) => Math.abs(dot(v, u)) / (length(v) * length(u)));
    const cosine = Math.max(...cosines);
    return { index: cosines.indexOf(cosine), cosine };
  });

testExpected('dictionary_learning', (result, _, backend) => {
  expectDescending(result.trace!, rounding[backend]);
  const W = valueAt(result, 'params.W') as number[][];
  const codes = valueAt(result, 'variables.z') as number[][];
  const columns = transpose(W);
  const matches = nearest(transpose(planted.W), columns);
  expect(new Set(matches.map((m) => m.index)).size).toBe(10);
  // Five degrees.
  for (const { cosine } of matches) expect(cosine).toBeGreaterThan(0.996);
  const rest = points.map((y, n) => y.map((v, d) => v - dot(W[d]!, codes[n]!)));
  columns.forEach((column, k) => {
    expect(length(column)).toBeLessThan(1 + 1e-5);
    // The energy pulls a column outwards along itself, or not at all.
    const pull = column.map((_, d) => rest.reduce((sum, r, n) => sum + r[d]! * codes[n]![k]!, 0));
    expect(length(column)).toBeGreaterThan(1 - 1e-5);
    expect(dot(pull, column) / length(pull)).toBeGreaterThan(0.9999);
  });
});

it('codes with the learned dictionary are those of sparse_coding', async () => {
  const learned = await runExample('dictionary_learning', data, 'wasm');
  const W = valueAt(learned, 'params.W') as number[][];
  const coded = await runExample('sparse_coding', data, 'wasm', { params: { W } });
  expect(Math.abs(numberAt(coded, 'energy.total') / numberAt(learned, 'energy.total') - 1)).toBeLessThan(1e-5);
  expect(numberAt(coded, 'gap')).toBeLessThan(1e-5 * numberAt(coded, 'energy.total'));
  const given = await runExample('sparse_coding', data, 'wasm', { params: planted });
  expect(numberAt(learned, 'energy.total')).toBeLessThan(numberAt(given, 'energy.total'));
});

// Of these seeds the best of ten starts after 15 sweeps ends at 123.0 and 121.2: how far a start has come by then does not tell how
// low it ends.
it.each([1, 7])('seed %d ends in the same minimum', async (seed) => {
  const result = await runExample('dictionary_learning', data, 'wasm', { seed });
  expect(numberAt(result, 'energy.total')).toBeLessThan(117.398);
});
