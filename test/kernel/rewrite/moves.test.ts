// Rewrites that move work to where there is less of it: repetitions, captures of loops, functions of gathers, slices; and sizes
// that become numbers.
import { describe, expect, test } from 'vitest';
import { gatherMaps } from '../../../src/kernel/rewrite/gathered-maps.ts';
import { remakeCaptures } from '../../../src/kernel/rewrite/loop-captures.ts';
import { shrinkRepetitions } from '../../../src/kernel/rewrite/repetitions.ts';
import { moveSlices } from '../../../src/kernel/rewrite/slices.ts';
import { specialise } from '../../../src/kernel/rewrite/specialise.ts';
import { Builder } from '../../../src/tensor/builder.ts';
import { add, constant, multiply, size, sizesOf, subtract } from '../../../src/tensor/dims.ts';
import { nestedPrograms } from '../../../src/tensor/instructions.ts';
import { removeDeadCode } from '../../../src/tensor/passes/dead-code.ts';
import type { Program } from '../../../src/tensor/program.ts';
import { expectSame, instructions, normals, targetOf } from './agreement.ts';

const [N, K, T] = [size('N'), size('K'), size('T')];
const sizes = { N: 5, K: 3, T: 4 };
const target = targetOf(sizes);
const one = constant(1);

const shapeOfMap = (program: Program, fn: string) =>
  instructions(program, 'map').flatMap((i) => (i.fn === fn ? [program.values[i.out[0]]!.shape] : []));

describe('sizes as numbers', () => {
  const b = new Builder();
  const x = b.input('x', [T, N, K]);
  const flat = b.reshape(b.mul(x, b.dim(add(K, one))), [T, multiply(N, K)]);
  const loop = b.scan({ length: T, carry: [b.zeros([K])], xs: [x] }, (c, [sum], [rows]) => ({
    carry: [c.add(sum!, c.mul(c.sum(rows!, [0]), c.dim(size('K'))))],
    ys: [c.pad(rows!, [[], K], [[], []])],
  }));
  const program = b.finish({ flat, sum: loop.carry[0]!, padded: loop.ys[0]! });
  const inputs = { x: normals([4, 5, 3], 1) };
  const names = (p: Program): ReadonlySet<string> =>
    new Set([...p.values.flatMap((v) => v.shape.flatMap(sizesOf)), ...p.instrs.flatMap((i) => nestedPrograms(i).flatMap((n) => [...names(n)]))]); // prettier-ignore
  test('some of them', () => {
    const after = specialise(program, { K: 3 });
    expect([...names(after)].toSorted()).toEqual(['N', 'T']);
    expect(instructions(after, 'dim')).toEqual([]);
    expectSame(program, after, inputs, sizes);
  });
  test('all of them, and none', () => {
    expect(names(specialise(program, sizes)).size).toBe(0);
    expectSame(program, specialise(program, sizes), inputs, sizes);
    expect(specialise(program, {})).toEqual(program);
  });
  test('of length 0 and 1', () => {
    for (const k of [0, 1]) {
      const given = { x: normals([4, 5, k], 1) };
      expectSame(program, specialise(program, { K: k }), given, { ...sizes, K: k });
    }
  });
});

test('functions of what is repeated', () => {
  const b = new Builder();
  const [x, y] = [b.input('x', [N]), b.input('y', [N, K])];
  const column = b.expand(b.reshape(x, [N, one]), [N, K]);
  const steps = b.mul(b.exp(column), b.full([N, K], 0.25));
  const program = b.finish({ z: b.add(y, steps), turned: b.sin(b.transpose(column, [1, 0])) });
  const after = removeDeadCode(shrinkRepetitions(program));
  expect(shapeOfMap(after, 'exp')).toEqual([[N, one]]);
  expect(shapeOfMap(after, 'sin')).toEqual([[one, N]]);
  expectSame(program, after, { x: normals([5], 1), y: normals([5, 3], 2) }, sizes);
});

test('loops make constants and repetitions themselves, at any depth', () => {
  const b = new Builder();
  const [x, y] = [b.input('x', [N]), b.input('y', [T, N, K])];
  const column = b.expand(b.reshape(x, [N, one]), [N, K]);
  const zeros = b.zeros([N, K]);
  const outer = b.while_({ max: 3, carry: [zeros] }, (c, [z]) => c.lt(c.sum(z!), c.sum(c.add(column, 50))), (c, [z]) => {
    const inner = c.scan({ length: T, carry: [z!], xs: [y] }, (d, [w], [row]) => ({
      carry: [d.add(d.mul(w!, 0.5), d.add(row!, d.mul(column, c.neg(column))))],
    }));
    return [inner.carry[0]!];
  }); // prettier-ignore
  const program = b.finish({ z: outer.carry[0]!, steps: outer.steps });
  const after = removeDeadCode(remakeCaptures(program));
  const loops = [...instructions(after, 'while'), ...instructions(after, 'scan')];
  expect(loops).toHaveLength(2);
  const [loop, scan] = [instructions(after, 'while')[0]!, instructions(after, 'scan')[0]!];
  const shapes = (p: Program, ids: readonly number[]) => ids.map((id) => p.values[id]!.shape);
  expect(shapes(after, loop.captured)).not.toContainEqual([N, K]);
  expect(shapes(loop.body, scan.captured)).not.toContainEqual([N, K]);
  expectSame(program, after, { x: normals([5], 1), y: normals([4, 5, 3], 2) }, sizes);
});

