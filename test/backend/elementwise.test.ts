// Every elementwise function on every backend against its float64 definition, over shapes that broadcast up to rank 12.
import { describe, expect, it } from 'vitest';
import { runProgram } from '../../src/backend/reference.ts';
import { Builder } from '../../src/tensor/builder.ts';
import { constant, size, type Dim } from '../../src/tensor/dims.ts';
import { elementwiseTable } from '../../src/tensor/elementwise-table.ts';
import type { Elementwise } from '../../src/tensor/elementwise.ts';
import { compositions } from '../../src/backend/tfjs/legalise/elementwise.ts';
import { agree, everywhere, moduleOf, numbersOf, randomNumbers, type Sizes } from './agreement.ts';
import { nativeBackends } from '../../src/backend/native/run.ts';
import { present } from './devices.ts';
import { hasCompiler } from './native/compiler.ts';

const functions = Object.keys(elementwiseTable) as Elementwise[];

/** Where a function is defined, mapped from [0, 1). */
const domains: Partial<Record<Elementwise, (u: number) => number>> = {
  sqrt: (u) => 9 * u,
  log: (u) => 1e-3 + 9 * u,
  log1p: (u) => 4 * u - 0.9,
  reciprocal: (u) => 0.3 + 3 * u,
  div: (u) => 0.3 + 3 * u,
  pow: (u) => 0.3 + 2 * u,
  mod: (u) => 0.51 + Math.floor(7 * u),
  lgamma: (u) => 0.2 + 9 * u,
  digamma: (u) => 0.2 + 9 * u,
  tan: (u) => 2 * u - 1,
  // Every second entry equal, so that comparisons see ties.
  lt: (u) => Math.floor(4 * u),
  le: (u) => Math.floor(4 * u),
  gt: (u) => Math.floor(4 * u),
  ge: (u) => Math.floor(4 * u),
  eq: (u) => Math.floor(3 * u),
  ne: (u) => Math.floor(3 * u),
  and: (u) => Math.floor(2 * u),
  or: (u) => Math.floor(2 * u),
  not: (u) => Math.floor(2 * u),
  select: (u) => Math.floor(3 * u) - 1,
};

const N = size('N');
const dims = (text: string): readonly Dim[] => [...text].map((c) => (c === 'N' ? N : constant(Number(c))));
/** Shapes of three arguments; functions take as many as they need. */
const cases: readonly (readonly [string, string, string])[] = [
  ['', '', ''],
  ['N3', 'N3', 'N3'],
  ['N3', '', 'N3'],
  ['', 'N3', ''],
  ['N13', '14N'.replace('N', '1'), '113'],
  ['213121', '123112', '223122'],
  ['212121212121', '121212121212', '112112112112'],
  ['0N', '0N', '0N'],
  ['1N', '31', '3N'],
];

/** All cases of these functions in one program, with inputs for it. */
const programOf = (fns: readonly Elementwise[]) => {
  const sizes: Sizes = { N: 4 };
  const b = new Builder();
  const inputs: Record<string, ReturnType<typeof numbersOf>> = {};
  const outputs: Record<string, ReturnType<Builder['input']>> = {};
  for (const fn of fns) {
    const next = randomNumbers(functions.indexOf(fn) + 1);
    const value = domains[fn] ?? ((u: number) => 6 * u - 3);
    for (const [i, shapes] of cases.entries()) {
      const args = shapes.slice(0, elementwiseTable[fn].arity).map((text, k) => {
        const name = `${fn}_x${i}_${k}`;
        inputs[name] = numbersOf(dims(text), sizes, () => Math.fround(value(next())));
        return b.input(name, dims(text));
      });
      outputs[`${fn}_y${i}`] = b.map(fn, ...args);
    }
  }
  return { program: b.finish(outputs), inputs, sizes };
};

describe.each(functions)('%s', (fn) => {
  it('agrees with its definition', async () => {
    const { program, inputs, sizes } = programOf([fn]);
    await agree(program, inputs, { sizes, backends: present });
  });
});

