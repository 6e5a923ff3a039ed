// Convex problems at their edges: energies that are infinite at the ends of their sets, no minimum, many minima, units far from 1,
// data that say nothing. On both backends; expected by hand, by enumeration, or by the same problem in other units.
import { describe, expect, it } from 'vitest';
import { random } from './random-data.ts';
import { explainModel, flat, largestDifference, runFully, tryModel } from './run-model.ts';

const backends = ['reference', 'wasm'] as const;
type Data = Parameters<typeof runFully>[1];

/** A run that claims a global minimum and has met its test; its result. */
const solved = async (source: string, data: Data = {}, backend: string = 'reference') => {
  const { json: report, exitCode } = await runFully(source, data, { backend });
  expect(report.plan.map((p) => p.certificate)).not.toContain('local');
  expect([report.converged, exitCode]).toEqual([true, 0]);
  return report;
};

const unknowns = (report: Awaited<ReturnType<typeof solved>>, name: string): readonly number[] =>
  flat(report.variables[name] ?? report.params[name]);

describe.each(backends)('barriers, on %s', (backend) => {
  const scores = [1, 2, 30];
  const weights = scores.map((c) => Math.exp(-c));
  const total = weights.reduce((a, c) => a + c, 0);
  it.each([
    ['the end of an interval', 'unit', '-1000 * log(w) - 0.5 * log(1 - w)', [1000 / 1000.5]],
    ['a pole of a quotient', 'nonnegative[2]', 'sum[k in 0..2] (4 / w[k] + w[k])', [2, 2]],
    ['inside the set, away from 0', 'nonnegative', 'w - log(w - 50)', [51]],
    ['beside absolute values', 'nonnegative[2]', 'w[0] - 2 * log(w[0]) + w[1]^2 + ||w||_1', [1, 0]],
    ['entropy on a simplex', 'simplex[3]', 'w[0] + 2 * w[1] + 30 * w[2] - entropy(w)', weights.map((w) => w / total)],
  ])('%s', async (_, domain, energy, expected) => {
    const report = await solved(`model m\nlatent w : ${domain}\nfactor f = ${energy}`, {}, backend);
    expect(largestDifference(unknowns(report, 'w'), expected)).toBeLessThan(1e-3);
    expect(report.gap!).toBeLessThanOrEqual(1e-5 * Math.abs(report.energy!.total));
  });
});

describe.each(backends)('maxima of affine functions and energies below 0, on %s', (backend) => {
  it.each([
    ['real', 'max(0, 1 - w) + 0.1 * w^2', [1]],
    ['real', '3 * max(w, 2 - w) / 2', [1]],
    ['real[2]', 'sum(max(w, -2 * w)) + (w[0] - 1)^2 + (w[1] + 1)^2', [0.5, 0]],
    ['real[2]', 'sum(max(1 - w, 0)) + (w[0] - 0.1)^2 + (w[1] - 3)^2', [0.6, 3]],
    ['real', '0.5 * w^2 - 3 * w + abs(w)', [2]],
    ['real[2]', '0.5 * ||w||^2 - 3 * w[0] + 0.5 * w[1] + ||w||_1', [2, 0]],
    ['nonnegative[2]', '(w[0] - 1)^2 + w[1]', [1, 0]],
  ])('%s: %s', async (domain, energy, expected) => {
    for (const role of ['latent', 'param']) {
      const report = await solved(`model m\n${role} w : ${domain}\nfactor f = ${energy}`, {}, backend);
      expect(largestDifference(unknowns(report, 'w'), expected)).toBeLessThan(1e-4);
    }
  });
});

describe.each(backends)('no minimum, on %s', (backend) => {
  it.each([
    ['real', '3 * w + abs(w)'],
    ['real[2]', '(w[0] - 1)^2 + 3 * w[1] + ||w||_1'],
    ['nonnegative[2]', '(w[0] - 1)^2 - w[1]'],
    ['real', 'relu(w) + 0.5 * w'],
    ['real[2]', 'abs(w[0] - w[1]) + 2 * w[0] - 2 * w[1] + 0.1 * (w[0] + w[1])^2'],
  ])('%s: %s', async (domain, energy) => {
    for (const role of ['latent', 'param']) {
      const { result, diagnostics } = await tryModel(
        `model m\n${role} w : ${domain}\nfactor f = ${energy}`,
        {},
        { backend },
      );
      expect([result, diagnostics.map((d) => d.code)]).toEqual([null, ['EBM508']]);
    }
  });
});

const lasso = (role: string, lambda: number, domain = 'real'): string => `model m
size N, D
${role} w : ${domain}[D]
plate n in N {
  observed x : real[D]
  observed y : real
  factor f = (y - x @ w)^2
}
regularizer r = ${lambda} * ||w||_1`;

