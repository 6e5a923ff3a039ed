// The schedule: every pass leaves what kernels give as it was, under the interpreter, and does what it is there for.
import { describe, expect, it } from 'vitest';
import { addIndex, ofLoop } from '../../../src/kernel/index-arithmetic.ts';
import { interpretKernels, type InterpretOptions, type KernelArray } from '../../../src/kernel/interpret.ts';
import type { Buffer, KernelProgram, KernelTarget, ReduceOp, Statement } from '../../../src/kernel/kernel.ts';
import { laneReductions } from '../../../src/kernel/schedule/lanes.ts';
import { orderLoops } from '../../../src/kernel/schedule/loop-order.ts';
import { schedulePasses } from '../../../src/kernel/schedule/index.ts';
import { markLoops } from '../../../src/kernel/schedule/marks.ts';
import { mergeLoops } from '../../../src/kernel/schedule/merge-loops.ts';
import { splitReductions } from '../../../src/kernel/schedule/split-reductions.ts';
import { tileLoops } from '../../../src/kernel/schedule/tiles.ts';
import { unrollReductions } from '../../../src/kernel/schedule/unroll-reductions.ts';
import { visitStatements } from '../../../src/kernel/visit.ts';
import { verifyKernels } from '../../../src/kernel/verify.ts';
import { accessTo, at, buffer, kernelsOf, load, local, loop, map, nest, number, reduce, store } from '../writing.ts';

type LoopStatement = Extract<Statement, { kind: 'loop' }>;

const targetOf = (sizes: Readonly<Record<string, number>>): KernelTarget => ({
  sizes,
  blockBytes: 2 ** 20,
  rowBlocks: true,
  bytesOfReal: 4,
});

/** The sines of 1, 2, …: no order in them, and no chance. */
const array = (...shape: readonly number[]): KernelArray => ({
  shape,
  data: Float64Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => Math.sin(i + 1)),
});

const ways: readonly InterpretOptions[] = [{}, { threads: 3, order: { shuffled: 7 } }, { order: 'backwards' }];

const expectSame = (
  before: KernelProgram,
  after: KernelProgram,
  inputs: Readonly<Record<string, KernelArray>>,
  sizes: Readonly<Record<string, number>> = {},
): void => {
  expect(verifyKernels(after)).toEqual([]);
  const expected = interpretKernels(before, inputs, sizes);
  for (const way of ways)
    for (const [name, { data }] of Object.entries(interpretKernels(after, inputs, sizes, way)))
      data.forEach((value, i) => {
        const wanted = expected[name]!.data[i]!;
        if (!Object.is(value, wanted)) expect(value).toBeCloseTo(wanted, 9);
      });
};

const loopsIn = (kernels: KernelProgram): readonly LoopStatement[] => {
  const loops: LoopStatement[] = [];
  visitStatements(kernels.body, { statement: (s) => void (s.kind === 'loop' && loops.push(s)) });
  return loops;
};
const reductionsIn = (kernels: KernelProgram): number => {
  let count = 0;
  visitStatements(kernels.body, { statement: (s) => void (s.kind === 'reduce' && count++) });
  return count;
};

/** y[i, j] = x[i, j] + 1, or with the axes of x the other way round. */
const elementwise = (rows: number | string, columns: number | string, turned: boolean): KernelProgram => {
  const buffers: readonly Buffer[] = [
    buffer('x', 'input', turned ? [columns, rows] : [rows, columns]),
    buffer('y', 'output', [rows, columns]),
  ];
  const to = accessTo(buffers);
  const x = turned ? to(0, 1, 0) : to(0, 0, 1);
  const body = [store(to(1, 0, 1), map('add', load(x), number(1)))];
  return kernelsOf(buffers, [nest('parallel', loop(0, rows), [nest('parallel', loop(1, columns), body)])]);
};

/** y[i] = op over j of x[i, j] (or of x[j, i]). */
const reduction = (op: ReduceOp, rows: number | string, terms: number | string, turned = false): KernelProgram => {
  const buffers: readonly Buffer[] = [
    buffer('x', 'input', turned ? [terms, rows] : [rows, terms]),
    buffer('y', 'output', [rows]),
  ];
  const to = accessTo(buffers);
  const value = load(turned ? to(0, 1, 0) : to(0, 0, 1));
  const beta = op === 'soft-min' ? { beta: number(2) } : {};
  const result = op === 'argmin' ? ({ kind: 'cast', to: 'real', of: local(0, 'int') } as const) : local(0);
  return kernelsOf(buffers, [
    nest('parallel', loop(0, rows), [
      reduce([loop(1, terms)], [{ local: 0, op, value, ...beta }]),
      store(to(1, 0), map('mul', result, number(3))),
    ]),
  ]);
};

