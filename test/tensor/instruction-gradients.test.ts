// The derivative of every instruction that is not elementwise, first and second, against central differences.
import { describe, expect, test } from 'vitest';
import { constant, size } from '../../src/tensor/dims.ts';
import { gradient } from '../../src/tensor/differentiate.ts';
import { Builder, type Value } from '../../src/tensor/builder.ts';
import { runProgram } from '../../src/backend/reference.ts';
import { array, checkGradient, evaluateAt, point } from './finite-differences.ts';

const twice = { order: 2, tolerance: 2e-5 } as const;
const d = constant;
type Build = (b: Builder, xs: readonly Value[]) => Value;
const both = (points: Parameters<typeof checkGradient>[0], build: Build): void => {
  checkGradient(points, build);
  checkGradient(points, build, twice);
};

describe('contract', () => {
  const [x, y, z] = [point([2, 3], 1), point([3, 4], 2), point([4], 3)];
  const operands = ([a, c, e]: readonly Value[]) => [
    { value: a!, axes: [0, 1] },
    { value: c!, axes: [1, 2] },
    { value: e!, axes: [2] },
  ];
  test('sum-product of three', () => both([x, y, z], (b, vs) => b.contract('sum-product', operands(vs), [0])));
  test('sum-product, a label of one operand only, order of axes changed', () =>
    both([x, y], (b, [a, c]) =>
      b.contract(
        'sum-product',
        [
          { value: a!, axes: [0, 1] },
          { value: c!, axes: [2, 3] },
        ],
        [3, 0],
      ),
    ));
  test('sum-product of a value with itself', () =>
    both([x], (b, [a]) =>
      b.contract(
        'sum-product',
        [
          { value: a!, axes: [0, 1] },
          { value: a!, axes: [2, 1] },
        ],
        [0, 2],
      ),
    ));
  test('min-plus', () => both([x, y, z], (b, vs) => b.contract('min-plus', operands(vs), [0])));
  test('min-plus without reduction', () =>
    both([x, y], (b, [a, c]) => b.contract('min-plus', operands([a!, c!, b.zeros([d(4)])]), [2, 0, 1])));
  test.each([0.1, 1, 7])('soft-min at β = %d, β differentiated too', (beta) =>
    both([x, y, z, { shape: [], values: [beta] }], (b, [a, c, e, t]) =>
      b.contract({ kind: 'soft-min', beta: t! }, operands([a!, c!, e!]), [0]),
    ),
  );
  test('soft-min onto a scalar', () => both([y], (b, [a]) => b.softMin(2, a!)));
});

test('ties: min-plus routes to the first minimum only', () => {
  const tied = { shape: [2, 3], values: [2, 1, 1, 5, 5, 5] };
  const { g } = evaluateAt([tied], (b, [a]) => ({ g: gradient(b, b.sum(b.min(a!, [1])), [a!])[0]! }));
  expect(g).toEqual([0, 1, 0, 1, 0, 0]);
});

describe('views', () => {
  const x = point([2, 3, 4], 5);
  const curved = (b: Builder, v: Value): Value => b.mul(b.square(v), b.sin(v));
  const cases: Readonly<Record<string, Build>> = {
    reshape: (b, [v]) => b.reshape(v!, [d(6), d(4)]),
    transpose: (b, [v]) => b.transpose(v!, [2, 0, 1]),
    slice: (b, [v]) => b.slice(v!, [d(1), d(0), d(2)], [d(1), d(3), d(2)]),
    expand: (b, [v]) => b.expand(b.reshape(v!, [d(24), d(1)]), [d(24), d(2)]),
    reverse: (b, [v]) => b.reverse(v!, 1),
    pad: (b, [v]) => b.pad(v!, [d(1), d(0), d(2)], [d(0), d(1), d(0)], 3),
    'reduction to a mean': (b, [v]) => b.mean(v!, [0, -1]),
    'maximum along an axis': (b, [v]) => b.max(v!, [1]),
    'log-sum-exp': (b, [v]) => b.logSumExp(v!, [-1]),
  };
  test.each(Object.keys(cases))('%s', (name) => both([x], (b, [v]) => cases[name]!(b, [curved(b, v!)])));
  test('concat and stack', () =>
    both([x, point([2, 1, 4], 6)], (b, [v, w]) =>
      b.stack([b.concat([b.square(v!), w!, v!], 1), b.concat([v!, v!, b.exp(w!)], 1)], 2),
    ));
});

