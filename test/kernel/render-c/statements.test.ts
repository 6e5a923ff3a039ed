// Every kind of statement as C: compiled, run, and compared with the interpreter of kernels.
import { describe, expect, it } from 'vitest';
import { interpretKernels, type KernelArray } from '../../../src/kernel/interpret.ts';
import { addIndex, constantIndex, ofAtom, ofLoop, scaleIndex } from '../../../src/kernel/index-arithmetic.ts';
import type { Access, Expr, KernelProgram, Loop, Private, ReduceOp, Statement } from '../../../src/kernel/kernel.ts';
import { verifiedKernels } from '../../../src/kernel/verify.ts';
import { constant, size } from '../../../src/tensor/dims.ts';
import { close, randomNumbers } from '../../backend/agreement.ts';
import { accessTo, at, buffer, dim, int, kernelsOf, load, local, loop, map, nest, number, reduce, store } from '../writing.ts'; // prettier-ignore
import { compileKernels, compiler, why, type RunOptions } from './compiled.ts';

type Sizes = Readonly<Record<string, number>>;
const random = (shape: readonly number[], seed: number, scale = 1): KernelArray => {
  const next = randomNumbers(seed);
  return {
    shape,
    data: Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () => (2 * next() - 1) * scale),
  };
};

/** On 1 to 3 threads, in float32 and float64, as the interpreter has it. */
const agrees = (
  kernels: KernelProgram,
  cases: readonly { readonly inputs: Readonly<Record<string, KernelArray>>; readonly sizes: Sizes }[],
  { real, ...options }: RunOptions = {},
): void => {
  verifiedKernels(kernels, 'written');
  for (const kind of real === undefined ? (['float', 'double'] as const) : [real]) {
    const compiled = compileKernels(kernels, { ...options, real: kind });
    for (const { inputs, sizes } of cases) {
      const expected = interpretKernels(kernels, inputs, sizes);
      for (const threads of [1, 2, 3]) {
        const { status, outputs } = compiled.run(inputs, sizes, { threads });
        expect(status).toBe(0);
        for (const [name, value] of Object.entries(expected))
          close(outputs[name]!, value, kind === 'float' ? 3e-6 : 1e-12, `${name}, ${kind}, ${threads} threads`);
      }
    }
  }
};
const real = (of: Expr): Expr => ({ kind: 'cast', to: 'real', of });
const value = (of: Expr) => ofAtom({ kind: 'value', of });

if (compiler === null) it.skip(`C of kernels: ${why}`, () => undefined);

