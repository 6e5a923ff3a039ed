// Computed indices leave innermost loops in which they stand still, and no others.
import { expect, it } from 'vitest';
import { interpretKernels, type KernelArray } from '../../../src/kernel/interpret.ts';
import { ofAtom } from '../../../src/kernel/index-arithmetic.ts';
import type { Buffer, Expr, Index, KernelProgram, Statement } from '../../../src/kernel/kernel.ts';
import { hoistIndices } from '../../../src/kernel/schedule/invariant-indices.ts';
import { visitStatements } from '../../../src/kernel/visit.ts';
import { verifyKernels } from '../../../src/kernel/verify.ts';
import { accessTo, buffer, kernelsOf, load, local, loop, map, nest, reduce, store } from '../writing.ts';

const buffers: readonly Buffer[] = [
  buffer('table', 'input', [5, 4]),
  buffer('rows', 'input', [3], 'int'),
  buffer('columns', 'input', [4], 'int'),
  buffer('y', 'output', [3, 4]),
  buffer('least', 'output', [3]),
];
const to = accessTo(buffers);
const value = (of: Expr): Index => ofAtom({ kind: 'value', of });
const row = value(load(to(1, 0)));
const column = (of: number): Index => value(load(to(2, of)));

/** y[i, j] = table[rows[i], columns[j]]² and the least of table[rows[i], columns[k]] over k. */
const picked = (): KernelProgram =>
  kernelsOf(buffers, [
    nest('parallel', loop(0, 3), [
      nest('parallel', loop(1, 4), [store(to(3, 0, 1), map('square', load(to(0, row, column(1)))))]),
      reduce([loop(2, 4)], [{ local: 0, op: 'min', value: load(to(0, row, column(2))) }]),
      store(to(4, 0), local(0)),
    ]),
  ]);

const inputs: Readonly<Record<string, KernelArray>> = {
  table: { shape: [5, 4], data: Float64Array.from({ length: 20 }, (_, i) => Math.sin(i + 1)) },
  rows: { shape: [3], data: Int32Array.of(4, 0, 2) },
  columns: { shape: [4], data: Int32Array.of(3, 3, 1, 0) },
};

const letsIn = (kernels: KernelProgram): readonly Extract<Statement, { kind: 'let' }>[] => {
  const lets: Extract<Statement, { kind: 'let' }>[] = [];
  visitStatements(kernels.body, { statement: (s) => void (s.kind === 'let' && lets.push(s)) });
  return lets;
};

it('before loops and before reductions', () => {
  const after = hoistIndices(picked());
  expect(verifyKernels(after)).toEqual([]);
  // The row, once for the loop and once for the reduction; columns change.
  expect(letsIn(after).map(({ value: of }) => of)).toEqual([load(to(1, 0)), load(to(1, 0))]);
  const [outer] = after.body;
  expect(outer!.kind === 'loop' && outer!.body.map((s) => s.kind)).toEqual(['let', 'loop', 'let', 'reduce', 'store']);
  expect(interpretKernels(after, inputs, {})).toEqual(interpretKernels(picked(), inputs, {}));
});

it('not where a branch keeps an index from being computed, and not out of what is outermost', () => {
  const guarded: Expr = {
    kind: 'within',
    tests: [{ index: row, from: [], to: [{ coef: 5, sizes: [] }] }],
    then: load(to(0, value(load(to(2, 0))), 1)),
    otherwise: load(to(0, 1, 1)),
  };
  const kernels = kernelsOf(buffers, [
    nest('parallel', loop(0, 3), [nest('parallel', loop(1, 4), [store(to(3, 0, 1), guarded)]), store(to(4, 0), load(to(0, row, 0)))]), // prettier-ignore
  ]);
  const after = hoistIndices(kernels);
  expect(verifyKernels(after)).toEqual([]);
  // The test's index is always computed, that of the branch is not.
  expect(letsIn(after).map(({ value: of }) => of)).toEqual([load(to(1, 0))]);
});

it('not where the loop changes what they are computed from', () => {
  const own: readonly Buffer[] = [buffer('i', 'arena', [1], 'int'), buffer('y', 'output', [3, 4])];
  const at = accessTo(own);
  const zero: Index = { constant: [], terms: [] };
  const kernels = kernelsOf(own, [
    nest('serial', loop(0, 3), [
      store(at(0, zero), { kind: 'number', value: 0, scalar: 'int' }),
      nest('serial', loop(1, 4), [
        store(at(1, 0, value(load(at(0, zero)))), { kind: 'number', value: 1, scalar: 'real' }),
        store(at(0, zero), { kind: 'index', of: ofAtom({ kind: 'loop', loop: 1 }) }),
      ]),
    ]),
  ]);
  expect(letsIn(hoistIndices(kernels))).toEqual([]);
});
