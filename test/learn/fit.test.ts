// Learning over many epochs: it arrives where it should, and on the same numbers however it is cut into calls and interrupted.
import { describe, expect, it } from 'vitest';
import type { Backend } from '../../src/backend/backend.ts';
import { referenceBackend } from '../../src/backend/reference.ts';
import { findBackend } from '../../src/backend/registry.ts';
import { formatCheckpoint, parseCheckpoint } from '../../src/learn/checkpoint.ts';
import { train } from '../../src/learn/train.ts';
import type { TrainingState } from '../../src/learn/training-state.ts';
import { withNative } from '../backend/native/compiler.ts';
import { runModel } from '../methods/run-model.ts';
import { collecting, fitted, finished, numbers, requestOf } from './training-model.ts';

const wasm = findBackend('wasm')!;
/** Numbers in -1..1 from a linear congruential generator (Lehmer 1951, with the multiplier of Park and Miller 1988). */
const drawn = (seed: number): (() => number) => {
  let state = seed;
  return () => (2 * (state = (state * 16807) % 2147483647)) / 2147483647 - 1;
};
const draw = drawn(11);
const x = Array.from({ length: 25 }, () => [draw(), draw(), 1]);
const straight = x.map(([a, b, c]) => 2 * a! - b! + 0.5 * c!);
const noisy = straight.map((v) => v + 0.3 * draw());

const regression = (train: string): string => `model regression
size N, D
param w : real[D]
plate n in N { observed x : real[D]  target y : real  factor fit = (y - w @ x)^2 }
regularizer decay = 0.5 * ||w||^2
${train}`;
const stochastic = regression('train { learn w by sgd(rate = 0.05, momentum = 0.8)  epochs 5  batch 4 }');

describe('a linear regression', () => {
  it('ends at the solution of the normal equations when every step sees all points', async () => {
    const steps = regression('train { loss energy  learn w by sgd(rate = 0.3, momentum = 0.7)  epochs 150 }');
    const state = await finished(requestOf(steps, { x, y: noisy }));
    const solved = (await runModel(regression(''), { x, y: noisy })).params['w'] as { readonly data: Float64Array };
    for (const [i, value] of numbers(state.arrays, 'w').entries()) expect(value).toBeCloseTo(solved.data[i]!, 9);
  });

  it('finds the line through points that lie on one, batch by batch', async () => {
    const steps = regression('train { learn w by sgd(rate = 0.2)  epochs 80  batch 4 }').replace('0.5 *', '0 *');
    const state = await finished(requestOf(steps, { x, y: straight }));
    for (const [i, value] of [2, -1, 0.5].entries()) expect(numbers(state.arrays, 'w')[i]).toBeCloseTo(value, 6);
    expect(state.trace).toHaveLength(80);
    expect(state.trace.at(-1)).toBeLessThan(1e-10);
  });

  it('is learned alike in float32 and in float64', async () => {
    const data = { x, y: noisy };
    const [single, double] = [
      await finished(requestOf(stochastic, data, {}, wasm)),
      await finished(requestOf(stochastic, data)),
    ];
    for (const [i, value] of numbers(single.arrays, 'w').entries())
      expect(value).toBeCloseTo(numbers(double.arrays, 'w')[i]!, 5);
  });
});

describe.each(withNative(['reference', 'wasm']))('a run on %s', (name) => {
  const request = (seed = 0) => requestOf(stochastic, { x, y: noisy }, { seed }, findBackend(name)!);

  it('is a function of its seed and its data, not of the number of steps in a call', async () => {
    const one = await finished(request(), { stepsPerCall: 1 });
    for (const stepsPerCall of [2, 5, 1000]) expect(await finished(request(), { stepsPerCall })).toEqual(one);
    expect(await finished(request())).toEqual(one);
    expect(await finished(request(3))).not.toEqual(one);
  });

  it('goes on from any checkpoint to the same numbers', async () => {
    const origin = { model: 'regression', text: '', settings: {} };
    const whole = await finished(request());
    for (const after of [0, 1, 3, 7, 12, 34]) {
      let steps = 0;
      const saved: TrainingState[] = [];
      const end = await fitted(request(), {
        stepsPerCall: 1,
        onStep: () => void steps++,
        cancelled: () => steps >= after,
        save: collecting(saved),
      });
      expect(end.kind).toBe('interrupted');
      const bytes = Buffer.from(formatCheckpoint(saved.at(-1)!, origin));
      const { value } = parseCheckpoint(bytes, 'P.safetensors', origin, Object.keys(whole.arrays));
      expect(value!.epoch * 7 + value!.step).toBe(after);
      expect(await finished(request(), {}, value)).toEqual(whole);
    }
  });
});

describe('several starts', () => {
  const wells = `model wells
size N
param w : real
plate n in N { target y : real  factor well = (w^2 - 1)^2 + 0.3 * w + 0 * y }
train { loss energy  learn w by sgd(rate = 0.05)  epochs 60 }`;

  it('keep the best, whichever it was', async () => {
    const request = requestOf(wells, { y: [0, 0] }, { restarts: 4, seed: 5 });
    const over: TrainingState[] = [];
    const state = await finished(request, { save: collecting(over, (s) => s.epoch === 0 && s.best !== null) });
    const ends = over.map((s) => s.best!.objective);
    // (w² - 1)² + 0.3 w has its lower well near -1.
    expect(numbers(state.arrays, 'w')[0]).toBeLessThan(0);
    expect(Object.keys(state.arrays)).toEqual(['w']);
    expect(ends).toEqual(ends.toSorted((a, b) => b - a));
    expect(state.best!.objective).toBeLessThanOrEqual(ends.at(-1)!);
  });

  it('go on from a checkpoint in the midst of the third to the same numbers', async () => {
    const request = () => requestOf(wells, { y: [0, 0] }, { restarts: 4, seed: 5 });
    const whole = await finished(request());
    const origin = { model: 'wells', text: '', settings: {} };
    const middle: TrainingState[] = [];
    await finished(request(), { save: collecting(middle, (s) => s.restart === 2 && s.epoch === 30) });
    const bytes = Buffer.from(formatCheckpoint(middle[0]!, origin));
    const { value } = parseCheckpoint(bytes, 'P.safetensors', origin, ['w']);
    expect(await finished(request(), {}, value)).toEqual(whole);
  });
});

it('what a backend says of its device is told before the first step', async () => {
  const cautious: Backend = {
    ...referenceBackend,
    load: async (spec) => ({ ...(await referenceBackend.load(spec)), caution: 'no GPU was found' }),
  };
  const told: string[] = [];
  await train(requestOf(stochastic, { x, y: noisy }, {}, cautious), {
    onBegin: (warnings) => told.push(...warnings.map((d) => `${d.code} ${d.message}`)),
    onStep: () => told.push('step'),
  });
  expect(told.indexOf('EBM515 reference computes on the CPU: no GPU was found')).toBe(0);
  expect(told.lastIndexOf('step')).toBeGreaterThan(0);
  expect(told.filter((t) => t !== 'step')).toHaveLength(1);
});

describe('a save that fails', () => {
  it('ends the run with what it said', async () => {
    const problem = { code: 'EBM612', severity: 'error', span: null, message: 'full', hints: [], related: [] } as const;
    const end = await fitted(requestOf(stochastic, { x, y: noisy }), { save: () => Promise.resolve([problem]) });
    expect(end).toMatchObject({ kind: 'unsaved', state: { epoch: 1 }, diagnostics: [problem] });
  });
});
