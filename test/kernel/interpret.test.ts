// The interpreter of kernels: statements against sums written out by hand, and the errors it is there to find.
import { describe, expect, it } from 'vitest';
import { interpretKernels, type InterpretOptions } from '../../src/kernel/interpret.ts';
import type { Buffer, Expr, KernelProgram, ReduceOp, Statement } from '../../src/kernel/kernel.ts';
import { addIndex, ofAtom, ofLoop } from '../../src/kernel/index-arithmetic.ts';
import { constant } from '../../src/tensor/dims.ts';
import { fillRandom } from '../../src/tensor/threefry.ts';
import { accessTo, at, buffer, dim, kernelsOf, load, local, loop, map, nest, number, reduce, store } from './writing.ts'; // prettier-ignore

const vector = (...data: readonly number[]) => ({ shape: [data.length], data: Float64Array.from(data) });

/** The numbers of output `y`. */
const y = (
  kernels: KernelProgram,
  inputs: Readonly<Record<string, { shape: readonly number[]; data: Float64Array }>> = {},
  sizes: Readonly<Record<string, number>> = {},
  options: InterpretOptions = {},
): readonly number[] => [...interpretKernels(kernels, inputs, sizes, options)['y']!.data];

const everyWay: readonly InterpretOptions[] = [
  {},
  { order: 'backwards' },
  { threads: 3 },
  { threads: 2, order: { shuffled: 5 } },
  { threads: 100, order: { shuffled: 1 } },
];

/** Sums and counts of the points of each of K centres, in one pass over points: distances and arg min are scratch. */
const assignment = (): KernelProgram => {
  const buffers: readonly Buffer[] = [
    buffer('x', 'input', ['N']),
    buffer('c', 'input', ['K']),
    buffer('y', 'output', ['K']),
    buffer('distance', 'scratch', ['K']),
    buffer('sums', 'scratch', ['K']),
  ];
  const to = accessTo(buffers);
  const nearest = ofAtom({ kind: 'value', of: local(0, 'int') });
  return kernelsOf(buffers, [
    nest('parallel', loop(0, 'K'), [store(to(2, 0), number(0))]),
    nest(
      'parallel',
      loop(1, 'N'),
      [
        nest('serial', loop(2, 'K'), [store(to(3, 2), map('square', map('sub', load(to(0, 1)), load(to(1, 2)))))]),
        reduce([loop(3, 'K')], [{ local: 0, op: 'argmin', value: load(to(3, 3)) }]),
        store(to(4, nearest), load(to(0, 1)), 'sum'),
      ],
      { scratch: [3], privates: [{ copy: 4, into: 2, op: 'sum' }] },
    ),
  ]);
};

