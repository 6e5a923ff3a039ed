// What sizes and data turn out to make impossible, said before anything runs: empty domains, filters that leave nothing,
// arguments that no distribution takes. Each beside a neighbour that is fine.
import { describe, expect, it } from 'vitest';
import type { NestedData, RunOptions } from '../../src/api.ts';
import { analyse, energy, planTask } from '../../src/compile.ts';

const options: RunOptions = {
  data: {},
  ask: [],
  show: [],
  sizes: {},
  consts: {},
  query: 'map',
  params: {},
  beta: null,
  minimize: [],
  marginalize: [],
  withoutRegularizers: false,
  seed: 0,
  backend: 'reference',
  budget: 2 ** 30,
  restarts: null,
  plot: false,
};

/** The messages of these codes, when the model is planned. */
const said = (codes: string, source: string, data: Record<string, NestedData> = {}): readonly string[] => {
  const analysis = analyse(`model m\n${source}`, 'm.ebm');
  expect(analysis.diagnostics.filter((d) => d.severity === 'error')).toEqual([]);
  const { diagnostics } = planTask(analysis, { ...options, data });
  return diagnostics.filter((d) => codes.includes(d.code)).map((d) => d.message);
};

describe('an unknown without a possible value', () => {
  it.each([
    ['real where x >= 2 and x <= 1', 'x ≥ 2 and x ≤ 1 contradict each other'],
    ['nonnegative where x <= -1', 'nonnegative and x ≤ −1 contradict each other'],
    ['interval(3, 1)', 'interval(3, 1) holds no number'],
    ['unit[3] where sum(x) == 4', 'unit and sum(x) = 4 contradict each other'],
    ['nonnegative[3] where sum(x) <= -1', 'nonnegative and sum(x) ≤ −1 contradict each other'],
    ['real[3] where ||x|| <= -1', '‖x‖ ≤ −1 holds no number'],
  ])('latent x : %s', (declaration, reason) => {
    const energyOf = declaration.includes('[') ? '||x||^2' : 'x^2';
    expect(said('EBM632', `latent x : ${declaration}\nfactor f = ${energyOf}`)).toEqual([
      `no value of x is possible: ${reason}`,
    ]);
  });

  it.each([
    'real where x >= 2 and x <= 2',
    'nonnegative where x <= 0',
    'interval(1, 3)',
    'unit[3] where sum(x) == 3',
    'real[3] where ||x|| <= 0',
  ])('is none of latent x : %s', (declaration) => {
    const energyOf = declaration.includes('[') ? '||x||^2' : 'x^2';
    expect(said('EBM632', `latent x : ${declaration}\nfactor f = ${energyOf}`)).toEqual([]);
  });

  it('counts consts as they are set, with their rounding', () => {
    const source = 'const low = 0.1 + 0.2\nlatent x : real where x >= low and x <= 0.3\nfactor f = x^2';
    expect(said('EBM632', source)).toEqual([]);
  });

  it('is no concern where it is given', () => {
    const source = 'latent z : real\nlatent x : real where x >= 2 and x <= 1\nfactor f = (x - z)^2';
    expect(said('EBM632', source, { x: 1 })).toEqual([]);
  });
});

describe('a filter that leaves nothing', () => {
  const kinds = 'size N\ndata kind[n in N] : category(3)\nlatent x[n in N] : real\nfactor f[n in N] = x[n]^2\n';

  it('is named, by factor, constraint or variable', () => {
    const g = `${kinds}factor g[n in N where kind[n] == 2] = (x[n] - 1)^2`;
    expect(said('EBM633', g, { kind: [0, 1, 0] })).toEqual(['factor g adds nothing: no index satisfies kind = 2']);
    expect(said('EBM633', g, { kind: [0, 1, 2] })).toEqual([]);
    const far = 'size N = 3\nlatent z[n in N where n > 7] : binary\nfactor f = sum[n in N where n > 7] z[n]';
    expect(said('EBM633', far)).toEqual(['latent z has no nodes: no index satisfies n > 7']);
  });

  it('is not known while sizes are open', () => {
    expect(said('EBM633', 'size N\nlatent z[n in N] : binary\nfactor f[n in N where n > 700] = z[n]')).toEqual([]);
  });
});

