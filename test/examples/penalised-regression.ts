// Optimality of ‖y - Xw - b‖² + λ‖w‖₁ + μ‖w‖² in float64, from the weights alone: the conditions on the subgradient, and the dual
//     max θ'y - ‖(θ, φ)‖²/4  over  |X'θ + √μ φ| ≤ λ, Σθ = 0
// with the ridge as rows √μ of target 0 (Zou, Hastie 2005, lemma 1), at the scaled residual (Kim et al. 2007, section III.B).
import { expect } from 'vitest';
import type { RunResult } from '../../src/api.ts';
import { numberAt, rowsOf, valueAt } from './example.ts';
import { dot, transpose } from './linear-algebra.ts';

export const measured = rowsOf('examples/data/diabetes.csv').slice(1);
export const progression = rowsOf('examples/data/progression.csv')
  .slice(1)
  .map(([y]) => y!);
export const diabetes = '--data x=examples/data/diabetes.csv --data y=examples/data/progression.csv';

export const weightsOf = (result: RunResult): { readonly w: readonly number[]; readonly b: number } => ({
  w: valueAt(result, 'params.w') as number[],
  b: numberAt(result, 'params.b'),
});

export const expectOptimal = (result: RunResult, lambda: number, mu: number, tolerance: number): void => {
  const { w, b } = weightsOf(result);
  const rest = measured.map((x, n) => progression[n]! - dot(x, w) - b);
  const columns = transpose(measured);
  const pull = columns.map((column, j) => 2 * dot(column, rest) - 2 * mu * w[j]!);
  pull.forEach((p, j) => {
    if (w[j] === 0) expect(Math.abs(p)).toBeLessThan(lambda * (1 + tolerance));
    else expect(Math.abs(p - lambda * Math.sign(w[j]!))).toBeLessThan(tolerance * Math.max(lambda, 200));
  });
  const mean = rest.reduce((sum, r) => sum + r) / rest.length;
  expect(Math.abs(mean)).toBeLessThan(0.01);

  const size = w.reduce((sum, v) => sum + Math.abs(v), 0);
  const primal = dot(rest, rest) + lambda * size + mu * dot(w, w);
  expect(Math.abs(numberAt(result, 'energy.total') / primal - 1)).toBeLessThan(1e-6);
  const most = Math.max(...pull.map(Math.abs));
  const scale = most > lambda ? lambda / most : 1;
  const theta = rest.map((r) => 2 * scale * (r - mean));
  const dual = dot(theta, progression) - (dot(theta, theta) + 4 * scale ** 2 * mu * dot(w, w)) / 4;
  expect(primal - dual).toBeGreaterThan(-1e-9 * primal);
  if (lambda > 0) expect(primal - dual).toBeLessThan(1e-4 * primal);
  expect(numberAt(result, 'gap')).toBeLessThan(1e-5 * primal);
};
