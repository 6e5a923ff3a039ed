// The optimizers on functions whose minima are known in closed form.
import { describe, expect, test } from 'vitest';
import { runProgram } from '../../src/backend/reference.ts';
import { adam } from '../../src/optimizers/adam.ts';
import { descend } from '../../src/optimizers/descend.ts';
import { lbfgs } from '../../src/optimizers/lbfgs.ts';
import { differentiated, type Minimum, type Objective } from '../../src/optimizers/objective.ts';
import { sgd } from '../../src/optimizers/sgd.ts';
import { Builder, type Value } from '../../src/tensor/builder.ts';
import { constant, size } from '../../src/tensor/dims.ts';
import { optimise } from '../../src/tensor/passes/index.ts';
import { verify } from '../../src/tensor/verify.ts';

const d = constant;
const run = (
  start: { readonly shape: readonly number[]; readonly values: readonly number[] },
  minimise: (b: Builder, x: Value) => Minimum,
  symbolic = false,
) => {
  const b = new Builder();
  const shape = symbolic ? start.shape.map((_, i) => size(['B', 'P'][i]!)) : start.shape.map(d);
  const { trace, ...found } = minimise(b, b.input('start', shape));
  const program = b.finish({ ...found, trace: trace.values });
  expect(verify(program)).toEqual([]);
  const inputs = { start: { shape: start.shape, data: Float64Array.from(start.values) } };
  const plain = runProgram(program, inputs);
  const optimised = runProgram(optimise(program), inputs);
  for (const [i, value] of plain['x']!.data.entries()) expect(optimised['x']!.data[i]).toBeCloseTo(value, 4);
  return Object.fromEntries(Object.entries(plain).map(([name, t]) => [name, [...t.data]])) as Record<
    'x' | 'value' | 'iterations' | 'converged' | 'trace',
    number[]
  >;
};

/** Σ 100 (x₂ - x₁²)² + (1 - x₁)² over consecutive pairs of the last axis; minimum 0 at 1, 1, … */
const rosenbrock = (n: number): Objective =>
  differentiated((b, x) => {
    const axis = x.shape.length - 1;
    const [left, right] = [b.sliceAxis(x, axis, d(0), d(n - 1)), b.sliceAxis(x, axis, d(1), d(n - 1))];
    return b.sum(b.add(b.mul(b.square(b.sub(right, b.square(left))), 100), b.square(b.sub(1, left))), [axis]);
  });

const close = (found: readonly number[], expected: readonly number[], tolerance: number): void => {
  for (const [i, value] of expected.entries()) expect(Math.abs(found[i]! - value)).toBeLessThan(tolerance);
};

