// Whether a call has room. In: the shapes of what it stores, a budget. Out: in words what does not fit, or null.
import { evaluate, product, type Dim } from '../../tensor/dims.ts';
import type { Sizes } from './call-sizes.ts';

/** As much as other backends allow. */
const ordinaryBudget = 2 ** 30;

const gibibytes = (bytes: number): string => `${(bytes / 2 ** 30).toFixed(2)} GiB`;

/** Shapes of whole tensors, with the bytes of an entry. */
export interface StoredShape {
  readonly shape: readonly Dim[];
  readonly bytesOfEntry: number;
}

/** Against the budget for one tensor (bytes), and against the 32 bits of indices. */
export const whyTooLarge = (
  entry: string,
  stored: readonly StoredShape[],
  sizes: Sizes,
  budget: number = ordinaryBudget,
): string | null => {
  for (const { shape, bytesOfEntry } of stored) {
    const entries = evaluate(product(shape), sizes);
    if (entries * bytesOfEntry > budget)
      return (
        `${entry} needs a tensor of ${entries} numbers (${gibibytes(entries * bytesOfEntry)}), more than the budget of ` +
        gibibytes(budget)
      );
    const longest = Math.max(0, ...shape.map((dim) => evaluate(dim, sizes)));
    if (longest >= 2 ** 31) return `${entry} needs an axis of ${longest} entries, more than indices of 32 bits count`;
  }
  return null;
};

/** `bytes` null: more than 63 bits count. */
export const whyNoRoom = (entry: string, bytes: number | null): string =>
  bytes === null
    ? `${entry} needs more bytes than 63 bits count`
    : `${entry} needs ${gibibytes(bytes)} to work in, more than the machine has free`;
