// Two tables of energies x[batch, rows, shared] and y[batch, shared, columns], scaled so that a sum over `shared` of
// exp(-β (x + y)) is a matrix product: exp(-β (x - min x)) has a largest entry of 1 in each row, exp(-β (y - min y)) in each
// column. What two rewrites have in common (soft-min-products.ts, posterior-sums.ts).
import type { Builder, Value } from '../../tensor/builder.ts';
import type { Dim } from '../../tensor/dims.ts';
import type { KernelTarget } from '../kernel.ts';
import { arranged, entriesOf, lengthsOf, type Label, type Labelled } from './labelled.ts';

/** β = ∞ as a number that can be multiplied by 0. */
export const largestBeta = 1e30;

export interface ScaledPair {
  readonly x: Labelled;
  readonly y: Labelled;
  /** Summed over. */
  readonly shared: readonly Label[];
  /** At most `largestBeta`. */
  readonly beta: Value;
  readonly leastX: Labelled;
  readonly leastY: Labelled;
  /** exp(-β (x - leastX)), exp(-β (y - leastY)), with the labels of x and y. */
  readonly weightX: Labelled;
  readonly weightY: Labelled;
}

/** The table over all labels must be this much larger than the tables that exponentials and logarithms are taken of. */
const worthwhile = 2;

/** Whether both share exactly what is summed, beside what is kept, each has a kept label of its own, and the exponentials of
 *  their sums are many more than theirs. */
export const isMatrixPair = (
  x: readonly Label[],
  y: readonly Label[],
  keep: readonly Label[],
  lengths: ReadonlyMap<Label, Dim>,
  target: KernelTarget,
): boolean => {
  const shared = [...lengths.keys()].filter((label) => !keep.includes(label));
  const isBoth = (label: Label): boolean => x.includes(label) && y.includes(label);
  const own = (labels: readonly Label[]): boolean => labels.some((label) => keep.includes(label) && !isBoth(label));
  if (shared.length === 0 || !shared.every(isBoth) || !own(x) || !own(y)) return false;
  const entries = (labels: readonly Label[]): number => entriesOf(labels.map((label) => lengths.get(label)!), target); // prettier-ignore
  return entries([...lengths.keys()]) >= worthwhile * (entries(x) + entries(y) + entries(keep));
};

export const scaledPair = (b: Builder, x: Labelled, y: Labelled, keep: readonly Label[], beta: Value): ScaledPair => {
  const bounded = b.minimum(beta, largestBeta);
  const shared = [...lengthsOf([x, y]).keys()].filter((label) => !keep.includes(label));
  const least = ({ value, axes }: Labelled): Labelled => {
    const rest = axes.filter((label) => keep.includes(label));
    return { value: b.contract('min-plus', [{ value, axes }], rest), axes: rest };
  };
  const weight = (operand: Labelled, lowest: Labelled): Labelled => {
    const below = b.sub(arranged(b, lowest, operand.axes), operand.value);
    return { value: b.exp(b.mul(below, bounded)), axes: operand.axes };
  };
  const [leastX, leastY] = [least(x), least(y)];
  return { x, y, shared, beta: bounded, leastX, leastY, weightX: weight(x, leastX), weightY: weight(y, leastY) };
};