describe('merged loops', () => {
  it('are one where memory is one', () => {
    const before = elementwise('N', 'K', false);
    const after = mergeLoops(before);
    expect(loopsIn(after)).toHaveLength(1);
    expectSame(before, after, { x: array(3, 4) }, { N: 3, K: 4 });
  });

  it('stay two where one side is turned', () => {
    const before = elementwise('N', 'K', true);
    expect(loopsIn(mergeLoops(before))).toHaveLength(2);
  });

  it('leave no loop of one iteration', () => {
    const before = elementwise(1, 5, true);
    const after = mergeLoops(before);
    expect(loopsIn(after)).toHaveLength(1);
    expectSame(before, after, { x: array(5, 1) });
  });

  it('of 12 binary axes are those before and those after what is summed out', () => {
    const shape = Array.from({ length: 12 }, () => 2);
    const buffers = [buffer('x', 'input', shape), buffer('y', 'output', shape.slice(1))];
    const to = accessTo(buffers);
    const kept = Array.from({ length: 11 }, (_, i) => i);
    const x = to(0, ...kept.slice(0, 5), 99, ...kept.slice(5));
    const inner: readonly Statement[] = [
      reduce([loop(99, 2)], [{ local: 0, op: 'sum', value: load(x) }]),
      store(to(1, ...kept), local(0)),
    ];
    const body = kept.reduceRight<readonly Statement[]>((inside, id) => [nest('parallel', loop(id, 2), inside)], inner);
    const before = kernelsOf(buffers, body);
    const after = mergeLoops(unrollReductions(before));
    expect(loopsIn(after)).toHaveLength(2);
    expect(reductionsIn(after)).toBe(0);
    expectSame(before, after, { x: array(...shape) });
  });
});

describe('reductions', () => {
  const ops: readonly ReduceOp[] = ['sum', 'min', 'max', 'argmin', 'soft-min'];
  it.each(ops)('short: %s is written out', (op) => {
    for (const terms of [1, 2, 5]) {
      const before = reduction(op, 4, terms);
      const after = unrollReductions(before);
      expect(reductionsIn(after)).toBe(0);
      expectSame(before, after, { x: array(4, terms) });
    }
  });

  it('short, with equal and forbidden terms, as the interpreter has them', () => {
    for (const op of ops) {
      const before = reduction(op, 2, 3);
      const data = Float64Array.from([1, 1, 1, 1e30, 1e30, 1e30]);
      expectSame(before, unrollReductions(before), { x: { shape: [2, 3], data } });
    }
  });

  it('short, with infinite terms and terms that are no numbers, as the interpreter has them', () => {
    const rows = [Infinity, Infinity, Infinity, 1, Infinity, Infinity, NaN, 2, 1, 1, NaN, 2];
    for (const op of ops) {
      const before = reduction(op, 4, 3);
      expectSame(before, unrollReductions(before), { x: { shape: [4, 3], data: Float64Array.from(rows) } });
    }
  });

  it('argmin passes over what is no number, also where it comes first', () => {
    const found = interpretKernels(unrollReductions(reduction('argmin', 1, 3)), {
      x: { shape: [1, 3], data: Float64Array.from([NaN, 2, 1]) },
    }, {}); // prettier-ignore
    expect([...found['y']!.data]).toEqual([6]);
  });

  it.each(['sum', 'min', 'max', 'soft-min'] as const)('long: %s is shared by threads', (op) => {
    for (const turned of [false, true]) {
      const before = reduction(op, 'K', 'N', turned);
      const sizes = { K: 3, N: 20_001 };
      const after = splitReductions(before, targetOf(sizes));
      expect(loopsIn(after).some((l) => l.loop.extent.kind === 'tiles')).toBe(true);
      expectSame(before, after, { x: turned ? array(sizes.N, 3) : array(3, sizes.N) }, sizes);
    }
  });

  it('with many results are left alone', () => {
    const before = reduction('sum', 'K', 'N');
    expect(splitReductions(before, targetOf({ K: 5000, N: 5000 }))).toMatchObject({ body: before.body });
  });

  it.each(['sum', 'min', 'max'] as const)('%s of columns runs along rows', (op) => {
    for (const rows of ['K', 40]) {
      const before = reduction(op, rows, 'N', true);
      const sizes = { K: 300, N: 9 };
      const after = laneReductions(before, targetOf(sizes));
      expect(reductionsIn(after)).toBe(0);
      // Fill, rows, tail; and of a sum of an open number of rows the parts: fill and join.
      expect(loopsIn(after).filter((l) => l.vector === true)).toHaveLength(op === 'sum' ? 5 : 3);
      expectSame(before, after, { x: array(9, rows === 'K' ? 300 : 40) }, sizes);
    }
  });

  it('sums of many rows are sums of parts, none of them long', () => {
    for (const rows of [5000, 'N']) {
      const before = reduction('sum', 20, rows, true);
      const after = laneReductions(before, targetOf({ N: 5000 }));
      const added = loopsIn(after).find(({ loop, role }) => role === 'serial' && loop.extent.kind === 'tile');
      expect(added?.loop.extent).toMatchObject({ size: 256 });
      expectSame(before, after, { x: array(5000, 20) }, rows === 'N' ? { N: 5000 } : {});
    }
  });

  it('in a serial loop stay in order: a result may be what the next one reads', () => {
    // h[t + 1] = min over k of |x[k, t] - h[t]|: neighbours in memory, and each waits for the one before.
    const buffers = [buffer('x', 'input', [9, 40]), buffer('h', 'output', [41])];
    const to = accessTo(buffers);
    const next = addIndex(ofLoop(0), at(1));
    const value = map('abs', map('sub', load(to(0, 1, 0)), load(to(1, 0))));
    const before = kernelsOf(buffers, [
      store(to(1, at(0)), number(1)),
      nest('serial', loop(0, 40), [
        reduce([loop(1, 9)], [{ local: 0, op: 'min', value }]),
        store(to(1, next), local(0)),
      ]),
    ]);
    expectSame(before, laneReductions(before, targetOf({})), { x: array(9, 40) });
  });

  it('of rows stay reductions', () => {
    expect(reductionsIn(laneReductions(reduction('sum', 'K', 'N'), targetOf({ K: 300, N: 9 })))).toBe(1);
  });
});