// A C compiler takes half a second for a program, whatever is in it: all functions in one.
describe.skipIf(!hasCompiler)('every function on native (skipped where there is no C compiler)', () => {
  it.each([
    ['native', 3e-6],
    ['native64', 1e-10],
  ] as const)('%s agrees with the definitions', { timeout: 120_000 }, async (name, tolerance) => {
    const { program, inputs, sizes } = programOf(functions);
    await agree(program, inputs, { sizes, tolerance, backends: [nativeBackends[name]] });
  });
});

it('composes nothing that is not a function', () => {
  expect(Object.keys(compositions).sort()).toEqual([...functions].sort());
});

it('log1p and expm1 keep small arguments', async () => {
  const b = new Builder();
  const x = b.input('x', [constant(6)]);
  const data = Float32Array.of(1e-8, -1e-8, 1e-4, -0.4999, 0.5001, 1e-30);
  await agree(
    b.finish({ log1p: b.mul(b.log1p(x), 1e6), expm1: b.mul(b.expm1(x), 1e6) }),
    { x: { shape: [6], data } },
    { tolerance: 1e-6 },
  );
  // The tolerance above is relative to the largest entry: the small ones one by one.
  for (const value of data) {
    const one = new Builder();
    const v = one.input('x', []);
    const scaled = one.div(one.log1p(v), v);
    await agree(one.finish({ scaled }), { x: { shape: [], data: Float32Array.of(value) } }, { tolerance: 1e-6 });
  }
});

it('ints add, multiply, compare and divide with remainder', async () => {
  const b = new Builder();
  const i = b.iota([N, constant(3)], 0, 'int');
  const j = b.iota([N, constant(3)], 1, 'int');
  const sum = b.add(b.mul(i, b.constant(3, 'int')), j);
  const outputs = {
    sum,
    remainder: b.mod(sum, b.constant(4, 'int')),
    least: b.minimum(sum, b.constant(5, 'int')),
    same: b.eq(i, j),
    chosen: b.select(b.lt(i, j), i, j),
  };
  await agree(b.finish(outputs), {}, { sizes: { N: 5 } });
});

it('ints are exact beyond 2²⁴', async () => {
  const b = new Builder();
  const i = b.input('i', [N, constant(1)], 'int');
  const j = b.input('j', [constant(1), constant(2)], 'int');
  const product = b.add(b.mul(i, b.constant(3, 'int')), j);
  const program = b.finish({
    product,
    difference: b.sub(product, b.constant(1, 'int')),
    remainder: b.mod(product, b.constant(1000, 'int')),
    least: b.minimum(product, j),
    most: b.maximum(product, b.constant(0, 'int')),
    repeated: b.expand(i, [N, constant(2)]),
  });
  const inputs = {
    i: { shape: [3, 1], data: Int32Array.of(2 ** 24 + 1, 2 ** 28 + 3, -7) },
    j: { shape: [1, 2], data: Int32Array.of(1, 2 ** 25 + 1) },
  };
  const expected = runProgram(program, inputs, { sizes: { N: 3 } });
  for (const backend of everywhere) {
    const found = await (await backend.load(moduleOf({ infer: program }, { N: 3 }))).call('infer', inputs);
    for (const [name, { data }] of Object.entries(expected))
      expect([...found[name]!.data], `${backend.name}, ${name}`).toEqual([...data]);
  }
});

it('one-hot encodings of every depth and rank', async () => {
  const [M, K] = [size('M'), size('K')];
  const b = new Builder();
  const z = b.input('z', [M, constant(2)], 'int');
  const wide = b.expand(b.input('v', [constant(1), M], 'int'), [constant(3), M]);
  const program = b.finish({ z: b.oneHot(z, K), v: b.oneHot(wide, K), product: b.mul(b.oneHot(z, K), 2) });
  for (const sizes of [
    { M: 4, K: 5 },
    { M: 4, K: 1 },
    { M: 0, K: 3 },
    { M: 3, K: 0 },
  ]) {
    // An index outside 0..K has no 1 in its row.
    const z = { shape: [sizes.M, 2], data: Int32Array.from({ length: 2 * sizes.M }, (_, i) => i % 7) };
    const v = { shape: [1, sizes.M], data: Int32Array.from({ length: sizes.M }, (_, i) => i % 3) };
    await agree(program, { z, v }, { sizes });
  }
});
