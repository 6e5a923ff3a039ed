// Losses with negatives by hand on three points: their values, their gradients, and what each negative stands for.
import { describe, expect, it } from 'vitest';
import { gradientError, lossOf, matrix, scattered } from './objective.ts';

const model = (loss: string, extra = ''): string => `model m
size N, D, C = 3
const margin = 1
param W : real[C, D]
plate n in N {
  observed x : real[D]
  target y : category(C)
  factor score = -(W[y] @ x)
  ${extra}
}
train { loss ${loss}  learn W by sgd(rate = 0.1) }`;

// The scores W x are the rows of W at x = (1, 0), (0, 1), and their sum at (1, 1).
const x = [
  [1, 0],
  [0, 1],
  [1, 1],
];
const y = [0, 1, 2];
const W = [
  [2, 0.25],
  [1.5, 0.5],
  [-1, 1],
];
// F(c) = -score: by point and state.
const F = [
  [-2, -1.5, 1],
  [-0.25, -0.5, -1],
  [-2.25, -2, 0],
];
const relu = (v: number): number => Math.max(0, v);
const sum = (xs: readonly number[]): number => xs.reduce((a, b) => a + b, 0);
const others = (n: number): readonly number[] => [0, 1, 2].filter((c) => c !== y[n]);

describe('hinge', () => {
  it('pushes the answer of least energy among the others', () => {
    const { at } = lossOf(model('hinge(margin = 1, negatives = most_offending)'), { x, y });
    // 1 + (-2) - (-1.5) = 0.5; 1 + (-0.5) - (-1) = 1.5; 1 + 0 - (-2.25) = 3.25.
    const { loss, gradient } = at({ W });
    expect(loss).toBeCloseTo(0.5 + 1.5 + 3.25, 12);
    // ∂F(c)/∂W[c] = -x: each point adds -x to the row of its label and x to that of its negative (1, 2 and 0).
    expect(gradient['W']).toEqual([-1 + 1, 0 + 1, 1 + 0, 0 - 1, 0 - 1, 1 - 1]);
  });

  it('is 0 with derivative 0 where the margin holds', () => {
    const { at } = lossOf(model('hinge(margin = 0.25)'), { x: [x[0]!], y: [0] });
    expect(at({ W })).toMatchObject({ loss: 0, gradient: { W: [0, 0, 0, 0, 0, 0] } });
  });
});

it('hinge_all has a margin to every other answer', () => {
  const { at } = lossOf(model('hinge_all(margin = margin)'), { x, y });
  const { loss, gradient } = at({ W });
  // Point 0: 0.5 to label 1, nothing to label 2; point 1: 0.75 and 1.5; point 2: 3.25 and 3.
  expect(loss).toBeCloseTo(0.5 + (0.75 + 1.5) + (3.25 + 3), 12);
  // Point 0 moves labels 0 and 1; point 1 twice its label, once each other; point 2 likewise.
  expect(gradient['W']).toEqual([-1 + 1, 0 + 1 + 1, 1 + 1, -2 + 1, -2, 1 - 2]);
});

describe('ranking by a violator', () => {
  const source = model('= relu(margin + F - F(y = violator(y)))');

  it('takes one of the answers that violate the margin, by the seed', () => {
    const { at } = lossOf(source, { x, y });
    const seen = new Set(Array.from({ length: 40 }, (_, seed) => at({ W }, seed).loss.toFixed(6)));
    const margins = (n: number): readonly number[] =>
      others(n)
        .map((c) => relu(1 + F[n]![y[n]!]! - F[n]![c]!))
        .filter((m) => m > 0);
    const possible = margins(0).flatMap((a) =>
      margins(1).flatMap((b) => margins(2).map((c) => (a + b + c).toFixed(6))),
    );
    expect([...seen].sort()).toEqual([...new Set(possible)].sort());
    expect(at({ W }, 7).loss).toBe(at({ W }, 7).loss);
  });

  it('adds nothing for a point without one', () => {
    const far = W.map((row) => row.map((w) => 10 * w));
    const { at } = lossOf(source, { x: [x[0]!], y: [0] });
    expect(at({ W: far })).toMatchObject({ loss: 0, gradient: { W: [-0, 0, 0, 0, 0, 0].map((v) => v + 0) } });
  });

  it('has the gradient of the answer that it took', () => {
    const { at } = lossOf(source, { x: matrix(4, 2, 2), y: [0, 1, 2, 0] });
    expect(gradientError(at, { W: matrix(3, 2, 50) })).toBeLessThan(1e-8);
  });
});

