// What a `where` in a declaration demands of discrete unknowns. Expected values by enumeration on paper.
import { describe, expect, test } from 'vitest';
import { flat, largestDifference, runModel, tryModel } from '../methods/run-model.ts';

describe('conditions', () => {
  const source = `model m
latent k : integer(0..6) where k >= 2 and k != 3
factor f = 0.5 * k
`;
  const allowed = [2, 4, 5];
  const weights = allowed.map((k) => Math.exp(-0.5 * k));
  const total = weights.reduce((a, c) => a + c, 0);

  test('the minimum obeys them', async () => {
    const report = await runModel(source);
    expect(flat(report.variables['k'])).toEqual([2]);
    expect(report.energy!.total).toBeCloseTo(1, 6);
  });

  test('forbidden states have no probability', async () => {
    const report = await runModel(source, {}, { query: 'marginals' });
    const expected = [0, 1, 2, 3, 4, 5].map((k) => (allowed.includes(k) ? weights[allowed.indexOf(k)]! / total : 0));
    expect(largestDifference(flat(report.marginals['k']), expected)).toBeLessThan(1e-6);
    expect(report.logPartition).toBeCloseTo(Math.log(total), 5);
  });

  test('a condition that nothing meets is told', async () => {
    const { diagnostics } = await tryModel(source.replace('k != 3', 'k > 7'));
    expect(diagnostics.map((d) => d.code)).toEqual(['EBM514']);
  });
});

describe('nodes that the index clause leaves out', () => {
  const source = (domain: string): string => `model m
size N = 4
latent s[i in N where i != 1] : ${domain}
factor f[i in N where i != 1] = 0.7 * s[i]
`;

  test.each([
    ['spin', 3 * Math.log(2 * Math.cosh(0.7))],
    ['binary', 3 * Math.log(1 + Math.exp(-0.7))],
    ['integer(1..3)', 3 * Math.log(Math.exp(-0.7) + Math.exp(-1.4))],
  ])('count for nothing in a sum over the states of a %s', async (domain, expected) => {
    const report = await runModel(source(domain), {}, { query: 'logz' });
    expect(report.logPartition).toBeCloseTo(expected, 5);
    expect(Object.keys(report.energy!.factors)).toEqual(['f']);
  });

  test('continuous ones count for nothing in an integral', async () => {
    const report = await runModel(source('real').replace('0.7 * s[i]', 's[i]^2'), {}, { query: 'logz' });
    // Three of the four nodes: ∫ exp(-s²) ds = √π each.
    expect(report.logPartition).toBeCloseTo(1.5 * Math.log(Math.PI), 5);
    expect(Object.keys(report.energy!.factors)).toEqual(['f']);
  });

  test('of sets where a node cannot be held, they are refused', async () => {
    const text = source('interval(0, 1)').replace('0.7 * s[i]', 's[i]^2');
    const { diagnostics } = await tryModel(text, {}, { query: 'logz' });
    expect(diagnostics.map((d) => d.code)).toEqual(['EBM501']);
  });
});