describe('L-BFGS', () => {
  test('Rosenbrock in two dimensions from the classical start', () => {
    const found = run({ shape: [2], values: [-1.2, 1] }, (b, x) =>
      lbfgs(b, x, rosenbrock(2), { gradientTolerance: 1e-8 }),
    );
    close(found.x, [1, 1], 1e-6);
    expect(found.converged).toEqual([1]);
    expect(found.iterations[0]).toBeLessThan(60);
  });
  test('a batch of Rosenbrocks in ten dimensions, each from its own start', () => {
    const starts = Array.from({ length: 40 }, (_, i) => 0.3 * Math.sin(3 * i) + (i < 10 ? 1 : 0));
    const found = run({ shape: [4, 10], values: starts }, (b, x) =>
      lbfgs(b, x, rosenbrock(10), { maxIterations: 500, gradientTolerance: 1e-7, decreaseTolerance: 0 }),
    );
    expect(found.converged).toEqual([1, 1, 1, 1]);
    close(found.value, [0, 0, 0, 0], 1e-10);
  });
  test('an energy that reads the point by its components, which the builder reshapes away', () => {
    const energy = differentiated((b, x) => {
      const scalar = b.reshape(x, []);
      return b.add(b.square(b.sub(scalar, 1)), b.softplus(scalar));
    });
    const found = run({ shape: [], values: [-1] }, (b, x) =>
      lbfgs(b, b.reshape(x, [d(1)]), energy, { gradientTolerance: 1e-8 }),
    );
    // 2 (x - 1) + 1 / (1 + e^-x) = 0
    const [x] = found.x;
    expect(2 * (x! - 1) + 1 / (1 + Math.exp(-x!))).toBeCloseTo(0, 7);
    expect(found.iterations[0]).toBeGreaterThan(0);
  });
  test('an ill-conditioned quadratic, condition number 10⁶, sizes symbolic', () => {
    const scales = [1, 10, 1e2, 1e3, 1e4, 1e5, 1e6];
    const objective: Objective = (b, x) => {
      const scale = b.unsqueeze(b.literal(scales, [7]), [0]);
      const gap = b.sub(b.reshape(x, [d(2), d(7)]), 3);
      const value = b.mul(b.sum(b.mul(scale, b.square(gap)), [1]), 0.5);
      return { value, gradient: b.mul(scale, gap) };
    };
    const found = run({ shape: [2, 7], values: [...scales.map(() => 0), ...scales.map((_, i) => i)] }, (b, x) =>
      lbfgs(b, x, objective, { gradientTolerance: 1e-7, decreaseTolerance: 0, maxIterations: 300 }),
    );
    close(
      found.x,
      Array.from({ length: 14 }, () => 3),
      1e-5,
    );
  });
  test('row independence: a batch finds what each row finds alone', () => {
    const energy: Objective = differentiated((b, x) => b.sum(b.add(b.cosh(x), b.square(b.sub(x, 1))), [1]));
    const values = [5, -3, 0.1, 2, -8, 7];
    const minimise = (b: Builder, x: Value): Minimum =>
      lbfgs(b, x, energy, { gradientTolerance: 1e-9, decreaseTolerance: 0 });
    const together = run({ shape: [3, 2], values }, minimise, true);
    for (const row of [0, 1, 2]) {
      const alone = run({ shape: [1, 2], values: values.slice(2 * row, 2 * row + 2) }, minimise, true);
      close(together.x.slice(2 * row, 2 * row + 2), alone.x, 1e-12);
      expect(together.iterations[row]).toBe(alone.iterations[0]);
    }
    // sinh x + 2 (x - 1) = 0
    for (const x of together.x) expect(Math.abs(Math.sinh(x) + 2 * (x - 1))).toBeLessThan(1e-8);
  });
  test('a start at the minimum takes no step; too few iterations are not called converged', () => {
    const there = run({ shape: [2], values: [1, 1] }, (b, x) => lbfgs(b, x, rosenbrock(2)));
    expect([there.iterations, there.converged]).toEqual([[0], [1]]);
    const short = run({ shape: [2], values: [-1.2, 1] }, (b, x) => lbfgs(b, x, rosenbrock(2), { maxIterations: 3 }));
    expect([short.iterations, short.converged]).toEqual([[3], [0]]);
  });
  test('a pole that the first step would cross: -log x + x', () => {
    const found = run({ shape: [1], values: [20] }, (b, x) =>
      lbfgs(
        b,
        x,
        differentiated((c, v) => c.sum(c.sub(v, c.log(v)))),
        { gradientTolerance: 1e-9 },
      ),
    );
    close(found.x, [1], 1e-7);
  });
});

describe('first-order rules', () => {
  const bowl: Objective = (b, x) => ({ value: b.sum(b.square(b.sub(x, 2)), [1]), gradient: b.mul(b.sub(x, 2), 2) });
  const start = { shape: [2, 3], values: [0, 1, 2, 3, 4, -5] };
  test('sgd with momentum', () => {
    const found = run(start, (b, x) => descend(b, x, bowl, sgd, { rate: 0.05, momentum: 0.8 }, { maxIterations: 400 }));
    close(
      found.x,
      Array.from({ length: 6 }, () => 2),
      1e-5,
    );
    expect(found.converged).toEqual([1, 1]);
  });
  test('Adam', () => {
    const found = run(start, (b, x) => descend(b, x, bowl, adam, { rate: 0.1 }, { maxIterations: 2000 }));
    close(
      found.x,
      Array.from({ length: 6 }, () => 2),
      1e-4,
    );
  });
  test('one step of each, by hand', () => {
    const step = (build: (b: Builder, x: Value, g: Value) => Value): number => {
      const b = new Builder();
      const program = b.finish({ y: build(b, b.input('x', []), b.input('g', [])) });
      const scalar = (value: number) => ({ shape: [], data: Float64Array.of(value) });
      return runProgram(program, { x: scalar(1), g: scalar(0.5) })['y']!.data[0]!;
    };
    // v = 0.9 · 2 + 0.5; plain momentum moves by v, Nesterov by g + 0.9 v.
    expect(step((b, x, g) => sgd.step(b, x, g, [b.constant(2)], 1, { rate: 0.1, momentum: 0.9 }).x)).toBeCloseTo(
      1 - 0.1 * 2.3,
      14,
    );
    expect(
      step((b, x, g) => sgd.step(b, x, g, [b.constant(2)], 1, { rate: 0.1, momentum: 0.9, nesterov: true }).x),
    ).toBeCloseTo(1 - 0.1 * (0.5 + 0.9 * 2.3), 14);
    // The first Adam step is the rate times the sign.
    expect(step((b, x, g) => adam.step(b, x, g, [b.constant(0), b.constant(0)], 1, { rate: 0.1 }).x)).toBeCloseTo(
      0.9,
      8,
    );
  });
});
