// Arrays with missing cells: what is inferred of them, log Z and energies, against enumeration, dense Gaussian conditionals
// and models written without the missing cells.
import { describe, expect, it } from 'vitest';
import type { NestedData, RunOptions } from '../../src/api.ts';
import { withNative } from '../backend/native/compiler.ts';
import { invert, multiply } from '../methods/dense.ts';
import { explainModel, flat, runModel, tryModel } from '../methods/run-model.ts';

type Data = Readonly<Record<string, NestedData>>;
const near = (found: unknown, expected: readonly number[], digits = 6): void => {
  const numbers = flat(found);
  expect(numbers).toHaveLength(expected.length);
  numbers.forEach((value, i) => expect(value).toBeCloseTo(expected[i]!, digits));
};

// ---------------------------------------------------------------- discrete

interface Discrete {
  readonly source: string;
  readonly name: string;
  /** States of a cell, as numbers of the domain. */
  readonly states: readonly number[];
  readonly given: readonly (number | null)[];
  readonly data: Data;
  readonly shaped: (cells: readonly (number | null)[]) => NestedData;
  readonly energy: (y: readonly number[]) => number;
  /** Factors of the model. */
  readonly factors: readonly string[];
}

const grid = (cells: readonly (number | null)[]): NestedData => [cells.slice(0, 3), cells.slice(3, 6)];
const ising: Discrete = {
  source: `model ising
target y[i in 2, j in 3] : spin
const J = 0.7
factor across[i in 2, j in 1..3] = -J * y[i, j] * y[i, j-1]
factor down[j in 3] = -J * y[0, j] * y[1, j]
factor field[i in 2, j in 3] = -0.3 * (i - j) * y[i, j]`,
  name: 'y',
  states: [-1, 1],
  given: [1, null, null, null, -1, null],
  data: {},
  shaped: grid,
  energy: (y) => {
    let total = 0;
    for (let i = 0; i < 2; i++)
      for (let j = 0; j < 3; j++) {
        if (j > 0) total -= 0.7 * y[3 * i + j]! * y[3 * i + j - 1]!;
        if (i === 0) total -= 0.7 * y[j]! * y[3 + j]!;
        total -= 0.3 * (i - j) * y[3 * i + j]!;
      }
    return total;
  },
  factors: ['across', 'down', 'field'],
};
const weights = [
  [0.2, -1, 0.5],
  [1.1, 0.3, -0.4],
  [-0.6, 0.8, 0.1],
];
const chain: Discrete = {
  source: `model chain
size T, S = 3
target y[t in T] : category(S)
data w : real[S, S]
factor step[t in 1..T] = w[y[t-1], y[t]]
factor tilt[t in T] = 0.2 * w[y[t], 0]`,
  name: 'y',
  states: [0, 1, 2],
  given: [null, 2, null, null, 0],
  data: { w: weights },
  shaped: (cells) => cells,
  energy: (y) => y.reduce((sum, s, t) => sum + (t > 0 ? weights[y[t - 1]!]![s]! : 0) + 0.2 * weights[s]![0]!, 0),
  factors: ['step', 'tilt'],
};
const machine: Discrete = {
  source: `model machine
size D = 4
target y : binary[D]
data w : real[D, D]
factor pairs = y' @ w @ y`,
  name: 'y',
  states: [0, 1],
  given: [null, 1, 0, null],
  data: { w: [[1, -2, 0.5, 1], [0, 0.5, 1, -1.5], [0, 0, 0.2, 1], [0, 0, 0, -0.3]] }, // prettier-ignore
  shaped: (cells) => cells,
  energy: (y) => {
    const w = [[1, -2, 0.5, 1], [0, 0.5, 1, -1.5], [0, 0, 0.2, 1], [0, 0, 0, -0.3]]; // prettier-ignore
    return w.reduce((sum, row, i) => sum + row.reduce((s, x, j) => s + x * y[i]! * y[j]!, 0), 0);
  },
  factors: ['pairs'],
};

