// Checkpoints: the bits come back, and what is no checkpoint of this very training is refused with its own code.
import { describe, expect, it } from 'vitest';
import type { Origin } from '../../src/learn/checkpoint.ts';
import { formatCheckpoint, parseCheckpoint } from '../../src/learn/checkpoint.ts';
import type { TrainingState } from '../../src/learn/training-state.ts';
import { formatSafetensors } from '../../src/data/safetensors.ts';

const state: TrainingState = {
  arrays: {
    w: { shape: [2, 2], data: Float32Array.of(1, -0, 0.1, 3e-39) },
    'optimizer/w/velocity': { shape: [2, 2], data: Float64Array.of(Math.PI, 5e-324, -1e300, 0.1) },
  },
  restart: 1,
  epoch: 7,
  step: 3,
  sum: 0.1 + 0.2,
  trace: [1 / 3, 2 ** -60],
  best: { objective: 1 / 7, trace: [4, 0.1], params: { w: { shape: [2, 2], data: Float32Array.of(9, 8, 7, 6) } } },
  complete: false,
};
const origin: Origin = { model: 'm', text: 'abc', settings: { seed: '1', batch: '64', 'data y': 'f00d' } };
const file = 'P.safetensors';
const bytes = Buffer.from(formatCheckpoint(state, origin));
const codeOf = (content: Buffer, other: Origin = origin): string | undefined => {
  const { value, diagnostics } = parseCheckpoint(content, file, other, ['w', 'optimizer/w/velocity']);
  expect(value === null).toBe(diagnostics.length > 0);
  return diagnostics[0] && `${diagnostics[0].code} ${diagnostics[0].message}`;
};

describe('a checkpoint', () => {
  it('gives back every bit', () => {
    const { value } = parseCheckpoint(bytes, file, origin, ['w', 'optimizer/w/velocity']);
    expect(value).toEqual(state);
    expect(Object.is(value!.arrays['w']!.data[1], -0)).toBe(true);
  });

  it('is refused when it was cut off anywhere', () => {
    for (const length of [0, 7, 8, 100, bytes.length >> 1, bytes.length - 1])
      expect(codeOf(bytes.subarray(0, length))).toMatch(/^EBM614/);
  });

  it('is refused for another model, another text, other settings, other data', () => {
    expect(codeOf(bytes, { ...origin, model: 'n' })).toBe(
      'EBM651 P.safetensors is a checkpoint of model m, and this is model n',
    );
    expect(codeOf(bytes, { ...origin, text: 'abd' })).toBe(
      'EBM651 P.safetensors was learned by another text of model m',
    );
    const settings = { ...origin.settings, batch: '32' };
    expect(codeOf(bytes, { ...origin, settings, text: 'abd' })).toBe(
      'EBM652 P.safetensors was begun with batch 64, and this run has batch 32',
    );
    const data = { ...origin.settings, 'data y': 'beef' };
    expect(codeOf(bytes, { ...origin, settings: data })).toBe('EBM652 P.safetensors was begun with other values of y');
    const { seed: _, ...without } = origin.settings;
    expect(codeOf(bytes, { ...origin, settings: without })).toMatch(/begun with seed 1, and this run has seed unset/);
  });

  it('is told from a file of params', () => {
    const params = Buffer.from(formatSafetensors({ w: state.arrays['w']! }, {}));
    expect(codeOf(params)).toMatch(/^EBM650 .*not how they were learned/);
    const newer = Buffer.from(formatSafetensors({ w: state.arrays['w']! }, { checkpoint: '99' }));
    expect(codeOf(newer)).toMatch(/^EBM650 .*version 99/);
    const damaged = Buffer.from(
      formatSafetensors({ w: state.arrays['w']! }, { checkpoint: '1', settings: '{', story: '{}' }),
    );
    expect(codeOf(damaged)).toMatch(/^EBM650 .*damaged/);
    const { trace: _, ...story } = { restart: 0, epoch: 1, step: 0, sum: 0, trace: [1], best: null };
    for (const told of [{}, story, { ...story, trace: 'long' }, { ...story, trace: [1], best: { objective: 1 } }]) {
      const metadata = {
        checkpoint: '1',
        model: 'm',
        'model sha256': 'abc',
        settings: '{}',
        story: JSON.stringify(told),
      };
      expect(codeOf(Buffer.from(formatSafetensors({ w: state.arrays['w']! }, metadata)))).toMatch(/^EBM650 .*damaged/);
    }
    const lacking = formatCheckpoint({ ...state, arrays: { w: state.arrays['w']! } }, origin);
    expect(codeOf(Buffer.from(lacking))).toMatch(/^EBM650 .*lacks optimizer\/w\/velocity/);
  });
});