describe('what kernels give', () => {
  it('of a row block with scratch and private sums, for any number of threads in any order', () => {
    const inputs = { x: vector(1, 2, 11, 12, 13, 3), c: vector(0, 10) };
    for (const options of everyWay) expect(y(assignment(), inputs, { N: 6, K: 2 }, options)).toEqual([6, 36]);
  });

  it('of nothing', () => {
    expect(y(assignment(), { x: vector(), c: vector(0, 10) }, { N: 0, K: 2 }, { threads: 3 })).toEqual([0, 0]);
  });

  const reduced = (op: ReduceOp, values: readonly number[], beta?: Expr): number => {
    const buffers = [buffer('x', 'input', ['N']), buffer('y', 'output', [])];
    const to = accessTo(buffers);
    const accumulator = { local: 0, op, value: load(to(0, 0)), ...(beta === undefined ? {} : { beta }) };
    const result = op === 'argmin' ? ({ kind: 'cast', to: 'real', of: local(0, 'int') } as const) : local(0);
    const kernels = kernelsOf(buffers, [reduce([loop(0, 'N')], [accumulator]), store(to(1), result)]);
    return y(kernels, { x: vector(...values) }, { N: values.length })[0]!;
  };

  it('of reductions', () => {
    expect(reduced('sum', [])).toBe(0);
    expect(reduced('sum', [1, 2, 4])).toBe(7);
    expect(reduced('min', [])).toBe(1e30);
    expect(reduced('min', [3, 2, 4])).toBe(2);
    expect(reduced('min', [3, NaN, 4])).toBeNaN();
    expect(reduced('max', [])).toBe(-1e30);
    expect(reduced('max', [3, 7, 4])).toBe(7);
    expect(reduced('max', [NaN, 4])).toBeNaN();
    expect(reduced('argmin', [3, 2, 2, NaN])).toBe(1);
    expect(reduced('argmin', [NaN, 4, 3])).toBe(2);
    expect(reduced('soft-min', [], number(2))).toBe(1e30);
    expect(reduced('soft-min', [5], number(2))).toBe(5);
    // -log(exp(-1) + exp(-2)) = 1 - log(1 + 1/e)
    expect(reduced('soft-min', [1, 2], number(1))).toBeCloseTo(1 - Math.log1p(Math.exp(-1)), 14);
    expect(reduced('soft-min', [700, 701, 702], number(1000))).toBeCloseTo(700, 12);
    expect(reduced('soft-min', [4, 3], number(Infinity))).toBe(3);
    expect(reduced('soft-min', [1e30, 2e30], number(1e-30))).toBeLessThanOrEqual(1e30);
    expect(reduced('soft-min', [2e30, 3e30], number(1))).toBe(1e30);
  });

  it('of a product, set and added', () => {
    const buffers = [buffer('a', 'input', [2, 3]), buffer('b', 'input', [3, 2]), buffer('y', 'output', [2, 2])];
    const to = accessTo(buffers);
    const product = (accumulate: boolean): Statement => ({
      kind: 'product',
      rows: loop(accumulate ? 3 : 0, 2),
      columns: loop(accumulate ? 4 : 1, 2),
      inner: loop(accumulate ? 5 : 2, 3),
      out: accumulate ? to(2, 3, 4) : to(2, 0, 1),
      left: accumulate ? to(0, 3, 5) : to(0, 0, 2),
      right: accumulate ? to(1, 5, 4) : to(1, 2, 1),
      accumulate,
    });
    const a = { shape: [2, 3], data: Float64Array.of(1, 2, 3, 4, 5, 6) };
    const b = { shape: [3, 2], data: Float64Array.of(1, 0, 0, 1, 1, 1) };
    expect(y(kernelsOf(buffers, [product(false)]), { a, b })).toEqual([4, 5, 10, 11]);
    expect(y(kernelsOf(buffers, [product(false), product(true)]), { a, b })).toEqual([8, 10, 20, 22]);
  });

  it('of tiles, the last of which is short', () => {
    const buffers = [buffer('y', 'output', ['N'])];
    const row = addIndex({ constant: [], terms: [{ coef: constant(4), atom: { kind: 'loop', loop: 0 } }] }, ofLoop(1));
    const tiles = { id: 0, extent: { kind: 'tiles', of: dim('N'), size: 4 } } as const;
    const rows = { id: 1, extent: { kind: 'tile', of: dim('N'), tile: 0, size: 4 } } as const;
    const value: Expr = { kind: 'cast', to: 'real', of: { kind: 'index', of: row } };
    const kernels = kernelsOf(buffers, [
      nest('parallel', tiles, [nest('serial', rows, [store(accessTo(buffers)(0, row), value)])]),
    ]);
    for (const N of [0, 3, 4, 10]) expect(y(kernels, {}, { N })).toEqual(Array.from({ length: N }, (_, i) => i));
  });

  it('of the side chosen by `within` alone', () => {
    const buffers = [buffer('x', 'input', [3]), buffer('y', 'output', [5])];
    const to = accessTo(buffers);
    const shifted = addIndex(ofLoop(0), at(-1));
    const padded: Expr = {
      kind: 'within',
      tests: [{ index: shifted, from: dim(0), to: dim(3) }],
      then: load(to(0, shifted)),
      otherwise: number(9),
    };
    const kernels = kernelsOf(buffers, [nest('parallel', loop(0, 5), [store(to(1, 0), padded)])]);
    expect(y(kernels, { x: vector(1, 2, 3) })).toEqual([9, 1, 2, 3, 9]);
  });

  it('of random numbers, those of tensor/threefry.ts', () => {
    for (const distribution of ['uniform', 'normal'] as const) {
      const buffers = [buffer('y', 'output', [7])];
      const value: Expr = { kind: 'random', distribution, id: 3, seed: number(5), step: number(2), element: ofLoop(0) };
      const kernels = kernelsOf(buffers, [nest('parallel', loop(0, 7), [store(accessTo(buffers)(0, 0), value)])]);
      const expected = new Float64Array(7);
      fillRandom(distribution, expected, 5, 3, 2);
      for (const [i, found] of y(kernels).entries()) expect(found).toBeCloseTo(expected[i]!, 14);
    }
  });

  it('of a while whose carry stands at the parity of the step', () => {
    const buffers = [
      buffer('x', 'input', [1]),
      buffer('carry', 'arena', [2]),
      buffer('flag', 'arena', []),
      buffer('count', 'arena', [], 'int'),
      buffer('y', 'output', [2]),
    ];
    const to = accessTo(buffers);
    const parity = (of: ReturnType<typeof ofLoop>) => ofAtom({ kind: 'mod', of, by: constant(2) });
    const steps = ofAtom({ kind: 'value', of: load(to(3)) });
    // Doubling until above 20, looked at before every third step, at most `max` steps.
    const kernels = (max: number): KernelProgram =>
      kernelsOf(buffers, [
        store(to(1, at(0)), load(to(0, at(0)))),
        {
          kind: 'while',
          loop: loop(0, max),
          every: 3,
          flag: 2,
          count: 3,
          test: [store(to(2), map('le', load(to(1, parity(ofLoop(0)))), number(20)))],
          body: [
            store(to(1, parity(addIndex(ofLoop(0), at(1)))), map('mul', load(to(1, parity(ofLoop(0)))), number(2))),
          ],
        },
        store(to(4, at(0)), load(to(1, parity(steps)))),
        store(to(4, at(1)), { kind: 'cast', to: 'real', of: load(to(3)) }),
      ]);
    expect(y(kernels(100), { x: vector(1) })).toEqual([64, 6]);
    expect(y(kernels(100), { x: vector(30) })).toEqual([30, 0]);
    expect(y(kernels(2), { x: vector(1) })).toEqual([4, 2]);
    let looks = 0;
    expect(y(kernels(100), { x: vector(1) }, {}, { cancelled: () => ++looks > 4 })).toEqual([16, 4]);
  });

  it('of a routine and of ints', () => {
    const buffers = [
      buffer('x', 'input', [3]),
      buffer('sorted', 'arena', [3]),
      buffer('places', 'output', [3], 'int'),
      buffer('y', 'output', [3]),
    ];
    const to = accessTo(buffers);
    const kernels = kernelsOf(buffers, [
      { kind: 'routine', name: 'sort', args: [0], outs: [1, 2] },
      nest('parallel', loop(0, 3), [store(to(3, 0), map('mul', load(to(1, 0)), number(10)))]),
    ]);
    const found = interpretKernels(kernels, { x: vector(3, 1, 2) }, {});
    expect(found['y']!.data).toEqual(Float64Array.of(10, 20, 30));
    expect(found['places']!.data).toEqual(Int32Array.of(1, 2, 0));
  });
});

