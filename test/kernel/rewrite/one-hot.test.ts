// Products with one-hot arrays as scatters and gathers: the same sums, for indices in range, out of it, and between two.
import { expect, test } from 'vitest';
import { withoutOneHots } from '../../../src/kernel/rewrite/one-hot.ts';
import { Builder, type Value } from '../../../src/tensor/builder.ts';
import { constant, size } from '../../../src/tensor/dims.ts';
import type { Program } from '../../../src/tensor/program.ts';
import { array, expectSame, instructions, normals, targetOf } from './agreement.ts';

const [N, M, D, K] = [size('N'), size('M'), size('D'), size('K')];
const sizes = { N: 9, M: 4, D: 16, K: 6 };
const target = targetOf(sizes);
const one = constant(1);

const sumOver = (b: Builder, operands: readonly (readonly [Value, readonly number[]])[], keep: readonly number[]) =>
  b.contract(
    'sum-product',
    operands.map(([value, axes]) => ({ value, axes })),
    keep,
  );

const used = (program: Program): readonly string[] =>
  (['scatter-add', 'gather'] as const).filter((op) => instructions(program, op).length > 0);

test('places of minima: sums of points and counts by cluster, negated and plain, in either order of axes', () => {
  const b = new Builder();
  const [y, distances] = [b.input('y', [N, D]), b.input('distances', [N, K])];
  const oneHot = b.oneHot(b.argmin(distances, 1), K);
  const program = b.finish({
    sums: sumOver(b, [[y, [0, 1]], [b.neg(oneHot), [0, 2]]], [1, 2]), // prettier-ignore
    turned: sumOver(b, [[oneHot, [0, 2]], [y, [0, 1]]], [2, 1]), // prettier-ignore
    counts: b.sum(oneHot, [0]),
  });
  const after = withoutOneHots(program, targetOf({ ...sizes, K: 64 }));
  expect(instructions(after, 'scatter-add')).toHaveLength(2); // One for both sums.
  // Nothing to guard: a place among K is in range.
  expect(instructions(after, 'map').filter((i) => i.fn === 'select')).toEqual([]);
  expectSame(program, after, { y: normals([9, 16], 1), distances: normals([9, 6], 2) }, sizes);
});

test('data as indices, some of which are none', () => {
  const b = new Builder();
  const [v, y, x] = [b.input('v', [N, M]), b.input('y', [N, M, D]), b.input('x', [D, K])];
  const counting = b.reshape(b.iota([K]), [one, one, K]);
  const oneHot = b.eq(b.reshape(v, [N, M, one]), counting);
  const program = b.finish({
    sums: sumOver(b, [[oneHot, [0, 1, 2]], [y, [0, 1, 3]]], [3, 2]), // prettier-ignore
    picked: sumOver(b, [[x, [3, 2]], [oneHot, [0, 1, 2]]], [1, 0, 3]), // prettier-ignore
    total: sumOver(b, [[oneHot, [0, 1, 2]], [x, [3, 2]]], [3]), // prettier-ignore
  });
  const after = withoutOneHots(program, target);
  expect(used(after)).toEqual(['scatter-add', 'gather']);
  expect(instructions(after, 'contract').every((i) => i.operands.length === 1)).toBe(true);
  const inputs = { y: normals([9, 4, 16], 1), x: normals([16, 6], 2) };
  const whole = array([9, 4], (i) => i % 6);
  const strange = array([9, 4], (i) => [0, 5, 6, -1, 2.5, NaN, 1e30, -1e30, 3][i % 9]!);
  for (const v of [whole, strange]) expectSame(program, after, { ...inputs, v }, sizes);
});

test('integers as indices, out of range too', () => {
  const b = new Builder();
  const [v, y] = [b.input('v', [N], 'int'), b.input('y', [N, D])];
  const program = b.finish({ sums: sumOver(b, [[b.oneHot(v, K), [0, 1]], [y, [0, 2]]], [1, 2]) }); // prettier-ignore
  const after = withoutOneHots(program, target);
  expect(used(after)).toEqual(['scatter-add']);
  const v0 = { shape: [9], data: Int32Array.from([0, 5, 6, -1, 2, 2, 2 ** 31 - 1, -(2 ** 31), 3]) };
  expectSame(program, after, { v: v0, y: normals([9, 16], 1) }, sizes);
  expectSame(program, after, { v: { shape: [0], data: new Int32Array(0) }, y: normals([0, 16], 1) }, { ...sizes, N: 0 }); // prettier-ignore
});

test('what is no such sum stays: a class that both have, few classes, a comparison with something else', () => {
  const b = new Builder();
  const [v, y, w, z] = [b.input('v', [N]), b.input('y', [N, K]), b.input('w', [K]), b.input('z', [N])];
  const oneHot = b.eq(b.reshape(v, [N, one]), b.reshape(b.iota([K]), [one, K]));
  const other = b.eq(b.reshape(v, [N, one]), b.reshape(w, [one, K]));
  const program = b.finish({
    batch: sumOver(b, [[oneHot, [0, 1]], [y, [0, 1]]], [0]), // prettier-ignore
    few: b.sum(oneHot, [0]),
    other: sumOver(b, [[other, [0, 1]], [z, [0]]], [1]), // prettier-ignore
  });
  expect(used(withoutOneHots(program, target))).toEqual([]);
});
