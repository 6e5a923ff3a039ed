// What single instructions become: the same numbers as the float64 interpreter's, and nothing stored that need not be.
import { describe, expect, it } from 'vitest';
import { Builder } from '../../../src/tensor/builder.ts';
import { add, constant, multiply, size } from '../../../src/tensor/dims.ts';
import { printKernels } from '../../../src/kernel/print.ts';
import { agree, intermediates, numbers, statementsOf } from './agree.ts';

const [N, K, D] = [size('N'), size('K'), size('D')];
const one = constant(1);
const sizes = { N: 5, K: 3, D: 4 };
const many = { N: 2000, K: 64, D: 16 };

describe('views', () => {
  it('are read where they look, without copies', () => {
    const b = new Builder();
    const x = b.input('x', [N, K]);
    const turned = b.transpose(b.reverse(b.sliceAxis(x, 0, one, add(N, constant(-1))), 1), [1, 0]);
    const y = b.add(turned, b.expand(b.input('r', [one, one]), [K, add(N, constant(-1))]));
    const kernels = agree(b.finish({ y }), { x: numbers(5, 3), r: numbers(1, 1) }, sizes);
    expect(intermediates(kernels)).toEqual([]);
    expect(statementsOf(kernels, 'store')).toHaveLength(1);
  });

  it('that merge axes split the loops over them', () => {
    const b = new Builder();
    const sum = b.add(b.input('x', [N, K]), b.input('r', [one, K]));
    const y = b.mul(b.reshape(sum, [multiply(N, K)]), b.input('z', [multiply(N, K)]));
    const kernels = agree(b.finish({ y }), { x: numbers(5, 3), r: numbers(1, 3), z: numbers(15) }, sizes);
    expect(printKernels(kernels)).not.toMatch(/floor|mod/);
    expect(statementsOf(kernels, 'loop')).toHaveLength(2);
  });

  it('divide where no loops fit', () => {
    const b = new Builder();
    const y = b.neg(b.reshape(b.input('x', [constant(6), constant(4)]), [constant(8), constant(3)]));
    agree(b.finish({ y }), { x: numbers(6, 4) }, {});
  });

  it('of no entries have none', () => {
    const b = new Builder();
    const x = b.input('x', [size('Z'), K]);
    const flat = b.reshape(x, [multiply(size('Z'), K)]);
    const y = { flat: b.exp(flat), sums: b.sum(x, [0]), least: b.min(x, [0]), free: b.softMin(2, x, [0]) };
    agree(b.finish(y), { x: { shape: [0, 3], data: new Float64Array(0) } }, { Z: 0, K: 3 });
  });
});

describe('parts of arrays', () => {
  it('that are stored are written by a nest each', () => {
    const b = new Builder();
    const [x, z] = [b.input('x', [N, K]), b.input('z', [N, D])];
    const y = b.concat([b.exp(x), z], 1);
    const padded = b.pad(z, [one, constant(2)], [constant(0), one], 0.5);
    const kernels = agree(b.finish({ y, padded }), { x: numbers(5, 3), z: numbers(5, 4) }, sizes);
    expect(printKernels(kernels)).not.toContain('within');
    expect(intermediates(kernels)).toEqual([]);
  });

  it('that are read once are looked for where they are read', () => {
    const b = new Builder();
    const x = b.input('x', [N, K]);
    const y = b.add(b.pad(x, [one, []], [[], []]), b.concat([x, b.input('r', [one, K])], 0));
    const kernels = agree(b.finish({ y }), { x: numbers(5, 3), r: numbers(1, 3) }, sizes);
    expect(intermediates(kernels)).toEqual([]);
    expect(printKernels(kernels)).toContain('within');
  });

  it('whose place is known are not looked for', () => {
    const b = new Builder();
    const [x, r] = [b.input('x', [constant(2), K]), b.input('r', [one, K])];
    const y = b.neg(b.sliceAxis(b.concat([x, r], 0), 0, constant(2), one));
    const kernels = agree(b.finish({ y }), { x: numbers(2, 3), r: numbers(1, 3) }, sizes);
    expect(printKernels(kernels)).not.toContain('within');
  });
});

