// Bounded numbers by grid and quadrature, smooth unknowns by descent, against closed forms.
import { describe, expect, it } from 'vitest';
import { list, random } from './random-data.ts';
import { flat, largestDifference, runModel } from './run-model.ts';

/** Modified Bessel functions of the first kind, by their series. */
const bessel = (order: number, x: number): number => {
  let term = (x / 2) ** order / list(order, (i) => i + 1).reduce((a, b) => a * b, 1);
  let sum = 0;
  for (let k = 0; k < 200; k++) {
    sum += term;
    term *= (x / 2) ** 2 / ((k + 1) * (k + 1 + order));
  }
  return sum;
};

interface Moments {
  readonly mean: unknown;
  readonly sd: unknown;
}

describe('quadrature', () => {
  it.each([0.3, 1, 4])('an angle under the energy of von Mises, beta = %d', async (beta) => {
    const text =
      'model m\nsize N\nplate n in N {\n  observed m : angle\n  latent z : angle\n  factor f = -2 * cos(z - m)\n}\n';
    const m = [0.5, -2, 3.1];
    const report = await runModel(text, { m }, { query: 'marginals', beta });
    expect(report.plan[0]!.method).toBe('quadrature');
    const k = 2 * beta;
    expect(report.logPartition).toBeCloseTo(3 * Math.log(2 * Math.PI * bessel(0, k)), 9);
    const { mean, sd } = report.marginals['z'] as Moments;
    expect(largestDifference(flat(mean), m)).toBeLessThan(1e-9);
    const ratio = bessel(1, k) / bessel(0, k);
    flat(sd).forEach((s) => expect(s).toBeCloseTo(Math.sqrt(-2 * Math.log(ratio)), 8));
    // Expected energy: -2 E[cos(z - m)].
    expect(report.energy!.total).toBeCloseTo(-2 * 3 * ratio, 8);
  });

  it.each([0.1, 1, 20])('an interval under a linear energy, beta = %d', async (beta) => {
    const text = 'model m\nlatent z : interval(-1, 3)\nfactor f = 0.5 * z\n';
    const report = await runModel(text, {}, { query: 'marginals', beta });
    const c = 0.5 * beta;
    const z = (Math.exp(c) - Math.exp(-3 * c)) / c;
    expect(report.logPartition).toBeCloseTo(Math.log(z), 3);
    // E[z] = -d log Z / dc.
    const mean = -((Math.exp(c) + 3 * Math.exp(-3 * c)) / c / z - 1 / c);
    expect((report.marginals['z'] as { mean: number }).mean).toBeCloseTo(mean, 3);
  });

  it('a uniform number in (0, 1)', async () => {
    const report = await runModel('model m\nlatent u : unit\nfactor f = 0 * u\n', {}, { query: 'marginals', beta: 3 });
    expect(report.logPartition).toBeCloseTo(0, 10);
    const { mean, sd } = report.marginals['u'] as { mean: number; sd: number };
    expect(mean).toBeCloseTo(0.5, 10);
    expect(sd).toBeCloseTo(Math.sqrt(1 / 12), 5);
  });
});

describe('grid search', () => {
  it('angles of points seen from an ellipse', async () => {
    const { normal } = random(2);
    const y = list(20, () => [2 * normal(), normal()]);
    const text = `model ellipse
size N
param r : positive[2]
plate n in N {
  target y : real[2]
  latent z : angle
  factor distance = ||y - [r[0] * cos(z), r[1] * sin(z)]||^2
}
`;
    const report = await runModel(text, { y, r: [2, 0.7] });
    expect(report.plan[0]!.method).toBe('grid search');
    const distance = (p: readonly number[], z: number): number =>
      (p[0]! - 2 * Math.cos(z)) ** 2 + (p[1]! - 0.7 * Math.sin(z)) ** 2;
    const angles = flat(report.variables['z']);
    let total = 0;
    y.forEach((p, n) => {
      const best = Math.min(...list(20_000, (i) => distance(p, (i / 10_000) * Math.PI)));
      expect(distance(p, angles[n]!)).toBeLessThan(best + 1e-9);
      expect(Math.abs(angles[n]!)).toBeLessThanOrEqual(Math.PI + 1e-9);
      total += distance(p, angles[n]!);
    });
    expect(report.energy!.total).toBeCloseTo(total, 9);
    expect(report.freeEnergy).toBeCloseTo(total, 9);
  });

  it('at the ends of an interval and inside it', async () => {
    const text =
      'model m\nsize N\nplate n in N {\n  observed a : real\n  latent z : interval(-1, 2)\n  factor f = (z - a)^2\n}\n';
    const report = await runModel(text, { a: [-3, 0.3, 1.999, 7] });
    expect(largestDifference(flat(report.variables['z']), [-1, 0.3, 1.999, 2])).toBeLessThan(1e-6);
    expect(report.energy!.total).toBeCloseTo(4 + 25, 4);
  });
});

describe('descent', () => {
  const cases: Readonly<Record<string, { text: string; at: readonly number[]; energy: number }>> = {
    'a curved valley': {
      text: 'target x : real[2]\nfactor f = (1 - x[0])^2 + 100 * (x[1] - x[0]^2)^2',
      at: [1, 1],
      energy: 0,
    },
    'a positive number': {
      text: 'target x : positive\nfactor f = x - 3 * log(x)',
      at: [3],
      energy: 3 - 3 * Math.log(3),
    },
    'a distribution: relative entropy': {
      text: 'target x : simplex[3]\nconst q = [0.2, 0.5, 0.3]\nfactor f = sum[k in 3] x[k] * (log(x[k]) - log(q[k]))',
      at: [0.2, 0.5, 0.3],
      energy: 0,
    },
    'a direction': { text: 'target x : sphere[2]\nconst c = [3, 4]\nfactor f = -(c @ x)', at: [0.6, 0.8], energy: -5 },
    'a convex sum of exponentials': {
      text: 'target x : real\nfactor f = exp(x) + exp(-2 * x)',
      at: [Math.log(2) / 3],
      energy: 2 ** (1 / 3) + 2 ** (-2 / 3),
    },
  };
  it.each(Object.keys(cases))('%s', async (name) => {
    const { text, at, energy } = cases[name]!;
    const report = await runModel(`model m\n${text}\n`);
    expect(['L-BFGS', 'Adam']).toContain(report.plan[0]!.method);
    expect(report.converged).toBe(true);
    expect(largestDifference(flat(report.variables['x']), at)).toBeLessThan(1e-4);
    expect(report.energy!.total).toBeCloseTo(energy, 6);
  });

  it('maximum likelihood of a Student location with fixed scale is stationary', async () => {
    const { normal } = random(4);
    const y = list(30, (n) => 2 + normal() * (n % 7 === 0 ? 6 : 1));
    const text = 'model m\nsize N\nparam mu : real\nplate n in N { target y : real ~ student_t(3, mu, 1) }\n';
    const report = await runModel(text, { y });
    const mu = flat(report.params['mu'])[0]!;
    // d/dmu of Σ 2 log(1 + r²/3): Σ 4 r / (3 + r²) = 0.
    expect(y.reduce((s, v) => s + (4 * (v - mu)) / (3 + (v - mu) ** 2), 0)).toBeCloseTo(0, 4);
  });
});
