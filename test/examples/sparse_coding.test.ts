// Energies and duality gaps by hand, point by point, and the number of columns that made a point.
import { expect } from 'vitest';
import { constIn, numberAt, rowsOf, testExpected, valueAt } from './example.ts';
import { dot, transpose } from './linear-algebra.ts';
import planted from '../../examples/data/sparse.json' with { type: 'json' };

const points = rowsOf('examples/data/sparse.csv');
const columns = transpose(planted.W);

testExpected('sparse_coding', (result, flags) => {
  const lambda = constIn(flags, 'lambda', 0.2);
  const codes = valueAt(result, 'variables.z') as number[][];
  let [primal, dual] = [0, 0];
  points.forEach((y, n) => {
    const rest = y.map((v, d) => v - dot(planted.W[d]!, codes[n]!));
    primal += dot(rest, rest) + lambda * codes[n]!.reduce((sum, v) => sum + Math.abs(v), 0);
    // The scaled residual is feasible in max θ'y - ‖θ‖²/4 over |W'θ| ≤ λ.
    const most = Math.max(...columns.map((column) => Math.abs(2 * dot(column, rest))));
    const theta = rest.map((r) => 2 * Math.min(1, lambda / most) * r);
    dual += dot(theta, y) - dot(theta, theta) / 4;
  });
  expect(Math.abs(numberAt(result, 'energy.total') / primal - 1)).toBeLessThan(1e-5);
  expect(primal - dual).toBeGreaterThan(0);
  expect(primal - dual).toBeLessThan(1e-4 * primal);
  expect(numberAt(result, 'gap')).toBeLessThan(1e-5 * primal);
  const found = codes.filter((z) => z.filter((v) => Math.abs(v) > 0.5).length === 2);
  if (lambda === 0.2) expect(found.length).toBeGreaterThan(0.95 * points.length);
});
