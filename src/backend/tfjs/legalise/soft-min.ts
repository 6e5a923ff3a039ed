// The free energy -1/β log Σ exp(-β x), stable at every β: minima are subtracted first, so that the largest exponential is 1
// and β may be anything up to infinity (taken as 1e30, where only the minimum counts). In: labelled operands.
// Two operands with a matrix structure go through a product of scaled exponentials: exp is taken of the two factors instead
// of their sum over three axes, and underflow is caught by softMinProduct. Results are cut at 1e30, the forbidden energy.
import { FORBIDDEN } from '../../../tensor/energies.ts';
import { constant, type Dim } from '../../../tensor/dims.ts';
import type { Tensor } from '../realisation.ts';
import { realiseMap } from './elementwise.ts';
import type { Handle } from './handle.ts';
import {
  arrange,
  lengthOf,
  reduceLabels,
  sameLabels,
  shapeFor,
  type Label,
  type Labelled,
  type Lengths,
} from './labelled.ts';
import type { Realiser } from './realiser.ts';

const wide = (tensor: Tensor, stored: readonly Dim[], shape: readonly Dim[]): Handle => ({
  tensor,
  stored,
  shape,
  truth: false,
  iota: null,
});

/** β as a scalar of at most 1e30; null where it is known to be 1, which needs no operation. */
const bounded = (r: Realiser, beta: Tensor): Tensor | null => {
  const scalar = r.reshape(beta, []);
  const known = r.numberOf(scalar);
  if (known === 1) return null;
  if (known !== null && known <= FORBIDDEN) return scalar;
  return r.call('minimum', [scalar, r.scalar(FORBIDDEN)], [], [], 'float32', 'beta');
};

/** min(x, 1e30), NaN where x is: clipping turns NaN into -∞ on wasm. */
const cut = (r: Realiser, x: Tensor): Tensor =>
  r.call('minimum', [x, r.scalar(FORBIDDEN)], [], x.shape, 'float32', 'freeEnergy');

/** exp(-β (x - least)), where least lacks some axes of x. */
const scaledExp = (r: Realiser, beta: Tensor, x: Handle, least: Handle): Tensor => {
  const below = realiseMap(r, 'sub', [least, x], x.shape, 'float').tensor;
  const factor = bounded(r, beta);
  const exponent = factor === null ? below : r.call('mul', [below, factor], [], below.shape);
  return r.call('exp', [exponent], [], below.shape, 'float32', 'weight');
};

/** The free energy of one operand over the labels that go. Over nothing it is 1e30, like the minimum: its sum of weights is
 *  0 then (never otherwise, for the largest weight is 1), whose logarithm the cut takes back. */
export const softMinLabels = (
  r: Realiser,
  beta: Tensor,
  operand: Labelled,
  goes: (label: Label) => boolean,
  lengths: Lengths,
): Labelled => {
  const { labels } = operand;
  const shape = shapeFor(lengths, labels);
  const least = reduceLabels(r, 'least', operand, goes, lengths, true);
  const stored = labels.map((label, i) => (goes(label) ? constant(1) : shape[i]!));
  const weight = scaledExp(r, beta, wide(operand.tensor, shape, shape), wide(least.tensor, stored, shape));
  const total = reduceLabels(r, 'sum', { tensor: weight, labels }, goes, lengths, true).tensor;
  const log = r.call('log', [total], [], total.shape);
  const factor = bounded(r, beta);
  const entropy = factor === null ? log : r.call('div', [log, factor], [], log.shape);
  const free = r.call('sub', [r.reshape(least.tensor, entropy.shape), entropy], [], entropy.shape);
  return { tensor: cut(r, free), labels: least.labels };
};

/** Two operands as matrices x [batch, rows, shared] and y [batch, shared, columns] (no batch axis where they share nothing
 *  that stays), and the exponentials of both, scaled so that the largest of a row of x or a column of y is 1. */
export interface ScaledPair {
  readonly x: Tensor;
  readonly y: Tensor;
  readonly leastX: Tensor;
  readonly leastY: Tensor;
  readonly weightX: Tensor;
  readonly weightY: Tensor;
  /** Labels of the axes of x, of y and of the result [batch, rows, columns], a group an axis. */
  readonly groupsX: readonly (readonly Label[])[];
  readonly groupsY: readonly (readonly Label[])[];
  readonly groups: readonly (readonly Label[])[];
  /** β, where it is not 1. */
  readonly beta: readonly Tensor[];
}

/** Null where the pair is no matrix product around the labels that go. */
export const scaledPair = (
  r: Realiser,
  beta: Tensor,
  a: Labelled,
  b: Labelled,
  kept: readonly Label[],
  gone: readonly Label[],
  lengths: Lengths,
): ScaledPair | null => {
  const shared = (label: Label): boolean => a.labels.includes(label) && b.labels.includes(label);
  const batch = kept.filter(shared);
  const left = kept.filter((label) => a.labels.includes(label) && !shared(label));
  const right = kept.filter((label) => b.labels.includes(label) && !shared(label));
  if (gone.length === 0 || left.length === 0 || right.length === 0 || !gone.every(shared)) return null;
  const swap = !sameLabels([...batch, ...left, ...right], kept) && sameLabels([...batch, ...right, ...left], kept);
  const [first, second, rows, columns] = swap ? [b, a, right, left] : [a, b, left, right];
  const lead = batch.length === 0 ? [] : [batch];
  const [groupsX, groupsY] = [
    [...lead, rows, gone],
    [...lead, gone, columns],
  ];
  const [x, y] = [arrange(r, first, groupsX, lengths), arrange(r, second, groupsY, lengths)];
  const factor = bounded(r, beta);
  const weigh = (by: 'rowWeights' | 'columnWeights', tensor: Tensor, axis: number): readonly Tensor[] => {
    const shapes = [tensor.shape.with(axis, constant(1)), tensor.shape];
    const infos = shapes.map((shape) => ({ shape, type: 'float32' }) as const);
    return r.callAll(by, factor === null ? [tensor] : [tensor, factor], [], infos);
  };
  const [leastX, weightX] = weigh('rowWeights', x, lead.length + 1) as [Tensor, Tensor];
  const [leastY, weightY] = weigh('columnWeights', y, lead.length) as [Tensor, Tensor];
  const groups = [...lead, rows, columns];
  return {
    x,
    y,
    leastX,
    leastY,
    weightX,
    weightY,
    groupsX,
    groupsY,
    groups,
    beta: factor === null ? [] : [factor],
  };
};

/** The free energy of a pair over what it shares and does not keep; null where it is no matrix product. */
export const softMinPair = (
  r: Realiser,
  beta: Tensor,
  a: Labelled,
  b: Labelled,
  kept: readonly Label[],
  gone: readonly Label[],
  lengths: Lengths,
): Labelled | null => {
  const pair = scaledPair(r, beta, a, b, kept, gone, lengths);
  if (pair === null) return null;
  const shape = pair.groups.map((group) => lengthOf(lengths, group));
  const total = r.call('matrixProduct', [pair.weightX, pair.weightY], [], shape);
  const energies = [total, pair.leastX, pair.leastY, pair.x, pair.y, ...pair.beta];
  const free = r.call('softMinProduct', energies, [], shape, 'float32');
  return { tensor: free, labels: pair.groups.flat() };
};
