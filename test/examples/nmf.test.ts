// Energies by hand; and another method, exact minimisation of one row or column at a time, finds nothing to improve.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import type { RunResult } from '../../src/api.ts';
import type { BackendName } from './example.ts';
import { expectDescending, numberAt, rounding, runExample, testExpected, valueAt } from './example.ts';
import type { Matrix } from './linear-algebra.ts';
import { dot, transpose } from './linear-algebra.ts';

const file = readFileSync(join(import.meta.dirname, '..', '..', 'examples', 'data', 'digits-test-images.idx'));
const images: Matrix = Array.from({ length: 449 }, (_, n) => [...file.subarray(12 + 64 * n, 12 + 64 * (n + 1))]);

const energyOf = (W: Matrix, h: Matrix): number =>
  images.reduce((sum, y, n) => sum + y.reduce((s, v, d) => s + (v - dot(W[d]!, h[n]!)) ** 2, 0), 0);

/** min ‖y - A c‖² over c ≥ 0 for each row y, one entry of c after the other (Cichocki, Phan 2009). */
const improved = (rows: Matrix, A: Matrix, codes: Matrix): Matrix => {
  const parts = transpose(A);
  const products = parts.map((a) => parts.map((c) => dot(a, c)));
  return codes.map((old, n) => {
    const c = [...old];
    const towards = parts.map((a) => dot(a, rows[n]!));
    for (let sweep = 0; sweep < 5; sweep++)
      c.forEach((v, k) => (c[k] = Math.max(0, v + (towards[k]! - dot(products[k]!, c)) / products[k]![k]!)));
    return c;
  });
};

const check = (result: RunResult, _: string, backend: BackendName): void => {
  expectDescending(result.trace!, rounding[backend]);
  let W = valueAt(result, 'params.W') as Matrix;
  let h = valueAt(result, 'variables.h') as Matrix;
  for (const v of [...W.flat(), ...h.flat()]) expect(v).toBeGreaterThanOrEqual(0);
  const energy = energyOf(W, h);
  expect(Math.abs(numberAt(result, 'energy.total') / energy - 1)).toBeLessThan(1e-5);
  expect(W.flat().filter((v) => v === 0).length).toBeGreaterThan(0.3 * 64 * 5);
  for (let round = 0; round < 20; round++) {
    h = improved(images, W, h);
    W = improved(transpose(images), h, W);
  }
  expect(energyOf(W, h) / energy).toBeGreaterThan(1 - 1e-5);
};

// All starts end in one minimum, by the oracle as well: `reference`, which is slow on these sizes, tries one.
testExpected('nmf', check, (backend) => (backend === 'reference' ? { restarts: 1 } : {}));

// scikit-learn 1.9.1, NMF(4, init='random', solver='cd', tol=1e-12), reached by 10 of 12 starts (oracles.py).
it('four parts', async () => {
  const result = await runExample('nmf', '--data y=examples/data/digits-test-images.idx --size K=4', 'wasm');
  expect(Math.abs(numberAt(result, 'energy.total') / 329919.3505713445 - 1)).toBeLessThan(5e-5);
});
