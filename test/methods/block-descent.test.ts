// Alternations whose blocks take their best step each, against other libraries and closed forms: factorisations of all kinds,
// sweeps that mix closed forms with descent steps, and their plans.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { list, random } from './random-data.ts';
import { explainModel, flat, largestDifference, runFully, runModel } from './run-model.ts';
import { withNative } from '../backend/native/compiler.ts';

type Numbers = readonly number[];
const model = (name: string): string => readFileSync(join(import.meta.dirname, '..', 'models', `${name}.ebm`), 'utf8');
const dot = (a: Numbers, c: Numbers): number => a.reduce((s, x, i) => s + x * c[i]!, 0);
const scaled = (a: Numbers, by: number): Numbers => a.map((x) => x * by);
const unit = (a: Numbers): Numbers => scaled(a, 1 / Math.sqrt(dot(a, a)));

/** The objective after each sweep. */
const trace = async (...run: Parameters<typeof runFully>): Promise<Numbers> => {
  const { trace: values } = await runFully(...run);
  return values!;
};
const expectNoRise = (values: Numbers): void => {
  expect(values.length).toBeGreaterThan(2);
  values.slice(1).forEach((v, i) => expect(v).toBeLessThanOrEqual(values[i]! * (1 + 1e-12) + 1e-12));
};

describe('nonnegative matrix factorisation', () => {
  const y = [
    [1, 0, 1, 11, 7, 6, 3, 5, 5, 1, 3, 3],
    [2, 2, 0, 11, 2, 0, 7, 10, 4, 1, 9, 11],
    [2, 0, 2, 14, 6, 5, 5, 6, 8, 2, 6, 6],
    [0, 2, 0, 12, 7, 4, 7, 8, 8, 5, 7, 6],
    [1, 1, 0, 1, 2, 2, 0, 1, 2, 0, 0, 0],
    [0, 2, 0, 3, 0, 0, 4, 3, 3, 1, 5, 4],
    [2, 2, 0, 4, 4, 2, 1, 1, 3, 2, 2, 1],
    [2, 2, 1, 7, 6, 5, 0, 1, 4, 2, 2, 0],
    [2, 1, 0, 2, 2, 0, 1, 2, 2, 1, 2, 2],
    [0, 0, 0, 12, 11, 6, 3, 3, 10, 3, 2, 2],
    [1, 2, 2, 0, 0, 2, 1, 0, 1, 1, 1, 1],
    [0, 1, 1, 11, 2, 2, 6, 9, 5, 0, 10, 11],
    [1, 2, 0, 1, 1, 1, 1, 2, 2, 0, 0, 0],
    [0, 2, 0, 11, 9, 4, 10, 8, 12, 11, 2, 2],
    [1, 2, 2, 15, 7, 0, 15, 17, 12, 11, 11, 9],
    [2, 1, 2, 2, 1, 1, 2, 1, 2, 0, 2, 1],
    [2, 1, 0, 17, 12, 8, 7, 9, 12, 3, 7, 8],
    [2, 2, 1, 7, 8, 0, 11, 6, 10, 11, 1, 0],
    [1, 1, 2, 5, 6, 2, 6, 4, 7, 7, 1, 2],
    [0, 0, 2, 16, 14, 4, 13, 11, 14, 9, 3, 4],
  ];
  // scikit-learn 1.9.1, the least of 30 random starts, all of which end there:
  // h = NMF(3, solver='cd', init='random', tol=1e-12, max_iter=100000, random_state=s).fit_transform(Y); ((Y - h @ W)**2).sum()
  const peer = 134.09139544638518;

  it.each(withNative(['reference', 'wasm']))('as low as scikit-learn on %s', async (backend) => {
    const report = await runModel(model('nmf'), { y }, { sizes: { K: 3 }, backend });
    expect(report.energy!.total / peer - 1).toBeLessThan(1e-4);
    expect(report.energy!.total / peer - 1).toBeGreaterThan(-1e-6);
    expect(report.converged).toBe(true);
    for (const part of [report.params['W'], report.variables['h']])
      expect(Math.min(...flat(part))).toBeGreaterThanOrEqual(0);
  });

  it('is block coordinate descent by structure, and never rises', async () => {
    const text = explainModel(model('nmf'), { y }, { sizes: { K: 3 } });
    expect(text).toContain('learn W by block coordinate descent');
    expect(text).toMatch(/minimise h by FISTA \[globally optimal\]/);
    expectNoRise(await trace(model('nmf'), { y }, { sizes: { K: 3 }, restarts: 1 }));
  });
});

