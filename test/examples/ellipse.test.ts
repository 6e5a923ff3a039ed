// The energy is the distance to the curve, found by another method; the free energy follows Laplace's rate, and its gradient
// is the expected gradient of the energy.
import { describe, expect, it } from 'vitest';
import type { BackendName } from './example.ts';
import { backends, expectDescending, numberAt, rounding, rowsOf, runExample, testExpected } from './example.ts';

testExpected('ellipse');

const points = rowsOf('examples/data/ellipse.csv') as readonly (readonly [number, number])[];
const flags = '--data y=examples/data/ellipse.csv';
const axes = [2, 1] as const;

/** Nearest point of an ellipse with half axes a > b > 0: the root of a falling function (Eberly 2013), by bisection. */
const nearest = ([u, v]: readonly [number, number], [a, b]: readonly [number, number]) => {
  const [x, y] = [Math.abs(u), Math.abs(v)];
  const excess = (t: number): number => ((a * x) / (t + a * a)) ** 2 + ((b * y) / (t + b * b)) ** 2 - 1;
  let [low, high] = [-b * b + b * y, -b * b + Math.hypot(a * x, b * y)];
  for (let i = 0; i < 200; i++) {
    const middle = (low + high) / 2;
    if (excess(middle) > 0) low = middle;
    else high = middle;
  }
  const [px, py] = [(a * a * x) / (low + a * a), (b * b * y) / (low + b * b)];
  return {
    squared: (px - x) ** 2 + (py - y) ** 2,
    angle: Math.atan2((Math.sign(v) * py) / b, (Math.sign(u) * px) / a),
  };
};

const run = (backend: BackendName, beta: number, r: readonly number[] = axes) =>
  runExample('ellipse', flags, backend, { beta, params: { r: [...r] } });

describe.each(backends)('ellipse on %s', (backend) => {
  it('F at infinite beta is the squared distance to the curve, point by point', async () => {
    const result = await run(backend, Infinity);
    points.forEach((y, n) => {
      const { squared } = nearest(y, axes);
      expect(Math.abs(result.pointFreeEnergies![n]! - squared)).toBeLessThan(backend === 'reference' ? 1e-10 : 2e-6);
    });
  });

  it('learns by steps that never raise the energy', async () => {
    expectDescending((await runExample('ellipse', flags, backend)).trace!, rounding[backend]);
  });

  it("F_beta - F_inf = log(beta E''/2 pi) / 2 beta + O(1/beta²)", async () => {
    const remainder = async (beta: number): Promise<number> => {
      const { pointFreeEnergies } = await run(backend, beta);
      const misses = points.map((y, n) => {
        const { squared, angle } = nearest(y, axes);
        const [c, s] = [Math.cos(angle), Math.sin(angle)];
        const [a, b] = axes;
        // Second derivative of (u - a cos z)² + (v - b sin z)².
        const curvature = 2 * (a * a * s * s + a * c * (y[0] - a * c) + b * b * c * c + b * s * (y[1] - b * s));
        const laplace = squared + Math.log((beta * curvature) / (2 * Math.PI)) / (2 * beta);
        return Math.abs(pointFreeEnergies![n]! - laplace);
      });
      return misses.reduce((sum, m) => sum + m, 0) / misses.length;
    };
    const [first, second] = [await remainder(50), await remainder(100)];
    expect(first / second).toBeGreaterThan(3.6);
    expect(first / second).toBeLessThan(4.6);
  });

  it('approaches F_inf from above as it cools', async () => {
    const sweep = [];
    for (const beta of [20, 50, 100, 200, Infinity]) sweep.push(numberAt(await run(backend, beta), 'freeEnergy'));
    for (let i = 1; i < sweep.length; i++) expect(sweep[i]!).toBeLessThan(sweep[i - 1]!);
  });

  it.each([1, 10])('its gradient is the expected gradient, at beta %d', async (beta) => {
    const step = backend === 'reference' ? 1e-4 : 0.01;
    const free = async (r: readonly number[]): Promise<number> => numberAt(await run(backend, beta, r), 'freeEnergy');
    const expected = [0, 0];
    for (const [u, v] of points) {
      let [total, byA, byB] = [0, 0, 0];
      for (let i = 0; i < 4000; i++) {
        const z = (2 * Math.PI * i) / 4000;
        const [dx, dy] = [u - axes[0] * Math.cos(z), v - axes[1] * Math.sin(z)];
        const weight = Math.exp(-beta * (dx * dx + dy * dy));
        total += weight;
        byA += weight * -2 * dx * Math.cos(z);
        byB += weight * -2 * dy * Math.sin(z);
      }
      expected[0]! += byA / total;
      expected[1]! += byB / total;
    }
    for (const i of [0, 1]) {
      const moved = (sign: number) => axes.map((x, j) => (i === j ? x + sign * step : x));
      const slope = ((await free(moved(1))) - (await free(moved(-1)))) / (2 * step);
      expect(Math.abs(slope - expected[i]!)).toBeLessThan(backend === 'reference' ? 1e-4 : 0.1);
    }
  });
});
