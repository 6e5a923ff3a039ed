// Contractions against brute-force enumeration: every β, forbidden entries, empty axes, decoding by the gradient.
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { runProgram } from '../../src/backend/reference.ts';
import { Builder, type Value } from '../../src/tensor/builder.ts';
import { constant, size } from '../../src/tensor/dims.ts';
import { gradient } from '../../src/tensor/differentiate.ts';
import { array, evaluateAt, randomNumbers } from './finite-differences.ts';

const d = constant;
const forbidden = 1e30;

/** -1/β log Σ exp(-β e) term by term, shifted by the minimum. */
const bruteFreeEnergy = (energies: readonly number[], beta: number): number => {
  const least = Math.min(...energies);
  return least - Math.log(energies.reduce((sum, e) => sum + Math.exp(-beta * (e - least)), 0)) / beta;
};

/** A chain of three variables with 2, 3, 2 states: unary and pairwise energies, all assignments enumerated. */
const chain = (u: readonly number[], p: readonly number[], q: readonly number[]) => {
  const assignments: { readonly states: readonly number[]; readonly energy: number }[] = [];
  for (const a of [0, 1])
    for (const b of [0, 1, 2])
      for (const c of [0, 1]) assignments.push({ states: [a, b, c], energy: u[a]! + p[a * 3 + b]! + q[b * 2 + c]! });
  return assignments;
};
const operands = ([u, p, q]: readonly Value[]) => [
  { value: u!, axes: [0] },
  { value: p!, axes: [0, 1] },
  { value: q!, axes: [1, 2] },
];
const pointsOf = (u: readonly number[], p: readonly number[], q: readonly number[]) => [
  { shape: [2], values: u },
  { shape: [2, 3], values: p },
  { shape: [3, 2], values: q },
];

const energy = fc.oneof(
  { weight: 8, arbitrary: fc.double({ min: -5, max: 5, noNaN: true }) },
  { weight: 1, arbitrary: fc.constant(forbidden) },
);
const energies = (count: number) => fc.array(energy, { minLength: count, maxLength: count });

describe('a chain by enumeration', () => {
  test.each([1e-3, 0.1, 1, 10, 1e4])('free energy and marginals at β = %d', (beta) => {
    fc.assert(
      fc.property(energies(2), energies(6), energies(6), (u, p, q) => {
        const all = chain(u, p, q);
        const { f, marginal } = evaluateAt(pointsOf(u, p, q), (b, vs) => {
          const value = b.contract({ kind: 'soft-min', beta }, operands(vs), []);
          return { f: value, marginal: gradient(b, value, [vs[0]!])[0]! };
        });
        const expected = bruteFreeEnergy(
          all.map((a) => a.energy),
          beta,
        );
        expect(Math.abs(f![0]! - expected)).toBeLessThanOrEqual(1e-9 * Math.max(1, Math.abs(expected)));
        if (expected >= 1e29) return;
        for (const state of [0, 1]) {
          const weight = all
            .filter((a) => a.states[0] === state)
            .reduce((sum, a) => sum + Math.exp(-beta * (a.energy - expected)), 0);
          expect(marginal![state]).toBeCloseTo(weight, 9);
        }
      }),
      { numRuns: 100 },
    );
  });
  test('the gradient of the minimum decodes the best assignment', () => {
    fc.assert(
      fc.property(energies(2), energies(6), energies(6), (u, p, q) => {
        const all = chain(u, p, q);
        const { f, gu, gp, gq } = evaluateAt(pointsOf(u, p, q), (b, vs) => {
          const value = b.contract('min-plus', operands(vs), []);
          const [a, c, e] = gradient(b, value, vs);
          return { f: value, gu: a!, gp: c!, gq: e! };
        });
        expect(f![0]).toBe(Math.min(...all.map((a) => a.energy)));
        // One-hot, consistent with each other, and worth the minimum: ties never split.
        expect([...gu!].sort()).toEqual([0, 1]);
        expect(gp!.reduce((s, x) => s + x)).toBe(1);
        const [at, ap, aq] = [gu!.indexOf(1), gp!.indexOf(1), gq!.indexOf(1)];
        expect([Math.floor(ap / 3), Math.floor(aq / 2)]).toEqual([at, ap % 3]);
        expect(u[at]! + p[ap]! + q[aq]!).toBe(f![0]);
      }),
    );
  });
  test('the same by elimination, one variable after another, with all energies equal', () => {
    const zeros = pointsOf(
      [0, 0],
      Array.from({ length: 6 }, () => 0),
      Array.from({ length: 6 }, () => 0),
    );
    const seen = evaluateAt(zeros, (b, [u, p, q]) => {
      const toB = b.contract(
        'min-plus',
        [
          { value: u!, axes: [0] },
          { value: p!, axes: [0, 1] },
        ],
        [1],
      );
      const toC = b.contract(
        'min-plus',
        [
          { value: toB, axes: [0] },
          { value: q!, axes: [0, 1] },
        ],
        [1],
      );
      const [gu, gp, gq] = gradient(b, b.min(toC), [u!, p!, q!]);
      return { gu: gu!, gp: gp!, gq: gq! };
    });
    expect(seen).toEqual({ gu: [1, 0], gp: [1, 0, 0, 0, 0, 0], gq: [1, 0, 0, 0, 0, 0] });
  });
});

