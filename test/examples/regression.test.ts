// Conditioning written out: the posterior of four weights, and what is foretold of flowers whose width is missing.
import { describe, expect, it } from 'vitest';
import { backends, numberAt, rowsOf, runExample, testExpected, valueAt } from './example.ts';
import { dot, logDeterminant, solve } from './linear-algebra.ts';
import type { Matrix } from './linear-algebra.ts';

testExpected('regression');

const rows = rowsOf('examples/data/iris.csv');
const design = rows.map((row) => [...row.slice(0, 3), 1]);
const width = rows.map((row) => row[3]!);
const sigma = 0.2;
const prior: Matrix = [
  [1, 0.8, 0.8, 0],
  [0.8, 1, 0.8, 0],
  [0.8, 0.8, 1, 0],
  [0, 0, 0, 100],
];

/** Flowers 0, 10, 20, … have no width. */
const isKnown = (n: number): boolean => n % 10 !== 0;
const known = design.filter((_, n) => isKnown(n));
const seen = width.filter((_, n) => isKnown(n));

/** Covariance of the widths of two groups of flowers, noise aside. */
const covariance = (a: Matrix, c: Matrix): Matrix => {
  const spread = c.map((x) => prior.map((row) => dot(row, x)));
  return a.map((x) => spread.map((s) => dot(x, s)));
};
const total = covariance(known, known).map((row, i) => row.map((v, j) => v + (i === j ? sigma ** 2 : 0)));
const weights = solve(total, seen);

describe.each(backends)('regression on %s', (backend) => {
  it('posterior, evidence and predictions from the widths that are known', async () => {
    const y = width.map((v, n) => (isKnown(n) ? v : null));
    const flags = '--data x=examples/data/iris.csv:1,2,3 --query marginals';
    const result = await runExample('regression', flags, backend, { data: { x: rows.map((r) => r.slice(0, 3)), y } });

    const cross = covariance(
      [
        [1, 0, 0, 0],
        [0, 1, 0, 0],
        [0, 0, 1, 0],
        [0, 0, 0, 1],
      ],
      known,
    );
    const [means, deviations] = ['mean', 'sd'].map((part) => [
      ...(valueAt(result, `marginals.w.${part}`) as number[]),
      numberAt(result, `marginals.b.${part}`),
    ]) as [number[], number[]];
    cross.forEach((row, d) => {
      expect(Math.abs(means[d]! - dot(row, weights))).toBeLessThan(1e-3);
      expect(Math.abs(deviations[d]! - Math.sqrt(prior[d]![d]! - dot(row, solve(total, row))))).toBeLessThan(2e-4);
    });

    const surprise = 0.5 * (seen.length * Math.log(2 * Math.PI) + logDeterminant(total) + dot(seen, weights));
    expect(Math.abs(numberAt(result, 'logPartition') + surprise)).toBeLessThan(0.01);

    const foretold = valueAt(result, 'marginals.y.mean') as number[];
    const spread = valueAt(result, 'marginals.y.sd') as number[];
    design.forEach((x, n) => {
      if (isKnown(n)) {
        expect(foretold[n]).toBeCloseTo(width[n]!, 5);
        return expect(spread[n]).toBe(0);
      }
      const row = covariance([x], known)[0]!;
      const variance = covariance([x], [x])[0]![0]! + sigma ** 2 - dot(row, solve(total, row));
      expect(Math.abs(foretold[n]! - dot(row, weights))).toBeLessThan(1e-3);
      expect(Math.abs(spread[n]! - Math.sqrt(variance))).toBeLessThan(2e-4);
    });
  });
});
