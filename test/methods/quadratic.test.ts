// Quadratic energies in real unknowns against dense linear algebra: minimisers, means and standard deviations, log-partition
// functions and expected energies, for vectors, plates, matrices, chains and everything joined.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { checkQuadratic } from './check-quadratic.ts';
import type { FamilyName } from './real-families.ts';
import { families, realModel } from './real-families.ts';
import { runModel, tryModel } from './run-model.ts';

const tape = fc.array(fc.nat(999), { minLength: 100, maxLength: 100 });
const settings = (runs: number) => ({
  numRuns: Number(process.env['RUNS'] ?? runs),
  seed: Number(process.env['SEED'] ?? 1),
});

const chain = ['block-tridiagonal solve', 'Kalman smoother'];
const dense = ['linear solve', 'Gaussian integral'];
const expected: Readonly<Record<FamilyName, readonly string[]>> = {
  plates: dense,
  algebra: dense,
  chains: chain,
  kalman: chain,
  joined: dense,
};

describe.each(Object.keys(families) as FamilyName[])('random models: %s', (family) => {
  it.each(['minimised', 'marginalised', 'targets minimised over marginalised latents'] as const)(
    '%s',
    async (operation) => {
      const betas = operation === 'minimised' ? [Infinity] : [0.1, 1, 3, 20];
      await fc.assert(
        fc.asyncProperty(tape, fc.constantFrom(...betas), async (numbers, beta) => {
          const model = realModel(family, numbers);
          const mixed = operation.startsWith('targets');
          const { disagreement, stopped, methods } = await checkQuadratic(model, beta, { mixed });
          // A product of two linear forms may be indefinite, which checkQuadratic verifies.
          const refused = stopped.filter((d) => d.code !== 'EBM508').map((d) => `${d.code} ${d.message}`);
          expect(disagreement ?? refused.join('\n'), model.text).toBe('');
          const [least, integral] = expected[family] as [string, string];
          for (const m of methods) expect([least, integral, ...dense]).toContain(m);
          if (stopped.length === 0 && !mixed) expect(methods).toContain(beta === Infinity ? least : integral);
        }),
        settings(20),
      );
    },
  );
});

describe('a form that is not definite', () => {
  const cases: Readonly<
    Record<
      string,
      { readonly text: string; readonly data?: Readonly<Record<string, number[]>>; readonly unknown: string }
    >
  > = {
    'a maximum': { text: 'target x : real\nfactor f = -x^2', unknown: 'x' },
    'a slope': { text: 'target x : real\nfactor f = 2 * x', unknown: 'x' },
    'no factor': { text: 'target x, y : real\nfactor f = x^2', unknown: 'y' },
    'a valley': { text: 'target x, y : real\nfactor f = (0.1 * x - 0.3 * y - 1)^2', unknown: 'x, y' },
    'three numbers in two squares': {
      text: 'target x, y, z : real\nfactor f = (0.1 * x - 0.3 * y - 1)^2 + (0.7 * y - 0.1 * z)^2',
      unknown: 'x, y, z',
    },
    'a saddle': { text: 'target x, y : real\nfactor f = x * y', unknown: 'x' },
    'a free chain': {
      text: 'size T = 5\ntarget s[t in T] : real\nfactor f[t in 1..T] = (0.3 * s[t] - 0.7 * s[t-1])^2',
      unknown: 's',
    },
    'one node of a plate': {
      text: 'size N\nplate n in N {\n  target x : real\n  observed a : real\n  factor f = (a * x - 1)^2\n}',
      data: { a: [0.1, 0, 0.3] },
      unknown: 'x',
    },
  };
  it.each(Object.keys(cases))('%s', async (name) => {
    const { text, data, unknown } = cases[name]!;
    for (const [query, backend] of [
      ['map', 'reference'],
      ['marginals', 'reference'],
      ['map', 'wasm'],
    ] as const) {
      const { result, diagnostics } = await tryModel(`model m\n${text}\n`, data ?? {}, { query, backend });
      expect(result, backend).toBeNull();
      expect(diagnostics.map((d) => d.code)).toEqual(['EBM508']);
      expect(diagnostics[0]!.message).toContain(`: ${unknown} run`);
    }
  });
});

it('a flag or a setting minimises one and integrates the other', async () => {
  // E = (x - y)² + (y - 1)² / 2 + x²/2. ∫ over y leaves x: F(x) = x²/2 + (x - 1)²/3 + const.
  const text = 'model m\nlatent x, y : real\nfactor f = (x - y)^2 + (y - 1)^2 / 2 + x^2 / 2\n';
  for (const model of [`${text}infer { marginalize x, y }\n`, `${text}beta = 1\n`]) {
    const report = await runModel(model);
    expect(report.plan[0]!.operation).toBe('marginalize');
    // The joint mean solves [3 -2; -2 3] (x, y) = (0, 1).
    const marginal = report.marginals['x'] as { mean: number; sd: number };
    expect(marginal.mean).toBeCloseTo(2 / 5, 10);
    expect(marginal.sd).toBeCloseTo(Math.sqrt(3 / 5), 10);
  }
});

it('what has no digits in float32 is computed in float64', async () => {
  // H = [1 + 1e-9, 1; 1, 1 + 1e-9]: in float32 it is singular.
  const text = 'model m\ntarget x, y : real\nfactor f = (x + y - 1)^2 / 2 + 5e-10 * (x^2 + y^2)\n';
  const report = await runModel(text, {}, { backend: 'wasm' });
  expect(report.variables['x']).toBeCloseTo(0.5, 6);
  expect(report.backend).toBe('reference');
});

it('unknowns of the closed-form fit are the same numbers', async () => {
  await fc.assert(
    fc.asyncProperty(tape, fc.constantFrom(...(Object.keys(families) as FamilyName[])), async (numbers, family) => {
      const model = realModel(family, numbers);
      const { disagreement, stopped } = await checkQuadratic(model, Infinity, { asParams: true });
      const refused = stopped.filter((d) => d.code !== 'EBM508').map((d) => `${d.code} ${d.message}`);
      expect(disagreement ?? refused.join('\n'), model.text).toBe('');
    }),
    settings(40),
  );
});
