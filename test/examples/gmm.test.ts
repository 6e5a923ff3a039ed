// Unit determinants, EM that never rises, and the order of free energies by temperature.
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
import type { Matrix } from './linear-algebra.ts';
import { dot, logDeterminant, meanOf, multiply, scatterOf, transpose } from './linear-algebra.ts';

testExpected('gmm');

const points = rowsOf('examples/data/iris.csv');
const flags = '--data y=examples/data/iris.csv';

describe.each(backends)('mixture with unit determinants on %s', (backend) => {
  it('keeps det M = 1, never raises F, and stands where an EM step by hand changes nothing', async () => {
    const result = await runExample('gmm', flags, backend);
    expectDescending(result.trace!, rounding[backend]);
    const centres = transpose(valueAt(result, 'params.w') as number[][]);
    const precisions = valueAt(result, 'params.M') as number[][][];
    for (const m of precisions) expect(logDeterminant(m)).toBeCloseTo(0, 4);
    const energies = points.map((y) =>
      centres.map((w, k) => {
        const gap = y.map((x, d) => x - w[d]!);
        return dot(gap, multiply(precisions[k]!, transpose([gap])).flat());
      }),
    );
    const beta = 10;
    const weights = energies.map((e) => {
      const least = Math.min(...e);
      const raw = e.map((x) => Math.exp(-beta * (x - least)));
      const sum = raw.reduce((a, c) => a + c);
      return raw.map((x) => x / sum);
    });
    centres.forEach((w, k) => {
      const share = weights.map((r) => r[k]!);
      const count = share.reduce((a, c) => a + c);
      const mean = transpose(points).map((column) => dot(column, share) / count);
      w.forEach((x, d) => expect(Math.abs(x - mean[d]!)).toBeLessThan(0.01));
    });
  });

  it('at given params, F rises with beta towards the minimum', async () => {
    const { params } = (await runExample('gmm', flags, backend)).json;
    const given = Object.fromEntries(
      ['w', 'M'].map((name) => [name, valueAt({ json: { params } } as never, `params.${name}`)]),
    );
    const at = async (beta: number): Promise<number> =>
      numberAt(await runExample('gmm', flags, backend, { params: given as never, beta }), 'freeEnergy');
    const sweep = [await at(1), await at(10), await at(100), await at(Infinity)];
    for (let i = 1; i < sweep.length; i++) expect(sweep[i]!).toBeGreaterThan(sweep[i - 1]! - 1e-5);
    expect(sweep[1]! - sweep[0]!).toBeGreaterThan(1);
    // Σ exp(-βE) over K states is at most K times its largest term.
    expect(sweep[3]! - sweep[2]!).toBeLessThan((points.length * Math.log(3)) / 100);
  });

  it('with every centre at the mean, the energy is D det(C)^(1/D)', async () => {
    const scatter: Matrix = scatterOf(points, meanOf(points));
    const result = await runExample('gmm', `${flags} --beta 1`, backend);
    expect(numberAt(result, 'energy.total')).toBeCloseTo(4 * Math.exp(logDeterminant(scatter) / 4), 1);
  });
});