describe('order, tiles and marks', () => {
  it('the loop goes inside along which more is read and written in a row', () => {
    const buffers = [buffer('x', 'input', [7, 5]), buffer('y', 'output', [7, 5])];
    const to = accessTo(buffers);
    const body = [store(to(1, 1, 0), load(to(0, 1, 0)))];
    const before = kernelsOf(buffers, [nest('parallel', loop(0, 5), [nest('parallel', loop(1, 7), body)])]);
    const after = orderLoops(before);
    expect(loopsIn(after).map((l) => l.loop.id)).toEqual([1, 0]);
    expectSame(before, after, { x: array(7, 5) });
  });

  it('long elementwise loops are tiles of vectors', () => {
    const before = mergeLoops(elementwise('N', 'K', false));
    const after = markLoops(tileLoops(before));
    const [tiles, inner] = loopsIn(after);
    expect(tiles!.loop.extent.kind).toBe('tiles');
    expect(inner!.vector).toBe(true);
    expectSame(before, after, { x: array(300, 41) }, { N: 300, K: 41 });
  });

  it('work is a polynomial of the sizes', () => {
    const marked = markLoops(tileLoops(mergeLoops(elementwise('N', 'K', false))));
    expect(loopsIn(marked)[0]!.work).toEqual([{ coef: 3, sizes: ['K', 'N'] }]);
  });

  it('all passes together keep what every kernel here gives', () => {
    const sizes = { N: 301, K: 40 };
    const programs: readonly (readonly [KernelProgram, KernelArray])[] = [
      [elementwise('N', 'K', false), array(301, 40)],
      [elementwise('N', 'K', true), array(40, 301)],
      [reduction('sum', 'K', 'N', true), array(301, 40)],
      [reduction('soft-min', 'K', 'N'), array(40, 301)],
      [reduction('argmin', 'N', 'K'), array(301, 40)],
    ];
    for (const [before, x] of programs) {
      const after = schedulePasses.reduce((kernels, pass) => pass.run(kernels, targetOf(sizes)), before);
      expectSame(before, after, { x }, sizes);
    }
  });
});
