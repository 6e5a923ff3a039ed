// The smoother against one dense Gaussian of 100 dimensions: y ~ normal(1000, P + r²), P the covariance of the levels.
import { describe, expect, it } from 'vitest';
import { backends, numberAt, rowsOf, runExample, testExpected, valueAt } from './example.ts';
import type { Matrix } from './linear-algebra.ts';
import { dot, logDeterminant, solve } from './linear-algebra.ts';

testExpected('local_level');

const flow = rowsOf('examples/data/nile.csv').map(([y]) => y!);
const [start, vague] = [1000, 1e4];

const priorOf = (q: number): Matrix => flow.map((_, s) => flow.map((_, t) => vague ** 2 + q ** 2 * Math.min(s, t)));
const totalOf = (q: number, r: number): Matrix =>
  priorOf(q).map((row, s) => row.map((v, t) => v + (s === t ? r ** 2 : 0)));
const gaps = flow.map((y) => y - start);

/** -log p(y). */
const surprise = (q: number, r: number): number => {
  const total = totalOf(q, r);
  return 0.5 * (flow.length * Math.log(2 * Math.PI) + logDeterminant(total) + dot(gaps, solve(total, gaps)));
};

const [q, r] = [Math.sqrt(1469.1), Math.sqrt(15099)];
const nile = '--data y=examples/data/nile.csv';

describe.each(backends)('local level on %s', (backend) => {
  it('means, standard deviations and likelihood, all years', async () => {
    const result = await runExample('local_level', `${nile} --query marginals`, backend, { params: { q, r } });
    const [prior, total] = [priorOf(q), totalOf(q, r)];
    const weights = solve(total, gaps);
    const means = valueAt(result, 'marginals.level.mean') as number[];
    const deviations = valueAt(result, 'marginals.level.sd') as number[];
    prior.forEach((row, t) => {
      expect(Math.abs(means[t]! - (start + dot(row, weights)))).toBeLessThan(0.1);
      expect(Math.abs(deviations[t]! - Math.sqrt(row[t]! - dot(row, solve(total, row))))).toBeLessThan(0.02);
    });
    expect(Math.abs(numberAt(result, 'freeEnergy') - surprise(q, r))).toBeLessThan(0.01);
  });

  it('learns the same from starts of order one, where float32 has no digits left', async () => {
    const blind = (text: string): string => text.replace('positive = 100', 'positive');
    const result = await runExample('local_level', nile, backend, {}, blind);
    expect(Math.abs(numberAt(result, 'freeEnergy') - surprise(q, r))).toBeLessThan(0.01);
    expect(Math.abs(numberAt(result, 'params.q') - q)).toBeLessThan(0.2);
  });

  it('learns a maximum of the likelihood', async () => {
    const result = await runExample('local_level', nile, backend);
    const found = surprise(numberAt(result, 'params.q'), numberAt(result, 'params.r'));
    expect(Math.abs(numberAt(result, 'freeEnergy') - found)).toBeLessThan(0.01);
    for (const [a, c] of [
      [1.05, 1],
      [0.95, 1],
      [1, 1.05],
      [1, 0.95],
    ] as const)
      expect(surprise(a * numberAt(result, 'params.q'), c * numberAt(result, 'params.r'))).toBeGreaterThan(found);
  });
});
