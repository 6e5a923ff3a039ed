// The free energy is minus the log-likelihood of the reported params, computed by hand; the energy lies above it by the
// entropy of the posterior.
import { describe, expect, it } from 'vitest';
import {
  backends,
  expectDescending,
  numberAt,
  rounding,
  rowsOf,
  runExample,
  testExpected,
  valueAt,
} from './example.ts';
import { dot, logDeterminant, solve } from './linear-algebra.ts';

testExpected('gmm_full');

const points = rowsOf('examples/data/iris.csv');

describe.each(backends)('full mixture on %s', (backend) => {
  it('reports the likelihood of its params; EM never lowers it', async () => {
    const result = await runExample('gmm_full', '--data y=examples/data/iris.csv', backend);
    expectDescending(result.trace!, rounding[backend]);
    const [pi, mu, s] = ['pi', 'mu', 'S'].map((name) => valueAt(result, `params.${name}`)) as [
      number[],
      number[][],
      number[][][],
    ];
    const logDensity = (y: readonly number[], k: number): number => {
      const gap = y.map((x, d) => x - mu[k]![d]!);
      return -0.5 * (dot(gap, solve(s[k]!, gap)) + logDeterminant(s[k]!) + 4 * Math.log(2 * Math.PI));
    };
    const joint = points.map((y) => pi.map((p, k) => Math.log(p) + logDensity(y, k)));
    const likelihoods = joint.map((terms) => Math.log(terms.reduce((sum, t) => sum + Math.exp(t), 0)));
    const total = likelihoods.reduce((a, c) => a + c);
    expect(Math.abs(numberAt(result, 'freeEnergy') + total)).toBeLessThan(0.01);
    const posterior = joint.map((terms, n) => terms.map((t) => Math.exp(t - likelihoods[n]!)));
    const marginals = valueAt(result, 'marginals.z') as number[][];
    posterior.forEach((row, n) => row.forEach((p, k) => expect(Math.abs(marginals[n]![k]! - p)).toBeLessThan(1e-3)));
    const entropy = -posterior.flat().reduce((sum, p) => sum + (p > 0 ? p * Math.log(p) : 0), 0);
    expect(Math.abs(numberAt(result, 'energy.total') - numberAt(result, 'freeEnergy') - entropy)).toBeLessThan(0.02);
  });
});