/** All assignments that agree with the given cells. */
const completions = ({ states, given, energy }: Discrete) => {
  let all: number[][] = [[]];
  for (const cell of given) all = all.flatMap((y) => (cell === null ? states : [cell]).map((s) => [...y, s]));
  return all.map((y) => ({ y, energy: energy(y) }));
};

describe.each([ising, chain, machine])('discrete cells: $factors', (model) => {
  const all = completions(model);
  const data = { ...model.data, [model.name]: model.shaped(model.given) };
  const best = all.reduce((a, c) => (c.energy < a.energy ? c : a));

  it.each(withNative(['reference', 'wasm']))('the best completion on %s', async (backend) => {
    const { variables, energy } = await runModel(model.source, data, { backend });
    near(variables['y'], best.y);
    expect(energy!.total).toBeCloseTo(best.energy, 5);
    expect(Object.keys(energy!.factors)).toEqual(model.factors);
  });

  it.each([0.5, 1])('probabilities and log Z at beta %d', async (beta) => {
    const { marginals, logPartition, energy } = await runModel(model.source, data, { query: 'marginals', beta });
    const weights = all.map((a) => Math.exp(-beta * a.energy));
    const z = weights.reduce((a, c) => a + c);
    expect(logPartition).toBeCloseTo(Math.log(z), 9);
    const average = (of: (y: readonly number[]) => number): number =>
      all.reduce((sum, a, i) => sum + (weights[i]! * of(a.y)) / z, 0);
    const cells = model.given.flatMap((_, i) =>
      model.states.length === 2
        ? [average((y) => (y[i] === model.states[1] ? 1 : 0))]
        : model.states.map((s) => average((y) => (y[i] === s ? 1 : 0))),
    );
    near(marginals['y'], cells, 9);
    expect(energy!.total).toBeCloseTo(
      all.reduce((sum, a, i) => sum + (weights[i]! * a.energy) / z, 0),
      9,
    );
  });
});

it('one-hot rows are given whole or not at all', async () => {
  const source = `model rows
size N, K = 3
target z[n in N] : onehot[K]
data w : real[N, K]
factor cost[n in N] = w[n] @ z[n]`;
  const w = [[1, 0, 2], [3, 1, -1], [0, 0.5, 0.2]]; // prettier-ignore
  const run = (z: NestedData) => tryModel(source, { w, z });
  const { result } = await run([[1, 0, 0], [null, null, null], [0, 0, 1]]); // prettier-ignore
  near(result!.json.variables['z'], [1, 0, 0, 0, 0, 1, 0, 0, 1]);
  expect(result!.json.energy!.total).toBeCloseTo(1 - 1 + 0.2, 9);
  const half = await run([[1, 0, 0], [null, 1, 0], [0, 0, 1]]); // prettier-ignore
  expect(half.diagnostics[0]!.code).toBe('EBM628');
});

// ---------------------------------------------------------------- Gaussian

/** Unknown coordinates of N(mean, covariance) given the others: their mean, standard deviations, and -log p of the others. */
const conditional = (
  mean: readonly number[],
  covariance: readonly (readonly number[])[],
  given: readonly (number | null)[],
) => {
  const known = given.flatMap((v, i) => (v === null ? [] : [i]));
  const open = given.flatMap((v, i) => (v === null ? [i] : []));
  const part = (rows: readonly number[], columns: readonly number[]) =>
    rows.map((i) => columns.map((j) => covariance[i]![j]!));
  const { inverse: precision, logDet } = invert(part(known, known))!;
  const gap = known.map((i) => [given[i]! - mean[i]!]);
  const gain = open.length === 0 ? [] : multiply(part(open, known), precision);
  const shift = multiply(gain, gap);
  const taken = multiply(gain, part(known, open));
  const distance = multiply(precision, gap).reduce((sum, [x], i) => sum + x! * gap[i]![0]!, 0);
  return {
    mean: open.map((i, k) => mean[i]! + shift[k]![0]!),
    sd: open.map((i, k) => Math.sqrt(covariance[i]![i]! - taken[k]![k]!)),
    minusLog: 0.5 * (distance + logDet + known.length * Math.log(2 * Math.PI)),
  };
};