describe('contractions', () => {
  const matmul = (): {
    readonly program: ReturnType<Builder['finish']>;
    readonly inputs: Parameters<typeof agree>[1];
  } => {
    const b = new Builder();
    const y = b.matmul(b.input('x', [N, D]), b.transpose(b.input('w', [K, D]), [1, 0]));
    return { program: b.finish({ y }), inputs: { x: numbers(5, 4), w: numbers(3, 4) } };
  };

  it('are matrix products where they are large', () => {
    const { program, inputs } = matmul();
    expect(statementsOf(agree(program, inputs, sizes, many), 'product')).toHaveLength(1);
    expect(statementsOf(agree(program, inputs, sizes), 'product')).toHaveLength(0);
  });

  it('take several axes of one side as one where they lie side by side', () => {
    const b = new Builder();
    const x = b.input('x', [N, D]);
    const w = b.input('w', [K, constant(2), D]);
    const y = b.contract('sum-product', [{ value: x, axes: [0, 3] }, { value: w, axes: [1, 2, 3] }], [0, 1, 2]); // prettier-ignore
    const apart = b.contract('sum-product', [{ value: x, axes: [0, 3] }, { value: w, axes: [1, 2, 3] }], [1, 0, 2]); // prettier-ignore
    const kernels = agree(b.finish({ y, apart }), { x: numbers(5, 4), w: numbers(3, 2, 4) }, sizes, many);
    const [joined, separate] = statementsOf(kernels, 'product');
    expect(joined!.columns.extent).toEqual({ kind: 'dim', dim: multiply(K, constant(2)) });
    expect(separate!.columns.extent).toEqual({ kind: 'dim', dim: K });
  });

  it('add up products where terms do not lie side by side', () => {
    const b = new Builder();
    const x = b.input('x', [N, K, D]);
    const w = b.input('w', [D, N, size('M')]);
    const y = b.contract('sum-product', [{ value: x, axes: [0, 1, 2] }, { value: w, axes: [2, 0, 3] }], [1, 3]); // prettier-ignore
    const inputs = { x: numbers(5, 3, 4), w: numbers(4, 5, 6) };
    const kernels = agree(b.finish({ y }), inputs, { ...sizes, M: 6 }, { ...many, M: 50 });
    expect(statementsOf(kernels, 'product').map(({ accumulate }) => accumulate)).toEqual([true]);
  });

  it('store what a product reads, behind views', () => {
    const b = new Builder();
    const x = b.exp(b.input('x', [N, D]));
    const y = b.contract('sum-product', [{ value: b.transpose(x, [1, 0]), axes: [1, 0] }, { value: b.input('w', [D, K]), axes: [1, 2] }], [0, 2]); // prettier-ignore
    const kernels = agree(b.finish({ y }), { x: numbers(5, 4), w: numbers(4, 3) }, sizes, many);
    expect(intermediates(kernels)).toEqual([expect.stringMatching(/exp$/)]);
  });

  it('of every semiring, of one operand or of three', () => {
    const b = new Builder();
    const [x, y, z] = [b.input('x', [N, K]), b.input('y', [K, D]), b.input('z', [D])];
    const operands = [{ value: x, axes: [0, 1] }, { value: y, axes: [1, 2] }, { value: z, axes: [2] }]; // prettier-ignore
    const semirings = ['sum-product', 'min-plus', { kind: 'soft-min', beta: b.input('beta', []) }] as const;
    const results = semirings.flatMap((semiring) =>
      [[0], [1, 0], []].map((keep) => b.contract(semiring, operands, keep)),
    );
    const inputs = { x: numbers(5, 3), y: numbers(3, 4), z: numbers(4), beta: { shape: [], data: Float64Array.of(2) } };
    agree(b.finish(Object.fromEntries(results.map((value, i) => [`r${i}`, value]))), inputs, sizes);
  });
});

describe('indices', () => {
  it('that are computed read and add where they say', () => {
    const b = new Builder();
    const [x, table] = [b.input('x', [N, K]), b.input('table', [K, D])];
    const nearest = b.argmin(x, 1);
    const gathered = b.gather(table, nearest, 0);
    const sums = b.scatterAdd(gathered, nearest, 0, K);
    const kernels = agree(b.finish({ gathered, sums }), { x: numbers(5, 3), table: numbers(3, 4) }, sizes);
    expect(statementsOf(kernels, 'store').filter(({ mode }) => mode === 'sum')).toHaveLength(1);
    expect(statementsOf(kernels, 'loop').filter(({ role }) => role === 'serial')).toHaveLength(1);
  });

  it('that are counted stay affine', () => {
    const b = new Builder();
    const indices = b.add(b.iota([N], 0, 'int'), 1);
    const y = b.gather(b.input('x', [add(N, one), K]), indices, 0);
    const kernels = agree(b.finish({ y }), { x: numbers(6, 3) }, sizes);
    expect(printKernels(kernels)).toContain('[i0 + 1, i1]');
  });
});

describe('expressions', () => {
  it('are not repeated within an iteration', () => {
    const b = new Builder();
    let y = b.input('x', [N]);
    for (let i = 0; i < 40; i++) y = b.sin(b.add(b.mul(y, y), y));
    const kernels = agree(b.finish({ y }), { x: numbers(5) }, sizes);
    expect(printKernels(kernels).length).toBeLessThan(8000);
  });

  it('that cost something are computed once for several readers, and not for one', () => {
    const b = new Builder();
    const x = b.input('x', [N, K]);
    const once = b.exp(x);
    const twice = b.tanh(x);
    const y = { a: b.sum(once, [1]), b: b.sum(twice, [1]), c: b.sum(twice, [0]) };
    const kernels = agree(b.finish(y), { x: numbers(5, 3) }, sizes, { N: 100_000, K: 64 });
    expect(intermediates(kernels)).toEqual([expect.stringMatching(/tanh$/)]);
  });

  it('that are small and read in a large nest are computed before it', () => {
    const b = new Builder();
    const y = b.mul(b.input('x', [N, K]), b.reshape(b.exp(b.input('w', [K])), [one, K]));
    const kernels = agree(b.finish({ y }), { x: numbers(5, 3), w: numbers(3) }, sizes, many);
    expect(intermediates(kernels)).toEqual([expect.stringMatching(/exp$/)]);
  });

  it('of random numbers draw the same ones through views', () => {
    const b = new Builder();
    const r = b.random('normal', [N, K], b.input('seed', []), 3);
    const y = b.add(b.transpose(r, [1, 0]), 1);
    agree(b.finish({ y, r }), { seed: { shape: [], data: Float64Array.of(7) } }, sizes);
  });
});

describe('free energies', () => {
  it('whose β is made of what their terms are made of', () => {
    const b = new Builder();
    const scale = b.tanh(b.input('s', []));
    const terms = b.mul(b.input('x', [N, K]), scale);
    agree(b.finish({ y: b.softMin(b.exp(scale), terms, [1]) }), { x: numbers(5, 3), s: numbers() }, sizes);
  });
});
