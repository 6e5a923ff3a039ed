// When a training is saved. In: states at the ends of epochs and within them. Out: calls of `save`: after every epoch, but no more
// often than takes a tenth of the time, for an epoch may be shorter than writing a file; and once a minute within a long one.
import type { Diagnostic } from '../diagnostics/diagnostic.ts';
import type { TrainingState } from './training-state.ts';

export type Save = (state: TrainingState) => Promise<readonly Diagnostic[]>;

export interface Saving {
  /** Each answers with what ended the run: a file that could not be written. */
  readonly atEpoch: Save;
  readonly within: Save;
  /** The last epoch that was not worth its time, before the run stops. */
  readonly owed: () => Promise<readonly Diagnostic[]>;
}

const minute = 60_000;

export const savingBy = (save: Save | undefined): Saving => {
  let last = performance.now();
  let cost = 0;
  let waiting: TrainingState | null = null;
  const write: Save = async (state) => {
    waiting = null;
    const started = performance.now();
    const diagnostics = (await save?.(state)) ?? [];
    last = performance.now();
    cost = last - started;
    return diagnostics;
  };
  return {
    atEpoch: async (state) => {
      if (performance.now() - last >= 9 * cost) return write(state);
      waiting = state;
      return [];
    },
    within: async (state) => (performance.now() - last < minute ? [] : write(state)),
    owed: async () => (waiting === null ? [] : write(waiting)),
  };
};
