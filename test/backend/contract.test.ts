// Contractions on cpu and wasm against the float64 interpreter: random labels, ranks up to 12, axes of length 0, 1 and 2,
// and the numbers that energies are made of: forbidden ones, large β, many terms.
import { describe, expect, it } from 'vitest';
import { Builder, type SemiringArgument } from '../../src/tensor/builder.ts';
import { emitModule } from '../../src/backend/tfjs/emit/module.ts';
import { gradient } from '../../src/tensor/differentiate.ts';
import { constant, size, type Dim } from '../../src/tensor/dims.ts';
import { optimise } from '../../src/tensor/passes/index.ts';
import { agree, numbersOf, randomNumbers, moduleOf, type Sizes } from './agreement.ts';
import { onEveryBackend, present } from './devices.ts';

const kinds = ['sum-product', 'min-plus', 'soft-min'] as const;
const semiring = (b: Builder, kind: (typeof kinds)[number], beta = 1.5): SemiringArgument =>
  kind === 'soft-min' ? { kind, beta: b.constant(beta) } : kind;

describe.each(kinds)('%s', (kind) => {
  it.each([3, 6, 12])('random contractions over %i labels', async (labelCount) => {
    const next = randomNumbers(labelCount * 7 + kind.length);
    const pick = (n: number): number => Math.floor(next() * n);
    const sizes: Sizes = { N: 3 };
    const b = new Builder();
    const inputs: Record<string, ReturnType<typeof numbersOf>> = {};
    const outputs: Record<string, ReturnType<Builder['input']>> = {};
    for (let round = 0; round < 12; round++) {
      const lengths: Dim[] = Array.from(
        { length: labelCount },
        () => [constant(2), constant(2), constant(1), labelCount < 8 ? size('N') : constant(2)][pick(4)]!,
      );
      const operands = Array.from({ length: 1 + pick(3) }, (_, k) => {
        const axes = lengths.map((_, label) => label).filter(() => next() < 0.6);
        axes.sort(() => next() - 0.5);
        const shape = axes.map((label) => lengths[label]!);
        const name = `x${round}_${k}`;
        inputs[name] = numbersOf(shape, sizes, () => Math.fround(4 * next() - 1));
        return { value: b.input(name, shape), axes };
      });
      const keep = [...new Set(operands.flatMap((o) => o.axes))].filter(() => next() < 0.5).sort(() => next() - 0.5);
      outputs[`y${round}`] = b.contract(semiring(b, kind), operands, keep);
    }
    await agree(b.finish(outputs), inputs, { sizes, tolerance: 1e-5 });
  });

  it('over nothing and into nothing', async () => {
    const b = new Builder();
    const [N, K] = [size('N'), size('K')];
    const x = b.input('x', [N, K]);
    const y = b.input('y', [K, constant(2)]);
    const z = b.input('z', [N, constant(2)]);
    const outputs = {
      all: b.contract(semiring(b, kind), [{ value: x, axes: [0, 1] }], []),
      rows: b.contract(semiring(b, kind), [{ value: x, axes: [0, 1] }], [0]),
      columns: b.contract(semiring(b, kind), [{ value: x, axes: [0, 1] }], [1]),
      product: b.contract(
        semiring(b, kind),
        [
          { value: x, axes: [0, 1] },
          { value: y, axes: [1, 2] },
        ],
        [0, 2],
      ),
      gram: b.contract(
        semiring(b, kind),
        [
          { value: x, axes: [0, 1] },
          { value: z, axes: [0, 2] },
        ],
        [1, 2],
      ),
    };
    const program = b.finish(outputs);
    for (const sizes of [
      { N: 0, K: 3 },
      { N: 3, K: 0 },
      { N: 0, K: 0 },
      { N: 1, K: 1 },
    ] as const) {
      const next = randomNumbers(5);
      const inputs = {
        x: numbersOf([N, K], sizes, next),
        y: numbersOf([K, constant(2)], sizes, next),
        z: numbersOf([N, constant(2)], sizes, next),
      };
      await agree(program, inputs, { sizes });
    }
  });

  it('lazy repeats and iotas among the operands', async () => {
    const b = new Builder();
    const [N, K] = [size('N'), size('K')];
    const x = b.input('x', [N, K]);
    const wide = b.expand(b.input('v', [constant(1), K]), [N, K]);
    const count = b.iota([N, K], 1);
    const labels = { xs: [0, 1], out: [0] };
    const outputs = {
      alone: b.contract(semiring(b, kind), [{ value: wide, axes: [0, 1] }], [1]),
      both: b.contract(
        semiring(b, kind),
        [
          { value: x, axes: labels.xs },
          { value: wide, axes: [0, 1] },
        ],
        labels.out,
      ),
      counted: b.contract(
        semiring(b, kind),
        [
          { value: count, axes: [0, 1] },
          { value: wide, axes: [0, 1] },
        ],
        [1, 0],
      ),
    };
    const sizes = { N: 4, K: 3 };
    const next = randomNumbers(9);
    await agree(
      b.finish(outputs),
      { x: numbersOf([N, K], sizes, next), v: numbersOf([constant(1), K], sizes, next) },
      { sizes },
    );
  });
});

