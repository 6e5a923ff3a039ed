// Alternating fits on seeded data: the objective never rises, the planted structure comes back, and at the end the gradient
// of the free energy, computed here, is zero in directions that keep the params feasible.
import { describe, expect, it } from 'vitest';
import type { RunResult } from '../../src/api.ts';
import { invert } from './dense.ts';
import { list, random } from './random-data.ts';
import { flat, runFully, runModel } from './run-model.ts';

const neverRises = ({ trace, json }: RunResult): void => {
  expect(json.converged).toBe(true);
  expect(trace!.length).toBeGreaterThan(1);
  for (let i = 1; i < trace!.length; i++)
    expect(trace![i]! - trace![i - 1]!).toBeLessThan(1e-9 * Math.max(1, Math.abs(trace![i]!)));
};

const logSumExp = (x: readonly number[]): number => {
  const top = Math.max(...x);
  return top + Math.log(x.reduce((s, v) => s + Math.exp(v - top), 0));
};

/** Central differences of f along a direction. */
const slope = (f: (x: readonly number[]) => number, x: readonly number[], direction: readonly number[]): number => {
  const step = 1e-5;
  const moved = (by: number): number => f(x.map((v, i) => v + by * direction[i]!));
  return (moved(step) - moved(-step)) / (2 * step);
};
const unit = (n: number, i: number): readonly number[] => list(n, (k) => Number(k === i));
/** Moves weight from entry j to entry i. */
const exchange = (n: number, i: number, j: number): readonly number[] =>
  list(n, (k) => Number(k === i) - Number(k === j));

/** Largest distance of a planted centre to the nearest found one. */
const missed = (planted: readonly (readonly number[])[], found: readonly (readonly number[])[]): number =>
  Math.max(...planted.map((p) => Math.min(...found.map((f) => Math.hypot(...p.map((v, d) => v - f[d]!))))));

const columns = (values: readonly number[], rows: number): readonly (readonly number[])[] =>
  list(values.length / rows, (k) => list(rows, (d) => values[d * (values.length / rows) + k]!));
const rows = (values: readonly number[], length: number): readonly (readonly number[])[] =>
  list(values.length / length, (k) => values.slice(k * length, (k + 1) * length));

