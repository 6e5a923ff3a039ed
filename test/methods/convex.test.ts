// Convex methods against other libraries: minima of scikit-learn 1.9.1 and scipy 1.17.1 (numpy 2.4.6) on data that both sides
// compute from one formula. In Python:
//   i, j = np.arange(40)[:, None], np.arange(6)[None, :]; X = np.sin(1 + 7*i + 3*j + i*j)
//   y = X @ [3, 0, 0, -2, 0.5, 0] + 0.3*np.cos(5*i[:, 0]) + 1; t = (y > 1); s = 2*t - 1; n = 40
// and beside each figure the call that gave it. Energies here are sums over points without a factor 1/2n.
import { describe, expect, it } from 'vitest';
import { explainModel, flat, runModel } from './run-model.ts';

const points = Array.from({ length: 40 }, (_, i) => i);
const x = points.map((i) => Array.from({ length: 6 }, (_, j) => Math.sin(1 + 7 * i + 3 * j + i * j)));
const y = x.map((row, i) => 3 * row[0]! - 2 * row[3]! + 0.5 * row[4]! + 0.3 * Math.cos(5 * i) + 1);
const t = y.map((v) => (v > 1 ? 1 : 0));
const s = y.map((v) => (v > 1 ? 1 : -1));

const regression = (declared: string, energy: string, rest = ''): string => `
model m
size N, D
const lambda = 2
${declared}
plate n in N {
  observed x : real[D]
  observed y : real
  factor fit = ${energy}
}
${rest}`;

interface Case {
  readonly text: string;
  readonly labels: readonly number[];
  readonly minimum: number;
  readonly method: string;
}

const cases: Readonly<Record<string, Case>> = {
  // Lasso(alpha=2/(2*n), tol=1e-16, max_iter=10**7).fit(X, y)
  'Lasso with an intercept': {
    text: regression(
      'latent w : real[D]\nlatent b : real',
      '(y - x @ w - b)^2',
      'regularizer sparse = lambda * ||w||_1',
    ),
    labels: y,
    minimum: 12.616446856633143,
    method: 'FISTA',
  },
  // ElasticNet(alpha=a1 + a2, l1_ratio=a1/(a1 + a2), tol=1e-16, max_iter=10**7) with a1 = 2/(2*n), a2 = 0.7/n
  'elastic net': {
    text: regression(
      'param w : real[D]\nparam b : real',
      '(y - x @ w - b)^2',
      'regularizer mixed = lambda * ||w||_1 + 0.7 * ||w||^2',
    ),
    labels: y,
    minimum: 21.166499123839383,
    method: 'FISTA',
  },
  // scipy.optimize.nnls(X, y)
  'nonnegative least squares': {
    text: regression('latent w : nonnegative[D]', '(y - x @ w)^2'),
    labels: y,
    minimum: 124.79140300738979,
    method: 'FISTA',
  },
  // minimize(f, x0, jac=g, method='SLSQP', constraints=[sum(w) == 1], bounds=[(0, None)]*6, options=dict(ftol=1e-16))
  'least squares on a simplex': {
    text: regression('latent w : simplex[D]', '(y - x @ w)^2'),
    labels: y,
    minimum: 214.36765519267612,
    method: 'FISTA',
  },
  // the same with the constraint w @ w <= 1
  'least squares in a ball': {
    text: regression('latent w : ball[D]', '(y - x @ w)^2'),
    labels: y,
    minimum: 188.38105175188684,
    method: 'FISTA',
  },
  // the same with bounds [(0, 1)]*6
  'least squares in a box': {
    text: regression('latent w : unit[D]', '(y - x @ w)^2'),
    labels: y,
    minimum: 208.57236168410572,
    method: 'FISTA',
  },
  // LogisticRegression(penalty='l1', C=1, solver='saga', tol=1e-14, max_iter=10**6).fit(X, t)
  'logistic regression with absolute values': {
    text: regression('param w : real[D]\nparam b : real', '0', 'regularizer sparse = ||w||_1')
      .replace('observed y : real', 'observed y : binary\n  y ~ bernoulli(sigmoid(x @ w + b))')
      .replace('  factor fit = 0\n', ''),
    labels: t,
    minimum: 12.612795842626994,
    method: 'FISTA',
  },
  // LogisticRegression(C=1, solver='lbfgs', tol=1e-14, max_iter=10**6).fit(X, t)
  'logistic regression': {
    text: regression('param w : real[D]\nparam b : real', '0', 'regularizer ridge = ||w||^2 / 2')
      .replace('observed y : real', 'observed y : binary\n  y ~ bernoulli(sigmoid(x @ w + b))')
      .replace('  factor fit = 0\n', ''),
    labels: t,
    minimum: 13.223040119983615,
    method: 'L-BFGS',
  },
  // LinearSVC(C=1, loss='hinge', fit_intercept=False, tol=1e-14, max_iter=10**8, dual=True).fit(X, s)
  'support vectors': {
    text: regression('latent w : real[D]', 'relu(1 - y * (x @ w))', 'regularizer ridge = ||w||^2 / 2'),
    labels: s,
    minimum: 8.79242771107382,
    method: 'ADMM',
  },
  // linprog of the sum of slacks, method='highs'
  'least absolute deviations': {
    text: regression('latent w : real[D]', 'abs(y - x @ w)'),
    labels: y,
    minimum: 37.46332264694434,
    method: 'ADMM',
  },
};