describe('indexing', () => {
  const x = point([2, 4, 3], 7);
  test('gather and scatter-add', () => {
    const at = (b: Builder): Value => b.literal([3, 0, 3, 1, 1, 3], [2, 3], 'int');
    both([x], (b, [v]) => b.gather(b.square(v!), at(b), 1));
    both([point([2, 2, 3, 3], 8)], (b, [v]) => b.square(b.scatterAdd(b.square(v!), at(b), 1, d(4))));
  });
  test('matmul, batched and not', () =>
    both([x, point([2, 3, 2], 9), point([2, 5], 10)], (b, [v, w, u]) => b.matmul(b.matmul(v!, w!), u!)));
});

describe('scan', () => {
  const [steps, n] = [4, 2];
  const points = [point([n], 1), point([steps, n], 2), point([n, n], 3)];
  const step = (b: Builder, h: Value, x: Value, w: Value): Value =>
    b.tanh(b.add(b.reshape(b.matmul(w, b.reshape(h, [d(n), d(1)])), [d(n)]), b.mul(x, h)));
  const scanned =
    (reverse: boolean): Build =>
    (b, [h0, xs, w]) => {
      const result = b.scan({ length: d(steps), carry: [h0!], xs: [xs!], reverse }, (inner, [h], [x]) => {
        const next = step(inner, h!, x!, w!);
        return { carry: [next], ys: [inner.sum(inner.mul(inner.square(next), x!))] };
      });
      return b.add(b.sum(result.carry[0]!), b.sum(b.mul(result.ys[0]!, b.iota([d(steps)]))));
    };
  const unrolled =
    (reverse: boolean): Build =>
    (b, [h0, xs, w]) => {
      let h = h0!;
      let total: Value = b.constant(0);
      for (let k = 0; k < steps; k++) {
        const t = reverse ? steps - 1 - k : k;
        const x = b.reshape(b.sliceAxis(xs!, 0, d(t), d(1)), [d(n)]);
        h = step(b, h, x, w!);
        total = b.add(total, b.mul(b.sum(b.mul(b.square(h), x)), t));
      }
      return b.add(b.sum(h), total);
    };
  test.each([false, true])('agrees with the unrolled loop and with differences, reverse %s', (reverse) => {
    both(points, scanned(reverse));
    const derivatives = (build: Build) =>
      evaluateAt(points, (b, xs) =>
        Object.fromEntries([build(b, xs), ...gradient(b, build(b, xs), xs)].map((v, i) => [`${i}`, v])),
      );
    const [scan, loop] = [derivatives(scanned(reverse)), derivatives(unrolled(reverse))];
    for (const key of Object.keys(loop))
      for (const [i, value] of loop[key]!.entries()) expect(scan[key]![i]).toBeCloseTo(value, 12);
  });
  test.each(['soft-min', 'min-plus', 'routine'] as const)('whose body has a %s', (kind) => {
    both(points, (b, inputs) => {
      const [h0, xs, w] = inputs as [Value, Value, Value];
      const { carry, ys } = b.scan({ length: d(steps), carry: [h0!], xs: [xs!] }, (inner, [h], [x]) => {
        const pair = [
          { value: h!, axes: [0] },
          { value: w, axes: [1, 0] },
        ];
        const matrix = inner.add(inner.mul(inner.eye(d(n)), 3), w);
        const mixed =
          kind === 'routine'
            ? inner.reshape(inner.routine('solve', matrix, inner.reshape(h!, [d(n), d(1)]))[0]!, [d(n)])
            : inner.contract(kind === 'soft-min' ? { kind, beta: inner.exp(inner.sum(w)) } : kind, pair, [1]);
        // The result is read twice, once as a y.
        return { carry: [inner.add(mixed, inner.mul(x!, h!))], ys: [inner.square(mixed)] };
      });
      return b.add(b.sum(b.sin(carry[0]!)), b.sum(ys[0]!));
    });
  });
  test('scan in a scan, and an int carry', () => {
    both([point([3], 4), point([2, 3], 5)], (b, [h0, xs]) => {
      const { carry } = b.scan(
        { length: d(2), carry: [h0!, b.constant(0, 'int')], xs: [xs!] },
        (outer, [h, k], [x]) => {
          const inner = outer.scan({ length: d(3), carry: [outer.sum(h!)], xs: [x!] }, (c, [s], [v]) => ({
            carry: [c.sin(c.add(c.mul(s!, v!), c.sum(h0!)))],
          }));
          return { carry: [outer.mul(x!, inner.carry[0]!), outer.add(k!, 1)] };
        },
      );
      return b.mul(carry[0]!, b.cast(carry[1]!, 'float'));
    });
  });
  test('a scan of no steps passes the adjoint through', () => {
    const b = new Builder();
    const h = b.input('h', []);
    const xs = b.input('xs', [size('T')]);
    const { carry } = b.scan({ length: size('T'), carry: [h], xs: [xs] }, (c, [a], [x]) => ({
      carry: [c.mul(a!, x!)],
    }));
    const program = b.finish({ g: gradient(b, b.square(carry[0]!), [h])[0]! });
    expect([...runProgram(program, { h: array([], [3]), xs: array([0], []) })['g']!.data]).toEqual([6]);
  });
});

