// The limits table against the backends themselves: right at every rank it claims (tried up to 8), and wrong just past a limit,
// so that no entry is stricter or looser than the truth.
import { describe, expect, it } from 'vitest';
import { commonRank, limits } from '../../src/backend/tfjs/limits.ts';
import { maximumRank } from '../../src/backend/tfjs/legalise/layout.ts';
import { tfjsOperations } from '../../src/backend/tfjs/operations.ts';
import { startTfjs } from '../../src/backend/tfjs/packages.ts';
import { holds } from './tfjs-probes.ts';

describe.each(['cpu', 'wasm'] as const)('%s', (device) => {
  it.each(tfjsOperations)('%s', async (operation) => {
    const tf = await startTfjs(device);
    const { rank: limit } = limits[operation][device];
    for (let rank = 1; rank <= Math.min(limit, 8); rank++) {
      const right = holds(tf, operation, rank);
      if (right !== null) expect(right, `rank ${rank}`).toBe(true);
    }
    if (Number.isFinite(limit)) expect(holds(tf, operation, limit + 1), `rank ${limit + 1}`).toBe(false);
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
