// Projected and Riemannian gradients against closed forms, eigenvalues and optimality conditions.
import { describe, expect, it } from 'vitest';
import { runProgram } from '../../src/backend/reference.ts';
import { differentiated } from '../../src/optimizers/objective.ts';
import { projectedGradient, type Region } from '../../src/optimizers/projected-gradient.ts';
import { Builder, type Value } from '../../src/tensor/builder.ts';
import { constant } from '../../src/tensor/dims.ts';
import { withNative } from '../backend/native/compiler.ts';
import { invert, multiply } from './dense.ts';
import { list, random } from './random-data.ts';
import { explainModel, flat, largestDifference, runModel, tryModel } from './run-model.ts';

type Numbers = readonly number[];
const dot = (a: Numbers, c: Numbers): number => a.reduce((s, x, i) => s + x * c[i]!, 0);
const length = (a: Numbers): number => Math.sqrt(dot(a, a));

/** Rosenbrock's valley and its gradient. */
const valley = 'f = (1 - x[0])^2 + 100 * (x[1] - x[0]^2)^2';
const valleySlope = ([x, y]: Numbers): Numbers => [-2 * (1 - x!) - 400 * x! * (y! - x! * x!), 200 * (y! - x! * x!)];

describe('the optimizer', () => {
  const region = (project: Region['project'], convex: boolean): Region => ({
    project,
    tangent: (_, __, g) => g,
    convex,
  });
  const minimise = (start: Numbers, energy: (b: Builder, x: Value) => Value, where: Region, maxIterations = 1000) => {
    const b = new Builder();
    const { trace, ...found } = projectedGradient(b, b.literal(start, [start.length]), differentiated(energy), where, {
      maxIterations,
      gradientTolerance: 1e-9,
      decreaseTolerance: 0,
    });
    const out = runProgram(b.finish({ ...found, trace: trace.values }), {});
    return Object.fromEntries(Object.entries(out).map(([name, t]) => [name, [...t.data]])) as Record<string, number[]>;
  };
  const box = region((b, x) => b.minimum(b.maximum(x, 0), 1), true);

  it('a badly scaled bowl in a box', () => {
    const [scales, centres] = [
      [1, 10, 100, 1e3, 1e4],
      [0.3, -2, 0.9, 4, 0.5],
    ];
    const found = minimise(
      [0, 0, 1, 1, 0],
      (b, x) => b.sum(b.mul(b.literal(scales!, [5]), b.square(b.sub(x, b.literal(centres!, [5]))))),
      box,
    );
    expect(
      largestDifference(
        found['x']!,
        centres!.map((c) => Math.min(Math.max(c, 0), 1)),
      ),
    ).toBeLessThan(1e-7);
    expect(found['converged']).toEqual([1]);
    expect(found['iterations']![0]).toBeLessThan(200);
  });

  it('a start at the minimum takes no step; too few steps are not called converged', () => {
    const bowl = (b: Builder, x: Value): Value => b.sum(b.square(b.sub(x, 2)));
    const there = minimise([1, 1], bowl, box);
    expect([there['iterations'], there['converged']]).toEqual([[0], [1]]);
    const rosenbrock = (b: Builder, x: Value): Value => {
      const [u, v] = [0, 1].map((i) => b.sliceAxis(x, 0, constant(i), constant(1))) as [Value, Value];
      return b.sum(b.add(b.square(b.sub(1, u)), b.mul(100, b.square(b.sub(v, b.square(u))))));
    };
    const short = minimise([0, 0], rosenbrock, box, 3);
    expect([short['iterations'], short['converged']]).toEqual([[3], [0]]);
  });

  it('the value that is returned is the lowest seen, though steps may rise', () => {
    for (const steps of [1, 2, 3, 5, 8, 13]) {
      const energy = (b: Builder, x: Value): Value =>
        b.sum(b.add(b.mul(b.literal([1, 300], [2]), b.square(x)), b.cos(b.mul(9, x))));
      const found = minimise([1, 0.9], energy, box, steps);
      const at = (x: Numbers): number => x.reduce((s, v, i) => s + [1, 300][i]! * v * v + Math.cos(9 * v), 0);
      expect(found['value']![0]).toBeCloseTo(at(found['x']!), 12);
      expect(found['value']![0]).toBeLessThanOrEqual(at([1, 0.9]));
    }
  });
});

