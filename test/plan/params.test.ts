// Params that are integrated instead of learned, and starts of mixtures whose states differ in scale alone.
import { describe, expect, test } from 'vitest';
import { flat, largestDifference, runModel } from '../methods/run-model.ts';

const regression = `model regression
size N
const s = 0.5
param w : real ~ normal(0, 2)
plate n in N {
  observed x : real
  target y : real ~ normal(w * x, s)
}
`;
const x = [1, 2, 0.5];
const y = [1, 2.5, 0];
// Conjugate posterior of a normal mean with weights x: precision 1/4 + Σ x²/s², mean Σ x y/s² / precision.
const precision = 1 / 4 + x.reduce((sum, v) => sum + v * v, 0) / 0.25;
const mean = x.reduce((sum, v, i) => sum + v * y[i]!, 0) / 0.25 / precision;

describe('params named by a flag or meant by the task', () => {
  test.each([
    ['--marginalize', regression, { marginalize: ['w'] }],
    ['the infer block', `${regression}infer { marginalize w }`, {}],
    ['a query for marginals where nothing else is unknown', regression, { query: 'marginals' as const }],
  ])('%s: the posterior of a regression weight', async (_, source, options) => {
    const report = await runModel(source, { x, y }, options);
    const marginal = report.marginals['w'] as { readonly mean: unknown; readonly sd: unknown };
    expect(largestDifference(flat(marginal.mean), [mean])).toBeLessThan(1e-5);
    expect(largestDifference(flat(marginal.sd), [precision ** -0.5])).toBeLessThan(1e-5);
    expect(report.plan.map((p) => p.operation)).toEqual(['marginalize']);
  });

  test('--minimize keeps it a point estimate under a query for marginals', async () => {
    const report = await runModel(regression, { x, y }, { query: 'marginals', minimize: ['w'] });
    expect(largestDifference(flat(report.params['w']), [mean])).toBeLessThan(1e-5);
    expect(report.plan.map((p) => p.operation)).toEqual(['minimize']);
  });
});

describe('states that differ in scale alone', () => {
  test('a mixture of two Poissons leaves the point where both rates are equal', async () => {
    const counts = [0, 1, 0, 2, 1, 1, 0, 2, 20, 25, 22, 19, 24, 21];
    const report = await runModel(
      `model counts
size N, K = 2
param w : simplex[K]
param rate : positive[K]
plate n in N { latent z : category(K) ~ categorical(w)  target y : integer(0..100) ~ poisson(rate[z]) }
`,
      { y: counts },
    );
    // The groups are so far apart that each rate is the mean of its own group.
    const rates = [...flat(report.params['rate'])].sort((a, c) => a - c);
    expect(largestDifference(rates, [7 / 8, 131 / 6])).toBeLessThan(1e-2);
  });
});