describe('the perceptron', () => {
  it('is the energy above the least one', () => {
    const { loss } = lossOf(model('perceptron'), { x, y }).at({ W });
    expect(loss).toBeCloseTo(sum(F.map((row, n) => row[y[n]!]! - Math.min(...row))), 12);
  });

  it('is 0 with derivative 0 where every answer is right', () => {
    const { at } = lossOf(model('perceptron'), { x, y });
    const separating = [
      [3, -3],
      [-3, 3],
      [1, 1],
    ];
    expect(at({ W: separating })).toMatchObject({ loss: 0, gradient: { W: [0, 0, 0, 0, 0, 0] } });
  });

  it('finds the best label sequence of a chain', () => {
    const source = `model m
size N, T = 3, S = 2
param a : real[T, S]
param trans : real[S, S]
plate n in N {
  target y[t in T] : category(S)
  factor own[t in T] = -a[t, y[t]]
  factor next[t in 1..T] = -trans[y[t-1], y[t]]
}
train { loss perceptron  learn by adam }`;
    const a = matrix(3, 2, 6);
    const trans = matrix(2, 2, 17);
    const labels = [
      [0, 1, 1],
      [1, 1, 0],
    ];
    const energy = (l: readonly number[]): number =>
      -sum(l.map((s, t) => a[t]![s]!)) - sum(l.slice(1).map((s, t) => trans[l[t]!]![s]!));
    const all = [0, 1, 2, 3, 4, 5, 6, 7].map((k) => [(k >> 2) & 1, (k >> 1) & 1, k & 1]);
    const least = Math.min(...all.map(energy));
    const { at } = lossOf(source, { y: labels });
    expect(at({ a, trans }).loss).toBeCloseTo(sum(labels.map((l) => energy(l) - least)), 12);
    expect(gradientError(at, { a, trans })).toBeLessThan(1e-8);
  });
});

it('log is the soft form of the hinge', () => {
  const { at } = lossOf(model('log'), { x, y });
  const least = F.map((row, n) => Math.min(...others(n).map((c) => row[c]!)));
  expect(at({ W }).loss).toBeCloseTo(sum(F.map((row, n) => Math.log1p(Math.exp(row[y[n]!]! - least[n]!)))), 12);
  expect(gradientError(at, { W })).toBeLessThan(1e-8);
});