test('functions of gathered entries', () => {
  const b = new Builder();
  const [table, v] = [b.input('table', [K, N]), b.input('v', [T], 'int')];
  const energies = b.minimum(b.neg(b.log(b.gather(b.square(table), v, 1))), 1e30);
  const program = b.finish({ energies, wide: b.exp(b.gather(table, b.input('few', [one], 'int'), 1)) });
  const long = { ...sizes, T: 50 };
  const after = gatherMaps(program, targetOf(long));
  for (const fn of ['log', 'neg', 'min']) expect(shapeOfMap(after, fn)).toEqual([[K, N]]);
  // More entries in the table than are gathered.
  expect(shapeOfMap(after, 'exp')).toEqual([[K, one]]);
  const inputs = {
    table: normals([3, 5], 1),
    v: { shape: [50], data: Int32Array.from({ length: 50 }, (_, i) => i % 5) },
    few: { shape: [1], data: Int32Array.of(4) },
  };
  expectSame(program, after, inputs, long);
});

describe('slices', () => {
  const rest = subtract(T, one);
  test('lose padding, and reach what is gathered, repeated and added', () => {
    const b = new Builder();
    const [start, table, v] = [b.input('start', [one, K]), b.input('table', [N, K]), b.input('v', [T], 'int')];
    const padded = b.pad(start, [[], []], [rest, []]);
    const sum = b.add(b.gather(table, v), padded);
    const program = b.finish({
      first: b.sliceAxis(sum, 0, [], one),
      later: b.sliceAxis(b.transpose(sum, [1, 0]), 1, one, rest),
    });
    const after = removeDeadCode(moveSlices(program, target));
    expect(instructions(after, 'view').filter((i) => i.view.kind === 'pad')).toEqual([]);
    expect(shapeOfMap(after, 'add').map((shape) => shape[0])).toEqual([one]);
    const data = Int32Array.from([0, 4, 2, 1]);
    expectSame(
      program,
      after,
      { start: normals([1, 3], 1), table: normals([5, 3], 2), v: { shape: [4], data } },
      sizes,
    );
  });
  test('of sums are sums of slices, unless the whole is needed', () => {
    const b = new Builder();
    const x = b.input('x', [T, N, K]);
    const [row, all] = [b.sum(b.exp(x), [1]), b.sum(b.sin(x), [1])];
    const program = b.finish({
      row: b.reshape(b.slice(row, [one, []], [one, K]), [K]),
      part: b.slice(all, [[], one], [T, constant(2)]),
      all,
    });
    const after = removeDeadCode(moveSlices(program, target));
    expect(shapeOfMap(after, 'exp')).toEqual([[one, N, K]]);
    expect(shapeOfMap(after, 'sin')).toEqual([[T, N, K]]);
    expectSame(program, after, { x: normals([4, 5, 3], 1) }, sizes);
  });
  test('that overlap so much that work would be done twice stay', () => {
    const b = new Builder();
    const y = b.exp(b.input('x', [T, N]));
    const part = (from: number) => b.sliceAxis(y, 0, constant(from), rest);
    const program = b.finish({ d: b.sub(part(1), part(0)) });
    expect(shapeOfMap(moveSlices(program, target), 'exp')).toEqual([[T, N]]);
    expectSame(program, moveSlices(program, target), { x: normals([4, 5], 1) }, sizes);
  });
});

test('no entries of an axis that a reshape made', () => {
  const b = new Builder();
  const row = b.reshape(b.sin(b.input('x', [N])), [one, N]);
  const program = b.finish({ none: b.sliceAxis(row, 0, constant(0), constant(0)), row });
  expectSame(program, moveSlices(program, target), { x: normals([5], 1) }, sizes);
});

test('the padding of ints is int', () => {
  const b = new Builder();
  const padded = b.pad(b.iota([N], 0, 'int'), [one], [[]], 7);
  const program = b.finish({ seven: b.sliceAxis(padded, 0, constant(0), one) });
  const after = moveSlices(program, target);
  expect(after.values[after.outputs[0]!.id]!.dtype).toBe('int');
  expectSame(program, after, {}, sizes);
});