const level = `model level
size T
latent s[t in T] : real
target y[t in T] : real
s[0] ~ normal(0.5, 2)
s[t in 1..T] ~ normal(s[t-1], 0.8)
y[t in T] ~ normal(s[t], 0.5)`;
const gaps = [1.2, null, null, 2.5, null, 0.3, null];
/** Of (s, y): Cov(s_t, s_u) = 4 + 0.64 min(t, u), y = s + noise. */
const levelCovariance = Array.from({ length: 14 }, (_, i) =>
  Array.from({ length: 14 }, (_, j) => 4 + 0.64 * Math.min(i % 7, j % 7) + (i === j && i >= 7 ? 0.25 : 0)),
);

describe('gaps in a series', () => {
  const exact = conditional(Array<number>(14).fill(0.5), levelCovariance, [...gaps.map(() => null), ...gaps]);
  const expectedY = gaps.map((v, i) => v ?? exact.mean[7 + gaps.slice(0, i).filter((g) => g === null).length]!);
  const expectedSd = gaps.map((v, i) =>
    v === null ? exact.sd[7 + gaps.slice(0, i).filter((g) => g === null).length]! : 0,
  );

  it.each([
    ['reference', 8],
    ['wasm', 4],
  ] as const)('are smoothed over on %s', async (backend, digits) => {
    const { json } = (await tryModel(level, { y: gaps }, { query: 'marginals', backend })).result!;
    const y = json.marginals['y'] as { mean: unknown; sd: unknown };
    const s = json.marginals['s'] as { mean: unknown; sd: unknown };
    near(s.mean, exact.mean.slice(0, 7), digits);
    near(s.sd, exact.sd.slice(0, 7), digits);
    near(y.mean, expectedY, digits);
    near(y.sd, expectedSd, digits);
    expect(json.logPartition).toBeCloseTo(-exact.minusLog, digits);
    expect(Object.keys(json.energy!.factors)).toEqual(['s', 's#2', 'y']);
  });

  it('are inside with the latents where a target is asked for', async () => {
    const { variables, freeEnergy, plan } = await runModel(level, { y: gaps });
    near(variables['y'], expectedY, 8);
    expect(freeEnergy).toBeCloseTo(exact.minusLog, 8);
    expect(plan.map((p) => p.operation)).toEqual(['marginalize', 'marginalize']);
  });

  it('all missing is asked, none missing is given', async () => {
    const none = await runModel(level, { y: gaps.map((v) => v ?? 0.1) });
    expect(none.variables['y']).toBeUndefined();
    const asked = await runModel(level, { y: gaps.map(() => null) });
    expect(asked.plan.find((p) => p.unknowns.includes('y'))!.operation).toBe('minimize');
    near(asked.variables['y'], Array<number>(7).fill(0.5), 8);
  });

  it('do not count while params are learned', async () => {
    const learned = level
      .replace('size T', 'size T\nparam q : positive\nparam m : real')
      .replace('normal(0.5, 2)', 'normal(m, 2)');
    const source = learned.replace('0.8)', 'q)');
    const { params } = await runModel(source, { y: [1, null, 0, 2.5, null, 0.3, -1] });
    const y = [1, null, 0, 2.5, null, 0.3, -1];
    const minusLog = (q: number, m: number): number => {
      const covariance = levelCovariance.map((row, i) =>
        row.map((x, j) => x + (q * q - 0.64) * Math.min(i % 7, j % 7)),
      );
      return conditional(Array<number>(14).fill(m), covariance, [...y.map(() => null), ...y]).minusLog;
    };
    const [q, m] = [flat(params['q'])[0]!, flat(params['m'])[0]!];
    const step = 1e-4;
    expect((minusLog(q + step, m) - minusLog(q - step, m)) / (2 * step)).toBeCloseTo(0, 3);
    expect((minusLog(q, m + step) - minusLog(q, m - step)) / (2 * step)).toBeCloseTo(0, 3);
  });
});