describe('refusals', () => {
  test('while has no derivative, and says what to do', () => {
    const b = new Builder();
    const x = b.input('x', []);
    const { carry } = b.while_(
      { max: 3, carry: [x] },
      (c, [v]) => c.lt(v!, 9),
      (c, [v]) => [c.mul(v!, 2)],
    );
    expect(() => gradient(b, carry[0]!, [x])).toThrow(/while has no reverse-mode derivative/);
  });
  test('a dependence hidden in an enclosing builder', () => {
    const b = new Builder();
    const x = b.input('x', []);
    const y = b.exp(x);
    expect(() =>
      b.while_(
        { max: 1, carry: [x] },
        (c) => c.constant(1),
        (c, [v]) => [gradient(c, c.mul(v!, y), [x])[0]!],
      ),
    ).toThrow(/outer value/);
  });
  test('a constant, a vector without seed', () => {
    const b = new Builder();
    const x = b.input('x', [d(2)]);
    expect(() => gradient(b, b.sum(x), [b.constant(2)])).toThrow(/constant/);
    expect(() => gradient(b, x, [x])).toThrow(/\[2\]/);
  });
});

test('inside a loop, with respect to carries and to captured values', () => {
  const b = new Builder();
  const w = b.input('w', []);
  // One step of gradient descent on (x - w)², written as a while.
  const { carry } = b.while_(
    { max: 60, carry: [b.constant(0)] },
    (c) => c.constant(1),
    (c, [x]) => [c.sub(x!, c.mul(gradient(c, c.square(c.sub(x!, w)), [x!])[0]!, 0.25))],
  );
  const result = runProgram(b.finish({ x: carry[0]! }), { w: array([], [1.5]) });
  expect(result['x']!.data[0]).toBeCloseTo(1.5, 12);
});

test('distinct values are differentiated apart, whatever algebra would make of them', () => {
  const seen = evaluateAt([{ shape: [2], values: [3, 5] }], (b, [x]) => {
    const [zero, again] = [b.distinct(b.zeros([d(2)])), b.distinct(b.zeros([d(2)]))];
    const energy = b.contract(
      'min-plus',
      [
        { value: b.add(x!, zero), axes: [0] },
        { value: again, axes: [0] },
        { value: b.reshape(b.reshape(b.distinct(again), [d(1), d(2)]), [d(2)]), axes: [0] },
      ],
      [],
    );
    const [g, h] = gradient(b, energy, [zero, again]);
    return { g: g!, h: h! };
  });
  expect(seen).toEqual({ g: [1, 0], h: [2, 0] });
});
