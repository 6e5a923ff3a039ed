// The verifier of kernels: a good program, and what is said of each way to break it.
import { describe, expect, it } from 'vitest';
import { addIndex, ofAtom, ofLoop } from '../../src/kernel/index-arithmetic.ts';
import type { Buffer, Expr, KernelProgram, Statement } from '../../src/kernel/kernel.ts';
import { verifiedKernels, verifyKernels } from '../../src/kernel/verify.ts';
import { constant, multiply, size } from '../../src/tensor/dims.ts';
import {
  accessTo,
  at,
  buffer,
  dim,
  int,
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

const buffers: readonly Buffer[] = [
  buffer('x', 'input', ['N', 4]),
  buffer('y', 'output', ['N']),
  buffer('a', 'arena', [4]),
  buffer('s', 'scratch', [4]),
  buffer('i', 'input', ['N'], 'int'),
  buffer('flag', 'arena', []),
  buffer('count', 'arena', [], 'int'),
  buffer('square', 'arena', [4, 4]),
];
const to = accessTo(buffers);
const rows = (id: number, ...body: readonly Statement[]): Statement => nest('parallel', loop(id, 'N'), body);
const fill = rows(90, store(to(1, 90), number(0)));
const problemsOf = (...body: readonly Statement[]): readonly string[] =>
  verifyKernels(kernelsOf(buffers, [...body, fill]));
const real = (expr: Expr): Expr => ({ kind: 'cast', to: 'real', of: expr });

describe('the verifier', () => {
  it('has nothing to say of a good program', () => {
    const body = [
      nest('parallel', loop(0, 4), [store(to(2, 0), number(0))]),
      nest(
        'parallel',
        loop(1, 'N'),
        [
          reduce(
            [loop(2, 4)],
            [
              { local: 0, op: 'argmin', value: load(to(0, 1, 2)) },
              { local: 1, op: 'soft-min', value: load(to(0, 1, 2)), beta: number(2) },
            ],
          ),
          {
            kind: 'if',
            test: map('lt', local(1), number(3)),
            then: [store(to(3, ofAtom({ kind: 'value', of: local(0, 'int') })), number(1), 'sum')],
          },
        ],
        { privates: [{ copy: 3, into: 2, op: 'sum' }] },
      ),
      {
        kind: 'product',
        rows: loop(3, 4),
        columns: loop(4, 4),
        inner: loop(5, 'N'),
        out: to(7, 3, 4),
        left: to(0, 5, 3),
        right: to(0, 5, 4),
        accumulate: false,
      } as const,
      {
        kind: 'while',
        loop: loop(6, 9),
        every: 2,
        flag: 5,
        count: 6,
        test: [store(to(5), map('lt', load(to(2, at(0))), number(3)))],
        body: [nest('serial', loop(7, 4), [store(to(2, 7), load(to(7, 7, 7)), 'max')])],
      } as const,
      { kind: 'routine', name: 'cholesky', args: [7], outs: [7] } as const,
    ];
    expect(problemsOf(...body)).toEqual([]);
  });

  it('sees loops and locals', () => {
    expect(problemsOf(store(to(2, 0), number(1)))).toEqual(['i0: no loop i0 in sight']);
    expect(problemsOf(rows(0), rows(0))).toEqual(['loop i0 is made twice']);
    const tile = { id: 1, extent: { kind: 'tile', of: dim('N'), tile: 0, size: 4 } } as const;
    expect(problemsOf(rows(0, nest('serial', tile, [])))).toEqual([
      'loop i1 runs through a tile of i0, which is no loop over tiles around it',
    ]);
    const make: Statement = { kind: 'let', local: 0, value: number(1) };
    expect(problemsOf(store(to(2, at(0)), local(0)), make, make)).toEqual([
      'v0 is used where it is not in sight',
      'v0 is made twice',
    ]);
    expect(problemsOf(rows(0, make), store(to(2, at(0)), local(0)))).toEqual(['v0 is used where it is not in sight']);
    expect(problemsOf(make, store(to(2, at(0)), real(local(0, 'int'))))).toEqual(['v0 is real, used as int']);
  });

  it('sees scalars', () => {
    const said = (value: Expr): readonly string[] => problemsOf(rows(0, store(to(1, 0), value)));
    expect(said(load(to(4, 0)))).toEqual(['store to %1[at i0]: %4[at i0] is int, should be real']);
    expect(said(map('add', number(1), int(2)))).toEqual(['add(1, 2i): arguments are real, int']);
    expect(said(map('exp', int(2)))).toEqual(['exp(2i): arguments are int']);
    expect(said(map('add', int(1), int(2)))).toEqual(['store to %1[at i0]: add(1i, 2i) is int, should be real']);
    expect(said(map('lt', int(1), int(2)))).toEqual([]);
    expect(said(map('select', int(1), number(1), number(2)))).toEqual(['select(1i, 1, 2): the condition is int']);
    expect(said(map('add', number(1)))).toEqual(['add(1): 1 arguments, not 2']);
    expect(said(real(int(0.5)))).toEqual(['0.5i is no integer']);
    expect(said({ kind: 'within', tests: [], then: number(1), otherwise: int(1) })).toEqual([
      'within(; 1; 1i): 1i is int, should be real',
    ]);
    expect(problemsOf({ kind: 'if', test: int(1), then: [] })).toEqual(['if: 1i is int, should be real']);
    expect(said(load(to(0, ofAtom({ kind: 'value', of: number(1) }), at(0))))).toEqual([
      '{1}: 1 is real, should be int',
    ]);
  });

  it('sees indices that are not canonical, and accesses without strides', () => {
    const term = { coef: constant(1), atom: { kind: 'loop', loop: 0 } } as const;
    const twice = { constant: [], terms: [term, term] };
    expect(problemsOf(rows(0, store(to(1, twice), number(1))))).toEqual(['i0 + i0 is not canonical']);
    expect(problemsOf(rows(0, store({ ...to(1, 0), strides: [] }, number(1))))).toEqual([
      'an access to %1 has 1 indices and 0 strides',
    ]);
  });

  it('sees storage', () => {
    const problems = (given: readonly Buffer[]): readonly string[] => verifyKernels(kernelsOf(given, []));
    expect(problemsOf(rows(0, store(to(0, 0, at(0)), number(1))))).toEqual(['%0[i0, 0]: writes the input %0']);
    expect(problemsOf(rows(0, store(to(1, 0), load(to(2, at(0))))))).toEqual(['%2 a is read and never written']);
    expect(problems([buffer('y', 'output', [])])).toEqual(['output %0 y is never written']);
    expect(problems([buffer('c', 'constant', [2])])).toEqual(['%0 is constant and has no values']);
    expect(problems([{ ...buffer('c', 'constant', [2]), values: [1] }])).toEqual([
      'constant %0 has 1 values for 2 entries',
    ]);
    expect(problems([{ ...buffer('c', 'constant', [1], 'int'), values: [0.5] }])).toEqual([
      'constant %0 is int and its values are not',
    ]);
    expect(problems([buffer('x', 'input', []), buffer('x', 'input', [])])).toEqual(['two inputs have one name']);
    const unnamed: KernelProgram = { inputs: [], outputs: [], buffers: [buffer('x', 'input', [])], body: [] };
    expect(verifyKernels(unnamed)).toEqual(['%0 is an input without a name']);
    expect(verifyKernels({ ...unnamed, outputs: [{ name: 'y', buffer: 5 }] })).toContain(
      'output y is %5, which is no buffer',
    );
    expect(
      problemsOf({ kind: 'store', to: { buffer: 99, at: [], strides: [] }, value: number(1), mode: 'set' }),
    ).toEqual(['%99[]: there is no buffer %99']);
  });

  it('sees scratch and private accumulators', () => {
    const use = store(to(3, at(0)), number(1));
    const list = (id: number, scratch: readonly number[], ...body: readonly Statement[]): Statement =>
      nest('parallel', loop(id, 'N'), body, { scratch });
    expect(problemsOf(list(0, [3], use))).toEqual([]);
    expect(problemsOf(list(0, [3]), use)).toEqual(['%3[at 0]: scratch %3 is used outside of the loop that lists it']);
    expect(problemsOf(list(0, [3], use), list(1, [3], use))).toEqual(['scratch %3 is listed twice']);
    expect(problemsOf(list(0, [2]))).toEqual(['%2 is listed as scratch and is arena']);
    const sums = (role: 'serial' | 'parallel', into: number, ...body: readonly Statement[]): Statement =>
      nest(role, loop(0, 'N'), body, { privates: [{ copy: 3, into, op: 'sum' }] });
    const add = store(to(3, at(0)), number(1), 'sum');
    expect(problemsOf(sums('parallel', 2, add))).toEqual([]);
    expect(problemsOf(sums('serial', 2, add))).toEqual(['loop i0: private accumulators of a serial loop']);
    expect(problemsOf(sums('parallel', 1, add))).toEqual([
      'loop i0: the private copy %3 is real [4], but %1 is real [N]',
    ]);
    expect(problemsOf(sums('parallel', 2, use))).toEqual([
      'loop i0: %3[at 0] is a private accumulator of sum and used otherwise',
    ]);
    expect(problemsOf(sums('parallel', 2, add, store(to(2, at(0)), number(1))))).toEqual([
      'loop i0: %2[at 0] is the target of a private accumulator',
    ]);
  });

  it('sees products', () => {
    const said = (
      left: ReturnType<typeof to>,
      right: ReturnType<typeof to>,
      out: ReturnType<typeof to>,
    ): readonly string[] =>
      problemsOf({
        kind: 'product',
        rows: loop(0, 4),
        columns: loop(1, 4),
        inner: loop(2, 'N'),
        out,
        left,
        right,
        accumulate: false,
      });
    expect(said(to(0, 2, 0), to(0, 2, 1), to(7, 0, 1))).toEqual([]);
    expect(said(to(0, 2, 1), to(0, 2, 1), to(7, 0, 1))).toEqual(['product into %7[i0, i1]: %0[i2, i1] mentions i1']);
    expect(said(to(0, 2, 0), to(0, 2, 0), to(7, 0, 1))).toEqual(['product into %7[i0, i1]: %0[i2, i0] mentions i0']);
    const parity = ofAtom({ kind: 'mod', of: ofLoop(2), by: constant(2) });
    expect(said(to(0, parity, 0), to(0, 2, 1), to(7, 0, 1))).toEqual([
      'product into %7[i0, i1]: %0[(i2) mod 2, i0] is not affine in i2',
    ]);
    expect(said(to(7, 0, 0), to(0, 2, 1), to(7, 0, 1))).toEqual(['product into %7[i0, i1] reads %7']);
  });

  it('sees routines, reductions and whiles', () => {
    expect(problemsOf({ kind: 'routine', name: 'cholesky', args: [7], outs: [2] })).toEqual([
      'cholesky: results are [4], should be [4, 4]',
      '%7 square is read and never written',
    ]);
    expect(problemsOf({ kind: 'routine', name: 'solve', args: [0], outs: [2] })).toEqual([
      'solve: wrong arguments float [N, 4]',
    ]);
    const [first, second] = [loop(0, 'N'), loop(1, 4)];
    const value = load(to(0, 0, 1));
    expect(problemsOf(reduce([first, second], [{ local: 0, op: 'argmin', value }]))).toEqual([
      'v0: argmin over 2 loops',
    ]);
    expect(problemsOf(reduce([first, second], [{ local: 0, op: 'soft-min', value }]))).toEqual([
      'v0: soft-min without β',
    ]);
    expect(problemsOf(reduce([first, second], [{ local: 0, op: 'sum', value, beta: number(1) }]))).toEqual([
      'v0: sum with β',
    ]);
    const loops: Statement = { kind: 'while', loop: loop(0, 9), every: 0, flag: 6, count: 6, test: [], body: [] };
    expect(problemsOf(loops)).toEqual(['while i0: %6 is no real scalar', 'while i0: tested every 0 steps']);
  });

  it('sees accesses that are always out of bounds', () => {
    const next = addIndex(ofLoop(0), at(1));
    expect(problemsOf(nest('parallel', loop(0, 4), [store(to(2, next), number(1))]))).toEqual([
      '%2[at i0 + 1] goes from 1 to 4, %2 has 4 entries',
    ]);
    const guarded: Expr = {
      kind: 'within',
      tests: [{ index: next, from: dim(0), to: dim(4) }],
      then: load(to(2, next)),
      otherwise: number(0),
    };
    expect(problemsOf(nest('parallel', loop(0, 4), [store(to(2, 0), guarded)]))).toEqual([]);
    expect(problemsOf(nest('parallel', loop(0, 0), [store(to(2, next), number(1))]))).toEqual([]);
  });

  it('throws with the place and all problems', () => {
    const kernels = kernelsOf(buffers, [store(to(2, 0), local(0)), fill]);
    expect(() => verifiedKernels(kernels, 'after fusing')).toThrow(
      'malformed kernels (after fusing): i0: no loop i0 in sight; v0 is used where it is not in sight',
    );
  });

  it('is fast on long programs', () => {
    const shape = multiply(size('N'), constant(4));
    const many = Array.from({ length: 10_000 }, (_, i): Statement =>
      nest('parallel', loop(2 * i, 'N'), [
        { kind: 'let', local: i, value: map('exp', load(to(0, 2 * i, at(1)))) },
        store(to(1, 2 * i), map('add', local(i), map('mul', local(i), number(2)))),
      ]),
    );
    const started = performance.now();
    expect(verifyKernels(kernelsOf([...buffers, { ...buffers[2]!, shape: [shape] }], many))).toEqual([]);
    expect(performance.now() - started).toBeLessThan(2000);
  });
});
