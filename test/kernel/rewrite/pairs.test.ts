// Sums of products of several operands become sums of products of two, whatever the labels; the products of models take the
// orders that cost least.
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { shareContractions } from '../../../src/kernel/rewrite/common-contractions.ts';
import { splitIntoPairs } from '../../../src/kernel/rewrite/pairs.ts';
import { Builder, type Value } from '../../../src/tensor/builder.ts';
import { constant, evaluate, print, product, size } from '../../../src/tensor/dims.ts';
import type { Program } from '../../../src/tensor/program.ts';
import { expectSame, instructions, normals, targetOf } from './agreement.ts';

const [N, K, D] = [size('N'), size('K'), size('D')];
const sizes = { N: 1000, K: 4, D: 3 };
const smaller = { N: 7, K: 4, D: 3 };

const entries = (program: Program): number =>
  Math.max(...program.values.map(({ shape }) => evaluate(product(shape), sizes)));

/** Labels as letters: `nd kd nk -> kd`. */
const contraction = (text: string): Program => {
  const dims: Readonly<Record<string, typeof N>> = { n: N, k: K, d: D, e: D };
  const b = new Builder();
  const [operands, keep] = text.split(' -> ').map((part) => part.split(' ')) as [string[], string[]];
  const axes = (word: string): readonly number[] => [...word.replace('.', '')].map((letter) => letter.charCodeAt(0));
  const values = operands.map((word, i) => ({
    value: b.input(`x${i}`, [...word.replace('.', '')].map((letter) => dims[letter]!)), // prettier-ignore
    axes: axes(word),
  }));
  return b.finish({ y: b.contract('sum-product', values, axes(keep[0] ?? '')) });
};

const inputsOf = (program: Program): Record<string, ReturnType<typeof normals>> =>
  Object.fromEntries(
    program.inputs.map(({ name, id }, i) => [
      name,
      normals(
        program.values[id]!.shape.map((dim) => evaluate(dim, smaller)),
        i,
      ),
    ]),
  );

const split = (program: Program): Program => {
  const after = splitIntoPairs(program, targetOf(sizes));
  expectSame(program, after, inputsOf(program), smaller);
  for (const { operands } of instructions(after, 'contract')) expect(operands.length).toBeLessThanOrEqual(2);
  return after;
};

describe('products of models', () => {
  test('weighted covariances: the weights join one side, and the other stays as it is', () => {
    const after = split(contraction('nkd nke nk -> kde'));
    expect(instructions(after, 'map').map((i) => i.fn)).toEqual(['mul']);
    expect(instructions(after, 'contract')).toHaveLength(1);
    expect(entries(after)).toBe(1000 * 4 * 3);
  });
  test('precisions times weighted sums of points: points are summed before precisions come in', () => {
    for (const text of ['nd kde nk -> ke', 'ked nd nk -> ke', 'nk kde nd -> ek']) {
      const after = split(contraction(text));
      const [first] = instructions(after, 'contract');
      expect(after.values[first!.out[0]]!.shape.map(print).toSorted()).toEqual(['D', 'K']);
      expect(entries(after)).toBe(1000 * 4);
    }
  });
  test('a label of one operand alone is summed first', () => {
    const after = split(contraction('kde nk -> kde'));
    const [first, ...others] = instructions(after, 'contract');
    expect(after.values[first!.out[0]]!.shape).toEqual([K]);
    expect(others).toEqual([]);
  });
  test('numbers join what is small', () => {
    const wide = split(contraction('nd nk . -> dk'));
    const [scale] = instructions(wide, 'map');
    expect(wide.values[scale!.out[0]]!.shape.map(print)).toEqual(['D', 'K']);
    const long = split(contraction('nd . dk -> nk'));
    const [first] = instructions(long, 'map');
    expect(long.values[first!.out[0]]!.shape.map(print)).toEqual(['D', 'K']);
  });
  test('repetitions are counted', () => {
    const b = new Builder();
    const x = b.input('x', [K]);
    const repeated = b.expand(b.reshape(x, [constant(1), K]), [N, K]);
    const program = b.finish({ y: b.contract('sum-product', [{ value: repeated, axes: [0, 1] }], [1]) });
    const after = split(program);
    expect(instructions(after, 'contract')).toEqual([]);
  });
});

test('contractions that differ in names and orders alone are one', () => {
  const b = new Builder();
  const [y, w] = [b.input('x0', [N, D]), b.input('x1', [N, K])];
  const of = (p: Value, i: readonly number[], q: Value, j: readonly number[], keep: readonly number[]) =>
    b.contract('sum-product', [{ value: p, axes: i }, { value: q, axes: j }], keep); // prettier-ignore
  const program = b.finish({
    dk: of(y, [0, 1], w, [0, 2], [1, 2]),
    kd: of(w, [5, 4], y, [5, 3], [4, 3]),
    other: of(y, [0, 1], w, [0, 2], [0, 1]),
    gram: of(y, [0, 1], y, [0, 2], [1, 2]),
    turned: of(y, [0, 2], y, [0, 1], [1, 2]),
    soft: b.contract({ kind: 'soft-min', beta: 2 }, [{ value: y, axes: [0, 1] }], [0]),
    softer: b.contract({ kind: 'soft-min', beta: 1 }, [{ value: y, axes: [0, 1] }], [0]),
    softest: b.contract({ kind: 'soft-min', beta: 2 }, [{ value: y, axes: [7, 8] }], [7]),
  });
  const after = shareContractions(program);
  expect(instructions(after, 'contract')).toHaveLength(5);
  expectSame(program, after, inputsOf(program), smaller);
});

test('any labels, lengths from 0 on', () => {
  const labels = [0, 1, 2, 3, 4];
  const lengths = fc.array(fc.nat({ max: 3 }), { minLength: 5, maxLength: 5 });
  const operand = fc.record({ axes: fc.shuffledSubarray(labels), repeated: fc.nat({ max: 4 }) });
  const contracted = fc.record({
    lengths,
    operands: fc.array(operand, { minLength: 1, maxLength: 5 }),
    keep: fc.shuffledSubarray(labels),
  });
  fc.assert(
    fc.property(contracted, ({ lengths: of, operands, keep }) => {
      const b = new Builder();
      const inputs: Record<string, ReturnType<typeof normals>> = {};
      const values = operands.map(({ axes, repeated }, i): { value: Value; axes: readonly number[] } => {
        const shape = axes.map((label) => (label === repeated ? 1 : of[label]!));
        inputs[`x${i}`] = normals(shape, i);
        const value = b.input(`x${i}`, shape.map(constant)); // prettier-ignore
        return { value: b.expand(value, axes.map((label) => constant(of[label]!))), axes }; // prettier-ignore
      });
      const present = keep.filter((label) => operands.some(({ axes }) => axes.includes(label)));
      const program = b.finish({ y: b.contract('sum-product', values, present) });
      const after = splitIntoPairs(program, targetOf({}));
      expectSame(program, after, inputs);
      for (const instr of instructions(after, 'contract')) expect(instr.operands.length).toBeLessThanOrEqual(2);
    }),
    { seed: 4, numRuns: 400 },
  );
});
