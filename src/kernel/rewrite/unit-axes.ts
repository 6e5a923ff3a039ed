// Reshapes that only add and drop axes of length 1. In: two shapes. Out: which axis of one is which of the other.
import { equal, isOne, type Dim } from '../../tensor/dims.ts';

/** For each axis of a reshape's argument the axis of its result, or null where it has length 1; null for a reshape that does
 *  more than add and drop such axes. */
export const axesThrough = (from: readonly Dim[], to: readonly Dim[]): readonly (number | null)[] | null => {
  const found: (number | null)[] = [];
  let at = 0;
  for (const dim of from) {
    if (isOne(dim)) {
      found.push(null);
      continue;
    }
    while (at < to.length && isOne(to[at]!)) at++;
    if (at >= to.length || !equal(to[at]!, dim)) return null;
    found.push(at++);
  }
  return to.slice(at).every(isOne) ? found : null;
};
