// What is seldom needed: computed only where it is, and right where it is.
import { describe, expect, it } from 'vitest';
import { visitStatements } from '../../../src/kernel/visit.ts';
import type { KernelProgram } from '../../../src/kernel/kernel.ts';
import { Builder } from '../../../src/tensor/builder.ts';
import { constant, size } from '../../../src/tensor/dims.ts';
import { agree, numbers, statementsOf, type Inputs } from './agree.ts';

const [N, K, D] = [size('N'), size('K'), size('D')];
const sizes = { N: 5, K: 3, D: 4 };
const inputs = { x: numbers(5, 4), y: numbers(4, 3), z: numbers(5, 3) };

/** The kinds of statements that stand inside of an `if`. */
const guarded = ({ body }: KernelProgram): readonly string[] => {
  const kinds: string[] = [];
  visitStatements(body, {
    statement: (statement) => {
      if (statement.kind === 'if') visitStatements(statement.then, { statement: ({ kind }) => kinds.push(kind) });
    },
  });
  return kinds;
};

describe('a select', () => {
  /** select(row is fine, x, select(entry is fine, x, Σ)): the sum of entries where z > 0, of whole rows, or of none. */
  const program = (threshold: number, rows: boolean): ReturnType<Builder['finish']> => {
    const b = new Builder();
    const [x, y, z] = [b.input('x', [N, D]), b.input('y', [D, K]), b.input('z', [N, K])];
    const slow = b.contract({ kind: 'soft-min', beta: 2 }, [{ value: x, axes: [0, 2] }, { value: y, axes: [2, 1] }], [0, 1]); // prettier-ignore
    const entry = b.select(b.lt(z, threshold), z, slow);
    if (!rows) return b.finish({ r: entry });
    const row = b.reshape(b.lt(b.max(z, [1]), threshold), [N, constant(1)]);
    return b.finish({ r: b.select(row, z, entry) });
  };

  for (const rows of [false, true])
    for (const threshold of [-2, 0, 0.9, 2])
      it(`computes its slow way where ${rows ? 'rows and entries' : 'entries'} are not below ${threshold}`, () => {
        const kernels = agree(program(threshold, rows), inputs, sizes);
        expect(guarded(kernels)).toContain('reduce');
        const outside = statementsOf(kernels, 'reduce').length - guarded(kernels).filter((k) => k === 'reduce').length / (rows ? 2 : 1); // prettier-ignore
        expect(outside).toBe(rows ? 1 : 0);
      });

  it('whose slow way is read elsewhere too is like any other', () => {
    const b = new Builder();
    const z = b.input('z', [N, K]);
    const slow = b.softMin(1, b.input('x', [N, D]), [1]);
    const first = b.reshape(b.sliceAxis(z, 1, [], constant(1)), [N]);
    const kernels = agree(b.finish({ r: b.select(b.lt(first, 0), first, slow), slow }), inputs as Inputs, sizes);
    expect(guarded(kernels)).toEqual([]);
  });
});

describe('a sum', () => {
  it('computes no term of what a condition leaves out', () => {
    for (const threshold of [-2, 0, 2]) {
      const b = new Builder();
      const [x, z] = [b.input('x', [N, D]), b.input('z', [N, K])];
      const row = b.reshape(b.lt(b.max(z, [1]), threshold), [N, constant(1)]);
      const left = b.select(row, 0, b.select(b.gt(z, 0.1), z, 0));
      const weight = b.exp(b.add(b.reshape(x, [N, constant(1), D]), b.reshape(z, [N, K, constant(1)])));
      const sum = (keep: readonly number[]) =>
        b.contract('sum-product', [{ value: left, axes: [0, 1] }, { value: weight, axes: [0, 1, 2] }], keep); // prettier-ignore
      const kernels = agree(b.finish({ a: sum([1, 2]), b: sum([0, 2]), c: sum([2]), d: sum([]) }), inputs, sizes);
      expect(guarded(kernels).filter((kind) => kind === 'store')).toHaveLength(4);
    }
  });
});
