// Softmax regression, learned: the objective at the params found against that of scikit-learn, and queries after learning.
import { describe, expect, it } from 'vitest';
import { flat, runModel, tryModel } from '../methods/run-model.ts';
import { lossOf, matrix } from './objective.ts';

const source = (lambda: string, by = 'lbfgs'): string => `model m
size N, D, C = 3
param W : real[C, D]
param b : real[C]
plate n in N {
  observed x : real[D]
  target y : category(C)
  factor score = -(W @ x + b)[y]
}
regularizer decay = ${lambda} * ||W||_F^2
train { loss nll  learn by ${by} }`;
const x = matrix(60, 4);
const y = x.map((row, i) => (i * i + (row[0]! > 0 ? 1 : 0)) % 3);

/** The params of a report as nested arrays. */
const nested = (params: Readonly<Record<string, unknown>>) => {
  const W = flat(params['W']);
  return { W: [0, 1, 2].map((c) => W.slice(4 * c, 4 * c + 4)), b: [...flat(params['b'])] };
};

// scikit-learn 1.9.1, with s(n, offset) = 2 frac((offset + 1 … offset + n) 7.3 √2) - 1:
//   X = [s(4, 4i) for i in range(60)];  y = [(i² + (X[i][0] > 0)) % 3 for i in range(60)]
//   m = LogisticRegression(C=C, tol=1e-12, max_iter=100000, solver='newton-cholesky').fit(X, y)
//   S = X @ m.coef_.T + m.intercept_
//   sum(log(sum(exp(S), 1)) - S[range(60), y]) + sum(m.coef_²) / 2C
it.each([
  ['1', 0.5, 49.15073288104639],
  ['1e-3', 500, 43.22890648511733],
])('λ = %s, C = %s: the objective of scikit-learn', async (lambda, _, theirs) => {
  const { params, converged } = await runModel(source(lambda), { x, y });
  const { loss, paramEnergy } = lossOf(source(lambda), { x, y }).at(nested(params));
  expect(converged).toBe(true);
  expect(Math.abs(loss + paramEnergy - theirs) / theirs).toBeLessThan(1e-6);
});

describe('learned on x and y, asked for y', () => {
  it('gives the class of least energy at each point', async () => {
    const { variables, params, plan, task } = await runModel(source('1e-3'), { x, y }, { ask: ['y'] });
    const { W, b } = nested(params);
    const best = x.map((row) => {
      const scores = W.map((w, c) => b[c]! + w.reduce((s, v, d) => s + v * row[d]!, 0));
      return scores.indexOf(Math.max(...scores));
    });
    expect(flat(variables['y'])).toEqual(best);
    expect(task).toBe('map');
    expect(plan.map((p) => [p.unknowns, p.operation])).toEqual([
      [['W', 'b'], 'minimize'],
      [['y'], 'minimize'],
    ]);
  });

  it('learns the same params as without the question', async () => {
    const asked = await runModel(source('1e-3'), { x, y }, { ask: ['y'] });
    const plain = await runModel(source('1e-3'), { x, y });
    expect(asked.params).toEqual(plain.params);
  });

  it('gives probabilities when asked for marginals', async () => {
    const { marginals, params } = await runModel(source('1e-3'), { x, y }, { ask: ['y'], query: 'marginals' });
    const { W, b } = nested(params);
    const scores = W.map((w, c) => Math.exp(b[c]! + w.reduce((s, v, d) => s + v * x[0]![d]!, 0)));
    const total = scores.reduce((s, v) => s + v, 0);
    const found = flat(marginals['y']).slice(0, 3);
    scores.forEach((s, c) => expect(found[c]).toBeCloseTo(s / total, 10));
  });

  it('learns nothing where the params are given', async () => {
    const W = matrix(3, 4, 500);
    const b = [0, 0, 0];
    const { result } = await tryModel(source('1e-3'), { x, y, W, b }, { ask: ['y'] });
    expect(result!.json.plan.map((p) => p.unknowns)).toEqual([['y']]);
    expect(result!.json.params).toEqual({});
  });

  it('without labels there is nothing to learn from', async () => {
    const { diagnostics } = await tryModel(source('1e-3'), { x });
    expect(diagnostics.map((d) => d.code)).toEqual(['EBM505']);
  });
});