describe.each(backends)('data that say little, on %s', (backend) => {
  const { normal } = random(3);
  const matrix = (n: number, d: number) => Array.from({ length: n }, () => Array.from({ length: d }, normal));

  it.each(['real', 'nonnegative'])('more unknowns than data without a penalty, %s: a perfect fit', async (domain) => {
    const x = matrix(5, 12).map((row) => row.map(Math.abs));
    const y = x.map((row) => row[0]! + 2 * row[3]!);
    expect((await solved(lasso('latent', 0, domain), { x, y }, backend)).energy!.total).toBeLessThan(1e-9);
  });

  it('columns of zeros and equal columns', async () => {
    // 14 w² - 28 w + w: 27/28 together, none for the column of zeros.
    const x = [[1, 1, 0], [2, 2, 0], [3, 3, 0]]; // prettier-ignore
    const [a, b, c] = unknowns(await solved(lasso('param', 1), { x, y: [1, 2, 3] }, backend), 'w');
    expect(a! + b!).toBeCloseTo(27 / 28, 6);
    expect(c).toBe(0);
  });

  it('weights that are 0', async () => {
    const source =
      'model m\nsize D\ndata k : nonnegative[D]\nlatent w : real[D]\nfactor f = (w[0] - 1)^2 + (w[1] - 2)^2 + (w[2] - 0.3)^2 + sum[d in D] k[d] * abs(w[d])';
    const report = await solved(source, { k: [0, 1, 2] }, backend);
    expect(largestDifference(unknowns(report, 'w'), [1, 1.5, 0])).toBeLessThan(1e-6);
  });

  it('residuals that nothing determines', async () => {
    const source = lasso('latent', 0)
      .replace('(y - x @ w)^2', 'abs(y - x @ w)')
      .replace(/regularizer.*/, '');
    // Of three slopes 1, 1, 3 the middle one; the second unknown is free.
    const report = await solved(source, { x: [[1, 0], [2, 0], [1, 0]], y: [1, 2, 3] }, backend); // prettier-ignore
    expect(report.energy!.total).toBeCloseTo(2, 5);
  });

  it('one entry of a simplex', async () => {
    for (const energy of ['(w[0] - 3)^2', '2 * abs(w[0] - 3)']) {
      const report = await solved(`model m\nlatent w : simplex[1]\nfactor f = ${energy}`, {}, backend);
      expect(report.energy!.total).toBeCloseTo(4, 5);
    }
  });

  it.each([1e6, 1e-6])('units of %s', async (unit) => {
    const x = matrix(20, 3);
    const y = x.map((row) => 2 * row[0]! - row[1]! + 0.1 * normal());
    const plain = unknowns(await solved(lasso('latent', 1), { x, y }), 'w');
    const large = x.map((row) => row.map((v) => v * unit));
    const inverse = unknowns(await solved(lasso('latent', unit), { x: large, y }, backend), 'w').map((v) => v * unit);
    expect(largestDifference(inverse, plain)).toBeLessThan(1e-3);
    const many = y.map((v) => v * unit);
    const scaled = unknowns(await solved(lasso('latent', unit), { x, y: many }, backend), 'w').map((v) => v / unit);
    expect(largestDifference(scaled, plain)).toBeLessThan(1e-3);
  });
});

