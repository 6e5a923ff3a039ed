// The exact negative log-likelihood against enumeration and closed integrals, and its gradient against finite differences.
import { describe, expect, it } from 'vitest';
import { gradientError, lossOf, matrix, scattered } from './objective.ts';

const logSumExp = (xs: readonly number[]): number => {
  const most = Math.max(...xs);
  return most + Math.log(xs.reduce((s, x) => s + Math.exp(x - most), 0));
};
const dot = (a: readonly number[], b: readonly number[]): number => a.reduce((s, x, i) => s + x * b[i]!, 0);
const sum = (xs: readonly number[]): number => xs.reduce((s, x) => s + x, 0);

/** All vectors of `length` entries below `states`. */
const vectors = (length: number, states: number): readonly (readonly number[])[] =>
  length === 0 ? [[]] : vectors(length - 1, states).flatMap((v) => Array.from({ length: states }, (_, s) => [...v, s]));

const classifier = (beta: string): string => `model m
size N, D, C = 3
param W : real[C, D]
param b : real[C]
plate n in N {
  observed x : real[D]
  target y : category(C)
  factor score = -(W @ x + b)[y]
}
regularizer decay = 0.1 * ||W||_F^2
${beta}
train { loss nll  learn by lbfgs }`;

describe('softmax regression', () => {
  const x = matrix(5, 2, 3);
  const y = [0, 2, 1, 1, 0];
  const params = { W: matrix(3, 2, 40), b: scattered(3, 77) };
  const scores = x.map((row) => params.W.map((w, c) => dot(w, row) + params.b[c]!));

  it.each([
    ['', 1],
    ['beta = 2', 2],
    ['beta = 0.3', 0.3],
  ])('is what enumeration says (%s)', (setting, beta) => {
    const { at } = lossOf(classifier(setting), { x, y });
    const expected = sum(scores.map((s, n) => -s[y[n]!]! + logSumExp(s.map((v) => beta * v)) / beta));
    const found = at(params);
    expect(found.loss).toBeCloseTo(expected, 10);
    expect(found.paramEnergy).toBeCloseTo(0.1 * sum(params.W.flat().map((w) => w * w)), 12);
    expect(gradientError(at, params)).toBeLessThan(1e-8);
  });

  it('has a minimum that the plan certifies, and one start is enough', () => {
    const { fit } = lossOf(classifier(''), { x, y }).plan;
    expect(fit).toMatchObject({ kind: 'descend', certificate: 'globally optimal', restarts: 1 });
  });

  it('has no such certificate where the scores are products of params', () => {
    const bilinear = classifier('').replace('-(W @ x + b)[y]', '-(W @ x + b)[y] * b[0]');
    expect(lossOf(bilinear, { x, y }).plan.fit).toMatchObject({ certificate: 'local' });
  });
});

describe('a conditional random field of length 4 with 3 labels', () => {
  const source = `model m
size N, T = 4, V = 2, S = 3
param emit : real[V, S]
param trans : real[S, S]
plate n in N {
  observed x[t in T] : category(V)
  target y[t in T] : category(S)
  factor emission[t in T] = -emit[x[t], y[t]]
  factor transition[t in 1..T] = -trans[y[t-1], y[t]]
}
train { loss nll  learn by lbfgs }`;
  const x = [
    [0, 1, 1, 0],
    [1, 1, 0, 0],
  ];
  const y = [
    [2, 0, 1, 1],
    [0, 0, 2, 1],
  ];
  const params = { emit: matrix(2, 3, 5), trans: matrix(3, 3, 21) };
  const energy = (n: number, labels: readonly number[]): number =>
    -sum(labels.map((s, t) => params.emit[x[n]![t]!]![s]!)) -
    sum(labels.slice(1).map((s, t) => params.trans[labels[t]!]![s]!));

  it('sums over all 81 label sequences', () => {
    const { at, plan } = lossOf(source, { x, y });
    const expected = sum(y.map((labels, n) => energy(n, labels) + logSumExp(vectors(4, 3).map((v) => -energy(n, v)))));
    expect(at(params).loss).toBeCloseTo(expected, 10);
    expect(gradientError(at, params)).toBeLessThan(1e-8);
    expect(plan.fit).toMatchObject({ certificate: 'globally optimal' });
  });
});