const run = async (
  program: ReturnType<Builder['finish']>,
  inputs: Parameters<typeof agree>[1],
  sizes: Sizes = {},
  backends = present,
) =>
  Promise.all(
    backends.map(async (backend) =>
      (await backend.load(moduleOf({ infer: program }, sizes))).call('infer', inputs, { sizes }),
    ),
  );

onEveryBackend((name, backend) =>
  it('sums of many float32 numbers keep their digits', async () => {
    // SwiftShader takes 150 µs for every number that a reduction gives.
    const n = name === 'webgpu' ? 1 << 14 : 1 << 20;
    const N = size('N');
    const b = new Builder();
    const x = b.input('x', [N, constant(2)]);
    const program = b.finish({
      sum: b.sum(x, [0]),
      gram: b.contract(
        'sum-product',
        [
          { value: x, axes: [0, 1] },
          { value: x, axes: [0, 2] },
        ],
        [1, 2],
      ),
    });
    const data = new Float32Array(2 * n);
    for (let i = 0; i < n; i++) [data[2 * i], data[2 * i + 1]] = [1 + (i % 7) / 8, 0.1];
    let [a, aa] = [0, 0];
    for (let i = 0; i < n; i++) [a, aa] = [a + data[2 * i]!, aa + data[2 * i]! ** 2];
    for (const { sum, gram } of await run(program, { x: { shape: [n, 2], data } }, {}, [backend])) {
      // Column 1 is one number over and over, so that every rounding errs the same way: the worst case.
      expect(Math.abs(sum!.data[0]! / a - 1)).toBeLessThan(1e-6);
      expect(Math.abs(sum!.data[1]! / (n * Math.fround(0.1)) - 1)).toBeLessThan(1e-5);
      expect(Math.abs(gram!.data[0]! / aa - 1)).toBeLessThan(1e-5);
      expect(Math.abs(gram!.data[3]! / (n * Math.fround(0.1) ** 2) - 1)).toBeLessThan(1e-4);
    }
  }),
);