describe.each(backends)('smooth energies in any units, on %s', (backend) => {
  it.each([1e-6, 1, 1e6])('an energy in units of %s', async (unit) => {
    const source = `model m\nparam w : real[2]\nfactor f = ${unit} * (exp(w[0]) - 2 * w[0] + exp(3 * w[1]) - 6 * w[1])`;
    const report = await solved(source, {}, backend);
    expect(largestDifference(unknowns(report, 'w'), [Math.log(2), Math.log(2) / 3])).toBeLessThan(
      // √ of the digits of an energy: the minimum is flat.
      backend === 'wasm' ? 5e-4 : 1e-6,
    );
  });

  const odds = `model m
size N
param a, b : real
observed x[n in N] : real
observed y[n in N] : binary
y[n in N] ~ bernoulli(sigmoid(a + b * x[n]))`;
  const y = [1, 1, 1, 0, 1, 0, 0, 0];
  // The odds of two groups: 3 and 1/3.
  it.each([
    [1e-6, 0],
    [1e6, 0],
    [1, 2000],
  ])('log-odds of data in units of %s around %s', async (unit, centre) => {
    const x = [1, 1, 1, 1, -1, -1, -1, -1].map((v) => centre + v * unit);
    const report = await solved(odds, { x, y }, backend);
    const [a, b] = [unknowns(report, 'a')[0]!, unknowns(report, 'b')[0]!];
    expect(a + b * centre).toBeCloseTo(0, 3);
    expect(b * unit).toBeCloseTo(Math.log(3), 3);
  });

  it('features in units of their own, off centre', async () => {
    const { normal, uniform } = random(5);
    const units = [1, 1e4, 1e-4, 3, 100];
    const plain = Array.from({ length: 200 }, () => units.map(normal));
    const labels = plain.map((row) => (uniform() < 1 / (1 + Math.exp(2 * row[1]! - row[0]!)) ? 1 : 0));
    const source = `model m
size N, D
param w : real[D]
param b : real
plate n in N { observed x : real[D]  observed y : binary  y ~ bernoulli(sigmoid(x @ w + b)) }`;
    const reference = await solved(source, { x: plain, y: labels });
    const x = plain.map((row) => row.map((v, i) => (v + 3) * units[i]!));
    const report = await solved(source, { x, y: labels }, backend);
    expect(Math.abs(report.energy!.total / reference.energy!.total - 1)).toBeLessThan(1e-6);
    const slopes = unknowns(report, 'w').map((v, i) => v * units[i]!);
    expect(largestDifference(slopes, unknowns(reference, 'w'))).toBeLessThan(5e-3);
  });

  it('says that data which a line divides have no best line', async () => {
    const { exitCode, json } = await runFully(odds, { x: [1, 2, -1, -2], y: [1, 1, 0, 0] }, { backend });
    expect([json.converged, exitCode]).toEqual([false, 3]);
  });
});

describe('quantiles', () => {
  const { normal } = random(7);
  const x = Array.from({ length: 40 }, () => [1, normal()]);
  const y = x.map((row) => 1 - row[1]! + normal());
  const cost = (tau: number, w: readonly number[]): number =>
    x.reduce((sum, row, i) => {
      const rest = y[i]! - row[0]! * w[0]! - row[1]! * w[1]!;
      return sum + Math.max(tau * rest, (tau - 1) * rest);
    }, 0);
  /** A best line passes through two points (Koenker and Bassett 1978): all pairs. */
  const least = (tau: number): number => {
    let best = Infinity;
    for (let i = 0; i < x.length; i++)
      for (let j = 0; j < i; j++) {
        const slope = (y[i]! - y[j]!) / (x[i]![1]! - x[j]![1]!);
        best = Math.min(best, cost(tau, [y[i]! - slope * x[i]![1]!, slope]));
      }
    return best;
  };
  const source = (role: string, loss: string): string =>
    `model m\nsize N, D\n${role} w : real[D]\nplate n in N { observed x : real[D]  observed y : real  factor f = ${loss} }`;

  it.each([0.1, 0.5, 0.9])('%s, in two spellings, as latents and as params', async (tau) => {
    for (const backend of backends)
      for (const [role, loss] of [
        ['latent', `max(${tau} * (y - x @ w), ${tau - 1} * (y - x @ w))`],
        ['param', `${tau} * relu(y - x @ w) + ${1 - tau} * relu(x @ w - y)`],
      ] as const) {
        const report = await solved(source(role, loss), { x, y }, backend);
        const excess = report.energy!.total - least(tau);
        expect(Math.abs(excess)).toBeLessThan(1e-5 * report.energy!.total);
        expect(report.gap!).toBeGreaterThanOrEqual(excess - 1e-9);
      }
  });

  it.each(backends)('200 residuals of 5 unknowns take no more than 500 steps on %s', async (backend) => {
    const many = Array.from({ length: 200 }, () => Array.from({ length: 5 }, normal));
    const at = many.map((row) => row[0]! - row[4]! + normal());
    const report = await solved(source('param', 'abs(y - x @ w)'), { x: many, y: at }, backend);
    expect(report.iterations!).toBeLessThanOrEqual(500);
  });
});

describe('words', () => {
  const inhibition = (matrix: string): string => `model m
size D, K
data S : ${matrix}[K, K]
data W : real[D, K]
observed y : real[D]
latent z : nonnegative[K]
factor fit = ||y - W @ z||^2
regularizer inhibition = 0.2 * z' @ S @ z`;

  it('a form with a matrix is convex where its domain says so', () => {
    expect(explainModel(inhibition('spd'))).toContain('convex in z: quadratic');
    const words = explainModel(inhibition('real'));
    expect(words).toContain('projected gradient [local]');
    expect(words).toContain('of S they see nothing unless its domain is spd');
  });

  it('kinks are no smoothness', () => {
    const source = 'model m\nlatent z : real[2]\nfactor f = (abs(z[0]) - 1)^2 * (1 + z[1]^2)';
    const words = explainModel(source);
    expect(words).toContain('neither smooth nor seen to be convex in z: descent over its kinks');
    expect(words).toContain('Adam [local]');
  });
});
