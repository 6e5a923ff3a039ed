// The printer of kernels: every statement and every mark, as it is read.
import { expect, it } from 'vitest';
import { addIndex, ofAtom, ofLoop, scaleIndex } from '../../src/kernel/index-arithmetic.ts';
import { printKernels } from '../../src/kernel/print.ts';
import { constant } from '../../src/tensor/dims.ts';
import {
  accessTo,
  at,
  buffer,
  dim,
  kernelsOf,
  load,
  local,
  loop,
  map,
  nest,
  number,
  reduce,
  store,
} from './writing.ts';

it('prints every statement on a line of its own', () => {
  const buffers = [
    buffer('x', 'input', ['N', 4]),
    buffer('sums', 'output', [4]),
    buffer('row', 'scratch', [64, 4]),
    buffer('own sums', 'scratch', [4]),
    { ...buffer('table', 'constant', [10], 'int'), values: [9, 8, 7, 6, 5, 4, 3, 2, 1, 0] },
    buffer('flag', 'arena', []),
    buffer('count', 'arena', [], 'int'),
    buffer('square', 'arena', [4, 4]),
  ];
  const to = accessTo(buffers);
  const tiles = { id: 1, extent: { kind: 'tiles', of: dim('N'), size: 64 } } as const;
  const rows = { id: 2, extent: { kind: 'tile', of: dim('N'), tile: 1, size: 64 } } as const;
  const row = addIndex(scaleIndex(ofLoop(1), constant(64)), ofLoop(2));
  const block = nest(
    'parallel',
    tiles,
    [
      nest('serial', rows, [
        reduce(
          [loop(3, 4)],
          [
            { local: 0, op: 'argmin', value: load(to(0, row, 3)) },
            { local: 1, op: 'soft-min', value: load(to(0, row, 3)), beta: number(2) },
          ],
        ),
        { kind: 'let', local: 2, value: map('exp', local(1)) },
        {
          kind: 'if',
          test: map('lt', local(2), number(1)),
          then: [store(to(3, ofAtom({ kind: 'value', of: local(0, 'int') })), local(2), 'sum')],
        },
      ]),
    ],
    { scratch: [2], privates: [{ copy: 3, into: 1, op: 'sum' }] },
  );
  const vector = {
    ...nest('parallel', loop(0, 4), [store(to(1, 0), number(0))]),
    vector: true as const,
    work: dim('N'),
  };
  const kernels = kernelsOf(buffers, [
    vector,
    block,
    {
      kind: 'product',
      rows: loop(4, 4),
      columns: loop(5, 4),
      inner: loop(6, 'N'),
      out: to(7, 4, 5),
      left: to(0, 6, 4),
      right: to(0, 6, 5),
      accumulate: true,
    },
    { kind: 'routine', name: 'cholesky', args: [7], outs: [7] },
    {
      kind: 'while',
      loop: loop(7, 100),
      every: 5,
      flag: 5,
      count: 6,
      test: [store(to(5), map('gt', load(to(1, at(0))), number(1)))],
      body: [store(to(1, at(0)), number(0.5), 'min')],
    },
  ]);
  expect(printKernels(kernels)).toMatchInlineSnapshot(`
    "%0 input real [N, 4] "x"
    %1 output real [4] "sums"
    %2 scratch real [64, 4] "row"
    %3 scratch real [4] "own sums"
    %4 constant int [10] "table" = 9 8 7 6 5 4 3 2 … 10 numbers
    %5 arena real "flag"
    %6 arena int "count"
    %7 arena real [4, 4] "square"
    input x = %0
    output sums = %1
    parallel i0 < 4; vector; work N
      %1[at i0] = 0
    parallel i1 < tiles of 64 in N; scratch %2; private %3 sum into %1
      serial i2 < tile i1 of 64 in N
        reduce i3 < 4: v0 = argmin %0[64*i1 + i2, i3]; v1 = soft-min at 2 of %0[64*i1 + i2, i3]
        v2 = exp(v1)
        if lt(v2, 1)
          %3[at {v0}] += v2
    product i4 < 4, i5 < 4, i6 < N: %7[i4, i5] += %0[i6, i4] * %0[i6, i5]
    %7 = cholesky %7
    while i7 < 100 every 5 flag %5 count %6
      test
        %5[] = gt(%1[at 0], 1)
      body
        %1[at 0] min= 0.5"
  `);
});
