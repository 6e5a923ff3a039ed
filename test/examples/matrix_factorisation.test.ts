// A certificate that no factorisation of any rank has less energy: ridges on both factors are the nuclear norm, and with G the rest
// on the given cells the conditions G b = λ a, G'a = λ b, ‖G‖₂ ≤ λ, ΣG = 0 are those of the convex problem (Srebro, Rennie, Jaakkola
// 2004). And the predictions, against what was held out.
import { expect } from 'vitest';
import { numberAt, rowsOf, testExpected, valueAt } from './example.ts';
import type { Matrix } from './linear-algebra.ts';
import { dot, eigen, multiply, transpose } from './linear-algebra.ts';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const table = readFileSync(join(import.meta.dirname, '..', '..', 'examples', 'data', 'ratings.csv'), 'utf8');
const given = table
  .trimEnd()
  .split('\n')
  .map((line) => line.split(',').map((cell) => (cell === '' ? null : Number(cell))));
const heldOut = rowsOf('examples/data/held_out.csv');
const lambda = 2;

const expectNear = (found: Matrix, wanted: Matrix, within: number): void =>
  found.forEach((row, i) => row.forEach((v, j) => expect(Math.abs(v - wanted[i]![j]!)).toBeLessThan(within)));
const scaled = (m: Matrix): Matrix => m.map((row) => row.map((v) => lambda * v));
const rootMeanSquare = (values: readonly number[]): number => Math.sqrt(dot(values, values) / values.length);

testExpected('matrix_factorisation', (result) => {
  const [a, b, r] = ['params.a', 'params.b', 'variables.r'].map((path) => valueAt(result, path) as Matrix) as [
    Matrix,
    Matrix,
    Matrix,
  ];
  const usual = numberAt(result, 'params.usual');
  const product = a.map((u) => b.map((i) => usual + dot(u, i)));
  const rest = given.map((row, u) => row.map((v, i) => (v === null ? 0 : v - product[u]![i]!)));
  expectNear(multiply(rest, b), scaled(a), 0.02);
  expectNear(multiply(transpose(rest), a), scaled(b), 0.02);
  expect(Math.abs(rest.flat().reduce((s, v) => s + v))).toBeLessThan(0.01);
  const largest = Math.sqrt(eigen(multiply(transpose(rest), rest))[0]!.value);
  expect(largest).toBeLessThan(1.001 * lambda);

  given.forEach((row, u) =>
    row.forEach((v, i) => expect(Math.abs(r[u]![i]! - (v ?? product[u]![i]!))).toBeLessThan(1e-5)),
  );
  const ratings = given.flat().filter((v) => v !== null);
  const mean = ratings.reduce((s, v) => s + v) / ratings.length;
  const cells = heldOut.flatMap((row, u) => row.flatMap((v, i) => (v === 0 ? [] : [{ held: v, found: r[u]![i]! }])));
  expect(cells.length + ratings.length).toBe(600);
  const error = rootMeanSquare(cells.map(({ held, found }) => held - found));
  expect(Math.abs(numberAt(result, 'shown.error') - error)).toBeLessThan(1e-4);
  expect(error).toBeLessThan(0.45 * rootMeanSquare(cells.map(({ held }) => held - mean)));
});
