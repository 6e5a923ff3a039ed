// Every pass keeps programs well formed and their results unchanged, on random programs; and does what it is for.
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { runProgram } from '../../src/backend/reference.ts';
import { Builder, type Value } from '../../src/tensor/builder.ts';
import { constant, size } from '../../src/tensor/dims.ts';
import { gradient } from '../../src/tensor/differentiate.ts';
import { estimateCost, peakBytes } from '../../src/tensor/passes/cost.ts';
import { countInstrs, removeDeadCode } from '../../src/tensor/passes/dead-code.ts';
import { inlineProgram } from '../../src/tensor/inline.ts';
import { optimise, passes } from '../../src/tensor/passes/index.ts';
import { printProgram } from '../../src/tensor/print.ts';
import type { Program } from '../../src/tensor/program.ts';
import { verify } from '../../src/tensor/verify.ts';
import { randomProgram, type RandomProgram } from './random-program.ts';

const [N, K] = [size('N'), size('K')];

const expectSame = ({ inputs, sizes }: Omit<RandomProgram, 'program'>, before: Program, after: Program): void => {
  const [expected, found] = [runProgram(before, inputs, { sizes }), runProgram(after, inputs, { sizes })];
  expect(Object.keys(found)).toEqual(Object.keys(expected));
  for (const [name, { shape, data }] of Object.entries(expected)) {
    expect(found[name]!.shape).toEqual(shape);
    for (const [i, value] of data.entries()) {
      const other = found[name]!.data[i]!;
      const good = Object.is(value, other) || Math.abs(other - value) <= 1e-9 * (1 + Math.abs(value));
      expect(good, `${name}[${i}]: ${value} became ${other}`).toBe(true);
    }
  }
};

/** The program whose outputs are the gradient of the sum of its outputs, or the gradient of the squares of that. */
const withGradients = ({ program }: RandomProgram, order: 1 | 2): Program => {
  const b = new Builder();
  const inputs = program.inputs.map(({ name, id }) => b.input(name, program.values[id]!.shape));
  const sum = (values: readonly Value[]): Value => values.map((v) => b.sum(v)).reduce((total, v) => b.add(total, v));
  const first = gradient(b, sum(inlineProgram(b, program, inputs)), inputs);
  const last = order === 1 ? first : gradient(b, sum(first.map((g) => b.sin(g))), inputs);
  return b.finish(Object.fromEntries(last.map((g, i) => [`g${i}`, g])));
};

describe('on random programs', () => {
  test('builders make well-formed programs, printed the same twice', () => {
    fc.assert(
      fc.property(randomProgram(), ({ program }) => {
        expect(verify(program)).toEqual([]);
        expect(printProgram(program)).toBe(printProgram(structuredClone(program)));
      }),
      { numRuns: 300 },
    );
  });
  test.each(passes.map((p) => p.name))('%s', (name) => {
    const { run } = passes.find((p) => p.name === name)!;
    fc.assert(
      fc.property(randomProgram(), (random) => {
        const after = run(random.program);
        expect(verify(after)).toEqual([]);
        expectSame(random, random.program, after);
      }),
      { numRuns: 300 },
    );
  });
  test('all of them in order, also on gradients; a second time changes nothing in meaning', () => {
    fc.assert(
      fc.property(randomProgram({ maxSteps: 6 }), (random) => {
        const whole = hasWhile(random.program) ? random.program : withGradients(random, 1);
        const once = optimise(whole);
        expectSame(random, whole, once);
        expectSame(random, whole, optimise(once));
        expect(countInstrs(once)).toBeLessThanOrEqual(countInstrs(removeDeadCode(whole)) + 2);
      }),
      { numRuns: 300 },
    );
  });
});

const hasWhile = (program: Program): boolean => program.instrs.some((i) => i.op === 'while');

test('second derivatives of random programs are well formed and survive all passes', () => {
  fc.assert(
    fc.property(randomProgram({ maxSteps: 4 }), (random) => {
      fc.pre(!hasWhile(random.program));
      const whole = withGradients(random, 2);
      expectSame(random, whole, optimise(whole));
    }),
    { numRuns: 150 },
  );
});

