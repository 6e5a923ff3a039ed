// Closed-form fits against the formulas of textbooks: each model has one param, or several that do not meet.
import { describe, expect, it } from 'vitest';
import { invert, multiply, transpose } from './dense.ts';
import { list, random } from './random-data.ts';
import { flat, largestDifference, runModel } from './run-model.ts';

const { normal, uniform, below } = random(7);
const mean = (x: readonly number[]): number => x.reduce((a, b) => a + b, 0) / x.length;

const points = list(40, () => [1 + normal(), 2 * normal() - 1, normal() / 2]);
const centre = list(3, (d) => mean(points.map((p) => p[d]!)));
const scatter = list(3, (i) => list(3, (j) => mean(points.map((p) => (p[i]! - centre[i]!) * (p[j]! - centre[j]!)))));

const expectClose = (value: unknown, expected: readonly number[], tolerance = 1e-8): void => {
  expect(largestDifference(flat(value), expected), `${flat(value)} against ${expected}`).toBeLessThan(tolerance);
};

describe('least squares', () => {
  const x = list(30, () => [normal(), uniform(), 1]);
  const y = x.map((row) => 2 * row[0]! - row[1]! + 0.5 + normal() / 10);
  const normalEquations = (ridge: number): readonly number[] => {
    const gram = multiply(transpose(x), x).map((row, i) => row.map((c, j) => c + (i === j ? ridge : 0)));
    return multiply(
      invert(gram)!.inverse,
      multiply(
        transpose(x),
        y.map((v) => [v]),
      ),
    ).map((r) => r[0]!);
  };
  it.each([0, 0.7])('regression with a ridge of %d', async (ridge) => {
    const text = `model m
size N, D
param w : real[D]
plate n in N {
  observed x : real[D]
  target y : real
  factor error = (y - w @ x)^2
}
regularizer ridge = ${ridge} * ||w||^2
`;
    const report = await runModel(text, { x, y });
    expect(report.plan.map((p) => p.method)).toEqual(['least squares']);
    expectClose(report.params['w'], normalEquations(ridge));
    const rest = y.reduce(
      (s, v, n) => s + (v - x[n]!.reduce((t, c, d) => t + c * normalEquations(ridge)[d]!, 0)) ** 2,
      0,
    );
    expect(report.energy!.factors['error']).toBeCloseTo(rest, 8);
    // The regularizer touches the param alone: it is no energy of the data.
    expect(report.freeEnergy).toBeCloseTo(rest, 8);
  });

  it('weights, categories as indices and a matrix of outputs', async () => {
    const group = list(30, () => below(3));
    const weight = list(30, () => 0.5 + uniform());
    const text = `model m
size N, K = 3
param c : real[K]
plate n in N {
  observed g : category(K)
  observed a : positive
  target y : real
  factor error = a * (y - c[g])^2
}
`;
    const report = await runModel(text, { g: group, a: weight, y });
    const means = list(3, (k) => {
      const members = list(30, (n) => n).filter((n) => group[n] === k);
      return members.reduce((s, n) => s + weight[n]! * y[n]!, 0) / members.reduce((s, n) => s + weight[n]!, 0);
    });
    expectClose(report.params['c'], means);
  });

  it('a matrix', async () => {
    const out = x.map((row) => [row[0]! + normal(), row[1]! - row[2]! + normal()]);
    const text = `model m
size N, D, K
param W : real[K, D]
plate n in N {
  observed x : real[D]
  target y : real[K]
  factor error = ||y - W @ x||^2
}
`;
    const report = await runModel(text, { x, y: out });
    const expected = multiply(invert(multiply(transpose(x), x))!.inverse, multiply(transpose(x), out));
    expectClose(report.params['W'], transpose(expected).flat());
  });
});

