// How many steps one call does. In: how long calls took. Out: the steps of the next: about a tenth of a second, so that progress
// is shown and Ctrl-C is heard, unless a call costs as much whatever its steps. Results do not depend on it.
export interface Pace {
  /** Of the next call, at least 1. */
  readonly steps: () => number;
  /** Told of each call; one at the end of an epoch may have had fewer steps than wished. */
  readonly took: (steps: number, milliseconds: number) => void;
}

const wanted = 100;
/** The first calls of a program take longer than later ones; and one that was hardly measurable says little. */
const growth = 4;
/** Calls last so many times as long as the shortest one: what each costs whatever its steps, such as reading all data, is then
 *  at most this part of the time. Without it a call that costs more than a tenth of a second would do one step for ever. */
const share = 2;

export const pacing = (): Pace => {
  let steps = 1;
  let shortest = Infinity;
  return {
    steps: () => steps,
    took: (done, milliseconds) => {
      shortest = Math.min(shortest, milliseconds);
      const long = Math.max(wanted, share * shortest);
      if (done < steps && milliseconds <= long) return;
      const fitting = Math.floor((done * long) / Math.max(milliseconds, 0.01));
      steps = Math.max(1, Math.min(fitting, growth * done));
    },
  };
};