describe('extremes', () => {
  const run = (values: readonly number[], beta: number) =>
    evaluateAt([{ shape: [values.length], values }], (b, [x]) => {
      const f = b.softMin(beta, x!);
      const slope = gradient(b, f, [x!])[0]!;
      return { f, slope, curvature: gradient(b, b.sum(b.square(slope)), [x!])[0]! };
    });
  test.each([1e-6, 1, 1e6, 1e12])('large and forbidden energies stay finite at β = %d', (beta) => {
    const { f, slope, curvature } = run([forbidden, 3, 700, -700, forbidden], beta);
    expect(f![0]).toBeCloseTo(bruteFreeEnergy([forbidden, 3, 700, -700, forbidden], beta), 6);
    expect(slope![0]).toBe(0);
    expect(slope!.reduce((s, x) => s + x)).toBeCloseTo(1, 9);
    for (const x of [...slope!, ...curvature!]) expect(Number.isFinite(x)).toBe(true);
  });
  test('everything forbidden is forbidden, and no NaN', () => {
    const { f, slope, curvature } = run([forbidden, 2 * forbidden], 2);
    expect(f![0]).toBeGreaterThanOrEqual(1e29);
    for (const x of [...slope!, ...curvature!]) expect(Number.isFinite(x)).toBe(true);
  });
  test('β = ∞ is the minimum', () => expect(run([4, 1, 9], Infinity).f).toEqual([1]));
  test('empty axes: sum 0, minimum and free energy 1e30', () => {
    const b = new Builder();
    const x = b.input('x', [size('N'), d(2)]);
    const program = b.finish({
      s: b.sum(x, [0]),
      m: b.min(x, [0]),
      f: b.softMin(1, x, [0]),
      p: b.matmul(b.transpose(x, [1, 0]), x),
    });
    const seen = runProgram(program, { x: array([0, 2], []) });
    expect(Object.values(seen).map((t) => [...t.data])).toEqual([
      [0, 0],
      [1e30, 1e30],
      [1e30, 1e30],
      [0, 0, 0, 0],
    ]);
  });
});

test('matrix products of every form agree with the triple loop', () => {
  const triple = (a: readonly number[], c: readonly number[], n: number, k: number, m: number): readonly number[] =>
    Array.from({ length: n * m }, (_, at) => {
      const [i, j] = [Math.floor(at / m), at % m];
      return Array.from({ length: k }, (_, p) => a[i * k + p]! * c[p * m + j]!).reduce((s, x) => s + x, 0);
    });
  for (const [n, k, m] of [
    [1, 1, 1],
    [3, 5, 2],
    [2, 3, 7],
    [4, 1, 4],
  ] as const) {
    const [a, c] = [randomNumbers(n * k, n), randomNumbers(k * m, m + 10)];
    const seen = evaluateAt(
      [
        { shape: [n, k], values: a },
        { shape: [k, m], values: c },
      ],
      (b, [x, y]) => ({
        plain: b.matmul(x!, y!),
        transposed: b.contract(
          'sum-product',
          [
            { value: x!, axes: [0, 1] },
            { value: b.transpose(y!, [1, 0]), axes: [2, 1] },
          ],
          [0, 2],
        ),
      }),
    );
    for (const found of [seen['plain']!, seen['transposed']!])
      for (const [i, value] of triple(a, c, n, k, m).entries()) expect(found[i]).toBeCloseTo(value, 12);
  }
});