describe.each(Object.keys(cases))('%s', (name) => {
  const { text, labels, minimum, method } = cases[name]!;
  it.each([
    ['reference', 2e-7],
    ['wasm', 2e-5],
  ] as const)('on %s', async (backend, tolerance) => {
    const report = await runModel(text, { x, y: labels }, { backend });
    const [line] = report.plan;
    expect([line!.method, line!.certificate]).toEqual([method, 'globally optimal']);
    const excess = report.energy!.total - minimum;
    expect(Math.abs(excess) / minimum).toBeLessThan(tolerance);
    expect(report.converged).toBe(true);
    if (method === 'L-BFGS') return;
    // The gap bounds what is left, but for the digits of float32 and those of the other library.
    expect(report.gap).not.toBeNull();
    expect(report.gap!).toBeGreaterThanOrEqual(excess - (backend === 'wasm' ? 1e-5 : 1e-9) * minimum);
    expect(report.gap! / minimum).toBeLessThan(backend === 'wasm' ? 1e-4 : 2e-7);
  });
});

describe('words', () => {
  it('a Lasso is one convex problem', () => {
    const text = explainModel(cases['Lasso with an intercept']!.text, { x, y });
    expect(text).toContain('w: convex: quadratic plus lambda ‖w‖₁ (factor sparse)');
    expect(text).toContain('w, b together: convex');
    expect(text).toContain('jointly convex in w and b: quadratic plus lambda ‖w‖₁; b minimised exactly inside');
  });
  it('sets are named', () => {
    expect(explainModel(cases['least squares on a simplex']!.text, { x, y })).toContain('w in simplex');
  });
  it('a refusal names the factor', () => {
    const text = regression('latent w : nonnegative[D]\nlatent u : real', '(y - u * (x @ w))^2');
    const words = explainModel(text, { x, y });
    expect(words).toContain('w, u together: not convex (factor fit)');
    expect(words).toContain('not FISTA: factor fit is not convex in w and u together');
  });
  it('a smooth convex energy needs one start', () => {
    const words = explainModel(cases['logistic regression']!.text, { x, y: t });
    expect(words).toContain('globally optimal; one start');
  });
});

it('zeros are exact and intercepts are found', async () => {
  const report = await runModel(cases['Lasso with an intercept']!.text, { x, y });
  const w = flat(report.variables['w']);
  // m.coef_, m.intercept_
  const coefficients = [2.935867449310836, 0, 0, -1.962776902402371, 0.42392145918544927, 0];
  expect(w.map((v) => v === 0)).toEqual(coefficients.map((v) => v === 0));
  w.forEach((v, k) => expect(v).toBeCloseTo(coefficients[k]!, 4));
  expect(flat(report.variables['b'])[0]).toBeCloseTo(1.0096709127855206, 4);
});

it.each(['nonnegative[D]', 'real[D] where ||w|| <= 5'])(
  'a fit without any rest has converged, w : %s',
  async (domain) => {
    const text = regression(`latent w : ${domain}`, '(y - x @ w)^2');
    const truth = [1.5, 0, 0.25, 3, 0, 1];
    const exact = x.map((row) => row.reduce((sum, v, j) => sum + v * truth[j]!, 0));
    const report = await runModel(text, { x, y: exact });
    expect(report.plan.map((p) => p.method)).toEqual(['FISTA']);
    expect(report.converged).toBe(true);
    expect(flat(report.variables['w'])).toEqual(truth.map((v) => expect.closeTo(v, 4)));
  },
);
