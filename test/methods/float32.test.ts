// Backends in float32 against oracles in float64: random models of every family, a long hidden Markov model and an Ising grid with
// couplings from data.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hasCompiler } from '../backend/native/compiler.ts';
import { checkDiscrete } from './check-discrete.ts';
import { checkQuadratic } from './check-quadratic.ts';
import type { FamilyName } from './discrete-families.ts';
import { discreteModel, families } from './discrete-families.ts';
import { list, random } from './random-data.ts';
import { realModel, families as realFamilies } from './real-families.ts';
import type { FamilyName as RealFamily } from './real-families.ts';
import { flat, largestDifference, runFully, runModel } from './run-model.ts';
import { solveIsing } from './transfer-matrix.ts';

const tapes = (count: number, seed: number) =>
  fc.sample(fc.array(fc.nat(999), { minLength: 100, maxLength: 100 }), { numRuns: count, seed });

/** Native takes a second to compile each model. */
const tapesOn: Readonly<Record<string, number>> = { wasm: 2, native: 1 };
const backends = Object.keys(tapesOn).filter((name) => name !== 'native' || hasCompiler);

describe.each(backends)('random models on %s', { timeout: 120_000 }, (backend) => {
  it.each(Object.keys(families) as FamilyName[])('discrete: %s', async (family) => {
    for (const [i, tape] of tapes(tapesOn[backend]!, 3).entries()) {
      const model = discreteModel(family, tape, 1024);
      for (const question of ['minimum', 'marginals', 'mixed'] as const) {
        const { disagreement, stopped } = await checkDiscrete(model, question, [1, 3][i]!, {
          backend,
          tolerance: 1e-4,
        });
        expect(disagreement ?? stopped.map((d) => d.code).join(), model.text).toBe('');
      }
    }
  });

  it.each(Object.keys(realFamilies) as RealFamily[])('quadratic: %s', async (family) => {
    for (const tape of tapes(tapesOn[backend]!, 4)) {
      const model = realModel(family, tape);
      for (const beta of [Infinity, 2]) {
        const options = { backend, tolerance: 1e-4 };
        const { disagreement, stopped } = await checkQuadratic(model, beta, options);
        expect(disagreement ?? stopped.map((d) => d.code).join(), model.text).toBe('');
      }
    }
  });
});

describe.each(backends)('an Ising grid of 10 × 12 with couplings and fields from data on %s', (backend) => {
  const { normal } = random(21);
  const [height, width] = [10, 12];
  const field = list(height, () => list(width, () => normal() / 2));
  const across = list(height, () => list(width - 1, normal));
  const down = list(height - 1, () => list(width, normal));
  const data = { h: field, J1: across, J2: down };
  const text = `model ising
size H, W
data J1[i in H, j in 1..W] : real
data J2[i in 1..H, j in W] : real
observed h[i in H, j in W] : real
target y[i in H, j in W] : spin
factor field[i in H, j in W] = -h[i, j] * y[i, j]
factor across[i in H, j in 1..W] = -J1[i, j] * y[i, j-1] * y[i, j]
factor down[i in 1..H, j in W] = -J2[i, j] * y[i-1, j] * y[i, j]
`;
  const exact = solveIsing({ height, width, field, across, down }, 0.7);

  it('the oracle agrees with enumeration on 3 × 3', () => {
    const grid = { height: 3, width: 3, field, across, down };
    let z = 0;
    let least = Infinity;
    let corner = 0;
    for (let s = 0; s < 512; s++) {
      const y = (i: number, j: number): number => ((s >> (3 * i + j)) & 1) * 2 - 1;
      let e = 0;
      for (let i = 0; i < 3; i++)
        for (let j = 0; j < 3; j++) {
          e -= field[i]![j]! * y(i, j);
          if (j > 0) e -= across[i]![j - 1]! * y(i, j - 1) * y(i, j);
          if (i > 0) e -= down[i - 1]![j]! * y(i - 1, j) * y(i, j);
        }
      z += Math.exp(-0.7 * e);
      if (y(2, 1) > 0) corner += Math.exp(-0.7 * e);
      least = Math.min(least, e);
    }
    const solved = solveIsing(grid, 0.7);
    expect(solved.logZ).toBeCloseTo(Math.log(z), 10);
    expect(solved.minimum).toBeCloseTo(least, 10);
    expect(solved.up[2]![1]).toBeCloseTo(corner / z, 10);
  });

  it('log-partition and marginals', async () => {
    const report = await runModel(text, data, { query: 'marginals', beta: 0.7, backend });
    expect(report.plan.map((p) => [p.method, p.certificate])).toEqual([['junction elimination', 'exact']]);
    expect(Math.abs(report.logPartition! - exact.logZ) / exact.logZ).toBeLessThan(1e-5);
    expect(largestDifference(flat(report.marginals['y']), exact.up.flat())).toBeLessThan(1e-4);
  });

  it('the minimum and its assignment', async () => {
    const report = await runModel(text, data, { backend });
    expect(Math.abs(report.energy!.total - exact.minimum)).toBeLessThan(1e-4);
    const y = flat(report.variables['y']);
    const at = (i: number, j: number): number => y[i * width + j]!;
    let energy = 0;
    for (let i = 0; i < height; i++)
      for (let j = 0; j < width; j++) {
        energy -= field[i]![j]! * at(i, j);
        if (j > 0) energy -= across[i]![j - 1]! * at(i, j - 1) * at(i, j);
        if (i > 0) energy -= down[i - 1]![j]! * at(i - 1, j) * at(i, j);
      }
    expect(energy).toBeCloseTo(exact.minimum, 8);
  });
});