describe('unknowns in sets', () => {
  it('a curved valley in a disc: at the rim the slope points outwards', async () => {
    const text = `model m\nlatent x : real[2] where ||x|| <= 1\nfactor ${valley}\n`;
    const report = await runModel(text);
    expect(report.plan.map((p) => [p.method, p.certificate])).toEqual([['projected gradient', 'local']]);
    const x = flat(report.variables['x']);
    expect(length(x)).toBeCloseTo(1, 9);
    const g = valleySlope(x);
    expect(Math.abs(g[0]! * x[1]! - g[1]! * x[0]!)).toBeLessThan(1e-4);
    expect(dot(g, x)).toBeLessThan(0);
    expect(report.converged).toBe(true);
  });

  it('a portfolio: the least variance with weights that sum to 1, Σ⁻¹1 / 1ᵀΣ⁻¹1', async () => {
    const { normal } = random(4);
    const factors = list(4, () => list(6, () => normal()));
    const covariance = factors.map((a) => factors.map((c) => dot(a, c)));
    const text = `model m
size D = 4
data S : real[D, D]
latent w : real[D] where sum(w) == 1
factor variance = w' @ S @ w
infer { minimize w by projected_gradient }
`;
    const inverse = invert(covariance)!.inverse;
    const raw = multiply(
      inverse,
      list(4, () => [1]),
    ).map((r) => r[0]!);
    const expected = raw.map((x) => x / raw.reduce((s, v) => s + v, 0));
    for (const [backend, tolerance] of [
      ['reference', 1e-5],
      ['wasm', 1e-3],
    ] as const) {
      const report = await runModel(text, { S: covariance }, { backend });
      expect(report.plan[0]!.method).toBe('projected gradient');
      expect(largestDifference(flat(report.variables['w']), expected)).toBeLessThan(tolerance);
    }
  });

  it('a convex energy over a simplex is certified when projections are asked for', async () => {
    const text = `model m
latent x : simplex[3]
factor f = (x[0] - 2)^2 + (x[1] - 1.5)^2 + x[2]^2
infer { minimize x by projected_gradient }
`;
    const report = await runModel(text);
    expect(report.plan[0]!.certificate).toBe('globally optimal');
    expect(largestDifference(flat(report.variables['x']), [0.75, 0.25, 0])).toBeLessThan(1e-7);
  });

  it('params in a disc: learned by projected gradients, all at once', async () => {
    const text = `model m\nsize N\nparam x : real[2] where ||x|| <= 1\nplate n in N {\n  target y : real\n  factor ${valley} + 0 * y\n}\n`;
    const data = { y: [0, 0] };
    expect(explainModel(text, data)).toContain('learn x by projected gradient');
    const x = flat((await runModel(text, data)).params['x']);
    const g = valleySlope(x);
    expect(length(x)).toBeCloseTo(1, 6);
    expect(Math.abs(g[0]! * x[1]! - g[1]! * x[0]!)).toBeLessThan(1e-3);
  });

  it('what is not smooth, and what has no nearest point, is refused with the reason', async () => {
    const rough = await tryModel(
      'model m\nlatent X : orthonormal[3, 2]\nfactor f = sum[i in 3, k in 2] abs(X[i, k] - 1)\n',
    );
    expect(rough.diagnostics.map((d) => d.code)).toEqual(['EBM502']);
    const odd = await tryModel(
      'model m\nlatent x : real[2] where x[0] >= x[1]\nfactor f = sum[i in 2] x[i]^4 - x[0]\n',
    );
    expect(odd.diagnostics.map((d) => d.code)).toEqual(['EBM502']);
    expect(odd.diagnostics[0]!.hints.join(' ')).toContain('x has the condition x[0] ≥ x[1]');
  });
});

describe('spheres and orthonormal matrices', () => {
  // Blocks [[4, 1], [1, 3]] and [[2, 1], [1, 1]]: eigenvalues (7 ± √5)/2 and (3 ± √5)/2.
  const S = 'const S = [[4, 1, 0, 0], [1, 3, 0, 0], [0, 0, 2, 1], [0, 0, 1, 1]]';
  it.each(withNative(['reference', 'wasm']))(
    'the two leading eigenvectors: the sum of the two largest eigenvalues, on %s',
    async (backend) => {
      const report = await runModel(
        `model m\nlatent X : orthonormal[4, 2]\n${S}\nfactor f = -trace(X' @ S @ X)\n`,
        {},
        { backend },
      );
      expect(report.plan.map((p) => [p.method, p.certificate])).toEqual([['Riemannian gradient', 'local']]);
      expect(report.energy!.total).toBeCloseTo(-(5 + Math.sqrt(5)), backend === 'reference' ? 9 : 5);
      const x = flat(report.variables['X']);
      const column = (k: number): Numbers => x.filter((_, i) => i % 2 === k);
      for (const [i, j, value] of [
        [0, 0, 1],
        [0, 1, 0],
        [1, 1, 1],
      ] as const)
        expect(dot(column(i), column(j))).toBeCloseTo(value, 5);
    },
  );

  it('columns of length 1: the leading eigenvector in each', async () => {
    const text = `model m\nparam x : real[4, 3] where colnorm(x) == 1\n${S}\nfactor f = -trace(x' @ S @ x)\n`;
    expect(explainModel(text)).toContain('learn x by Riemannian gradient');
    const report = await runModel(text);
    expect(report.energy!.total).toBeCloseTo((-3 * (7 + Math.sqrt(5))) / 2, 8);
  });

  it('a sphere has free coordinates: L-BFGS moves in them unless asked otherwise', async () => {
    const text = `model m\nlatent x : sphere[4]\n${S}\nfactor f = -(x' @ S @ x)\n`;
    const free = await runModel(text);
    const asked = await runModel(`${text}infer { minimize x by riemannian }\n`);
    expect([free, asked].map((r) => r.plan[0]!.method)).toEqual(['L-BFGS', 'Riemannian gradient']);
    for (const r of [free, asked]) expect(r.energy!.total).toBeCloseTo(-(7 + Math.sqrt(5)) / 2, 6);
  });
});