describe('components of a vector', () => {
  const source = `model vectors
size N, D = 3
data S : spd[D, D]
data m : real[D]
plate n in N {
  target y : real[D]
  y ~ multivariate_normal(m, S)
}`;
  const S = [[2, 0.6, -0.4], [0.6, 1, 0.3], [-0.4, 0.3, 1.5]]; // prettier-ignore
  const m = [0.5, -1, 2];
  const y = [[1, null, 3], [null, null, 1], [0.2, 0.4, 0.1]]; // prettier-ignore

  it('are the conditional Gaussian', async () => {
    const { marginals, logPartition } = await runModel(source, { S, m, y }, { query: 'marginals' });
    const rows = y.map((row) => ({ row, exact: conditional(m, S, row) }));
    const filled = (of: 'mean' | 'sd') =>
      rows.flatMap(({ row, exact }) => {
        const values = [...exact[of]];
        return row.map((v) => (v === null ? values.shift()! : of === 'mean' ? v : 0));
      });
    const found = marginals['y'] as { mean: unknown; sd: unknown };
    near(found.mean, filled('mean'), 8);
    near(found.sd, filled('sd'), 8);
    expect(logPartition).toBeCloseTo(-rows.reduce((sum, r) => sum + r.exact.minusLog, 0), 8);
  });

  it('beside a discrete latent there is no method yet, and that is said', async () => {
    const mixture = `model mixture
size N, D = 2, K = 2
data w : real[K, D]
plate n in N {
  target y : real[D]
  latent z : category(K) ~ categorical([0.5, 0.5])
  y ~ normal(w[z], 1)
}`;
    const { diagnostics } = await tryModel(mixture, { w: [[0, 0], [2, 2]], y: [[1, null], [null, 0]] }); // prettier-ignore
    expect(diagnostics.map((d) => d.code)).toEqual(['EBM502']);
  });
});

it.each([
  ['interval(0, 3)', [1, null]],
  ['angle', [1, null]],
])('cells of %s cannot be held one by one, and that is said', async (domain, y) => {
  const source = `model held\nsize N\ntarget y[n in N] : ${domain}\nfactor f[n in N] = (y[n] - 1)^2`;
  const { diagnostics } = await tryModel(source, { y });
  expect(diagnostics.map((d) => d.code)).toEqual(['EBM501']);
  expect(diagnostics[0]!.message).toContain('some cells are given and some are missing');
});

it('cells of positive and nonnegative arrays', async () => {
  for (const domain of ['positive', 'nonnegative']) {
    const source = `model held\nsize N\ntarget y[n in N] : ${domain}\nfactor f[n in N] = (y[n] - 2 - n)^2`;
    const { variables, energy } = await runModel(source, { y: [1, null, 5, null] });
    near(variables['y'], [1, 3, 5, 5], 4);
    expect(energy!.total).toBeCloseTo(1 + 1, 4);
  }
});

// ---------------------------------------------------------------- learning