describe('negatives of other points', () => {
  const pairs = (loss: string): string => `model m
size N, D = 2
param w : real[D]
plate n in N {
  observed x : real[D]
  target y : real
  let doubled = 2 * y
  factor misfit = (y - w' @ x)^2
}
train { loss ${loss}  learn w by adam }`;
  const values = [0.3, -1, 2, 0.7];
  const inputs = matrix(4, 2, 8);
  const w = [0.5, -0.25];
  const energy = (v: number, n: number): number => (v - w[0]! * inputs[n]![0]! - w[1]! * inputs[n]![1]!) ** 2;
  const given = values.map(energy);
  const shifts = [1, 2, 3].map((s) => values.map((_, n) => energy(values[(n + s) % 4]!, n)));

  it('shuffled: the values of all points, each moved on by the same number of places', () => {
    const { at } = lossOf(pairs('= F(y = shuffled(y))'), { x: inputs, y: values });
    const seen = new Set(Array.from({ length: 30 }, (_, seed) => at({ w }, seed).loss.toFixed(9)));
    expect([...seen].sort()).toEqual(shifts.map((row) => sum(row).toFixed(9)).sort());
  });

  it('others: the mean over all other points of the batch', () => {
    const { at } = lossOf(pairs('= relu(1 + F - F(y = others(y)))'), { x: inputs, y: values });
    const expected = sum(shifts.map((row) => sum(row.map((f, n) => relu(1 + given[n]! - f))))) / 3;
    expect(at({ w }).loss).toBeCloseTo(expected, 12);
    expect(gradientError(at, { w })).toBeLessThan(1e-7);
  });

  it('square_square draws the data to 0 and pushes a let beyond the margin', () => {
    const { at } = lossOf(pairs('square_square(margin = 2, negatives = doubled)'), { x: inputs, y: values });
    const expected = sum(values.map((v, n) => energy(v, n) ** 2 + relu(2 - energy(2 * v, n)) ** 2));
    expect(at({ w }).loss).toBeCloseTo(expected, 12);
    expect(gradientError(at, { w })).toBeLessThan(1e-7);
  });

  it('an expression reads F, replacements, data and params', () => {
    const { at } = lossOf(pairs('= F * x[0] - 0.5 * F(y = doubled + w[0]) + ||w||^2'), { x: inputs, y: values });
    const expected = sum(
      values.map((v, n) => given[n]! * inputs[n]![0]! - 0.5 * energy(2 * v + 0.5, n) + 0.25 + 0.0625),
    );
    expect(at({ w }).loss).toBeCloseTo(expected, 12);
    expect(gradientError(at, { w })).toBeLessThan(1e-7);
  });
});

describe('replacements', () => {
  it('of a let reach every factor that reads it', () => {
    const source = `model m
size N
param w : real
plate n in N {
  target y : real
  let code = w * y
  let twice = 2 * code
  factor f = (y - code)^2 + twice
}
train { loss = F(code = 3 + y) + w^2  learn w by adam }`;
    const y = [0.5, -2];
    const { at } = lossOf(source, { y });
    expect(at({ w: 2 }).loss).toBeCloseTo(sum(y.map((v) => 9 + 2 * (3 + v) + 4)), 12);
  });

  // ∫ e^{-β((y - z)² + (z - w)²)} dz = e^{-β(y - w)²/2} √(π / 2β).
  it.each([
    ['', 0],
    ['beta = 2', Math.log(4 / Math.PI) / 4],
  ])('of a latent hold it there (%s)', (beta, volume) => {
    const source = `model m
size N
param w : real
plate n in N {
  target y : real
  latent z : real
  factor f = (y - z)^2 + (z - w)^2
}
${beta}
train { loss = relu(F + 9) - F(z = w + 1)  learn w by adam }`;
    const y = [0.5, -2];
    const { at } = lossOf(source, { y });
    const w = 0.3;
    const expected = sum(y.map((v) => 9 + (v - w) ** 2 / 2 + volume - (v - w - 1) ** 2 - 1));
    expect(at({ w }).loss).toBeCloseTo(expected, 12);
    expect(gradientError(at, { w })).toBeLessThan(1e-7);
  });
});

