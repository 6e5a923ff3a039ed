// Answers on the default backend, in float32, where the data are far from 0 or in large units. Expected: the same models
// on centred or scaled data, solved by hand.
import { describe, expect, it } from 'vitest';
import { flat, largestDifference, runModel } from './run-model.ts';

const years = [2000, 2001, 2002, 2003, 2004, 2005, 2006, 2007];
const noise = [0.1, -0.2, 0.05, 0, 0.15, -0.1, -0.05, 0.05];
const y = years.map((x, i) => 3 + 0.5 * (x - 2000) + noise[i]!);
// Least squares on centred years.
const middle = years.reduce((a, c) => a + c, 0) / years.length;
const mean = y.reduce((a, c) => a + c, 0) / y.length;
const spread = years.reduce((sum, x) => sum + (x - middle) ** 2, 0);
const slope = years.reduce((sum, x, i) => sum + (x - middle) * y[i]!, 0) / spread;

describe('a regression on years', () => {
  const source = (role: string): string => `model trend
size N
${role} a, b : real
observed x[n in N] : real
target y[n in N] : real
factor fit[n in N] = (y[n] - a - b * x[n])^2
`;

  it('learned', async () => {
    const { params } = await runModel(source('param'), { x: years, y }, { backend: 'wasm' });
    expect(largestDifference(flat(params['b']), [slope])).toBeLessThan(1e-6);
    expect(largestDifference(flat(params['a']), [mean - slope * middle])).toBeLessThan(1e-3);
  });

  it('integrated', async () => {
    const report = await runModel(source('latent'), { x: years, y }, { backend: 'wasm', query: 'marginals' });
    const b = report.marginals['b'] as { readonly mean: unknown; readonly sd: unknown };
    expect(largestDifference(flat(b.mean), [slope])).toBeLessThan(1e-6);
    expect(largestDifference(flat(b.sd), [(2 * spread) ** -0.5])).toBeLessThan(1e-6);
  });
});

describe('k-means far from 0', () => {
  it('finds the clusters', async () => {
    const groups = [0, 0.5, 1, 5, 5.5, 6, 10, 10.5, 11].map((v) => v + 100_000);
    const { energy } = await runModel(
      `model kmeans
size N, K = 3
param w : real[1, K]
plate n in N { target y : real[1]  latent z : onehot[K]  factor d = ||y - w @ z||^2 }
`,
      { y: groups.map((v) => [v]) },
      { backend: 'wasm' },
    );
    expect(energy!.total).toBeCloseTo(3 * 0.5, 6);
  });
});

describe('a logistic regression in large units', () => {
  it('finds the odds of two groups', async () => {
    // x takes two values: the fitted log-odds are those of the two groups.
    const x = [10_000, 10_000, 10_000, 10_000, -10_000, -10_000, -10_000, -10_000];
    const { params } = await runModel(
      `model odds
size N
param a, b : real
observed x[n in N] : real
target y[n in N] : binary
y[n in N] ~ bernoulli(sigmoid(a + b * x[n]))
`,
      { x, y: [1, 1, 1, 0, 1, 0, 0, 0] },
      { backend: 'wasm' },
    );
    expect(flat(params['a'])[0]!).toBeCloseTo(0, 3);
    expect(flat(params['b'])[0]! * 10_000).toBeCloseTo(Math.log(3), 3);
  });
});