describe('three clusters in the plane', () => {
  const { normal } = random(11);
  const planted = [
    [0, 0],
    [6, 1],
    [2, 7],
  ];
  const y = list(90, (n) => planted[n % 3]!.map((c) => c + 0.6 * normal()));
  const squared = (a: readonly number[], b: readonly number[]): number =>
    a.reduce((s, v, d) => s + (v - b[d]!) ** 2, 0);

  it('k-means: centres are means of their members, the planted partition is found', async () => {
    const text = `model kmeans
size N, D, K = 3
param w : real[D, K]
plate n in N {
  target y : real[D]
  latent z : onehot[K]
  factor distance = ||y - w @ z||^2
}
`;
    const result = await runFully(text, { y });
    neverRises(result);
    const { json } = result;
    const centres = columns(flat(json.params['w']), 2);
    expect(missed(planted, centres)).toBeLessThan(0.5);
    const z = rows(flat(json.variables['z']), 3).map((r) => r.indexOf(1));
    y.forEach((p, n) => {
      const distances = centres.map((c) => squared(p, c));
      expect(z[n]).toBe(distances.indexOf(Math.min(...distances)));
    });
    centres.forEach((c, k) => {
      const members = y.filter((_, n) => z[n] === k);
      c.forEach((v, d) => expect(v).toBeCloseTo(members.reduce((s, p) => s + p[d]!, 0) / members.length, 8));
    });
    const total = y.reduce((s, p, n) => s + squared(p, centres[z[n]!]!), 0);
    expect(json.energy!.total).toBeCloseTo(total, 6);
    expect(json.freeEnergy).toBeCloseTo(total, 6);
  });

  it.each([1, 2])('the soft k-means at beta = %d: the free energy is stationary', async (beta) => {
    const text = `model soft
size N, D, K = 3
param w : real[K, D]
plate n in N {
  target y : real[D]
  latent z : category(K)
  factor distance = ||y - w[z]||^2
}
beta = ${beta}
`;
    const result = await runFully(text, { y });
    neverRises(result);
    const free = (w: readonly number[]): number =>
      y.reduce((s, p) => s - logSumExp(rows(w, 2).map((c) => -beta * squared(p, c))) / beta, 0);
    const w = flat(result.json.params['w']);
    expect(result.json.freeEnergy).toBeCloseTo(free(w), 6);
    w.forEach((_, i) => expect(Math.abs(slope(free, w, unit(6, i)))).toBeLessThan(0.05));
    expect(missed(planted, rows(w, 2))).toBeLessThan(0.5);
  });

  it('the full Gaussian mixture: a stationary point of the likelihood', async () => {
    const text = `model gmm_full
size N, D, K = 3
param pi : simplex[K]
param mu : real[K, D]
param S : spd[K, D, D]
plate n in N {
  latent z : category(K) ~ categorical(pi)
  target y : real[D] ~ multivariate_normal(mu[z], S[z])
}
`;
    const result = await runFully(text, { y });
    neverRises(result);
    const { params, freeEnergy } = result.json;
    const [pi, mu, s] = [flat(params['pi']), flat(params['mu']), flat(params['S'])];
    const likelihood = (p: readonly number[]): number => {
      const [weights, means, covariances] = [p.slice(0, 3), rows(p.slice(3, 9), 2), rows(p.slice(9), 4)];
      const inverses = covariances.map((c) => invert([c.slice(0, 2), c.slice(2)])!);
      return y.reduce(
        (total, point) =>
          total -
          logSumExp(
            weights.map((w, k) => {
              const r = point.map((v, d) => v - means[k]![d]!);
              const form = r.reduce(
                (t, a, i) => t + r.reduce((u, b, j) => u + a * inverses[k]!.inverse[i]![j]! * b, 0),
                0,
              );
              return Math.log(w) - form / 2 - inverses[k]!.logDet / 2 - Math.log(2 * Math.PI);
            }),
          ),
        0,
      );
    };
    const all = [...pi, ...mu, ...s];
    expect(freeEnergy).toBeCloseTo(likelihood(all), 5);
    for (const [i, j] of [
      [0, 1],
      [1, 2],
    ] as const)
      expect(Math.abs(slope(likelihood, all, exchange(all.length, i, j)))).toBeLessThan(0.05);
    mu.forEach((_, i) => expect(Math.abs(slope(likelihood, all, unit(all.length, 3 + i)))).toBeLessThan(0.05));
    list(3, (k) => {
      const at = 9 + 4 * k;
      // Symmetric directions: each diagonal entry, both off-diagonal ones together.
      const both = list(all.length, (i) => Number(i === at + 1 || i === at + 2));
      for (const direction of [unit(all.length, at), unit(all.length, at + 3), both])
        expect(Math.abs(slope(likelihood, all, direction))).toBeLessThan(0.3);
    });
    expect(missed(planted, rows(mu, 2))).toBeLessThan(0.5);
  });

  it('precisions of unit determinant', async () => {
    const text = `model gmm
size N, D, K = 3
param w : real[D, K]
param M : spd[K, D, D] where det(M) == 1
plate n in N {
  target y : real[D]
  latent z : onehot[K]
  factor distance = (y - w @ z)' @ (M[z] @ (y - w @ z))
}
beta = 1
`;
    const result = await runFully(text, { y });
    neverRises(result);
    rows(flat(result.json.params['M']), 4).forEach((m) => expect(m[0]! * m[3]! - m[1]! * m[2]!).toBeCloseTo(1, 6));
    expect(missed(planted, columns(flat(result.json.params['w']), 2))).toBeLessThan(0.5);
  });
});

