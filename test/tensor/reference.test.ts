// The reference backend as callers see it: sizes read off inputs, errors that name the input, integers, cancellation.
import { describe, expect, test } from 'vitest';
import { referenceBackend, runProgram } from '../../src/backend/reference.ts';
import type { ModuleSpec } from '../../src/backend/backend.ts';
import { Builder } from '../../src/tensor/builder.ts';
import { add, constant, multiply, scale, size } from '../../src/tensor/dims.ts';
import { inferSizes } from '../../src/tensor/infer-sizes.ts';
import type { Program } from '../../src/tensor/program.ts';
import { array } from './finite-differences.ts';

const [N, K, T] = [size('N'), size('K'), size('T')];
const moduleOf = (entries: Readonly<Record<string, Program>>): ModuleSpec => ({
  name: 'm',
  source: 'm.ebm',
  description: [],
  sizes: [
    { name: 'N', default: null },
    { name: 'K', default: 2 },
  ],
  variables: {},
  entries,
});

describe('sizes', () => {
  test('from shapes, also through T + 1 and 2 K, in any order', () => {
    const found = inferSizes([
      { name: 'a', declared: [multiply(T, K)], found: [12] },
      { name: 'b', declared: [add(T, constant(1)), scale(K, 2)], found: [4, 8] },
    ]);
    expect(found).toEqual({ T: 3, K: 4 });
  });
  test('disagreement and lack name the input and both lengths', () => {
    const two = (found: number) => [
      { name: 'a', declared: [N], found: [3] },
      { name: 'b', declared: [N], found: [found] },
    ];
    expect(() => inferSizes(two(4))).toThrow(/input b has 4 entries along axis 0, expected N with N = 3/);
    expect(() => inferSizes([{ name: 'a', declared: [N, K], found: [3] }])).toThrow(
      /input a has shape \[3\], expected rank 2/,
    );
    expect(() => inferSizes([{ name: 'a', declared: [multiply(N, N)], found: [9] }])).toThrow(/N = unknown/);
    expect(() => inferSizes([{ name: 'a', declared: [scale(N, 2)], found: [3] }])).toThrow(/input a/);
    expect(inferSizes([{ name: 'a', declared: [multiply(N, N)], found: [9] }], { N: 3 })).toEqual({ N: 3 });
  });
});

describe('runner', () => {
  const means = (): Program => {
    const b = new Builder();
    const x = b.input('x', [N, K]);
    const z = b.input('z', [N], 'int');
    return b.finish({ total: b.sum(b.gather(x, z, 0)), best: b.argmin(x, 1), doubled: b.mul(z, 2), k: b.dim(K) });
  };
  test('plain arrays in and out; float is float64, int is int32; entries by name', async () => {
    const runner = await referenceBackend.load(moduleOf({ infer: means() }));
    const inputs = {
      x: { shape: [2, 3], data: Float32Array.of(3, 1, 2, 0, 5, 6) },
      z: { shape: [2], data: Float64Array.of(1, 1) },
    };
    const result = await runner.call('infer', inputs);
    expect(result['total']!.data).toEqual(Float64Array.of(22));
    expect(result['best']!.data).toEqual(Int32Array.of(1, 0));
    expect(result['doubled']!.data).toEqual(Int32Array.of(2, 2));
    // The default K = 2 yields to the inputs.
    expect(result['k']!.data).toEqual(Float64Array.of(3));
    await expect(runner.call('train', inputs)).rejects.toThrow(/no entry train/);
    await runner.dispose();
  });
  test('a default fills a size that no input mentions, and an option overrides it', async () => {
    const b = new Builder();
    const runner = await referenceBackend.load(moduleOf({ infer: b.finish({ k: b.sum(b.iota([K])) }) }));
    expect((await runner.call('infer', {}))['k']!.data[0]).toBe(1);
    expect((await runner.call('infer', {}, { sizes: { K: 4 } }))['k']!.data[0]).toBe(6);
  });
  test('a missing input, a wrong count, an index out of range', () => {
    const x = array([2, 2], [1, 2, 3, 4]);
    const z = (i: number) => ({ shape: [2], data: Int32Array.of(0, i) });
    expect(() => runProgram(means(), { x })).toThrow(/input z is missing/);
    expect(() => runProgram(means(), { x: { shape: [2, 2], data: Float64Array.of(1) }, z: z(0) })).toThrow(
      /1 numbers for shape \[2, 2\]/,
    );
    for (const i of [2, -1]) expect(() => runProgram(means(), { x, z: z(i) })).toThrow(`index ${i} outside 0..2`);
  });
  test('inputs are not written to', () => {
    const x = array([2, 2], [4, 3, 2, 1]);
    const b = new Builder();
    const v = b.input('x', [N, N]);
    runProgram(b.finish({ y: b.routine('sort', v)[0]!, l: b.routine('inverse', v)[0]!, e: b.routine('eigh', v)[1]! }), {
      x,
    });
    expect([...x.data]).toEqual([4, 3, 2, 1]);
  });
});

describe('while', () => {
  const counting = (max: number, every: number): Program => {
    const b = new Builder();
    const limit = b.input('limit', []);
    const { carry, steps } = b.while_(
      { max, every, carry: [b.constant(0)] },
      (c, [i]) => c.lt(i!, limit),
      (c, [i]) => [
        c.while_(
          { max: 2, carry: [i!] },
          (d) => d.constant(1),
          (d, [j]) => [d.add(j!, 0.5)],
        ).carry[0]!,
      ],
    );
    return b.finish({ i: carry[0]!, steps });
  };
  const run = (max: number, every: number, limit: number, options = {}): number[] => {
    const { i, steps } = runProgram(counting(max, every), { limit: array([], [limit]) }, options);
    return [i!.data[0]!, steps!.data[0]!];
  };
  test('tested before step 0 and then every so many steps, at most max', () => {
    expect(run(100, 1, 7)).toEqual([7, 7]);
    expect(run(100, 5, 7)).toEqual([10, 10]);
    expect(run(8, 5, 7)).toEqual([8, 8]);
    expect(run(100, 3, 0)).toEqual([0, 0]);
  });
  test('steps of the outermost loop are reported, and cancelling keeps what there is', () => {
    const seen: number[] = [];
    expect(run(100, 1, 50, { onStep: (step: number) => seen.push(step), cancelled: () => seen.length === 3 })).toEqual([
      3, 3,
    ]);
    expect(seen).toEqual([1, 2, 3]);
  });
});
