// Checkpoints of short epochs take a tenth of the time at most, and the last one is owed.
import { describe, expect, it, vi } from 'vitest';
import { savingBy } from '../../src/learn/saving.ts';
import type { TrainingState } from '../../src/learn/training-state.ts';

const stateAt = (epoch: number): TrainingState => ({ arrays: {}, restart: 0, epoch, step: 0, sum: 0, trace: [], best: null, complete: false }); // prettier-ignore

describe('saving', () => {
  it('leaves epochs out that are shorter than it takes, and none that are longer', async () => {
    let now = 0;
    const clock = vi.spyOn(performance, 'now').mockImplementation(() => now);
    try {
      const epochsSaved = async (epoch: number): Promise<readonly number[]> => {
        const saved: number[] = [];
        const saving = savingBy(async (state) => {
          saved.push(state.epoch);
          now += 10;
          return [];
        });
        for (let e = 1; e <= 20; e++) {
          now += epoch;
          await saving.atEpoch(stateAt(e));
        }
        await saving.owed();
        return saved;
      };
      expect(await epochsSaved(90)).toEqual(Array.from({ length: 20 }, (_, i) => i + 1));
      expect(await epochsSaved(30)).toEqual([1, 4, 7, 10, 13, 16, 19, 20]);
    } finally {
      clock.mockRestore();
    }
  });
});
