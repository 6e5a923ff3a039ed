// Fits around random discrete structure: what the alternation calls the free energy is what enumeration says, it never
// rises, and at the end it is stationary in every param. So the posterior weights of every exact method are right.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { FamilyName } from './discrete-families.ts';
import { discreteModel } from './discrete-families.ts';
import { learningModel } from './learning-model.ts';
import { flat, runModel, tryModel } from './run-model.ts';

const tape = fc.array(fc.nat(999), { minLength: 100, maxLength: 100 });

describe.each(['plates', 'chains', 'grids', 'edges', 'pairs', 'mixed'] as FamilyName[])(
  'random models: %s',
  (family) => {
    it('expectation-maximisation and its limit', async () => {
      let learned = 0;
      await fc.assert(
        fc.asyncProperty(tape, fc.constantFrom(1, 3, Infinity), fc.nat(99), async (numbers, beta, seed) => {
          const model = learningModel(discreteModel(family, numbers, 1024), seed);
          if (model === null) return;
          const { result, diagnostics } = await tryModel(model.text, model.data, { beta, restarts: 2 });
          if (result === null) {
            expect(
              diagnostics.map((d) => d.code),
              model.text,
            ).toEqual(['EBM514']);
            return;
          }
          learned++;
          const { json, trace } = result;
          const params = model.params.flatMap((p) => [...flat(json.params[p.name])]);
          const free = model.objective(params, beta);
          const scale = Math.max(1, Math.abs(free));
          expect(Math.abs(json.freeEnergy! - free) / scale, model.text).toBeLessThan(1e-7);
          trace!.slice(1).forEach((f, i) => expect(f - trace![i]!, model.text).toBeLessThan(1e-8 * scale));
          if (!json.converged) return;
          params.forEach((_, k) => {
            const moved = (by: number): number =>
              model.objective(
                params.map((v, i) => (i === k ? v + by : v)),
                beta,
              );
            expect(Math.abs(moved(1e-5) - moved(-1e-5)) / 2e-5, model.text).toBeLessThan(0.05);
          });
        }),
        { numRuns: Number(process.env['RUNS'] ?? 12), seed: Number(process.env['SEED'] ?? 1) },
      );
      expect(learned).toBeGreaterThan(0);
    });
  },
);

it('more states than points: those without a member stay where they are', async () => {
  const text = `model m
size N, K = 4
param w : real[K]
plate n in N {
  target y : real
  latent z : category(K)
  factor f = (y - w[z])^2
}
`;
  const report = await runModel(text, { y: [1, 7] }, { beta: Infinity });
  const w = flat(report.params['w']);
  expect(w.every(Number.isFinite)).toBe(true);
  expect(w).toContain(1);
  expect(w).toContain(7);
  expect(report.energy!.total).toBe(0);
});