describe('latents inside', () => {
  // Each class has two prototypes, and the nearer one counts (or both, softly).
  const source = (loss: string, beta: string): string => `model m
size N, D, C = 3, K = 2
param w : real[C, K, D]
plate n in N {
  observed x : real[D]
  target y : category(C)
  latent z : category(K)
  factor distance = ||x - w[y, z]||^2
}
${beta}
train { loss ${loss}  learn by adam }`;
  const points = matrix(3, 2, 70);
  const w = [matrix(2, 2, 1), matrix(2, 2, 12), matrix(2, 2, 31)];
  const distances = points.map((p) =>
    w.map((prototypes) => prototypes.map((c) => (p[0]! - c[0]!) ** 2 + (p[1]! - c[1]!) ** 2)),
  );

  it.each([
    ['', (d: readonly number[]) => Math.min(...d)],
    ['beta = 2', (d: readonly number[]) => -Math.log(sum(d.map((v) => Math.exp(-2 * v)))) / 2],
  ] as const)('are eliminated at every state of the target (%s)', (beta, free) => {
    const { at } = lossOf(source('hinge_all(margin = 0.5)', beta), { x: points, y });
    const f = distances.map((row) => row.map(free));
    const expected = sum(f.map((row, n) => sum(others(n).map((c) => relu(0.5 + row[y[n]!]! - row[c]!)))));
    expect(at({ w }).loss).toBeCloseTo(expected, 10);
    expect(gradientError(at, { w })).toBeLessThan(1e-7);
  });
});

it('many latents in each point are summed out point by point', () => {
  const source = `model m
size N, V = 2, H = 2
param W : real[V, H]
plate n in N {
  target y : binary[V]
  latent z : binary[H]
  factor interaction = -(y' @ W @ z)
}
beta = 1
train { loss hinge(margin = 1, negatives = shuffled(y))  learn by adam }`;
  const bits = [
    [1, 0],
    [1, 1],
  ];
  const weights = matrix(2, 2, 44);
  // Σ over each bit of z by itself: F(y) = -Σ_j log(1 + e^{(W'y)_j}).
  const free = (v: readonly number[]): number =>
    -sum([0, 1].map((j) => Math.log1p(Math.exp(v[0]! * weights[0]![j]! + v[1]! * weights[1]![j]!))));
  const [a, c] = bits.map(free) as [number, number];
  const { at } = lossOf(source, { y: bits });
  expect(at({ W: weights }).loss).toBeCloseTo(relu(1 + a - c) + relu(1 + c - a), 12);
});

describe('targets of other kinds', () => {
  const source = (domain: string, energy: string): string => `model m
size N
param w : real[3]
plate n in N {
  target y : ${domain}
  factor f = ${energy}
}
train { loss hinge_all(margin = 1)  learn by adam }`;
  const w = scattered(3, 90);

  it.each([
    ['onehot[3]', "w' @ y", [[0, 1, 0]], [w[0]!, w[1]!, w[2]!], 1],
    ['spin', 'w[0] * y', [-1], [-w[0]!, w[0]!], 0],
    ['binary', 'w[1] * y + w[2] * (1 - y)', [1], [w[2]!, w[1]!], 1],
    ['integer(2..5)', 'w[y - 2]', [4], w, 2],
  ] as const)('%s', (domain, energy, given, table, at) => {
    const expected = sum(table.map((f, c) => (c === at ? 0 : relu(1 + table[at]! - f))));
    expect(lossOf(source(domain, energy), { y: given as never }).at({ w }).loss).toBeCloseTo(expected, 12);
  });
});

it('a margin may be the length of the point', () => {
  const source = `model m
size N, T[n in N], S = 2
param w : real[S]
plate n in N {
  observed x[t in T[n]] : real
  target c : category(S)
  factor f = -w[c] * (sum[t in T[n]] x[t])
}
train { loss hinge(margin = T[n])  learn w by adam }`;
  const x = [[1, 2, 0.5], [-1]];
  const w = [0.3, -0.4];
  const { at } = lossOf(source, { x, c: [0, 1] });
  const total = (n: number): number => x[n]!.reduce((s, v) => s + v, 0);
  const energy = (n: number, c: number): number => -w[c]! * total(n);
  const expected = Math.max(0, 3 + energy(0, 0) - energy(0, 1)) + Math.max(0, 1 + energy(1, 1) - energy(1, 0));
  expect(at({ w }).loss).toBeCloseTo(expected, 12);
});