onEveryBackend((name, backend) =>
  it('so do those of many rows in batches, stored rows first', async () => {
    const n = name === 'webgpu' ? 5000 : 1 << 18;
    const b = new Builder();
    const x = b.input('x', [size('N'), size('K'), constant(2)]);
    const grams = b.contract('sum-product', [{ value: x, axes: [0, 1, 2] }, { value: b.mul(x, 2), axes: [0, 1, 3] }], [1, 2, 3]); // prettier-ignore
    const data = new Float32Array(4 * n);
    for (let i = 0; i < n; i++) data.set([1 + (i % 7) / 8, 0.1, 0.5, 2], 4 * i);
    const exact = Array.from({ length: 8 }, (_, cell) => {
      const [k, p, q] = [cell >> 2, (cell >> 1) & 1, cell & 1];
      let sum = 0;
      for (let i = 0; i < n; i++) sum += 2 * data[4 * i + 2 * k + p]! * data[4 * i + 2 * k + q]!;
      return sum;
    });
    const [found] = await run(b.finish({ grams }), { x: { shape: [n, 2, 2], data } }, {}, [backend]);
    expect(found!['grams']!.shape).toEqual([2, 2, 2]);
    for (const [i, sum] of exact.entries()) expect(Math.abs(found!['grams']!.data[i]! / sum - 1)).toBeLessThan(1e-4);
  }),
);