describe('what each pass is for', () => {
  test('constants fold, neutral elements go, views merge, equal instructions become one', () => {
    const b = new Builder();
    const x = b.input('x', [N, K]);
    const turned = b.transpose(b.transpose(x, [1, 0]), [1, 0]);
    const twice = b.add(b.exp(turned), b.exp(x));
    const y = b.add(b.mul(twice, b.sub(3, 2)), b.log(1));
    expect(printProgram(optimise(b.finish({ y })))).toMatchInlineSnapshot(`
      "%0 = input x : float[N, K]
      %1 = exp %0 : float[N, K]
      %2 = add %1 %1 : float[N, K]
      output y = %2"
    `);
  });
  test('what does not choose a minimum goes behind it, and a factor into the smaller operand of a product', () => {
    const b = new Builder();
    const [x, w] = [b.input('x', [N, size('D')]), b.input('w', [size('D'), K])];
    const distance = b.add(
      b.add(
        b.unsqueeze(b.sum(b.square(x), [1]), [1]),
        b.mul(b.reshape(b.constant(-2), [constant(1), constant(1)]), b.matmul(x, w)),
      ),
      b.unsqueeze(b.sum(b.square(w), [0]), [0]),
    );
    const clamped = b.minimum(b.maximum(distance, 0), 1e30);
    const outputs = { least: b.min(clamped, [1]), nearest: b.argmin(clamped, 1) };
    expect(printProgram(optimise(b.finish(outputs)))).toMatchInlineSnapshot(`
      "%0 = input x : float[N, D]
      %1 = input w : float[D, K]
      %2 = square %0 : float[N, D]
      %3 = sum-product %2[a b] -> [a] : float[N]
      %4 = constant -2 : float
      %5 = mul %1 %4 : float[D, K]
      %6 = sum-product %0[a b] %5[b c] -> [a c] : float[N, K]
      %7 = square %1 : float[D, K]
      %8 = sum-product %7[a b] -> [b] : float[K]
      %9 = reshape [1, K] %8 : float[1, K]
      %10 = constant 0 : float
      %11 = constant 1e+30 : float
      %12 = add %6 %9 : float[N, K]
      %13 = min-plus %12[a b] -> [a] : float[N]
      %14 = add %3 %13 : float[N]
      %15 = max %10 %14 : float[N]
      %16 = min %11 %15 : float[N]
      %17 = argmin %12 along 1 : int[N]
      output least = %16
      output nearest = %17"
    `);
  });
  test('an array that others read keeps its clamp', () => {
    const b = new Builder();
    const x = b.maximum(b.input('x', [N, K]), 0);
    const printed = printProgram(optimise(b.finish({ x, least: b.min(x, [1]) })));
    expect(printed.indexOf('max')).toBeLessThan(printed.indexOf('min-plus'));
  });
  test('a product that only a sum reads is contracted, never made', () => {
    const b = new Builder();
    const [x, w] = [b.input('x', [N, size('D')]), b.input('w', [K, size('D')])];
    const product = b.mul(b.unsqueeze(x, [1]), b.unsqueeze(w, [0]));
    expect(printProgram(optimise(b.finish({ y: b.sum(product, [2]) })))).toMatchInlineSnapshot(`
      "%0 = input x : float[N, D]
      %1 = input w : float[K, D]
      %2 = sum-product %0[a b] %1[c b] -> [a c] : float[N, K]
      output y = %2"
    `);
  });
  test('a batched product with a difference is one product for the whole batch less a small one', () => {
    const D = size('D');
    const b = new Builder();
    const [y, mu, p] = [b.input('y', [N, D]), b.input('mu', [K, D]), b.input('p', [K, D, D])];
    const apart = b.sub(b.reshape(y, [N, constant(1), D]), b.reshape(mu, [constant(1), K, D]));
    const turned = b.contract('sum-product', [{ value: apart, axes: [0, 1, 2] }, { value: p, axes: [1, 3, 2] }], [1, 0, 3]); // prettier-ignore
    // Here every label but the last is common to both, so nothing would be gained.
    const form = b.contract('sum-product', [{ value: apart, axes: [0, 1, 2] }, { value: turned, axes: [1, 0, 2] }], [0, 1]); // prettier-ignore
    const whole = b.finish({ form, turned });
    const program = optimise(whole);
    const products = program.instrs.flatMap((i) => (i.op === 'contract' ? [i.operands.map((o) => o.axes.length)] : []));
    expect(products).toEqual([[2, 3], [2, 3], [3, 3]]); // prettier-ignore
    const numbers = (shape: number[], from: number) => ({
      shape,
      data: Float64Array.from({ length: shape.reduce((a, c) => a * c, 1) }, (_, i) => Math.sin(from + i)),
    });
    const inputs = { y: numbers([5, 3], 0), mu: numbers([2, 3], 20), p: numbers([2, 3, 3], 40) };
    expectSame({ inputs, sizes: { N: 5, K: 2, D: 3 } }, whole, program);
  });
  test('an identity matrix renames a label', () => {
    const b = new Builder();
    const x = b.input('x', [N, K]);
    expect(printProgram(optimise(b.finish({ y: b.matmul(x, b.eye(K)) })))).toMatchInlineSnapshot(`
      "%0 = input x : float[N, K]
      output y = %0"
    `);
  });
  test('the two scans of a gradient become one; what a body does not need goes; what does not change moves out', () => {
    const b = new Builder();
    const [x, w] = [b.input('x', [N]), b.input('w', [])];
    const { carry } = b.scan({ length: N, carry: [b.constant(1)], xs: [x] }, (c, [h], [v]) => ({
      carry: [c.mul(h!, c.mul(v!, c.exp(w)))],
      ys: [c.sin(h!)],
    }));
    const program = optimise(b.finish({ y: carry[0]!, g: gradient(b, carry[0]!, [x])[0]! }));
    expect(program.instrs.filter((i) => i.op === 'scan').length).toBe(2);
    expect(printProgram(program)).toMatchInlineSnapshot(`
      "%0 = input x : float[N]
      %1 = input w : float
      %2 = constant 1 : float
      %3 = exp %1 : float
      %4 %5 = scan N carry (%2) over (%0) with (%3) : float float[N]
        body
          %0 = input carry0 : float
          %1 = input x0 : float
          %2 = input hoisted0 : float
          %3 = mul %1 %2 : float
          %4 = mul %0 %3 : float
          output carry0 = %4
          output y0 = %0
      %6 %7 = scan N reverse carry (%2) over (%5 %0) with (%3) : float float[N]
        body
          %0 = input carry0 : float
          %1 = input x0 : float
          %2 = input x1 : float
          %3 = input hoisted0 : float
          %4 = mul %2 %3 : float
          %5 = mul %0 %4 : float
          %6 = mul %0 %1 : float
          %7 = mul %3 %6 : float
          output carry0 = %5
          output y0 = %7
      output y = %4
      output g = %7"
    `);
  });
});

