// What must never be answered: energies without a minimum whose stationary point has a closed form, structure that only looks
// like a closed form, unknowns at the edge of their domain. In: small models. Out: the code that stops them, or the answer by
// hand.
import { describe, expect, it } from 'vitest';
import { runModel, tryModel } from './run-model.ts';

const codes = async (source: string, data = {}, options = {}): Promise<readonly string[]> => {
  const { result, diagnostics } = await tryModel(source, data, options);
  return result === null ? diagnostics.filter((d) => d.severity === 'error').map((d) => d.code) : ['answered'];
};

describe('a stationary point that is no minimum', () => {
  it.each([
    ['log of a simplex', 'param p : simplex[3]', '2 * log(p[0]) + 3 * log(p[1]) + log(p[2])'],
    ['of two signs', 'param p : simplex[3]', '-2 * log(p[0]) + log(p[1]) - 3 * log(p[2])'],
    ['log of a probability', 'param p : unit', '2 * log(p) + 3 * log(1 - p)'],
    ['scale', 'param s : positive', '-2 / s^2 - 3 * log(s)'],
    ['rate', 'param s : positive', '-2 * s + 3 * log(s)'],
    ['parabola upside down', 'param w : real', '-(w - 1)^2'],
    ['in one of two blocks', 'param w : real  param v : real', '(w * v - 1)^2 - 3 * w^2'],
  ])('%s', async (_, declarations, energy) => {
    expect(await codes(`model m\n${declarations}\nfactor f = ${energy}`)).toEqual(['EBM508']);
  });
});

describe('eigenvectors', () => {
  const y = [[3, 0, 0], [-3, 0, 0], [0, 2, 0], [0, -2, 0], [0, 0, 1], [0, 0, -1]]; // prettier-ignore
  const model = (columns: string): string => `model m
size N
param W : orthonormal[3, 2]
plate n in N { observed y : real[3] }
factor f[n in N] = -sum[k in ${columns}] (y[n] @ W[:, k])^2`;

  it('of all columns: the largest two variances', async () => {
    const { energy } = await runModel(model('0..2'), { y });
    expect(energy!.total).toBeCloseTo(-(18 + 8), 9);
  });

  it('not of some of them, for which steps follow the orthonormal matrices', async () => {
    const { energy, plan } = await runModel(model('1..2'), { y });
    expect(plan[0]!.method).toBe('Riemannian gradient');
    expect(energy!.total).toBeCloseTo(-18, 9);
  });

  it('nor of one that a latent picks: every point lies along the better of two axes', async () => {
    const picked = `model m
size N
param W : orthonormal[3, 2]
plate n in N {
  target y : real[3]
  latent z : category(2)
  factor f = -(y @ W[:, z])^2
}`;
    const { energy, plan } = await runModel(picked, { y });
    expect(plan.map((p) => p.method)).toContain('Riemannian gradient');
    expect(energy!.total).toBeCloseTo(-(18 + 8), 9);
  });
});

it('the inverse of a part of a matrix: its own covariance, and not a part of the closed form of the whole', async () => {
  const source = `model m
size N
param S : spd[3, 3]
plate n in N { observed y : real[2] }
factor square[n in N] = 0.5 * y[n] @ (inverse(S[0..2, 0..2]) @ y[n])
factor volume[n in N] = 0.5 * log_abs_det(S[0..2, 0..2])`;
  const { params } = await runModel(source, { y: [[1, 0], [0, 1], [1, 1], [2, -1]] }); // prettier-ignore
  const { data } = params['S'] as { readonly data: ArrayLike<number> };
  // Σ y y' / N of the data above.
  const expected = [1.5, -0.25, -0.25, 0.75];
  [0, 1, 3, 4].forEach((at, i) => expect(data[at]).toBeCloseTo(expected[i]!, 4));
});

it('a minimum close to the end of an interval', async () => {
  const { variables } = await runModel('model m\nlatent p : unit\nfactor f = -1000 * log(p) - 0.5 * log(1 - p)');
  expect(variables['p']).toBeCloseTo(1000 / 1000.5, 6);
});

it('reads beyond the ends by a symbolic distance, behind a condition', async () => {
  const source = `model m
size T, K
latent s[t in T] : real
factor lag[t in T] = if t + K < T then (s[t+K] - s[t])^2 else 0
factor unary[t in T] = (s[t] - t)^2`;
  // Steps of 2: (s0, s2, s4) costs 4 and (s1, s3) costs 4/3 at the minimum.
  const { energy } = await runModel(source, {}, { sizes: { T: 5, K: 2 } });
  expect(energy!.total).toBeCloseTo(4 + 4 / 3, 6);
});

it('regressions of few data do not start with all states alike', async () => {
  const source = `model m
size N
param W : real[3, 2]
plate n in N {
  target y : real[3]
  latent z : category(2)
  factor f = (y @ W[:, z] - 1)^2
}`;
  const y = [[3, 0, 0], [-3, 0, 0], [0, 2, 0], [0, -2, 0], [0, 0, 1], [0, 0, -1]]; // prettier-ignore
  // Two planes through ±1/y pass through all points.
  expect((await runModel(source, { y })).energy!.total).toBeCloseTo(0, 9);
});

describe('quadrature', () => {
  const model = (k: number, centre: number): string => `model m\nlatent p : unit\nfactor f = ${k} * (p - ${centre})^2`;
  it.each([1e4, 1e5])('of a density of precision 2 · %s', async (k) => {
    const { logPartition } = await runModel(model(k, 0.3333), {}, { query: 'logz' });
    expect(logPartition).toBeCloseTo(0.5 * Math.log(Math.PI / k), 5);
  });

  it.each([0.5, 0.3333])('of one that falls between the points around %s says so', async (centre) => {
    const { result } = await tryModel(model(5e6, centre), {}, { query: 'logz' });
    expect(result!.exitCode).toBe(3);
  });
});

describe('a descent that never ends', () => {
  it.each([
    ['along a line', 'param w : real[2]', 'exp(w[0]) - w[1] + softplus(-w[1])'],
    ['to the edge of a positive number', 'latent x : positive', 'log(x)'],
  ])('%s', async (_, declarations, energy) => {
    expect(await codes(`model m\n${declarations}\nfactor f = ${energy}`)).toEqual(['EBM508']);
  });
});
