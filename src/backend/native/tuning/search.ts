// The search for a better tuning: one choice after another, its neighbours up and down, as long as that helps. In: a measurement and
// a start. Out: the best tuning seen, with what it took and how it compares.
import { tried, type Tuning } from '../../../kernel/tuning.ts';

/** Milliseconds by program. */
export type Measured = Readonly<Record<string, number>>;

export interface Found {
  readonly tuning: Tuning;
  readonly measured: Measured;
  /** Geometric mean of its times over those of the start: below 1 it is faster. */
  readonly ratio: number;
  readonly tries: number;
}

/** A difference below this is noise. */
const worthwhile = 0.97;

/** Geometric mean over programs of `ours` / `theirs`. */
export const ratioOf = (ours: Measured, theirs: Measured): number => {
  const names = Object.keys(theirs);
  const sum = names.reduce((total, name) => total + Math.log(ours[name]! / theirs[name]!), 0);
  return Math.exp(sum / names.length);
};

/** Coordinate descent. `told` hears of every try. */
export const search = async (
  measure: (tuning: Tuning) => Promise<Measured>,
  start: Tuning,
  told: (choice: keyof Tuning, value: number, ratio: number) => void = () => undefined,
): Promise<Found> => {
  const first = await measure(start);
  let best = { tuning: start, measured: first };
  let tries = 1;
  for (const choice of Object.keys(tried) as (keyof Tuning)[]) {
    const values = [...new Set([...tried[choice], start[choice]])].sort((a, b) => a - b);
    for (const direction of [1, -1])
      for (let i = values.indexOf(best.tuning[choice]) + direction; i >= 0 && i < values.length; i += direction) {
        const tuning = { ...best.tuning, [choice]: values[i]! };
        const measured = await measure(tuning);
        tries++;
        const ratio = ratioOf(measured, best.measured);
        told(choice, values[i]!, ratio);
        if (ratio > worthwhile) break;
        best = { tuning, measured };
      }
  }
  return { ...best, ratio: ratioOf(best.measured, first), tries };
};
