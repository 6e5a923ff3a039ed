// Optimality by subgradients and by duality; where the weights vanish; predictions.
import { describe, expect, it } from 'vitest';
import { backends, constIn, runExample, testExpected, valueAt } from './example.ts';
import { dot, transpose } from './linear-algebra.ts';
import { diabetes, expectOptimal, measured, progression, weightsOf } from './penalised-regression.ts';

testExpected('lasso', (result, flags) => expectOptimal(result, constIn(flags, 'lambda', 200), 0, 2e-3));

describe.each(backends)('Lasso on %s', (backend) => {
  it('the first weight comes in at twice the largest product of a column with y', async () => {
    const mean = progression.reduce((a, c) => a + c) / progression.length;
    const products = transpose(measured).map((column) =>
      dot(
        column,
        progression.map((y) => y - mean),
      ),
    );
    const largest = Math.max(...products.map(Math.abs));
    const at = async (lambda: number): Promise<readonly number[]> =>
      weightsOf(await runExample('lasso', diabetes, backend, { consts: { lambda } })).w;
    expect((await at(2.02 * largest)).every((v) => v === 0)).toBe(true);
    const below = await at(1.98 * largest);
    expect(below.flatMap((v, j) => (v === 0 ? [] : [j]))).toEqual([products.findIndex((p) => Math.abs(p) === largest)]);
  });

  it('predicts with given weights', async () => {
    const { w, b } = weightsOf(await runExample('lasso', diabetes, backend));
    const flags = '--data x=examples/data/diabetes.csv';
    const predicted = await runExample('lasso', flags, backend, { params: { w: [...w], b } });
    const y = valueAt(predicted, 'variables.y') as number[];
    measured.forEach((x, n) => expect(Math.abs(y[n]! - dot(x, w) - b)).toBeLessThan(1e-3));
  });
});
