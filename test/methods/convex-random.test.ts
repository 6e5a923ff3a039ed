// Convex methods on random problems against solvers of another kind, written here in plain numbers: cyclic coordinate descent to
// the last digit for separable parts, and the taut string for total variation. The gap must bound what is left.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { flat, runModel } from './run-model.ts';
import { tautString } from './taut-string.ts';

const settings = (runs: number) => ({
  numRuns: Number(process.env['RUNS'] ?? runs),
  seed: Number(process.env['SEED'] ?? 1),
});

type Matrix = readonly (readonly number[])[];

const number = fc.integer({ min: -1000, max: 1000 }).map((n) => n / 500);
const matrix = (rows: number, columns: number): fc.Arbitrary<Matrix> =>
  fc.array(fc.array(number, { minLength: columns, maxLength: columns }), { minLength: rows, maxLength: rows });

/** min ‖y - Wz‖² + Σ w|z| + ridge ‖z‖² with z between bounds, by exact minimisation of one entry at a time (Friedman et al. 2007).
 *  A ridge above 0 makes it strictly convex, so that the sweeps converge to its one minimum. */
const coordinateDescent = (
  w: Matrix,
  y: readonly number[],
  weights: readonly number[],
  ridge: number,
  [low, high]: readonly [number, number],
): { readonly z: readonly number[]; readonly energy: number } => {
  const k = w[0]!.length;
  const z = Array<number>(k).fill(Math.min(Math.max(0, low), high));
  const rest = (): number[] => y.map((v, d) => v - w[d]!.reduce((sum, c, j) => sum + c * z[j]!, 0));
  for (let sweep = 0; sweep < 20_000; sweep++) {
    let moved = 0;
    for (let j = 0; j < k; j++) {
      const r = rest();
      const curvature = w.reduce((sum, row) => sum + row[j]! ** 2, 0) + ridge;
      const at = w.reduce((sum, row, d) => sum + row[j]! * r[d]!, 0) + (curvature - ridge) * z[j]!;
      const soft = Math.sign(at) * Math.max(Math.abs(at) - weights[j]! / 2, 0);
      const next = Math.min(Math.max(soft / curvature, low), high);
      moved = Math.max(moved, Math.abs(next - z[j]!));
      z[j] = next;
    }
    if (moved < 1e-14) break;
  }
  const energy =
    rest().reduce((sum, r) => sum + r * r, 0) +
    z.reduce((sum, v, j) => sum + weights[j]! * Math.abs(v) + ridge * v * v, 0);
  return { z, energy };
};

const domains = {
  real: [-Infinity, Infinity],
  nonnegative: [0, Infinity],
  unit: [0, 1],
  'interval(-0.2, 0.5)': [-0.2, 0.5],
} as const;

const codes = (domain: string): string => `
model codes
size N, D, K
data W : real[D, K]
data weight : nonnegative[K]
const ridge = 0.1
plate n in N {
  observed y : real[D]
  latent z : ${domain}[K]
  factor fit = ||y - W @ z||^2
  regularizer small = ridge * ||z||^2
  regularizer sparse = sum[k in K] weight[k] * abs(z[k])
}`;

describe.each(Object.keys(domains) as (keyof typeof domains)[])('codes in %s', (domain) => {
  const problem = fc.record({
    W: matrix(3, 4),
    y: matrix(3, 3),
    weight: fc.array(
      fc.integer({ min: 0, max: 300 }).map((n) => n / 100),
      { minLength: 4, maxLength: 4 },
    ),
  });
  it.each([
    ['reference', 12, 1e-8],
    ['wasm', 3, 1e-4],
  ] as const)('on %s', async (backend, runs, tolerance) => {
    await fc.assert(
      fc.asyncProperty(problem, async ({ W, y, weight }) => {
        const report = await runModel(codes(domain), { W, y, weight }, { backend });
        const exact = y.map((row) => coordinateDescent(W, row, weight, 0.1, domains[domain]));
        const minimum = exact.reduce((sum, e) => sum + e.energy, 0);
        const excess = report.energy!.total - minimum;
        const scale = Math.max(minimum, 1e-3);
        expect(report.plan[0]!.certificate).not.toBe('local');
        expect(excess).toBeLessThan(3e-7 * scale + tolerance * 1e-2);
        expect(excess).toBeGreaterThan(-tolerance * scale);
        expect(report.gap!).toBeGreaterThanOrEqual(excess - tolerance * scale);
        expect(report.converged).toBe(true);
        if (backend === 'reference')
          flat(report.variables['z']).forEach((v, i) =>
            expect(Math.abs(v - exact.flatMap((e) => e.z)[i]!)).toBeLessThan(5e-3),
          );
      }),
      settings(runs),
    );
  });
});