describe('hidden Markov models', () => {
  const { uniform, normal } = random(5);
  const pick = (p: readonly number[]): number => {
    let u = uniform();
    return p.findIndex((q) => (u -= q) < 0);
  };
  const A = [
    [0.9, 0.1],
    [0.2, 0.8],
  ];
  const states: number[] = [0];
  while (states.length < 200) states.push(pick(A[states.at(-1)!]!));

  /** -log p(x) by the forward algorithm, from -log emissions [T][S]. */
  const surprise = (
    pi: readonly number[],
    a: readonly (readonly number[])[],
    emit: readonly (readonly number[])[],
  ): number => {
    let message = pi.map((p, s) => Math.log(p) - emit[0]![s]!);
    for (const e of emit.slice(1))
      message = e.map((c, s) => logSumExp(message.map((m, r) => m + Math.log(a[r]![s]!))) - c);
    return -logSumExp(message);
  };

  it('discrete emissions, everything learned: Baum and Welch', async () => {
    const B = [
      [0.7, 0.2, 0.1],
      [0.1, 0.2, 0.7],
    ];
    const x = states.map((s) => pick(B[s]!));
    const text = `model hmm
size T, S = 2, V = 3
param pi : simplex[S]
param A : simplex[S, S]
param B : simplex[S, V]
latent s[t in T] : category(S)
target x[t in T] : category(V)
s[0] ~ categorical(pi)
s[t in 1..T] ~ categorical(A[s[t-1]])
x[t in T] ~ categorical(B[s[t]])
`;
    const result = await runFully(text, { x }, { restarts: 4 });
    neverRises(result);
    const { params, freeEnergy } = result.json;
    const [pi, a, b] = [flat(params['pi']), flat(params['A']), flat(params['B'])];
    const objective = (p: readonly number[]): number =>
      surprise(
        pi,
        rows(p.slice(0, 4), 2),
        x.map((v) => rows(p.slice(4), 3).map((row) => -Math.log(row[v]!))),
      );
    const all = [...a, ...b];
    expect(freeEnergy).toBeCloseTo(objective(all), 6);
    // The data were drawn from A and B: the fit explains them at least as well.
    expect(freeEnergy).toBeLessThan(
      surprise(
        [1, 0],
        A,
        x.map((v) => B.map((row) => -Math.log(row[v]!))),
      ) + 1e-6,
    );
    // Where a probability has gone to 0 the optimum is at the edge and only inner directions count.
    const pairs = [
      [0, 1],
      [2, 3],
      [4, 5],
      [4, 6],
      [5, 6],
      [7, 8],
      [8, 9],
    ] as const;
    const inner = pairs.filter(([p, q]) => all[p]! > 1e-3 && all[q]! > 1e-3);
    expect(inner.length).toBeGreaterThan(2);
    for (const [p, q] of inner) expect(Math.abs(slope(objective, all, exchange(10, p, q)))).toBeLessThan(0.1);
  });

  it('Gaussian emissions', async () => {
    const x = states.map((s) => [-1, 2][s]! + 0.5 * normal());
    const text = `model ghmm
size T, S = 2
param pi : simplex[S]
param A : simplex[S, S]
param mu : real[S]
param sd : positive[S]
latent s[t in T] : category(S)
target x[t in T] : real
s[0] ~ categorical(pi)
s[t in 1..T] ~ categorical(A[s[t-1]])
x[t in T] ~ normal(mu[s[t]], sd[s[t]])
`;
    const result = await runFully(text, { x }, { restarts: 4 });
    neverRises(result);
    const { params, freeEnergy } = result.json;
    const [pi, a, mu, sd] = ['pi', 'A', 'mu', 'sd'].map((name) => flat(params[name])) as [
      readonly number[],
      readonly number[],
      readonly number[],
      readonly number[],
    ];
    const objective = (p: readonly number[]): number =>
      surprise(
        pi,
        rows(a, 2),
        x.map((v) =>
          [0, 1].map((s) => ((v - p[s]!) / p[2 + s]!) ** 2 / 2 + Math.log(p[2 + s]!) + Math.log(2 * Math.PI) / 2),
        ),
      );
    expect(freeEnergy).toBeCloseTo(objective([...mu, ...sd]), 6);
    list(4, (i) => expect(Math.abs(slope(objective, [...mu, ...sd], unit(4, i)))).toBeLessThan(0.1));
    expect([...mu].toSorted((p, q) => p - q)[0]).toBeCloseTo(-1, 0);
    const low = mu[0]! < mu[1]! ? 0 : 1;
    const wrong = flat(result.json.variables['s']).filter((s, t) => (s === low ? 0 : 1) !== states[t]).length;
    expect(wrong).toBeLessThan(6);
  });
});