describe('matrix factorisation with missing ratings', () => {
  const dense = `model dense
size U, I, K = 1
param a : real[U, K]
param b : real[I, K]
target r[u in U, i in I] : real
factor fit[u in U, i in I] = (r[u, i] - a[u] @ b[i])^2`;
  const list = (regularised: boolean) => `model list
size U, I, M, K = 1
param a : real[U, K]
param b : real[I, K]
plate e in M {
  observed user : category(U)
  observed item : category(I)
  target r : real
  factor fit = (r - a[user] @ b[item])^2
}
${regularised ? 'regularizer small = 0.1 * ||a||_F^2 + 0.1 * ||b||_F^2' : ''}`;
  const [rows, columns] = [
    [1, 2, -1, 0.5],
    [2, 1, 3],
  ];
  const hidden = new Set(['0 1', '2 2', '3 0']);
  const cell = (u: number, i: number) => (hidden.has(`${u} ${i}`) ? null : rows[u]! * columns[i]!);
  const table = rows.map((_, u) => columns.map((__, i) => cell(u, i)));
  const all = rows.flatMap((x) => columns.map((y) => x * y));

  it('a matrix is completed, by least squares on the given cells', async () => {
    const { variables, energy, converged, iterations } = await runModel(dense, { r: table });
    near(variables['r'], all, 3);
    expect(energy!.total).toBeCloseTo(0, 5);
    expect(converged).toBe(true);
    // Imputing and factorising in turn would take hundreds.
    expect(iterations).toBeLessThan(60);
    const text = explainModel(dense, { r: table });
    expect(text).toContain('block coordinate descent');
    expect(text.slice(0, text.indexOf('with the params learned'))).not.toContain('minimise r');
  });

  it.each([false, true])(
    'a list with empty ratings is the list without them (regularised: %s)',
    async (regularised) => {
      const edges = rows.flatMap((_, u) => columns.map((__, i) => ({ u, i, r: cell(u, i) })));
      const data = (of: typeof edges) => ({
        user: of.map((e) => e.u),
        item: of.map((e) => e.i),
        r: of.map((e) => e.r),
      });
      const options: Partial<RunOptions> = { sizes: { U: 4, I: 3 } };
      const whole = await runModel(list(regularised), data(edges), options);
      const given = await runModel(list(regularised), data(edges.filter((e) => e.r !== null)), options);
      near(whole.params['a'], flat(given.params['a']), 5);
      near(whole.params['b'], flat(given.params['b']), 5);
      expect(whole.energy!.total).toBeCloseTo(given.energy!.total, 5);
      const [a, b] = [flat(whole.params['a']), flat(whole.params['b'])];
      near(
        whole.variables['r'],
        edges.map((e) => e.r ?? a[e.u]! * b[e.i]!),
        5,
      );
    },
  );
});

describe('components of points that belong to clusters', () => {
  const source = `model kmeans
size N, D = 2, K = 2
param w : real[K, D]
plate n in N {
  target y : real[D]
  latent z : category(K)
  factor distance = ||y - w[z]||^2
}`;
  const y = [[0, 0], [1, null], [null, 2], [10, 9], [11, null], [9, 11]]; // prettier-ignore

  it('are predicted once clusters are known, which the given ones choose', async () => {
    const { params, variables, energy, plan } = await runModel(source, { y });
    // Means of the given cells of (rows 0-2) and (rows 3-5).
    const centres = [[0.5, 1], [10, 10]]; // prettier-ignore
    const found = [flat(params['w']).slice(0, 2), flat(params['w']).slice(2)].toSorted((a, b) => a[0]! - b[0]!);
    near(found.flat(), centres.flat(), 5);
    near(
      variables['y'],
      y.flatMap((row, n) => row.map((v, d) => v ?? centres[n < 3 ? 0 : 1]![d]!)),
      5,
    );
    expect(energy!.total).toBeCloseTo(0.5 ** 2 + 0.5 ** 2 + 1 + 1 + 0 + 1 + 1 + 1 + 1, 5);
    expect(plan.at(-1)!.unknowns).toEqual(['y']);
    expect(explainModel(source, { y })).toContain('with everything else known, minimise y by linear solve');
  });

  it('with centres given', async () => {
    const { variables, freeEnergy } = await runModel(source, { y, w: [[0, 0], [10, 8]] }); // prettier-ignore
    near(variables['z'], [0, 0, 0, 1, 1, 1]);
    near(variables['y'], [0, 0, 1, 0, 0, 2, 10, 9, 11, 8, 9, 11], 6);
    expect(freeEnergy).toBeCloseTo(1 + 4 + 1 + 1 + 1 + 9, 6);
  });
});