describe('a gap bounds what is left, long before the end', () => {
  it.each(Object.keys(domains) as (keyof typeof domains)[])('codes in %s after ten steps', async (domain) => {
    // Columns that are nearly alike make the descent slow.
    const slow = fc.record({
      W: matrix(3, 4).map((rows) => rows.map((row) => row.map((v) => 1 + 0.1 * v))),
      y: matrix(2, 3),
      weight: fc.array(
        fc.integer({ min: 1, max: 60 }).map((n) => n / 100),
        { minLength: 4, maxLength: 4 },
      ),
    });
    let early = 0;
    await fc.assert(
      fc.asyncProperty(slow, async ({ W, y, weight }) => {
        const text = `${codes(domain).replace('ridge = 0.1', 'ridge = 0.001')}\ninfer { minimize z by fista(iterations = 10) }`;
        const report = await runModel(text, { W, y, weight });
        const minimum = y.reduce(
          (sum, row) => sum + coordinateDescent(W, row, weight, 0.001, domains[domain]).energy,
          0,
        );
        if (!report.converged) early++;
        expect(report.gap!).toBeGreaterThanOrEqual(report.energy!.total - minimum - 1e-9);
      }),
      settings(8),
    );
    expect(early).toBeGreaterThan(0);
  });
});

it('norms of nodes leave the whole node at 0, or balance its gradient', async () => {
  const text = `
model groups
size N, G, D = 2
const kappa = 3
latent z[g in G] : real[D]
plate n in N {
  observed x : real[G, D]
  observed y : real
  factor fit = (y - sum[g in G] x[g] @ z[g])^2
}
regularizer whole[g in G] = kappa * ||z[g]||`;
  const problem = fc.record({ x: fc.array(matrix(3, 2), { minLength: 5, maxLength: 5 }), y: matrix(1, 5) });
  await fc.assert(
    fc.asyncProperty(problem, async ({ x, y: [y] }) => {
      const report = await runModel(text, { x, y: y! });
      const z = flat(report.variables['z']);
      const entry = (n: number, j: number): number => x[n]![Math.floor(j / 2)]![j % 2]!;
      const rest = y!.map((v, n) => v - z.reduce((sum, c, j) => sum + entry(n, j) * c, 0));
      const slope = z.map((_, j) => -2 * rest.reduce((sum, r, n) => sum + r * entry(n, j), 0));
      for (const g of [0, 1, 2]) {
        const [a, b] = [z[2 * g]!, z[2 * g + 1]!];
        const size = Math.hypot(a, b);
        const [da, db] = [slope[2 * g]!, slope[2 * g + 1]!];
        if (size === 0) expect(Math.hypot(da, db)).toBeLessThanOrEqual(3 * (1 + 1e-3));
        else expect(Math.hypot(da + (3 * a) / size, db + (3 * b) / size)).toBeLessThan(0.02);
      }
      expect(report.converged).toBe(true);
    }),
    settings(12),
  );
});

const variation = (y: readonly number[], x: readonly number[], lambda: number): number =>
  x.reduce((sum, v, i) => sum + (v - y[i]!) ** 2 + (i === 0 ? 0 : lambda * Math.abs(v - x[i - 1]!)), 0);

const denoise = `
model denoise
size T
const lambda = 2
observed x[t in T] : real
target   y[t in T] : real
factor      fit[t in T]   = (y[t] - x[t])^2
regularizer tv[t in 1..T] = lambda * abs(y[t] - y[t-1])`;

describe('total variation against the taut string', () => {
  const check = async (x: readonly number[], backend: string, tolerance: number): Promise<void> => {
    const report = await runModel(denoise, { x }, { backend });
    const exact = tautString(x, 1);
    const minimum = variation(x, exact, 2);
    const excess = report.energy!.total - minimum;
    const scale = Math.max(minimum, 1e-3);
    expect(report.plan[0]!.method).toBe('ADMM');
    expect(excess).toBeLessThan(tolerance * scale);
    expect(excess).toBeGreaterThan(-tolerance * scale);
    expect(report.gap!).toBeGreaterThanOrEqual(excess - tolerance * scale);
    expect(report.converged).toBe(true);
  };
  it('random signals on reference', async () => {
    const signal = fc.array(number, { minLength: 3, maxLength: 40 });
    await fc.assert(
      fc.asyncProperty(signal, (x) => check(x, 'reference', 3e-7)),
      settings(25),
    );
  });
  it('2,000 steps on wasm', { timeout: 30_000 }, async () => {
    const x = Array.from({ length: 2000 }, (_, t) => (Math.floor(t / 250) % 3) * 2 + Math.sin(12.9898 * t) * 0.8);
    const started = performance.now();
    await check(x, 'wasm', 2e-5);
    expect(performance.now() - started).toBeLessThan(20_000);
  });
});