describe.each(backends)('a hidden Markov model of 2,000 steps with Gaussian emissions on %s', (backend) => {
  const { normal, uniform } = random(8);
  const [pi, A, mu, sd] = [
    [0.5, 0.3, 0.2],
    [
      [0.95, 0.04, 0.01],
      [0.03, 0.9, 0.07],
      [0.02, 0.08, 0.9],
    ],
    [-1, 0.5, 2],
    [0.6, 0.8, 0.5],
  ];
  const pick = (p: readonly number[]): number => {
    let u = uniform();
    return Math.max(
      0,
      p.findIndex((q) => (u -= q) < 0),
    );
  };
  const states = [pick(pi)];
  while (states.length < 2000) states.push(pick(A[states.at(-1)!]!));
  const x = states.map((s) => mu[s]! + sd[s]! * normal());
  const density = (s: number, v: number): number =>
    Math.exp(-(((v - mu[s]!) / sd[s]!) ** 2) / 2) / sd[s]! / Math.sqrt(2 * Math.PI);
  const text = `model ghmm
size T, S
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
  const data = { pi, A, mu, sd, x };

  it('marginals by forward-backward', async () => {
    // Scaled forward and backward passes (Rabiner 1989).
    const alpha: number[][] = [];
    let logLikelihood = 0;
    x.forEach((v, t) => {
      const raw = list(
        3,
        (s) => density(s, v) * (t === 0 ? pi[s]! : alpha[t - 1]!.reduce((sum, a, r) => sum + a * A[r]![s]!, 0)),
      );
      const total = raw.reduce((a, b) => a + b, 0);
      logLikelihood += Math.log(total);
      alpha.push(raw.map((a) => a / total));
    });
    let beta = [1, 1, 1];
    const gamma: number[][] = [];
    for (let t = x.length - 1; t >= 0; t--) {
      const joint = list(3, (s) => alpha[t]![s]! * beta[s]!);
      const total = joint.reduce((a, b) => a + b, 0);
      gamma[t] = joint.map((j) => j / total);
      const raw = list(3, (r) => list(3, (s) => A[r]![s]! * density(s, x[t]!) * beta[s]!).reduce((a, b) => a + b, 0));
      const scale = raw.reduce((a, b) => a + b, 0);
      beta = raw.map((b) => b / scale);
    }
    const report = await runModel(text, data, { query: 'marginals', backend });
    expect(report.plan[0]!.method).toBe('forward-backward');
    expect(largestDifference(flat(report.marginals['s']), gamma.flat())).toBeLessThan(1e-4);
    expect(Math.abs(report.logPartition! - logLikelihood) / Math.abs(logLikelihood)).toBeLessThan(1e-5);
  });

  it('the most probable path by Viterbi', async () => {
    let best = list(3, (s) => -Math.log(pi[s]!) - Math.log(density(s, x[0]!)));
    const back: number[][] = [];
    for (const v of x.slice(1)) {
      const from = list(3, (s) => {
        const costs = best.map((b, r) => b - Math.log(A[r]![s]!));
        return costs.indexOf(Math.min(...costs));
      });
      best = list(3, (s) => best[from[s]!]! - Math.log(A[from[s]!]![s]!) - Math.log(density(s, v)));
      back.push(from);
    }
    const path = [best.indexOf(Math.min(...best))];
    for (const from of back.toReversed()) path.unshift(from[path[0]!]!);
    const { json } = await runFully(text, data, { backend, minimize: ['s'] });
    expect(json.plan[0]!.method).toBe('Viterbi');
    expect(flat(json.variables['s'])).toEqual(path);
    expect(json.energy!.total).toBeCloseTo(Math.min(...best), 2);
  });
});
