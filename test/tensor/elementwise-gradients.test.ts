// Every elementwise function: its derivative, and its second derivative, against central differences.
import { describe, expect, test } from 'vitest';
import { gradient } from '../../src/tensor/differentiate.ts';
import { binaryFunctions, unaryFunctions, type Elementwise } from '../../src/tensor/elementwise.ts';
import { checkGradient, evaluateAt, point } from './finite-differences.ts';

/** Where each unary function is smooth. */
const range: Readonly<Record<(typeof unaryFunctions)[number], readonly [number, number]>> = {
  neg: [-2, 2],
  abs: [0.1, 2],
  sign: [0.1, 2],
  square: [-2, 2],
  reciprocal: [0.5, 2],
  sqrt: [0.5, 2],
  exp: [-2, 2],
  expm1: [-2, 2],
  log: [0.5, 3],
  log1p: [-0.5, 2],
  sin: [-3, 3],
  cos: [-3, 3],
  tan: [-1, 1],
  sinh: [-2, 2],
  cosh: [-2, 2],
  tanh: [-2, 2],
  sigmoid: [-3, 3],
  softplus: [-3, 3],
  relu: [-2, -0.1],
  floor: [0.1, 0.9],
  round: [0.6, 1.4],
  erf: [-2, 2],
  lgamma: [0.5, 5],
  digamma: [0.5, 5],
  'log-bessel-i0': [-12, 35],
  not: [0.1, 2],
  'is-nan': [-1, 1],
  'stop-gradient': [-1, 1],
};

describe('unary', () => {
  test.each(unaryFunctions.filter((fn) => fn !== 'stop-gradient'))('%s', (fn) => {
    const [from, to] = range[fn];
    const x = point([2, 3], fn.length, from, to);
    checkGradient([x], (b, [v]) => b.map(fn, v!));
    checkGradient([x], (b, [v]) => b.map(fn, v!), { order: 2, tolerance: 1e-5 });
  });
  test('relu and abs on both sides', () => {
    checkGradient([{ shape: [4], values: [-1.5, -0.3, 0.4, 2] }], (b, [v]) => b.add(b.relu(v!), b.abs(v!)));
  });
  test('stop-gradient passes the value and no derivative', () => {
    const x = point([3], 5);
    checkGradient([x], (b, [v]) => b.mul(v!, b.stopGradient(b.literal(x.values, [3]))));
    const seen = evaluateAt([x], (b, [v]) => ({ y: b.stopGradient(v!) }));
    expect(seen['y']).toEqual([...x.values]);
  });
});

/** Second arguments that keep every binary function smooth; first arguments are in 0.5..2. */
const second: Readonly<Record<(typeof binaryFunctions)[number], readonly [number, number]>> = {
  add: [-1, 1],
  sub: [-1, 1],
  mul: [-1, 1],
  div: [0.5, 2],
  pow: [-2, 2],
  min: [2.1, 3],
  max: [2.1, 3],
  mod: [2.1, 3],
  atan2: [0.5, 2],
  lt: [2.1, 3],
  le: [2.1, 3],
  gt: [2.1, 3],
  ge: [2.1, 3],
  eq: [2.1, 3],
  ne: [2.1, 3],
  and: [0.1, 1],
  or: [0.1, 1],
};

describe('binary, with broadcasting', () => {
  test.each(binaryFunctions)('%s', (fn) => {
    const [from, to] = second[fn];
    for (const shape of [[2, 3], [1, 3], []]) {
      const points = [point([2, 3], 11, 0.5, 2), point(shape, 12, from, to)];
      checkGradient(points, (b, [x, y]) => b.map(fn as Elementwise, x!, y!));
      checkGradient(points, (b, [x, y]) => b.map(fn as Elementwise, x!, y!), { order: 2, tolerance: 1e-5 });
      checkGradient([point(shape, 13, 0.5, 2), point([2, 3], 14, from, to)], (b, [x, y]) =>
        b.map(fn as Elementwise, x!, y!),
      );
    }
  });
  test('mod through several periods', () => {
    checkGradient([point([3], 3, 2.2, 2.9), point([3], 4, 0.8, 1)], (b, [x, y]) => b.mod(x!, y!));
  });
  test('equal arguments: the first of min and max takes the whole derivative', () => {
    const same = { shape: [2], values: [0.7, -1] };
    for (const fn of ['min', 'max'] as const) {
      const seen = evaluateAt([same, same], (b, xs) => {
        const [gx, gy] = gradient(b, b.sum(b.map(fn, ...xs)), xs);
        return { gx: gx!, gy: gy! };
      });
      expect(seen).toEqual({ gx: [1, 1], gy: [0, 0] });
    }
  });
  test('select', () => {
    checkGradient(
      [point([4], 7), point([4], 8), point([4], 9)],
      (b, [c, x, y]) => b.select(b.gt(c!, 0), b.square(x!), b.exp(y!)),
      { order: 2, tolerance: 1e-5 },
    );
  });
});