describe('dictionary learning', () => {
  const y = [
    [-1.2, 1.9, -0.1, 1.8, 2.9],
    [-2.9, 1.4, 1.3, 1.4, -0.6],
    [0, 0, 0, -0.2, 0.1],
    [1.5, -0.8, -0.6, -0.6, 0.4],
    [-5.5, 0, 0.8, 2, 0.1],
    [2.3, -1, -1.1, -1.1, 0.4],
    [0.9, 0.5, 0, -0.2, -0.4],
    [-0.2, -0.7, -0.2, 0.5, 0.2],
    [0.2, -0.1, 0, -0.1, 0],
    [3, -1.2, -1.4, -1.5, 0.7],
    [-1, 0.5, 1.3, 0, -2.3],
    [0.7, -2.9, -1.6, 1, 0.2],
    [0.1, 0, 0, -0.1, -0.1],
    [-0.1, 0.1, -0.1, -0.1, 0],
    [-2.3, 1, 0.8, 1.1, -0.4],
    [1, -2.9, -0.6, 1, -2.1],
    [0, 0, -0.2, 0.2, -0.1],
    [-0.2, 0.1, 0, 0, 0],
    [-2.6, -2, 0.1, 2, -2],
    [-0.7, 1, 0, 0.8, 1.3],
    [-1.5, -1, -0.7, 0.3, 0.4],
    [0.2, 3.1, 0.9, -1, 1.4],
    [0.9, -2.9, 0.1, -1.2, -2.9],
    [0.1, 0, -0.2, 0.1, 0.1],
  ];
  // scikit-learn 1.9.1, the least of 20 random starts (14 end there, the others at 26.9508). It minimises half of this energy:
  // code, D, _ = dict_learning(Y, 4, alpha=0.2, max_iter=20000, tol=1e-12, method='cd', method_max_iter=100000, …);
  // ((Y - code @ D)**2).sum() + 0.4 * abs(code).sum()
  const peer = 26.386570288398044;
  const options = { sizes: { K: 4 }, consts: { lambda: 0.4 } };

  it.each(withNative(['reference', 'wasm']))('as low as scikit-learn on %s', async (backend) => {
    const report = await runModel(model('sparse_coding'), { y }, { ...options, backend });
    expect(report.energy!.total / peer - 1).toBeLessThan(1e-4);
    expect(report.energy!.total / peer - 1).toBeGreaterThan(-1e-6);
    const W = flat(report.params['W']);
    for (let k = 0; k < 4; k++) {
      const atom = W.filter((_, i) => i % 4 === k);
      expect(Math.sqrt(dot(atom, atom))).toBeLessThan(1 + 1e-5);
    }
  });

  it('is block coordinate descent by structure, and never rises', async () => {
    const text = explainModel(model('sparse_coding'), { y }, options);
    expect(text).toContain('learn W by block coordinate descent');
    expectNoRise(await trace(model('sparse_coding'), { y }, { ...options, restarts: 1 }));
  });

  it('with the dictionary given, a Lasso is one convex problem', () => {
    const W = list(5, (d) => list(4, (k) => (d === k ? 1 : 0)));
    const text = explainModel(model('sparse_coding'), { y, W }, options);
    expect(text).toMatch(/minimise z by FISTA \[globally optimal\]/);
    expect(text).not.toContain('repeat');
  });
});

describe('matrix factorisation', () => {
  // R = Σ s_k u_k v_k' with u, v columns of Hadamard matrices. With ridge λ on both factors the minimum is that of a nuclear
  // norm: every kept singular value s is lowered to max(s - λ, 0), at 2λs - λ² (Srebro, Rennie, Jaakkola 2004, lemma 6).
  const hadamard = (n: number): number[][] =>
    n === 1
      ? [[1]]
      : list(n, (i) =>
          list(n, (j) => hadamard(n / 2)[i % (n / 2)]![j % (n / 2)]! * (i >= n / 2 && j >= n / 2 ? -1 : 1)),
        );
  const [u, v] = [hadamard(8), hadamard(4)];
  const singular = [9, 6, 2.5, 0.3];
  const R = list(8, (i) =>
    list(4, (j) => singular.reduce((s, x, k) => s + (x * u[i]![k]! * v[j]![k]!) / Math.sqrt(32), 0)),
  );
  const cells = {
    user: R.flatMap((row, i) => row.map(() => i)),
    item: R.flatMap((row) => row.map((_, j) => j)),
    r: R.flat(),
  };

  it.each([
    [1, 0.5],
    [2, 0.5],
    [3, 0.5],
    [4, 1],
  ])('of rank %d with ridge %d: the soft-thresholded singular values', async (K, lambda) => {
    const minimum = singular.reduce((s, x, k) => s + (k < K && x > lambda ? 2 * lambda * x - lambda ** 2 : x * x), 0);
    const options = { sizes: { U: 8, I: 4, K }, consts: { lambda } };
    const report = await runModel(model('matrix_factorisation'), cells, options);
    expect(Math.abs(report.energy!.total / minimum - 1)).toBeLessThan(1e-6);
  });

  it('solves a small system for each user: the joint one would not fit', () => {
    const text = explainModel(model('matrix_factorisation'), cells, {
      sizes: { U: 300, I: 300, K: 4 },
      budget: 2 ** 20,
    });
    expect(text.match(/by least squares \[exact\]/g)).toHaveLength(2);
  });

  it('is alternating least squares, and `als` names it', async () => {
    const options = { sizes: { U: 8, I: 4, K: 2 } };
    const text = explainModel(`${model('matrix_factorisation')}train { learn a, b by als }\n`, cells, options);
    expect(text).toContain('learn a, b by block coordinate descent');
    expect(text.match(/by least squares \[exact\]/g)).toHaveLength(2);
    expectNoRise(await trace(model('matrix_factorisation'), cells, { ...options, restarts: 1 }));
  });
});