test('a gradient of a scan reads soft minima that are as small as the carry, and computes them once', () => {
  const b = new Builder();
  const [x, w] = [b.input('x', [N, K]), b.input('w', [K, K])];
  const { carry } = b.scan({ length: N, carry: [b.zeros([K])], xs: [x] }, (c, [h], [v]) => {
    const pair = [
      { value: h!, axes: [0] },
      { value: w, axes: [0, 1] },
    ];
    return { carry: [c.add(c.contract({ kind: 'soft-min', beta: 1 }, pair, [1]), v!)] };
  });
  const y = b.sum(carry[0]!);
  const program = optimise(b.finish({ y, g: gradient(b, y, [w])[0]! }));
  const scans = program.instrs.filter((i) => i.op === 'scan');
  const softMinima = scans.map(
    ({ body }) => body.instrs.filter((i) => i.op === 'contract' && i.semiring.kind === 'soft-min').length,
  );
  expect(softMinima).toEqual([1, 0]);
});

test('a sum of transposed tables is carried transposed', () => {
  const b = new Builder();
  const [x, w] = [b.input('x', [N, K]), b.input('w', [N, K, size('D')])];
  const { carry } = b.scan({ length: N, carry: [b.zeros([size('D'), K])], xs: [x, w] }, (c, [h], [v, u]) => {
    const term = c.contract(
      'sum-product',
      [
        { value: v!, axes: [0] },
        { value: u!, axes: [0, 1] },
      ],
      [1, 0],
    );
    return { carry: [c.add(h!, c.mul(term, 1))] };
  });
  const whole = b.finish({ y: carry[0]! });
  const program = optimise(whole);
  const scan = program.instrs.find((i) => i.op === 'scan')!;
  const contraction = scan.body.instrs.find((i) => i.op === 'contract')!;
  expect(contraction.keep).toEqual(contraction.operands.find((o) => o.axes.length === 2)!.axes);
  const [inputs, sizes] = [
    {
      x: { shape: [3, 2], data: Float64Array.of(1, 2, 3, 4, 5, 6) },
      w: { shape: [3, 2, 1], data: Float64Array.of(1, 10, 1, 10, 1, 10) },
    },
    {},
  ];
  expect(runProgram(program, inputs, { sizes })['y']!).toEqual({ shape: [1, 2], data: Float64Array.of(9, 120) });
});

describe('the verifier', () => {
  const good = (): Program => {
    const b = new Builder();
    const x = b.input('x', [N]);
    return b.finish({ y: b.exp(b.add(x, 1)) });
  };
  test('wrong shapes, reads before definition, double definition, missing outputs', () => {
    const program = good();
    expect(verify(program)).toEqual([]);
    expect(verify({ ...program, values: program.values.with(2, { shape: [K], dtype: 'float' }) }).join()).toMatch(
      /\[K\].*\[N\]/,
    );
    expect(verify({ ...program, instrs: program.instrs.toReversed() }).join()).toMatch(/before it is defined/);
    expect(verify({ ...program, instrs: [...program.instrs, program.instrs[0]!] }).join()).toMatch(/defined twice/);
    expect(verify({ ...program, outputs: [{ name: 'y', id: 99 }] }).join()).toMatch(/not defined/);
  });
});

describe('cost', () => {
  test('a matrix product: 3 operations a cell of N·D·K, peak of operands and result', () => {
    const b = new Builder();
    const [x, w] = [b.input('x', [N, size('D')]), b.input('w', [size('D'), K])];
    const program = b.finish({ y: b.matmul(x, w) });
    expect(estimateCost(program, { N: 10, D: 4, K: 3 })).toEqual({
      flops: 3 * 120,
      bytes: 4 * (40 + 12 + 30),
      peakBytes: 4 * (40 + 12 + 30),
    });
  });
  test('a chain of maps holds two values at a time', () => {
    const b = new Builder();
    const x = b.input('x', [N]);
    const program = b.finish({ y: b.exp(b.sin(b.cos(x))) });
    // The input stays with its owner only until its last use.
    expect(peakBytes(program, { N: 100 })).toBe(4 * 200);
  });
});