describe('free energies stay finite and right', () => {
  const S = 4;
  const pair = (beta: number): ReturnType<Builder['finish']> => {
    const b = new Builder();
    const a = b.input('a', [constant(3), constant(S)]);
    const c = b.input('c', [constant(S), constant(2)]);
    return b.finish({
      f: b.contract(
        { kind: 'soft-min', beta: b.constant(beta) },
        [
          { value: a, axes: [0, 1] },
          { value: c, axes: [1, 2] },
        ],
        [0, 2],
      ),
    });
  };
  /** -1/β log Σ exp(-β (a + c)) in float64 by its definition. */
  const exact = (a: number[], c: number[], beta: number): number[] => {
    const out: number[] = [];
    for (let i = 0; i < 3; i++)
      for (let j = 0; j < 2; j++) {
        const terms = Array.from({ length: S }, (_, k) => a[i * S + k]! + c[k * 2 + j]!);
        const least = Math.min(...terms);
        out.push(least - Math.log(terms.reduce((sum, t) => sum + Math.exp(-beta * (t - least)), 0)) / beta);
      }
    return out;
  };
  const next = randomNumbers(3);
  const ordinary = {
    a: Array.from({ length: 3 * S }, () => 5 * next()),
    c: Array.from({ length: 2 * S }, () => 5 * next()),
  };
  /** The minima of the two operands stand at different states, hundreds apart: the scaled product underflows. */
  const spread = { a: [0, 300, 600, 900, 900, 600, 300, 0, 0, 900, 0, 900], c: [900, 0, 600, 300, 300, 600, 0, 900] };
  /** Some states are forbidden; row 2 and column 0 have no allowed state in common. */
  const barred = { a: [0, 1, 2, 3, 1e30, 1, 1e30, 1, 1e30, 1e30, 0, 0], c: [0, 1, 1, 2, 1e30, 1e30, 1e30, 0] };
  it.each([
    ['ordinary', ordinary, 1],
    ['ordinary, β = 40', ordinary, 40],
    ['β = 1e6', ordinary, 1e6],
    ['underflowing', spread, 1],
    ['forbidden', barred, 1],
    ['forbidden, β = 0.01', barred, 0.01],
    ['tiny β', ordinary, 1e-3],
  ] as const)('%s', async (_name, { a, c }, beta) => {
    const inputs = {
      a: { shape: [3, S], data: Float32Array.from(a) },
      c: { shape: [S, 2], data: Float32Array.from(c) },
    };
    const expected = exact([...inputs.a.data], [...inputs.c.data], beta);
    for (const { f } of await run(pair(beta), inputs))
      for (const [i, value] of expected.entries()) {
        if (value >= 1e29) expect(f!.data[i]).toBeGreaterThanOrEqual(1e29);
        else expect(Math.abs(f!.data[i]! - value)).toBeLessThan(1e-5 * Math.max(1, Math.abs(value), 4 / beta));
        expect(Number.isFinite(f!.data[i])).toBe(true);
      }
  });

  /** d/da, d/dc of Σ weights · exp(-f), which is 0 where f is forbidden: -weights exp(-f) ⊗ Gibbs weights, in float64. */
  const exactGradient = (a: number[], c: number[], beta: number, scale: number): Record<'a' | 'c', number[]> => {
    const f = exact(a, c, beta);
    const [toA, toC] = [a.map(() => 0), c.map(() => 0)];
    for (let i = 0; i < 3; i++)
      for (let j = 0; j < 2; j++)
        for (let k = 0; k < S && f[2 * i + j]! < 1e29; k++) {
          const free = f[2 * i + j]!;
          const weight = Math.exp(beta * (free - a[i * S + k]! - c[k * 2 + j]!));
          const part = -(2 * i + j + 1) * scale * Math.exp(-scale * free) * weight;
          toA[i * S + k]! += part;
          toC[k * 2 + j]! += part;
        }
    return { a: toA, c: toC };
  };
  it.each([
    ['ordinary', ordinary, 1, 1],
    ['ordinary, β = 40', ordinary, 40, 1],
    ['underflowing', spread, 1, 1e-3],
    ['forbidden', barred, 1, 1],
    ['forbidden, β = 0.01', barred, 0.01, 0.01],
  ] as const)('gradient: %s', async (_name, { a, c }, beta, scale) => {
    const b = new Builder();
    // Symbolic sizes, so that products are taken to be worthwhile.
    const [N, K, M] = [size('N'), size('K'), size('M')];
    const [x, y, w] = [b.input('a', [N, K]), b.input('c', [K, M]), b.input('w', [N, M])];
    const pair = [
      { value: x, axes: [0, 1] },
      { value: y, axes: [1, 2] },
    ];
    const f = b.contract({ kind: 'soft-min', beta: b.constant(beta) }, pair, [0, 2]);
    const [toA, toC] = gradient(b, b.sum(b.mul(w, b.exp(b.mul(f, -scale)))), [x, y]);
    const program = optimise(b.finish({ a: toA!, c: toC! }));
    expect(emitModule(moduleOf({ infer: program }))).toMatch(/gibbsLeft\([^]*gibbsRight\(/);
    const inputs = {
      a: { shape: [3, S], data: Float32Array.from(a) },
      c: { shape: [S, 2], data: Float32Array.from(c) },
      w: { shape: [3, 2], data: Float32Array.of(1, 2, 3, 4, 5, 6) },
    };
    const expected = exactGradient([...inputs.a.data], [...inputs.c.data], beta, scale);
    for (const found of await run(program, inputs))
      for (const name of ['a', 'c'] as const)
        for (const [i, value] of expected[name].entries())
          expect(Math.abs(found[name]!.data[i]! - value)).toBeLessThan(2e-5 * Math.max(1, Math.abs(value)));
  });

  it('infinite β is the minimum', async () => {
    const inputs = {
      a: { shape: [3, S], data: Float32Array.from(ordinary.a) },
      c: { shape: [S, 2], data: Float32Array.from(ordinary.c) },
    };
    const expected = exact([...inputs.a.data], [...inputs.c.data], 1e12);
    for (const { f } of await run(pair(Infinity), inputs))
      for (const [i, value] of expected.entries()) expect(f!.data[i]).toBeCloseTo(value, 5);
  });
});

it('the gradient of minima adds where each minimum was found, the first of equal ones', async () => {
  const b = new Builder();
  const [N, K, M] = [size('N'), size('K'), size('M')];
  const [x, y, w] = [b.input('x', [N, K]), b.input('y', [M, K]), b.input('w', [M, N])];
  const pair = [
    { value: x, axes: [0, 1] },
    { value: y, axes: [2, 1] },
  ];
  const least = b.contract('min-plus', pair, [2, 0]);
  const [toX, toY] = gradient(b, b.sum(b.mul(w, least)), [x, y]);
  const program = optimise(b.finish({ x: toX!, y: toY! }));
  expect(emitModule(moduleOf({ infer: program })).match(/own\(await pickedSum/g)?.length).toBe(2);
  const inputs = {
    x: { shape: [2, 3], data: Float32Array.of(1, 2, 0, 5, 5, 5) },
    y: { shape: [2, 3], data: Float32Array.of(1, 0, 3, 7, 7, 7) },
    w: { shape: [2, 2], data: Float32Array.of(1, 10, 100, 1000) },
  };
  // Totals [m, n, k]: [[2 2 3] [6 5 8]] and [[8 9 7] [12 12 12]]: the minima stand at 0, 1, 2 and 0.
  const expected = { x: [1, 0, 100, 1000, 10, 0], y: [1, 10, 0, 1000, 0, 100] };
  for (const found of await run(program, inputs)) {
    expect([...found['x']!.data]).toEqual(expected.x);
    expect([...found['y']!.data]).toEqual(expected.y);
  }
});

it('sums by the place of a minimum add rows to groups, without the one-hot table', async () => {
  const b = new Builder();
  const [N, K, D] = [size('N'), size('K'), size('D')];
  const [x, y] = [b.input('x', [N, K]), b.input('y', [D, N])];
  const hot = b.oneHot(b.argmin(x, 1), K);
  const rows = (table: typeof hot) =>
    b.contract('sum-product', [{ value: y, axes: [2, 0] }, { value: table, axes: [0, 1] }], [2, 1]); // prettier-ignore
  const program = optimise(b.finish({ sums: rows(hot), less: rows(b.neg(hot)), counts: b.sum(hot, [0]) }));
  const text = emitModule(moduleOf({ infer: program }));
  expect(text.match(/own\(await groupSums/g)?.length).toBe(2);
  expect(text).not.toMatch(/own\(oneHotRows/);
  const inputs = {
    x: { shape: [4, 3], data: Float32Array.of(1, 2, 0, 5, 5, 5, 7, 1, 2, 3, 4, 0) },
    y: { shape: [2, 4], data: Float32Array.of(1, 10, 100, 1000, 2, 20, 200, 2000) },
  };
  // Places 2, 0 (the first of equals), 1 and 2.
  for (const found of await run(program, inputs)) {
    expect([...found['counts']!.data]).toEqual([1, 1, 2]);
    expect([...found['sums']!.data]).toEqual([10, 100, 1001, 20, 200, 2002]);
    expect([...found['less']!.data]).toEqual([-10, -100, -1001, -20, -200, -2002]);
  }
  const none = { x: { shape: [0, 3], data: new Float32Array(0) }, y: { shape: [2, 0], data: new Float32Array(0) } };
  for (const found of await run(program, none)) expect([...found['sums']!.data]).toEqual([0, 0, 0, 0, 0, 0]);
});

it('a table of 16 axes is eliminated axis by axis', async () => {
  const b = new Builder();
  const shape = Array.from({ length: 16 }, () => constant(2));
  const x = b.input('x', shape);
  const y = b.input('y', [constant(2), constant(2)]);
  let [table, labels] = [x, shape.map((_, i) => i)];
  for (const gone of [15, 3, 8, 0]) {
    const kept = labels.filter((label) => label !== gone);
    table = b.contract(
      'min-plus',
      [
        { value: table, axes: labels },
        { value: y, axes: [gone, kept[2]!] },
      ],
      kept,
    );
    labels = kept;
  }
  const sizes = {};
  const next = randomNumbers(11);
  await agree(
    b.finish({ table }),
    { x: numbersOf(shape, sizes, next), y: numbersOf([constant(2), constant(2)], sizes, next) },
    { sizes },
  );
});

it('long literals, with every kind of number', async () => {
  const b = new Builder();
  const values = Array.from({ length: 300 }, (_, i) => [Infinity, -Infinity, NaN, -0, 1e30, 1e-7, i / 8][i % 7]!);
  await agree(b.finish({ table: b.literal(values, [30, 10]), short: b.literal([1, 2], [2], 'int') }), {});
});