it('sequences of unequal lengths: each sums over the sequences of its own length', () => {
  const source = `model m
size N, T[n in N], S = 2
param a : real[S]
param trans : real[S, S]
plate n in N {
  target y[t in T[n]] : category(S)
  factor own[t in T[n]] = -a[y[t]]
  factor next[t in 1..T[n]] = -trans[y[t-1], y[t]]
}
train { loss nll  learn by lbfgs }`;
  const y = [[1, 0, 1], [0], [1, 1]];
  const params = { a: scattered(2, 3), trans: matrix(2, 2, 8) };
  const energy = (l: readonly number[]): number =>
    -sum(l.map((s) => params.a[s]!)) - sum(l.slice(1).map((s, t) => params.trans[l[t]!]![s]!));
  const { at } = lossOf(source, { y });
  const expected = sum(y.map((l) => energy(l) + logSumExp(vectors(l.length, 2).map((v) => -energy(v)))));
  expect(at(params).loss).toBeCloseTo(expected, 10);
  expect(gradientError(at, params)).toBeLessThan(1e-8);
});

it('terms of params alone stand outside, once, or once a point where each point has one', () => {
  const y = [0.5, -1, 2];
  const source = `model m
size N
param w : real
plate n in N {
  target y : real
  factor f = (y - w)^2
  regularizer each = 3 * w^2
}
regularizer once = 5 * w^2
train { loss nll  learn by lbfgs }`;
  const { loss, paramEnergy } = lossOf(source, { y }).at({ w: 0.5 });
  expect(paramEnergy).toBeCloseTo(5 * 0.25 + 3 * (3 * 0.25), 12);
  const likelihood = sum(y.map((v) => (v - 0.5) ** 2)) + (3 / 2) * Math.log(Math.PI);
  expect(loss).toBeCloseTo(likelihood, 12);
});

describe('latents and targets of one energy', () => {
  const source = (beta: string): string => `model m
size N, V = 3, H = 2
param W : real[V, H]
param b : real[V]
plate n in N {
  target y : binary[V]
  latent z : binary[H]
  factor interaction = -(y' @ W @ z)
  factor visible = -(b' @ y)
}
${beta}
train { loss nll  learn by lbfgs }`;
  const y = [
    [1, 0, 1],
    [0, 1, 1],
    [0, 0, 0],
  ];
  const params = { W: matrix(3, 2, 9), b: scattered(3, 30) };
  const energy = (v: readonly number[], h: readonly number[]): number =>
    -sum(v.map((vi, i) => sum(h.map((hj, j) => vi * params.W[i]![j]! * hj)))) - dot(params.b, v);

  it.each([
    ['', 1],
    ['beta = 1.7', 1.7],
  ])('both are summed at the same temperature (%s)', (setting, beta) => {
    const { at, plan } = lossOf(source(setting), { y });
    const free = (v: readonly number[]): number => -logSumExp(vectors(2, 2).map((h) => -beta * energy(v, h))) / beta;
    const logZ = logSumExp(vectors(3, 2).flatMap((v) => vectors(2, 2).map((h) => -beta * energy(v, h))));
    expect(at(params).loss).toBeCloseTo(sum(y.map((v) => free(v) + logZ / beta)), 10);
    expect(gradientError(at, params)).toBeLessThan(1e-8);
    expect(plan.fit).toMatchObject({ certificate: 'local' });
  });
});

describe('real targets', () => {
  const source = (beta: string): string => `model m
size N, D = 2
param w : real[D]
param k : positive
plate n in N {
  observed x : real[D]
  target y : real
  factor misfit = k * (y - w' @ x)^2
}
${beta}
train { loss nll  learn by lbfgs }`;
  const x = matrix(4, 2, 11);
  const y = scattered(4, 60);
  const params = { w: [0.4, -0.7], k: 1.3 };

  it.each([
    ['', 1],
    ['beta = 2.5', 2.5],
  ])('are integrated in closed form (%s)', (setting, beta) => {
    const { at } = lossOf(source(setting), { x, y });
    // ∫ e^{-β k (y - m)²} dy = √(π / βk).
    const misfits = x.map((row, n) => params.k * (y[n]! - dot(params.w, row)) ** 2);
    const expected = sum(misfits) + (4 * 0.5 * Math.log(Math.PI / (beta * params.k))) / beta;
    expect(at(params).loss).toBeCloseTo(expected, 10);
    expect(gradientError(at, params)).toBeLessThan(1e-7);
  });
});

it('a factor that is a distribution is normalised at β = 1 only', () => {
  const source = (beta: string): string => `model m
size N, C = 3
param a : real[C]
plate n in N { target y : category(C) ~ categorical(softmax(a)) }
${beta}
train { loss nll  learn by lbfgs }`;
  const y = [0, 2, 2];
  const a = scattered(3, 4);
  const p = a.map((v) => Math.exp(v - logSumExp(a)));
  const minusLogs = sum(y.map((s) => -Math.log(p[s]!)));
  expect(lossOf(source(''), { y }).at({ a }).loss).toBeCloseTo(minusLogs, 10);
  const atTwo = minusLogs + (3 * Math.log(sum(p.map((v) => v ** 2)))) / 2;
  expect(lossOf(source('beta = 2'), { y }).at({ a }).loss).toBeCloseTo(atTwo, 10);
});
