import { Readable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { bind, requireSizes } from '../../src/data/bind.ts';
import type { BindInput, Bound } from '../../src/data/bind.ts';
import { readCsv } from '../../src/data/csv.ts';
import { tableOf } from '../../src/data/json.ts';
import type { Nested } from '../../src/data/nest.ts';
import type { Table } from '../../src/data/table.ts';
import type { Model } from '../../src/semantics/model.ts';
import { add, constant, multiply, scale, size } from '../../src/tensor/dims.ts';
import { binder, constSymbol, dim, modelOf, number, sizeSymbol, variable } from './model-fixtures.ts';

const table = (value: Nested, file = 'a.json'): Table => tableOf(value, file).value!;
const csv = async (text: string, file = 'a.csv'): Promise<Table> =>
  (await readCsv(Readable.from([Buffer.from(text)]), { file, columns: null, delimiters: [','] })).value!;

const input = (parts: Partial<BindInput>): BindInput => ({ data: {}, params: {}, sizes: {}, consts: {}, ...parts });

const bound = (model: Model, parts: Partial<BindInput>): Bound => {
  const { value, diagnostics } = bind(model, input(parts));
  expect(diagnostics).toEqual([]);
  return value!;
};
const mistakes = (model: Model, parts: Partial<BindInput>) => {
  const { value, diagnostics } = bind(model, input(parts));
  expect(value).toBeNull();
  return diagnostics;
};
const sizesOf = ({ sizes }: Bound) => Object.fromEntries(Object.entries(sizes).map(([name, s]) => [name, s.value]));

const plate = binder('n', 'N');
const points = modelOf({
  sizes: [sizeSymbol('N'), sizeSymbol('D'), sizeSymbol('K', constant(3))],
  variables: [
    variable('w', 'param', { kind: 'real' }, [], ['D', 'K']),
    variable('y', 'target', { kind: 'real' }, [plate], ['D']),
    variable('z', 'latent', { kind: 'onehot' }, [plate], ['K']),
  ],
});

describe('sizes', () => {
  it('come from data, then from the default', () => {
    const { sizes, openSizes } = bound(points, { data: { y: table([[1, 2], [3, 4], [5, 6]]) } }); // prettier-ignore
    expect(sizes).toMatchObject({
      N: { value: 3, source: 'data' },
      D: { value: 2, source: 'data' },
      K: { value: 3, source: 'default' },
    });
    expect(openSizes).toEqual([]);
  });

  it('let data and flags go before the default', () => {
    expect(sizesOf(bound(points, { data: { w: table([[1, 2, 3, 4]]) } }))).toEqual({ D: 1, K: 4 });
    expect(sizesOf(bound(points, { sizes: { K: 5 } }))).toEqual({ K: 5 });
  });

  it('are open when nothing tells them, and then a run is refused by name', () => {
    const { openSizes } = bound(points, {});
    expect(openSizes).toEqual(['N', 'D']);
    expect(requireSizes(points, openSizes).map((d) => [d.code, d.message])).toEqual([
      ['EBM629', 'size N has no value'],
      ['EBM629', 'size D has no value'],
    ]);
  });

  it('solve formulas: V + 1, 2 K, T - 1', () => {
    const model = modelOf({
      sizes: [sizeSymbol('V'), sizeSymbol('K'), sizeSymbol('T')],
      variables: [
        { ...variable('a', 'param', { kind: 'real' }), domain: { kind: 'real', shape: [add(size('V'), constant(1)), scale(size('K'), 2)], span: { start: 0, end: 0 } } }, // prettier-ignore
        variable('s', 'target', { kind: 'real' }, [binder('t', 'T', 1)]),
      ],
    });
    const data = { a: table([[1, 2, 3, 4]]), s: table([1, 2, 3]) };
    expect(sizesOf(bound(model, { data }))).toEqual({ V: 0, K: 2, T: 4 });
    expect(mistakes(model, { data: { a: table([[1, 2, 3]]) } })[0]).toMatchObject({ code: 'EBM624' });
  });

  it('wait for one another: a product is solved when one factor is known', () => {
    const model = modelOf({
      sizes: [sizeSymbol('Q'), sizeSymbol('K')],
      variables: [
        { ...variable('a', 'param', { kind: 'real' }), domain: { kind: 'real', shape: [multiply(size('Q'), size('K'))], span: { start: 0, end: 0 } } }, // prettier-ignore
        variable('b', 'param', { kind: 'real' }, [], ['K']),
      ],
    });
    expect(sizesOf(bound(model, { data: { a: table([1, 2, 3, 4, 5, 6]), b: table([1, 2]) } }))).toEqual({ Q: 3, K: 2 });
  });

  it('name both files and both numbers when they disagree', async () => {
    const model = modelOf({
      sizes: [sizeSymbol('N')],
      variables: [
        variable('x', 'observed', { kind: 'real' }, [plate]),
        variable('y', 'target', { kind: 'real' }, [plate]),
      ],
    });
    const [first, ...rest] = mistakes(model, {
      data: { x: await csv('1\n2\n3\n', 'x.csv'), y: await csv('1\n2\n', 'y.csv') },
    });
    expect(rest).toEqual([]);
    expect(first).toMatchObject({ code: 'EBM623', place: { file: 'y.csv' } });
    expect(first!.message).toBe('N is 2 according to y (y.csv), but 3 according to x (x.csv)');
  });

  it('are held to --size, and a transposed array is recognised', () => {
    const [flag] = mistakes(points, { data: { y: table([[1, 2], [3, 4]]) }, sizes: { N: 5 } }); // prettier-ignore
    expect(flag!.message).toBe('N is 2 according to y (a.json), but 5 according to --size N=5');
    const y = table([[1, 2, 3], [4, 5, 6]]); // prettier-ignore
    const transposed = mistakes(points, { data: { y }, sizes: { N: 3, D: 2 } });
    expect(transposed[0]!.hints.join()).toMatch(/transposed/);
  });

  it('count categories by their largest value when nothing else does', () => {
    const model = (byDefault: number | null) =>
      modelOf({
        sizes: [sizeSymbol('T'), sizeSymbol('V', byDefault === null ? null : constant(byDefault))],
        variables: [variable('x', 'target', { kind: 'category', count: dim('V') }, [binder('t', 'T')])],
      });
    const data = { x: table([0, 4, 2]) };
    expect(bound(model(null), { data }).sizes['V']).toMatchObject({ value: 5, source: 'data' });
    expect(bound(model(9), { data }).sizes['V']).toMatchObject({ value: 9, source: 'default' });
    expect(mistakes(model(4), { data })[0]).toMatchObject({ code: 'EBM625' });
  });
});

describe('sizes that are formulas and conditions', () => {
  const model = modelOf({
    sizes: [sizeSymbol('L'), sizeSymbol('N')],
    derivedSizes: [{ name: 'floor((L - 10) / 5)', numerator: add(size('L'), constant(-10)), denominator: 5 }],
    requirements: [
      { left: constant(3), relation: '<=', right: size('N'), why: 'x[2] is used', span: { start: 1, end: 2 } },
    ],
  });

  it('are computed once their sizes are known', () => {
    expect(bound(model, { sizes: { L: 24 } }).sizes['floor((L - 10) / 5)']).toMatchObject({
      value: 2,
      source: 'derived',
    });
  });

  it('are checked once their sizes are known', () => {
    bound(model, { sizes: { N: 3 } });
    expect(mistakes(model, { sizes: { N: 2 } })).toMatchObject([{ code: 'EBM631', span: { start: 1, end: 2 } }]);
  });
});

describe('shapes', () => {
  it('take a column as a vector and a vector as a column', async () => {
    const vector = modelOf({
      sizes: [sizeSymbol('N')],
      variables: [variable('y', 'target', { kind: 'real' }, [plate])],
    });
    expect(bound(vector, { data: { y: await csv('1\n2\n3\n') } }).values['y']!.shape).toEqual([3]);
    expect(bound(vector, { data: { y: await csv('1,2,3\n') } }).values['y']!.shape).toEqual([3]);
    expect(bound(points, { data: { y: table([1, 2, 3]) } }).values['y']!.shape).toEqual([3, 1]);
    const scalar = modelOf({ variables: [variable('a', 'param', { kind: 'real' })] });
    expect(bound(scalar, { data: { a: await csv('7\n') } }).values['a']).toMatchObject({ shape: [] });
  });

  it('take flattened rows when the sizes of a node are known', async () => {
    const images = modelOf({
      sizes: [sizeSymbol('N'), sizeSymbol('H'), sizeSymbol('W')],
      variables: [variable('x', 'observed', { kind: 'real' }, [plate], ['H', 'W'])],
    });
    const x = await csv('1,2,3,4,5,6\n7,8,9,10,11,12\n');
    const { values, sizes } = bound(images, { data: { x }, sizes: { H: 2 } });
    expect(values['x']).toMatchObject({ shape: [2, 2, 3], data: x.data });
    expect(sizes['W']!.value).toBe(3);
    const [first] = mistakes(images, { data: { x } });
    expect(first).toMatchObject({ code: 'EBM622' });
    expect(first!.hints.join()).toContain('--size H=… --size W=…');
  });

  it('refuse too many dimensions', () => {
    expect(mistakes(points, { data: { y: table([[[1], [2]], [[3], [4]]].map((a) => a.map((b) => [...b, 0]))) } })[0]).toMatchObject({ code: 'EBM622' }); // prettier-ignore
  });

  it('refuse unequal lengths where the size is not ragged', () => {
    const x = table([[1, 2, 3], [4]]);
    expect(mistakes(points, { data: { y: x } })[0]).toMatchObject({ code: 'EBM611' });
  });
});

describe('domains', () => {
  const one = (spec: Parameters<typeof variable>[2], shape: (string | number)[] = []) =>
    modelOf({
      sizes: [sizeSymbol('N'), sizeSymbol('K')],
      variables: [variable('x', 'observed', spec, [plate], shape)],
    });

  it.each<[string, Parameters<typeof variable>[2], string, number | null]>([
    ['real', { kind: 'real' }, '1\n-2\n', null],
    ['real', { kind: 'real' }, '1\ninf\n', 2],
    ['nonnegative', { kind: 'nonnegative' }, '0\n-1\n', 2],
    ['positive', { kind: 'positive' }, '1\n0\n', 2],
    ['unit', { kind: 'unit' }, '0\n1\n1.5\n', 3],
    ['interval', { kind: 'interval', from: number(-4), to: number(4) }, '-4\n4\n4.5\n', 3],
    ['binary', { kind: 'binary' }, '0\n1\n2\n', 3],
    ['spin', { kind: 'spin' }, '-1\n1\n0\n', 3],
    ['category', { kind: 'category', count: dim(3) }, '0\n2\n3\n', 3],
    ['category', { kind: 'category', count: dim(3) }, '0.5\n', 1],
    ['index', { kind: 'index', count: dim(3) }, '-1\n', 1],
    ['integer', { kind: 'integer', from: dim(1), to: dim(4) }, '1\n3\n4\n', 3],
  ])('%s: %#', async (kind, spec, text, line) => {
    const x = await csv(text);
    if (line === null) expect(bound(one(spec), { data: { x } }).values['x']!.data).toEqual(x.data);
    else {
      const [first, ...rest] = mistakes(one(spec), { data: { x } });
      expect(rest).toEqual([]);
      expect(first).toMatchObject({ code: 'EBM625', place: { file: 'a.csv', line, column: 1 } });
      expect(first!.message).toContain(kind);
    }
  });

  it.each<[Parameters<typeof variable>[2]['kind'], string, RegExp | null]>([
    ['onehot', '0,1,0\n1,0,0\n', null],
    ['onehot', '0,1,0\n1,1,0\n', /2 ones/],
    ['onehot', '0,1,0\n0,0.5,0.5\n', /0\.5/],
    ['simplex', '0.333,0.333,0.333\n1,0,0\n', null],
    ['simplex', '1,0,0\n0.5,0.4,0\n', /sums to 0\.9/],
    ['simplex', '1,0,0\n1.5,-0.5,0\n', /-0\.5 is negative/],
    ['sphere', '1,0,0\n1,1,0\n', /length 1\.41421/],
    ['ball', '0.1,0.1,0.1\n1,1,1\n', /more than 1/],
    ['permutation', '2,0,1\n0,0,1\n', /0 occurs twice/],
    ['permutation', '2,0,1\n0,3,1\n', /3 is not one of 0 to 2/],
  ])('%s rows: %j', async (kind, text, problem) => {
    const model = one({ kind } as Parameters<typeof variable>[2], ['K']);
    const x = await csv(text);
    if (problem === null) bound(model, { data: { x } });
    else {
      const [first] = mistakes(model, { data: { x } });
      expect(first).toMatchObject({ code: 'EBM626', place: { file: 'a.csv', line: 2 } });
      expect(first!.message).toMatch(problem);
    }
  });

  it('judges matrices: symmetric positive definite, orthonormal columns', () => {
    const spd = modelOf({
      sizes: [sizeSymbol('D')],
      variables: [variable('M', 'param', { kind: 'spd' }, [], ['D', 'D'])],
    });
    bound(spd, { data: { M: table([[2, 1], [1, 2]]) } }); // prettier-ignore
    expect(mistakes(spd, { data: { M: table([[2, 1], [0, 2]]) } })[0]!.message).toMatch(/not symmetric/); // prettier-ignore
    expect(mistakes(spd, { data: { M: table([[1, 2], [2, 1]]) } })[0]!.message).toMatch(/not positive definite/); // prettier-ignore
    const basis = modelOf({ variables: [variable('W', 'param', { kind: 'orthonormal' }, [], [3, 2])] });
    bound(basis, { data: { W: table([[1, 0], [0, 0.6], [0, 0.8]]) } }); // prettier-ignore
    expect(mistakes(basis, { data: { W: table([[1, 1], [0, 0], [0, 0]]) } })[0]!.message).toMatch(/not orthogonal/); // prettier-ignore
  });
});

describe('missing cells', () => {
  const model = (role: 'target' | 'observed') =>
    modelOf({ sizes: [sizeSymbol('N')], variables: [variable('x', role, { kind: 'binary' }, [plate])] });

  it('are unknowns in a target, and hold 0', async () => {
    const { missing, values } = bound(model('target'), { data: { x: await csv('1\n\n0\n') } });
    expect([...missing['x']!]).toEqual([0, 1, 0]);
    expect([...values['x']!.data]).toEqual([1, 0, 0]);
  });

  it('are an error, with its line, in what is observed', async () => {
    const [first] = mistakes(model('observed'), { data: { x: await csv('1\nNaN\n0\n') } });
    expect(first).toMatchObject({ code: 'EBM627', place: { file: 'a.csv', line: 2, column: 1 } });
  });

  it('are whole vectors or none', async () => {
    bound(points, { data: { z: await csv('1,0,0\n,,\n') } });
    expect(mistakes(points, { data: { z: await csv('1,0,0\n,1,0\n') } })[0]).toMatchObject({
      code: 'EBM628',
      place: { line: 2 },
    });
  });
});

describe('names and consts', () => {
  it.each<[string, Partial<BindInput>, RegExp]>([
    ['--data Y', { data: { Y: table([[1]]) } }, /did you mean y\?/],
    ['--params y', { params: { y: table([[1]]) } }, /use --data/],
    ['--size K1', { sizes: { K1: 1 } }, /did you mean K\?/],
    ['--size w', { sizes: { w: 1 } }, /w is a variable: use --data/],
    ['--set K', { consts: { K: table(1) } }, /K is a size: use --size/],
  ])('%s is unknown, and a hint says what is meant', (flag, parts, hint) => {
    const [first] = mistakes(points, parts);
    expect(first!.code).toBe('EBM620');
    expect(first!.message).toContain(flag);
    expect(first!.hints.join()).toMatch(hint);
  });

  it('replace consts of the same shape only', () => {
    const model = modelOf({ consts: [constSymbol('lambda', []), constSymbol('P', [2, 2])] });
    expect(bound(model, { consts: { lambda: table(0.1) } }).consts['lambda']).toMatchObject({ shape: [] });
    expect(mistakes(model, { consts: { lambda: table([1, 2]) } })[0]).toMatchObject({ code: 'EBM630' });
    expect(mistakes(model, { consts: { P: table([1, 2]) } })[0]).toMatchObject({ code: 'EBM630' });
  });
});
