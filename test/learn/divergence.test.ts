// Numbers that leave the finite ones while learning: the run stops, and says which factor did it and in which step.
import { describe, expect, it } from 'vitest';
import type { Diagnostic } from '../../src/diagnostics/diagnostic.ts';
import { findBackend } from '../../src/backend/registry.ts';
import type { TrainingHooks } from '../../src/learn/fit.ts';
import { train } from '../../src/learn/train.ts';
import type { TrainingState } from '../../src/learn/training-state.ts';
import { isFinite } from '../../src/learn/training-state.ts';
import { withNative } from '../backend/native/compiler.ts';
import { collecting, requestOf } from './training-model.ts';

const stopped = async (
  source: string,
  y: readonly number[],
  hooks: TrainingHooks = {},
  backend = 'reference',
): Promise<Diagnostic> => {
  const { value, diagnostics } = await train(requestOf(source, { y }, {}, findBackend(backend)!), hooks);
  expect(value).toBeNull();
  expect(diagnostics).toHaveLength(1);
  return diagnostics[0]!;
};
const model = (factors: string, optimizer: string, start: string, more = ''): string => `model m
size N
param w : real = ${start}
plate n in N { target y : real  ${factors} }
train { loss energy  learn w by ${optimizer}  epochs 9 ${more} }`;

describe('learning that diverges', () => {
  it('names the factor whose energy is no number, its step, and points at it', async () => {
    // Each step subtracts 1 from w: 4, 3, 2, 1, 0: in the fifth the logarithm of 0 is infinite.
    const source = model('factor pull = w - 0 * y  factor pole = 0 * y - 1e-30 * log(w)', 'sgd(rate = 1)', '4');
    for (const stepsPerCall of [1, 3, 100]) {
      const found = await stopped(source, [0, 0], { stepsPerCall });
      expect(found).toMatchObject({ code: 'EBM653' });
      expect(found.message).toMatch(/epoch 5, step 5: the (energy|gradient) of factor pole is/);
      expect(source.slice(found.span!.start, found.span!.start + 11)).toBe('factor pole');
    }
  });

  it.each(withNative(['reference', 'wasm']))('names steps that overshoot ever further, on %s', async (backend) => {
    // w ← w - 20 · 2 w: times -39 in every step.
    const source = model('factor bowl = w^2 + 0 * y', 'sgd(rate = 20)', '1e30', 'batch 1');
    const saved: TrainingState[] = [];
    const found = await stopped(source, [0, 0, 0], { save: collecting(saved) }, backend);
    // 1e30 squared is beyond float32 at once, and an energy from 1e29 on stands for infinity everywhere.
    expect(found.message).toMatch(/epoch 1, step 1: the energy of factor bowl is infinite/);
    expect(saved).toEqual([]);
  });

  it('keeps the checkpoint of the last good epoch, of finite numbers', async () => {
    const source = model('factor bowl = w^2 + 0 * y', 'sgd(rate = 20)', '1', 'batch 1');
    const saved: TrainingState[] = [];
    const found = await stopped(source, [0, 0, 0], { save: collecting(saved) });
    // After k steps w² is 39^(2k), which passes 1e29 with k = 10: the energy of step 11.
    expect(found.message).toMatch(/epoch 4, step 11: the energy of factor bowl is infinite/);
    expect(saved.at(-1)!.epoch).toBe(3);
    expect(saved.flatMap((s) => Object.values(s.arrays)).every(isFinite)).toBe(true);
  });

  it('tells a slope from an energy', async () => {
    // The square root has a finite value and no finite slope at 0.
    const found = await stopped(model('factor edge = sqrt(w^2) + 0 * y', 'sgd(rate = 1)', '0'), [0]);
    expect(found.message).toMatch(/epoch 1, step 1: the gradient of factor edge is not a number/);
  });

  it('tells an update that overflows', async () => {
    const found = await stopped(model('factor tilt = 1e20 * w + 0 * y', 'sgd(rate = 1e30)', '0'), [0], {}, 'wasm');
    expect(found.message).toMatch(/epoch 1, step 1: the step of w leaves/);
  });
});
