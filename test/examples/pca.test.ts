// The plane against the eigenvectors of Jacobi's method.
import { describe, expect, it } from 'vitest';
import { backends, numberAt, rowsOf, runExample, testExpected, valueAt } from './example.ts';
import type { Matrix } from './linear-algebra.ts';
import { eigen, meanOf, multiply, scatterOf, transpose } from './linear-algebra.ts';

testExpected('pca');

const points = rowsOf('examples/data/iris.csv');
const components = eigen(scatterOf(points, meanOf(points)));

describe.each(backends)('principal components on %s', (backend) => {
  it.each([1, 2, 3])('the best %d-dimensional plane', async (k) => {
    const flags = `--data y=examples/data/iris.csv --size K=${k} --show centre`;
    const result = await runExample('pca', flags, backend);
    const w = valueAt(result, 'params.W') as number[][];
    multiply(transpose(w), w).forEach((row, i) => row.forEach((v, j) => expect(v).toBeCloseTo(i === j ? 1 : 0, 5)));
    // What projecting on the eigenvectors left out keeps of W: the sine of the largest angle between the planes, at most.
    const rest: Matrix = components.slice(k).map((c) => c.vector);
    const sine = Math.hypot(...multiply(rest, w).flat());
    expect(sine).toBeLessThan(1e-3);
    const lost = components.slice(k).reduce((sum, c) => sum + c.value, 0);
    expect(numberAt(result, 'energy.total')).toBeCloseTo(lost, 2);
    (valueAt(result, 'shown.centre') as number[]).forEach((x, d) => expect(x).toBeCloseTo(meanOf(points)[d]!, 5));
  });
});