describe('what it finds', () => {
  const buffers = [
    buffer('x', 'input', [4]),
    buffer('a', 'arena', [4]),
    buffer('b', 'arena', [4]),
    buffer('y', 'output', [4]),
    buffer('s', 'scratch', [1]),
  ];
  const to = accessTo(buffers);
  const x = { x: vector(1, 2, 3, 4) };
  const copy = (id: number, from: number, into: number): Statement =>
    nest('parallel', loop(id, 4), [store(to(into, id), load(to(from, id)))]);
  const running =
    (...body: readonly Statement[]) =>
    () =>
      interpretKernels(kernelsOf(buffers, body), x, {});

  it('accesses out of bounds', () => {
    const beyond = nest('parallel', loop(0, 4), [store(to(3, 0), load(to(0, addIndex(ofLoop(0), at(1)))))]);
    expect(running(beyond)).toThrow('load of %0[at i0 + 1]: entry 4 of %0 x, which has 4 entries');
    expect(running(nest('parallel', loop(0, 5), [store(to(3, 0), number(1))]))).toThrow('store to %3[at i0]: entry 4');
  });

  it('entries read before they are written', () => {
    expect(running(copy(0, 1, 3))).toThrow('entry 0 of %1 a was never written');
    expect(running(nest('parallel', loop(0, 3), [store(to(3, 0), number(1))]))).toThrow(
      'output y: entry 3 of %3 y was never written',
    );
  });

  it('scratch that is read in the iteration after the one that wrote it', () => {
    const first = map('eq', { kind: 'cast', to: 'real', of: { kind: 'index', of: ofLoop(0) } }, number(0));
    const body = [
      { kind: 'if', test: first, then: [store(to(4, at(0)), number(1))] } as const,
      store(to(3, 0), load(to(4, at(0)))),
    ];
    expect(running(nest('serial', loop(0, 4), body, { scratch: [4] }))).toThrow('entry 0 of %4 s was never written');
  });

  it('parallel iterations that see each other', () => {
    const forwards = nest('parallel', loop(0, 4), [
      store(to(3, 0), load(to(0, 0))),
      store(to(1, 0), load(to(3, at(0)))),
    ]);
    expect(running(forwards)).toThrow('reads what another iteration wrote (entry 0 of %3 y)');
    expect(running(nest('parallel', loop(0, 4), [store(to(3, at(0)), number(1))]))).toThrow(
      'writes what another iteration wrote',
    );
    const readFirst = nest('parallel', loop(1, 4), [store(to(3, 1), load(to(1, at(3)))), store(to(1, 1), number(0))]);
    expect(running(copy(0, 0, 1), readFirst)).toThrow('writes what another iteration read (entry 3 of %1 a)');
  });

  it('a buffer that was overwritten by one that shares its place', () => {
    const body = [copy(0, 0, 1), copy(1, 0, 2), copy(2, 1, 3)];
    const places = new Map([1, 2].map((id) => [id, 'together'] as const));
    expect(y(kernelsOf(buffers, body), x)).toEqual([1, 2, 3, 4]);
    expect(() => y(kernelsOf(buffers, body), x, {}, { places })).toThrow(
      'entry 0 of %1 a was overwritten by %2 b, which shares its place',
    );
  });

  it('inputs that do not fit', () => {
    const kernels = kernelsOf(buffers, [copy(0, 0, 3)]);
    expect(() => y(kernels, { x: vector(1, 2) })).toThrow('input x has shape [2], not [4]');
    expect(() => y(kernels, {})).toThrow('input x is missing');
  });
});