describe('sweeps that mix closed forms with descent steps', () => {
  it('a direction of length 1 and a scale: together they are a regression', async () => {
    const { normal } = random(2);
    const x = list(12, () => [normal(), normal(), normal()]);
    const y = x.map((row) => dot(row, [2, -1, 0.5]) + normal() / 5);
    const text = `model m
size N
param u : real[3] where ||u|| == 1
param s : real
plate n in N {
  observed x : real[3]
  target y : real
  factor error = (y - s * (u @ x))^2
}
`;
    const regression =
      'model m\nsize N\nparam w : real[3]\nplate n in N {\n  observed x : real[3]\n  target y : real\n  factor error = (y - w @ x)^2\n}\n';
    const plan = explainModel(text, { x, y });
    expect(plan).toMatch(/minimise s by least squares \[exact\]/);
    expect(plan).toMatch(/minimise u by Riemannian gradient steps \[local\]/);
    const [mixed, whole] = [await runModel(text, { x, y }), await runModel(regression, { x, y })];
    expect(mixed.energy!.total / whole.energy!.total - 1).toBeLessThan(1e-6);
    const product = scaled(flat(mixed.params['u']), mixed.params['s'] as number);
    expect(largestDifference(product, flat(whole.params['w']))).toBeLessThan(1e-3);
    expectNoRise(await trace(text, { x, y }, { restarts: 1 }));
  });

  const clusters = (beta: string): string => `model m
size N, K = 2
param c : real[3]
param w : real[3, K] where colnorm(w) == 1
plate n in N {
  target y : real[3]
  latent z : onehot[K]
  factor distance = ||y - c - w @ z||^2
}
beta = ${beta}
`;
  const { normal } = random(6);
  const y = list(30, (n) => [n % 2 === 0 ? 3 : -1, 1, normal()].map((m) => m + normal() / 3));

  // At a fixed point every direction is that of the weighted mean of its points, and c the mean of what is left.
  it.each([
    ['inf', 'alternating minimisation (Lloyd)'],
    ['2', 'expectation-maximisation'],
  ])('directions of clusters around a centre at beta = %s: %s', async (beta, name) => {
    expect(explainModel(clusters(beta), { y })).toContain(`by ${name}`);
    const report = await runModel(clusters(beta), { y });
    const [w, c] = [flat(report.params['w']), flat(report.params['c'])];
    const direction = (k: number): Numbers => [0, 1, 2].map((d) => w[2 * d + k]!);
    const weights = y.map((p) => {
      const energies = [0, 1].map((k) => p.reduce((s, v, d) => s + (v - c[d]! - direction(k)[d]!) ** 2, 0));
      if (beta === 'inf') return energies[0]! < energies[1]! ? [1, 0] : [0, 1];
      const odds = Math.exp(-Number(beta) * (energies[1]! - energies[0]!));
      return [1 / (1 + odds), odds / (1 + odds)];
    });
    const sum = (k: number): Numbers =>
      [0, 1, 2].map((d) => y.reduce((s, p, n) => s + weights[n]![k]! * (p[d]! - c[d]!), 0));
    for (const k of [0, 1]) expect(largestDifference(direction(k), unit(sum(k)))).toBeLessThan(2e-3);
    const centre = [0, 1, 2].map(
      (d) =>
        y.reduce((s, p, n) => s + p[d]! - weights[n]![0]! * direction(0)[d]! - weights[n]![1]! * direction(1)[d]!, 0) /
        30,
    );
    expect(largestDifference(c, centre)).toBeLessThan(2e-3);
  });

  it('params with free coordinates are descended together, whatever iterates the latents', () => {
    const text = `model m
size N, K = 2
param W : positive[3, K]
plate n in N {
  target y : nonnegative[3]
  latent z : nonnegative[K]
  factor fit = sum[d in 3] ((W[d, :] @ z + 0.1) - y[d] * log(W[d, :] @ z + 0.1))
}
regularizer ridge = 0.1 * ||W||_F^2
`;
    expect(explainModel(text, { y: [[1, 2, 3]] })).toContain('learn W by L-BFGS on the free energy');
  });
});

describe('restarts', () => {
  it('are those of the flag; else ten, of which iterated sweeps continue the best after a few', () => {
    const plan = (restarts: number | null): string =>
      explainModel(
        model('nmf'),
        {
          y: [
            [1, 2],
            [2, 1],
          ],
        },
        { sizes: { K: 1 }, restarts },
      );
    expect(plan(null)).toContain(
      '10 starts, of which the best 5 after 15 iterations, the best 2 after 45 and the best after 105 go on',
    );
    expect(plan(4)).toContain('4 starts, the best is kept');
    expect(plan(1)).toContain('one start');
    const cells = { user: [0, 1], item: [0, 1], r: [1, 2] };
    expect(explainModel(model('matrix_factorisation'), cells, { sizes: { U: 2, I: 2 } })).toContain(
      '10 starts, the best is kept',
    );
  });
});