describe('switching regression', () => {
  const { normal, below } = random(3);
  const planted = [
    [2, 1],
    [-1, 0],
  ];
  const x = list(80, () => [normal(), 1]);
  const group = list(80, () => below(2));
  const y = x.map((row, n) => row.reduce((s, v, d) => s + v * planted[group[n]!]![d]!, 0) + 0.1 * normal());
  const text = `model switching
size N, D, K = 2
param w : real[K, D]
plate n in N {
  observed x : real[D]
  target y : real
  latent z : category(K)
  factor error = (y - w[z] @ x)^2
}
`;
  const residual = (w: readonly number[], n: number): readonly number[] =>
    rows(w, 2).map((row) => (y[n]! - row[0]! * x[n]![0]! - row[1]!) ** 2);

  it.each([Infinity, 2])('at beta = %d', async (beta) => {
    const result = await runFully(text, { x, y }, { beta });
    neverRises(result);
    const w = flat(result.json.params['w']);
    expect(missed(planted, rows(w, 2))).toBeLessThan(beta === 2 ? 0.6 : 0.2);
    const free = (p: readonly number[]): number =>
      y.reduce((s, _, n) => {
        const r = residual(p, n);
        return s + (beta === Infinity ? Math.min(...r) : -logSumExp(r.map((v) => -beta * v)) / beta);
      }, 0);
    expect(result.json.freeEnergy).toBeCloseTo(free(w), 6);
    w.forEach((_, i) => expect(Math.abs(slope(free, w, unit(4, i)))).toBeLessThan(0.05));
  });
});

it('a matrix as a product of two: least squares by turns reaches the best low rank', async () => {
  const { normal } = random(9);
  const [a, b] = [list(8, () => [normal(), normal()]), list(6, () => [normal(), normal()])];
  const noise = list(8, () => list(6, () => 0.01 * normal()));
  const r = a.map((u, i) => b.map((v, j) => u[0]! * v[0]! + u[1]! * v[1]! + noise[i]![j]!));
  const text = `model dense
size U, I, K = 2
param a : real[U, K]
param b : real[I, K]
target r[u in U, i in I] : real
factor fit[u in U, i in I] = (r[u, i] - a[u] @ b[i])^2
`;
  const result = await runFully(text, { r });
  neverRises(result);
  // By Eckart and Young the rest is below that of the planted factors.
  expect(result.json.energy!.total).toBeLessThan(noise.flat().reduce((s, v) => s + v * v, 0));
});

it('params that are given are not learned, and the same seed gives the same result', async () => {
  const text = `model kmeans
size N, K = 2
param w : real[K]
plate n in N {
  target y : real
  latent z : category(K)
  factor distance = (y - w[z])^2
}
`;
  const y = [0, 1, 5, 6, 2, 9];
  const given = await runModel(text, { y, w: [0, 6] });
  expect(flat(given.variables['z'])).toEqual([0, 0, 1, 1, 0, 1]);
  expect(given.energy!.total).toBeCloseTo(0 + 1 + 1 + 0 + 4 + 9, 10);
  const [first, second] = [await runModel(text, { y }, { seed: 3 }), await runModel(text, { y }, { seed: 3 })];
  expect(flat(first.params['w'])).toEqual(flat(second.params['w']));
});

it('starts where data say', async () => {
  const text = `model kmeans
size N, K = 2
observed start : real[K]
param w : real[K] = start
plate n in N {
  target y : real
  latent z : category(K)
  factor distance = (y - w[z])^2
}
train { learn w by lloyd(iterations = 10, restarts = 1) }
`;
  // From 0 and 1 only the second centre has more than one datum, from 1 and 12 both have two: two partitions at rest.
  const y = [0, 1, 10, 12];
  const found = async (start: readonly number[]) => flat((await runFully(text, { y, start })).json.params['w']);
  expect(await found([1, 12])).toEqual([0.5, 11]);
  expect(await found([-100, 5])).toEqual([-100, 5.75]);
});
