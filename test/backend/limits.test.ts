// The limits table against the backends themselves: right at every rank it claims (tried up to 8), and wrong just past a limit,
// so that no entry is stricter or looser than the truth.
import type { Tensor } from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { commonRank, limits } from '../../src/backend/tfjs/limits.ts';
import { maximumRank } from '../../src/backend/tfjs/legalise/layout.ts';
import { tfjsOperations } from '../../src/backend/tfjs/operations.ts';
import { devices, startTfjs } from '../../src/backend/tfjs/start.ts';
import { onBackend, onEveryBackend } from './devices.ts';
import { holds } from './tfjs-probes.ts';

onEveryBackend((device) => {
  it.each(tfjsOperations)('%s', async (operation) => {
    const tf = await startTfjs(device);
    const { rank: limit, assumed } = limits[operation][device];
    for (let rank = 1; rank <= Math.min(limit, 8); rank++) {
      const right = await holds(tf, device, operation, rank);
      if (right !== null) expect(right, `rank ${rank}`).toBe(true);
    }
    if (Number.isFinite(limit) && assumed !== true)
      expect(await holds(tf, device, operation, limit + 1), `rank ${limit + 1}`).toBe(false);
  });
});

it('every axis-minded operation is used within all limits', () => {
  expect(maximumRank).toBe(commonRank);
  expect(commonRank).toBe(4);
});

describe('cautions that the realisation works around still hold on wasm', () => {
  it('transposes of nothing, casts to bool, float one-hots', async () => {
    const tf = await startTfjs('wasm');
    expect(() => tf.transpose(tf.zeros([0, 3, 2]), [0, 2, 1])).toThrow();
    expect([...tf.cast(tf.tensor1d([0.5]), 'bool').dataSync()]).toEqual([0]);
    expect([...tf.oneHot(tf.tensor1d([1], 'int32'), 2, 1, 0, 'float32').dataSync()]).not.toEqual([0, 1]);
  });
  it('naive float32 sums lose digits', async () => {
    const tf = await startTfjs('wasm');
    const sum = tf.sum(tf.mul(tf.ones([1 << 22]), 0.1)).dataSync()[0]!;
    expect(Math.abs(sum / (0.1 * (1 << 22)) - 1)).toBeGreaterThan(0.01);
  });
});

onBackend('webgpu', () => {
  it('cautions that the realisation works around still hold', async () => {
    const tf = await startTfjs('webgpu');
    const numbers = async (make: () => Tensor): Promise<number[]> => [...(await make().data())];
    const sines = await numbers(() => tf.sin(tf.tensor1d([0.5, 1, 1.5, 2, 2.5])));
    expect(Math.max(...sines.map((y, i) => Math.abs(y - Math.sin(0.5 + 0.5 * i))))).toBeGreaterThan(2e-6);
    expect(await numbers(() => tf.sub(tf.exp(tf.tensor1d([1e-9])), 1))).toEqual([0]);
    expect(await numbers(() => tf.expm1(tf.tensor1d([1e-9])))).toEqual([0]);
    expect(await numbers(() => tf.add(tf.tensor1d([2 ** 24 + 1], 'int32'), tf.scalar(2, 'int32')))).not.toEqual([
      2 ** 24 + 3,
    ]);
    expect(tf.argMin(tf.tensor1d([3, 1, 2])).shape).toEqual([1]);
    await expect(
      devices.webgpu.guard(tf, () => numbers(() => tf.matMul(tf.zeros([2, 0]), tf.zeros([0, 3])))),
    ).rejects.toThrow('Binding size');
  });
});