describe('other losses and factors', () => {
  it('a factor of its own distribution drops out: the estimate is that of the given cells', async () => {
    const source = `model points
size N, D = 2
param m : real[D]
param s : positive[D]
plate n in N { target y : real[D] ~ normal(m, s) }`;
    const y = [[1, 4], [3, null], [null, 2], [2, 3]]; // prettier-ignore
    const { params, plan } = await runModel(source, { y });
    const columns = [0, 1].map((d) => y.flatMap((row) => row[d] ?? []));
    const mean = (c: readonly number[]) => c.reduce((a, v) => a + v) / c.length;
    near(params['m'], columns.map(mean), 4);
    near(
      params['s'],
      columns.map((c) => Math.sqrt(mean(c.map((v) => (v - mean(c)) ** 2)))),
      4,
    );
    expect(plan.some((p) => p.unknowns.includes('m'))).toBe(true);
  });

  it('a hidden Markov model learns from the words that there are', async () => {
    const source = (emission: string) => `model hmm
size T, S = 2, V = 3
param A : simplex[S, S] = [[0.7, 0.3], [0.4, 0.6]]
param B : simplex[S, V] = [[0.5, 0.3, 0.2], [0.2, 0.3, 0.5]]
latent s[t in T] : category(S)
target x[t in T] : category(V)
${emission}
s[0] ~ categorical([0.5, 0.5])
s[t in 1..T] ~ categorical(A[s[t-1]])`;
    const x = [0, 0, null, 2, 2, null, 1, 0, null, 0, 2, 2];
    const half = await runModel(source('x[t in T] ~ categorical(B[s[t]])'), { x }, { query: 'marginals' });
    const masked = source('data seen[t in T] : binary\nx[t in T where seen[t] == 1] ~ categorical(B[s[t]])');
    const seen = x.map((w) => (w === null ? 0 : 1));
    const whole = await runModel(masked, { x: x.map((w) => w ?? 0), seen }, { query: 'marginals' });
    near(half.params['A'], flat(whole.params['A']), 5);
    near(half.params['B'], flat(whole.params['B']), 5);
    expect(half.logPartition).toBeCloseTo(whole.logPartition!, 6);
  });

  it('the likelihood integrates missing cells inside', async () => {
    const [S, T] = [3, 4];
    const source = `model field
size T, S = 3
param u : real[S]
param w : real[S, S]
target y[t in T] : category(S)
factor unary[t in T] = -u[y[t]]
factor pair[t in 1..T] = -w[y[t-1], y[t]]
regularizer small = 0.1 * ||u||^2 + 0.1 * ||w||_F^2
train { loss nll }`;
    const y = [0, null, 2, 1];
    const { params } = await runModel(source, { y });
    const paths = Array.from({ length: S ** T }, (_, c) =>
      Array.from({ length: T }, (__, t) => Math.floor(c / S ** t) % S),
    );
    const objective = (u: readonly number[], w: readonly number[]): number => {
      const weight = (p: readonly number[]): number =>
        Math.exp(p.reduce((sum, s, t) => sum + u[s]! + (t > 0 ? w[p[t - 1]! * S + s]! : 0), 0));
      const fits = paths.filter((p) => p.every((s, t) => y[t] === null || y[t] === s));
      const total = (of: typeof paths): number => of.reduce((sum, p) => sum + weight(p), 0);
      const squares = [...u, ...w].reduce((sum, x) => sum + x * x, 0);
      return Math.log(total(paths)) - Math.log(total(fits)) + 0.1 * squares;
    };
    const [u, w] = [flat(params['u']), flat(params['w'])];
    const slope = (move: (by: number) => number): number => (move(1e-4) - move(-1e-4)) / 2e-4;
    u.forEach((_, i) => expect(slope((by) => objective(u.with(i, u[i]! + by), w))).toBeCloseTo(0, 3));
    w.forEach((_, i) => expect(slope((by) => objective(u, w.with(i, w[i]! + by)))).toBeCloseTo(0, 3));
  });
});