describe('exponential families', () => {
  it('mean and standard deviation of a normal', async () => {
    const y = points.map((p) => p[0]!);
    const text =
      'model m\nsize N\nparam mu : real\nparam s : positive\nplate n in N { target y : real ~ normal(mu, s) }\n';
    const report = await runModel(text, { y });
    expectClose(report.params['mu'], [centre[0]!], 1e-6);
    expectClose(report.params['s'], [Math.sqrt(scatter[0]![0]!)], 1e-6);
  });

  it('counts on a simplex, with a prior', async () => {
    const x = list(50, () => [0, 1, 1, 2, 3][below(5)]!);
    const counts = list(4, (k) => x.filter((v) => v === k).length);
    const text = (prior: string): string =>
      `model m\nsize N\nparam p : simplex[4]${prior}\nplate n in N { target x : category(4) ~ categorical(p) }\n`;
    const plain = await runModel(text(''), { x });
    expectClose(
      plain.params['p'],
      counts.map((c) => c / 50),
    );
    const prior = await runModel(text(' ~ dirichlet(2.5)'), { x });
    expectClose(
      prior.params['p'],
      counts.map((c) => (c + 1.5) / 56),
    );
  });

  it('two outcomes', async () => {
    const x = list(30, (n) => Number(n % 7 < 3));
    const text = 'model m\nsize N\nparam p : unit\nplate n in N { target x : binary ~ bernoulli(p) }\n';
    const report = await runModel(text, { x });
    expectClose(report.params['p'], [mean(x)]);
  });

  it('mean and covariance', async () => {
    const text = `model m
size N, D
param mu : real[D]
param S : spd[D, D]
plate n in N { target y : real[D] ~ multivariate_normal(mu, S) }
`;
    const report = await runModel(text, { y: points });
    expectClose(report.params['mu'], centre, 1e-6);
    expectClose(report.params['S'], scatter.flat(), 1e-6);
  });

  it('precision, free and of unit determinant', async () => {
    const inverse = invert(scatter)!;
    const model = (domain: string, energy: string): string => `model m
size N, D
data c : real[D]
param P : ${domain}
plate n in N {
  target y : real[D]
  factor f = ${energy}
}
`;
    const data = { y: points, c: centre };
    const free = await runModel(model('spd[D, D]', "(y - c)' @ P @ (y - c) / 2 - log_abs_det(P) / 2"), data);
    expectClose(free.params['P'], inverse.inverse.flat(), 1e-7);
    const unit = await runModel(model('spd[D, D] where det(P) == 1', "(y - c)' @ P @ (y - c)"), data);
    const scale = Math.exp(inverse.logDet / 3);
    expectClose(
      unit.params['P'],
      inverse.inverse.flat().map((v) => v * scale),
      1e-7,
    );
  });

  it('rate', async () => {
    const y = list(25, () => -Math.log(1 - uniform()) / 1.7);
    const text = 'model m\nsize N\nparam r : positive\nplate n in N { target y : positive ~ exponential(r) }\n';
    const report = await runModel(text, { y });
    expectClose(report.params['r'], [1 / mean(y)]);
  });
});

it('principal components: the projector of the leading eigenvectors', async () => {
  const text = `model pca
size N, D, K = 2
param W : orthonormal[D, K]
plate n in N {
  target y : real[D]
  factor reconstruction = ||y - W @ W' @ y||^2
}
`;
  const report = await runModel(text, { y: points });
  expect(report.plan[0]!.method).toBe('eigenvectors');
  const w = list(3, (d) => list(2, (k) => flat(report.params['W'])[d * 2 + k]!));
  expectClose(multiply(transpose(w), w).flat(), [1, 0, 0, 1]);
  // The smallest eigenvector of Σ y y' by power iteration on (trace - C).
  const second = list(3, (i) => list(3, (j) => points.reduce((s, p) => s + p[i]! * p[j]!, 0)));
  const trace = second[0]![0]! + second[1]![1]! + second[2]![2]!;
  let v = [1, 1, 1];
  for (let step = 0; step < 4000; step++) {
    v = v.map((c, i) => trace * c - second[i]!.reduce((s, a, j) => s + a * v[j]!, 0));
    const length = Math.hypot(...v);
    v = v.map((c) => c / length);
  }
  const projector = list(3, (i) => list(3, (j) => (i === j ? 1 : 0) - v[i]! * v[j]!));
  expectClose(multiply(w, transpose(w)).flat(), projector.flat(), 1e-6);
  const least = v.reduce((s, c, i) => s + c * second[i]!.reduce((t, a, j) => t + a * v[j]!, 0), 0);
  expect(report.energy!.total).toBeCloseTo(least, 6);
});
