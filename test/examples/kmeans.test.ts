// The result is a fixed point of Lloyd's algorithm, checked by hand, and the objective falls on the way.
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
import { dot, meanOf, transpose } from './linear-algebra.ts';

testExpected('kmeans');

const points = rowsOf('examples/data/iris.csv');
const flags = '--data y=examples/data/iris.csv';

const squaredDistance = (a: readonly number[], c: readonly number[]): number => {
  const gap = a.map((x, i) => x - c[i]!);
  return dot(gap, gap);
};

describe.each(backends)('k-means on %s', (backend) => {
  it('ends where assigning and averaging change nothing', async () => {
    const result = await runExample('kmeans', flags, backend);
    const centres = transpose(valueAt(result, 'params.w') as number[][]);
    const chosen = (valueAt(result, 'variables.z') as number[][]).map((z) => z.indexOf(1));
    let total = 0;
    points.forEach((y, n) => {
      const distances = centres.map((w) => squaredDistance(y, w));
      expect(distances[chosen[n]!]).toBeLessThanOrEqual(Math.min(...distances) + 1e-5);
      total += distances[chosen[n]!]!;
    });
    expect(numberAt(result, 'energy.total')).toBeCloseTo(total, 6);
    centres.forEach((w, k) => {
      const mean = meanOf(points.filter((_, n) => chosen[n] === k));
      w.forEach((x, d) => expect(x).toBeCloseTo(mean[d]!, 5));
    });
  });

  it('falls at every iteration, by minimising steps only', async () => {
    const result = await runExample('kmeans', flags, backend);
    expectDescending(result.trace!, rounding[backend]);
    expect(result.json.plan.map((line) => line.operation)).toEqual(['minimize', 'minimize']);
  });
});
