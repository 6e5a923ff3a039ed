// Data stay on the device while a runner lives, and leave it with the runner.
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { findBackend } from '../../src/backend/registry.ts';
import type { ModuleSpec, TensorData } from '../../src/backend/backend.ts';
import { Builder } from '../../src/tensor/builder.ts';
import { size } from '../../src/tensor/dims.ts';

const spec = (): ModuleSpec => {
  const b = new Builder();
  const [x, at] = [b.input('x', [size('N')]), b.input('at', [size('M')], 'int')];
  const program = b.finish({ picked: b.gather(x, at) });
  return { name: 'm', source: 'm', description: [], sizes: [], variables: {}, entries: { pick: program } };
};

describe('inputs that are kept', () => {
  it('are sent once, again when their numbers are another array, and freed with the runner', async () => {
    const runner = await findBackend('cpu')!.load(spec());
    const picked = async (x: TensorData, at: TensorData, keep: readonly string[]): Promise<readonly number[]> =>
      Array.from((await runner.call('pick', { x, at }, { keep }))['picked']!.data);
    const floats = (...values: number[]): TensorData => ({ shape: [values.length], data: Float64Array.from(values) });
    const ints = (...values: number[]): TensorData => ({ shape: [values.length], data: Int32Array.from(values) });
    const [x, at] = [floats(5, 6, 7), ints(2, 0)];
    expect(await picked(x, at, [])).toEqual([7, 5]);
    const before = tf.memory().numTensors;
    expect(await picked(x, at, ['x', 'at'])).toEqual([7, 5]);
    expect(tf.memory().numTensors).toBe(before + 2);
    // The same array counts as the same numbers: what is written into it is not seen.
    x.data[2] = 100;
    expect(await picked(x, ints(2), ['x', 'at'])).toEqual([7]);
    expect(await picked(floats(1, 2), ints(1), ['x', 'at'])).toEqual([2]);
    expect(tf.memory().numTensors).toBe(before + 2);
    await runner.dispose();
    expect(tf.memory().numTensors).toBe(before);
  });
});