describe.skipIf(compiler === null)('C of', () => {
  it('elementwise loops, with computed indices, borders and parities', () => {
    const buffers = [
      buffer('x', 'input', ['N', 6]),
      buffer('i', 'input', ['N'], 'int'),
      buffer('y', 'output', ['N', 6]),
      buffer('z', 'output', ['N'], 'int'),
    ];
    const to = accessTo(buffers);
    const [n, d] = [ofLoop(0), ofLoop(1)];
    const before: Expr = {
      kind: 'within',
      tests: [{ index: addIndex(n, constantIndex(constant(-1))), from: constant(0), to: size('N') }],
      then: load(to(0, addIndex(n, constantIndex(constant(-1))), 1)),
      otherwise: number(-3),
    };
    const split = addIndex(
      scaleIndex(ofAtom({ kind: 'floor-div', of: d, by: constant(4) }), constant(10)),
      ofAtom({ kind: 'mod', of: addIndex(d, n), by: constant(3) }),
    );
    const picked = load(to(0, value(load(to(1, 0))), 1));
    const sides = map('select', map('lt', picked, before), map('mul', picked, number(2)), map('sub', number(0.25), before)); // prettier-ignore
    const whole = map('add', sides, real({ kind: 'index', of: split }));
    const ints = map('mod', map('sub', load(to(1, 0)), { kind: 'index', of: scaleIndex(n, constant(2)) }), int(5));
    const body = [
      nest('parallel', loop(0, 'N'), [
        nest('parallel', loop(1, 6), [
          { kind: 'let', local: 0, value: whole },
          { kind: 'let', local: 1, value: map('exp', local(0)) },
          store(to(2, 0, 1), map('max', local(0), map('tanh', picked))),
        ]),
        store(to(3, 0), map('max', ints, { kind: 'cast', to: 'int', of: map('floor', map('mul', load(to(0, 0, at(2))), number(9))) })), // prettier-ignore
      ]),
    ];
    const data = (N: number) => ({
      inputs: {
        x: random([N, 6], N),
        i: { shape: [N], data: Int32Array.from({ length: N }, (_, k) => (k * 7) % Math.max(1, N)) },
      },
      sizes: { N },
    });
    agrees(kernelsOf(buffers, body), [0, 1, 5, 20_000].map(data));
  });

  it('indices beyond 32 bits', () => {
    const buffers = [buffer('y', 'output', ['N'])];
    const far = addIndex(scaleIndex(ofLoop(0), constant(3_000_000_000)), constantIndex(constant(5_000_000_000)));
    const folded = ofAtom({ kind: 'mod', of: far, by: constant(1_000_003) });
    const body = [
      nest('parallel', loop(0, 'N'), [store(accessTo(buffers)(0, 0), real({ kind: 'index', of: folded }))]),
    ];
    agrees(kernelsOf(buffers, body), [{ inputs: {}, sizes: { N: 50 } }], { real: 'double' });
  });

  const lengths = [0, 1, 7, 513, 5000];
  const reductions: readonly ReduceOp[] = ['sum', 'min', 'max', 'argmin', 'soft-min'];
  it.each([false, true])('reductions of every kind, vector: %s', (vector) => {
    const buffers = [
      buffer('x', 'input', ['N', 'M']),
      ...reductions.map((op) => buffer(op, 'output', ['N'], op === 'argmin' ? 'int' : 'real')),
    ];
    const to = accessTo(buffers);
    const body = reductions.map((op, i): Statement => {
      const loops = [loop(10 + i, 'M')];
      const x = load(to(0, i, 10 + i));
      // Plain loads, values that are kept, and lets.
      const values = [map('square', x), x, local(20), map('sub', x, number(0.5)), x];
      const made: Statement = {
        ...(reduce(loops, [{ local: i, op, value: values[i]!, ...(op === 'soft-min' ? { beta: number(3) } : {}) }]) as Extract<Statement, { kind: 'reduce' }>), // prettier-ignore
        lets: i === 2 ? [{ local: 20, value: map('neg', x) }] : [],
        ...(vector ? { vector } : {}),
      };
      return nest('parallel', loop(i, 'N'), [made, store(to(1 + i, i), local(i, op === 'argmin' ? 'int' : 'real'))]);
    });
    const data = (M: number) => ({ inputs: { x: random([3, M], M) }, sizes: { N: 3, M } });
    agrees(kernelsOf(buffers, body), lengths.map(data), { flags: ['-O3', '-march=native', '-fopenmp'] });
  });

  it.each([false, true])('reductions over NaN, infinities, ties and what is forbidden, vector: %s', (vector) => {
    const rows = [
      [NaN, 1, 2, 3, 4, 5, 6, 7, 8, 9],
      [3, 1, 2, 1, 4, NaN, 6, 7, 8, 9],
      [Infinity, 5, 5, Infinity, 5, 5, 5, 5, 5, 5],
      [-Infinity, 1, 1, 1, 1, 1, 1, 1, 1, -Infinity],
      Array.from({ length: 10 }, () => 1e30),
      Array.from({ length: 10 }, () => Infinity),
      [1e30, 1e30, 3, 1e30, 3, 1e30, 1e30, 1e30, 1e30, 1e30],
      Array.from({ length: 10 }, () => NaN),
    ];
    const ops: readonly ReduceOp[] = ['min', 'max', 'argmin', 'soft-min', 'soft-min'];
    const buffers = [
      buffer('x', 'input', ['N', 10]),
      ...ops.map((op, i) => buffer(`${op} ${i}`, 'output', ['N'], op === 'argmin' ? 'int' : 'real')),
    ];
    const to = accessTo(buffers);
    const all: Statement = {
      ...(reduce(
        [loop(1, 10)],
        ops.map((op, i) => ({ local: i, op, value: load(to(0, 0, 1)), ...(op === 'soft-min' ? { beta: number(i === 3 ? 2 : Infinity) } : {}) })), // prettier-ignore
      ) as Extract<Statement, { kind: 'reduce' }>),
      ...(vector ? { vector } : {}),
    };
    const stores = ops.map((op, i) => store(to(1 + i, 0), local(i, op === 'argmin' ? 'int' : 'real')));
    const x = { shape: [rows.length, 10], data: Float64Array.from(rows.flat()) };
    agrees(kernelsOf(buffers, [nest('parallel', loop(0, 'N'), [all, ...stores])]), [{ inputs: { x }, sizes: { N: rows.length } }]); // prettier-ignore
  });

  it('long sums without loss', () => {
    const buffers = [buffer('x', 'input', ['N']), buffer('y', 'output', [])];
    const to = accessTo(buffers);
    const body = [reduce([loop(0, 'N')], [{ local: 0, op: 'sum', value: load(to(0, 0)) }]), store(to(1), local(0))];
    const N = 3_000_000;
    const x = { shape: [N], data: new Float32Array(N).fill(0.1) };
    const { outputs } = compileKernels(kernelsOf(buffers, body)).run({ x }, { N });
    expect(outputs['y']!.data[0]! / (N * Math.fround(0.1))).toBeCloseTo(1, 6);
  });

  it('row blocks: tiles, scratch, private sums, minima and counts', () => {
    const buffers = [
      buffer('x', 'input', ['N', 3]),
      buffer('sums', 'output', [4, 3]),
      buffer('low', 'output', [3]),
      buffer('counts', 'output', [4], 'int'),
      buffer('tile', 'scratch', [16, 3]),
      buffer('own sums', 'scratch', [4, 3]),
      buffer('own low', 'scratch', [3]),
      buffer('own counts', 'scratch', [4], 'int'),
    ];
    const to = accessTo(buffers);
    const fill = (id: number, shape: readonly number[], from: number, entry: Expr): Statement =>
      shape.reduceRight<Statement>(
        (inner, n, axis) => nest('parallel', loop(from + axis, n), [inner]),
        store(to(id, ...shape.map((_, axis) => from + axis)), entry),
      );
    const rows = (id: number): Loop => ({ id, extent: { kind: 'tile', of: dim('N'), tile: 0, size: 16 } });
    const global = (id: number) => addIndex(scaleIndex(ofLoop(0), constant(16)), ofLoop(id));
    const group = value({ kind: 'cast', to: 'int', of: map('floor', map('mul', map('abs', load(to(4, 3, at(0)))), number(2))) }); // prettier-ignore
    const block = nest(
      'parallel',
      { id: 0, extent: { kind: 'tiles', of: dim('N'), size: 16 } },
      [
        nest('parallel', rows(1), [nest('parallel', loop(2, 3), [store(to(4, 1, 2), map('mul', load(to(0, global(1), 2)), number(1.5)))])]), // prettier-ignore
        nest('serial', rows(3), [
          nest('serial', loop(4, 3), [
            store(to(5, group, 4), load(to(4, 3, 4)), 'sum'),
            store(to(6, 4), load(to(4, 3, 4)), 'min'),
          ]),
          store(to(7, group), int(1), 'sum'),
        ]),
      ],
      {
        scratch: [4],
        privates: [
          { copy: 5, into: 1, op: 'sum' },
          { copy: 6, into: 2, op: 'min' },
          { copy: 7, into: 3, op: 'sum' },
        ],
      },
    );
    const body = [fill(1, [4, 3], 20, number(0.5)), fill(2, [3], 24, number(1e30)), fill(3, [4], 26, int(2)), block];
    const data = (N: number) => ({ inputs: { x: random([N, 3], N) }, sizes: { N } });
    agrees(kernelsOf(buffers, body), [0, 1, 16, 1003, 100_000].map(data));
  });

  it('products: strided, accumulated, in batches, into private sums', () => {
    const buffers = [
      buffer('a', 'input', ['N', 'K']),
      buffer('b', 'input', ['M', 'K']),
      buffer('c', 'output', ['M', 'N']),
      buffer('gram', 'output', ['K', 5]),
      buffer('turned', 'output', [5, 'K']),
      buffer('groups', 'output', [2, 4, 4]),
      buffer('batch', 'output', ['N', 2, 2]),
      buffer('own gram', 'scratch', ['K', 5]),
      buffer('own turned', 'scratch', [5, 'K']),
      buffer('own groups', 'scratch', [2, 4, 4]),
    ];
    const to = accessTo(buffers);
    const product = (
      [rows, columns, inner]: readonly [Loop, Loop, Loop],
      [out, left, right]: readonly [Access, Access, Access],
      accumulate: boolean,
    ): Statement => ({ kind: 'product', rows, columns, inner, out, left, right, accumulate });
    const transposed = (id: number, accumulate: boolean): Statement =>
      product([loop(id, 'N'), loop(id + 1, 'M'), loop(id + 2, 'K')], [to(2, id + 1, id), to(0, id, id + 2), to(1, id + 1, id + 2)], accumulate); // prettier-ignore
    const fill = (id: number, from: number, shape: readonly (number | string)[]): Statement =>
      shape.reduceRight<Statement>(
        (inner, n, axis) => nest('parallel', loop(from + axis, n), [inner]),
        store(to(id, ...shape.map((_, axis) => from + axis)), number(0.25)),
      );

    // Over tiles of rows, into sums laid out both ways, and into a part of a sum that another loop chooses.
    const rowsOfTile = (id: number): Loop => ({ id, extent: { kind: 'tile', of: dim('N'), tile: 10, size: 32 } });
    const row = (id: number) => addIndex(scaleIndex(ofLoop(10), constant(32)), ofLoop(id));
    const after = (id: number) => addIndex(ofLoop(id), constantIndex(constant(1)));
    const gram = product([loop(11, 'K'), loop(12, 5), rowsOfTile(13)], [to(7, 11, 12), to(0, row(13), 11), to(0, row(13), after(12))], true); // prettier-ignore
    const turned = product([loop(14, 'K'), loop(15, 5), rowsOfTile(16)], [to(8, 15, 14), to(0, row(16), 14), to(0, row(16), after(15))], true); // prettier-ignore
    const group = (id: number) => addIndex(ofLoop(id), ofLoop(17));
    const groups = nest('serial', loop(17, 2), [
      product([loop(18, 4), loop(19, 4), rowsOfTile(20)], [to(9, 17, 18, 19), to(0, row(20), group(18)), to(0, row(20), group(19))], true), // prettier-ignore
    ]);
    const privates: readonly Private[] = [7, 8, 9].map((copy) => ({ copy, into: copy - 4, op: 'sum' }));
    const tiles = nest('parallel', { id: 10, extent: { kind: 'tiles', of: dim('N'), size: 32 } }, [gram, turned, groups], { privates }); // prettier-ignore

    const of = (id: number) => addIndex(ofLoop(id), ofLoop(33));
    const inBatch = product([loop(31, 2), loop(32, 2), loop(33, 3)], [to(6, 30, 31, 32), to(0, 30, of(31)), to(0, 30, of(32))], false); // prettier-ignore
    const body = [
      transposed(0, false),
      transposed(3, true),
      fill(3, 40, ['K', 5]),
      fill(4, 42, [5, 'K']),
      fill(5, 44, [2, 4, 4]),
      tiles,
      nest('parallel', loop(30, 'N'), [inBatch]),
    ];
    const data = ([N, M, K]: readonly [number, number, number]) => ({
      inputs: { a: random([N, K], 1), b: random([M, K], 2) },
      sizes: { N, M, K },
    });
    agrees(kernelsOf(buffers, body), ([[1, 1, 6], [70, 33, 17], [300, 5, 64], [0, 3, 6], [20_000, 3, 7]] as const).map(data)); // prettier-ignore
  });

  it('scans by parity and whiles with a test', () => {
    const buffers = [
      buffer('x', 'input', ['T', 'N']),
      buffer('carry', 'arena', [2, 'N']),
      buffer('y', 'output', ['N']),
      buffer('flag', 'arena', []),
      buffer('count', 'arena', [], 'int'),
      buffer('root', 'arena', [2]),
      buffer('z', 'output', []),
      buffer('steps', 'output', [], 'int'),
    ];
    const to = accessTo(buffers);
    const [T, t] = [ofLoop(1), ofLoop(8)];
    const parity = (of: typeof t) => ofAtom({ kind: 'mod', of, by: constant(2) });
    const next = (of: typeof t) => parity(addIndex(of, constantIndex(constant(1))));
    const taken = parity(value(load(to(4))));
    const body: readonly Statement[] = [
      nest('parallel', loop(0, 'N'), [store(to(1, at(0), 0), number(1))]),
      nest('serial', loop(1, 'T'), [
        nest('parallel', loop(2, 'N'), [store(to(1, next(T), 2), map('add', map('mul', load(to(1, parity(T), 2)), number(0.5)), load(to(0, 1, 2))))]), // prettier-ignore
      ]),
      nest('parallel', loop(3, 'N'), [store(to(2, 3), load(to(1, parity({ constant: size('T'), terms: [] }), 3)))]),
      // The square root of 2 by Newton's iteration.
      store(to(5, at(0)), number(100)),
      {
        kind: 'while',
        loop: loop(8, 60),
        every: 3,
        flag: 3,
        count: 4,
        test: [store(to(3), map('gt', map('abs', map('sub', map('square', load(to(5, parity(t)))), number(2))), number(1e-3)))], // prettier-ignore
        body: [
          store(to(5, next(t)), map('mul', number(0.5), map('add', load(to(5, parity(t))), map('div', number(2), load(to(5, parity(t))))))), // prettier-ignore
        ],
      },
      store(to(6), load(to(5, taken))),
      store(to(7), load(to(4))),
    ];
    const data = ([T_, N]: readonly [number, number]) => ({ inputs: { x: random([T_, N], N) }, sizes: { T: T_, N } });
    agrees(kernelsOf(buffers, body), ([[0, 3], [1, 4], [7, 5], [9, 20_000]] as const).map(data)); // prettier-ignore
  });

  it('conditions and scatters', () => {
    const buffers = [buffer('x', 'input', ['N']), buffer('i', 'input', ['N'], 'int'), buffer('y', 'output', [5])];
    const to = accessTo(buffers);
    const entry = value(load(to(1, 1)));
    const body: readonly Statement[] = [
      nest('parallel', loop(0, 5), [store(to(2, 0), number(0))]),
      nest('serial', loop(1, 'N'), [
        { kind: 'if', test: map('and', map('gt', load(to(0, 1)), number(0)), map('not', map('is-nan', load(to(0, 1))))), then: [store(to(2, entry), load(to(0, 1)), 'sum')] }, // prettier-ignore
        { kind: 'if', test: load(to(0, 1)), then: [store(to(2, at(0)), load(to(0, 1)), 'max')] },
      ]),
    ];
    const N = 40;
    const inputs = {
      x: random([N], 9),
      i: { shape: [N], data: Int32Array.from({ length: N }, (_, k) => (k * 3) % 5) },
    };
    agrees(kernelsOf(buffers, body), [{ inputs, sizes: { N } }]);
  });

  it('routines, at the top and on the scratch of threads', () => {
    const buffers = [
      buffer('a', 'input', ['N', 3, 3]),
      buffer('spd', 'arena', ['N', 3, 3]),
      buffer('l', 'output', ['N', 3, 3]),
      buffer('values', 'output', ['N', 3]),
      buffer('vectors', 'arena', ['N', 3, 3]),
      buffer('one', 'scratch', [3, 3]),
      buffer('det', 'scratch', []),
      buffer('dets', 'output', ['N']),
    ];
    const to = accessTo(buffers);
    const squared = (row: number) =>
      [
        reduce([loop(row + 3, 3)], [{ local: row, op: 'sum', value: map('mul', load(to(0, row, row + 1, row + 3)), load(to(0, row, row + 2, row + 3))) }]), // prettier-ignore
        { kind: 'let', local: row + 1, value: map('add', local(row), real(map('eq', { kind: 'index', of: ofLoop(row + 1) }, { kind: 'index', of: ofLoop(row + 2) }))) }, // prettier-ignore
      ] as const;
    const body: readonly Statement[] = [
      nest('parallel', loop(0, 'N'), [
        nest('parallel', loop(1, 3), [nest('parallel', loop(2, 3), [...squared(0), store(to(1, 0, 1, 2), local(1))])]),
      ]),
      { kind: 'routine', name: 'cholesky', args: [1], outs: [2] },
      { kind: 'routine', name: 'eigh', args: [1], outs: [3, 4] },
      nest(
        'parallel',
        loop(10, 'N'),
        [
          nest('serial', loop(11, 3), [nest('serial', loop(12, 3), [...squared(10), store(to(5, 11, 12), local(11))])]),
          { kind: 'routine', name: 'log-abs-det', args: [5], outs: [6] },
          store(to(7, 10), load(to(6))),
        ],
        { scratch: [5, 6] },
      ),
    ];
    const data = (N: number) => ({ inputs: { a: random([N, 3, 3], N) }, sizes: { N } });
    agrees(kernelsOf(buffers, body), [1, 3000].map(data));
  });
});
