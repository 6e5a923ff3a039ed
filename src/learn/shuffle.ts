// The order of the points in an epoch, and the batches that it is cut into. In: numbers alone, so that a run is a function of
// its seed and its data. Out: indices of points.
import { threefry2x32 } from '../tensor/threefry.ts';

/** A permutation of 0..count-1 (Fisher and Yates 1938; Durstenfeld 1964), drawn by Threefry with key (seed, -1 - restart),
 *  which no random number of a program has, and counter (epoch, place). */
export const shuffled = (count: number, seed: number, restart: number, epoch: number): Int32Array => {
  const order = Int32Array.from({ length: count }, (_, i) => i);
  const words = new Uint32Array(2);
  for (let i = count - 1; i > 0; i--) {
    threefry2x32(seed | 0, -1 - restart, epoch, i, words);
    // 53 random bits: the bias of a remainder stays below 2⁻²².
    const uniform = (words[0]! * 2 ** 21 + (words[1]! >>> 11)) / 2 ** 53;
    const j = Math.floor(uniform * (i + 1));
    [order[i], order[j]] = [order[j]!, order[i]!];
  }
  return order;
};

export interface Chunk {
  /** The number in the epoch of the first step. */
  readonly first: number;
  readonly steps: number;
  /** Points of each of its steps. */
  readonly size: number;
}

export const stepsPerEpoch = (points: number, batch: number): number => Math.ceil(points / batch);

/** The steps from `first` on that one call may do: at most so many, all with batches of one size. The last batch of an epoch
 *  may be smaller, and is a call of its own. */
export const chunkFrom = (first: number, points: number, batch: number, atMost: number): Chunk => {
  const whole = Math.floor(points / batch);
  if (first >= whole) return { first, steps: 1, size: points - whole * batch };
  return { first, steps: Math.min(atMost, whole - first), size: batch };
};