describe('arguments of distributions', () => {
  const normal = 'size N, D\ndata S : real[D, D]\nparam mu : real[D]\nplate n in N {\n  target y : real[D] ~ multivariate_normal(mu, S)\n}'; // prettier-ignore
  const y = [[1, 2], [3, 4]]; // prettier-ignore

  it('a covariance has its smallest eigenvalue and the pivot that fails', () => {
    // [[1, 2], [2, 1]] has eigenvalues 3 and -1; its pivots are 1 and 1 - 2²/1 = -3.
    expect(
      said('EBM634', normal, {
        y,
        S: [
          [1, 2],
          [2, 1],
        ],
      }),
    ).toEqual([
      // prettier-ignore
      'S, the covariance of multivariate_normal, must be a symmetric and positive definite matrix: its smallest eigenvalue is -1, and the pivot of row 1 is -3',
    ]);
    expect(said('EBM634', normal, { y, S: [[2, 1], [1, 2]] })).toEqual([]); // prettier-ignore
  });

  it('one covariance of many is found by its index', () => {
    const many = 'size N, D\nobserved S[n in N] : real[D, D]\ntarget y[n in N] : real[D]\ny[n in N] ~ multivariate_normal(zeros(D), S[n])'; // prettier-ignore
    const good = [[1, 0], [0, 1]]; // prettier-ignore
    expect(said('EBM634', many, { y, S: [good, [[1, 2], [2, 1]]] })[0]).toMatch(/^S\[n\].*\(n = 1\)$/); // prettier-ignore
  });

  it('an spd variable says the same of its data', () => {
    const spd = normal.replace('S : real', 'S : spd');
    expect(
      said('EBM626', spd, {
        y,
        S: [
          [1, 2],
          [2, 1],
        ],
      }),
    ).toEqual([
      // prettier-ignore
      'S is not in spd[D, D]: it is not positive definite: its smallest eigenvalue is -1, and the pivot of row 1 is -3 (entry [0][0])',
    ]);
  });

  it('scales are above 0, probabilities sum to 1', () => {
    const scaled = 'size N\ndata sd[n in N] : real\ntarget y[n in N] : real\ny[n in N] ~ normal(0, 2 * sd[n])';
    expect(said('EBM634', scaled, { sd: [1, -2, 3] })).toEqual([
      '2 sd, the sd of normal, must be above 0: it is -4 (n = 1)',
    ]);
    expect(said('EBM634', 'const p = [0.5, 0.4]\ntarget y : category(2) ~ categorical(p)')).toEqual([
      'p, the p of categorical, must be probabilities: a row sums to 0.9, not 1',
    ]);
    expect(said('EBM634', 'const p = [0.5, 0.5]\ntarget y : category(2) ~ categorical(p)')).toEqual([]);
  });

  it('the holes of ragged data are not looked at', () => {
    const ragged =
      'size N, T[n in N]\ndata sd[n in N, t in T[n]] : real\nplate n in N {\n  target y[t in T[n]] : real ~ normal(0, sd[n, t])\n}';
    expect(said('EBM634', ragged, { sd: [[1, 2], [3]] })).toEqual([]); // prettier-ignore
    expect(said('EBM634', ragged, { sd: [[1, 2], [-3]] })[0]).toMatch(/it is -3 \(n = 1, t = 0\)/); // prettier-ignore
  });

  it('the energy of an assignment is refused too', async () => {
    const { value, diagnostics } = await energy(analyse(`model m\n${normal}`, 'm.ebm'), {
      ...options,
      data: { y, mu: [0, 0], S: [[1, 2], [2, 1]] }, // prettier-ignore
    });
    expect(value).toBeNull();
    expect(diagnostics.map((d) => d.code)).toEqual(['EBM634']);
  });
});
