// The free energy -1/β log Σ exp(-β x), stable at every β: minima are subtracted first, so that the largest exponential is 1
// and β may be anything up to infinity (taken as 1e30, where only the minimum counts). In: labelled operands.
// Two operands with a matrix structure go through a product of scaled exponentials: exp is taken of the two factors instead
// of their sum over three axes, and underflow is caught by softMinProduct. Results are cut at 1e30, the forbidden energy.
import { constant, type Dim } from '../../../tensor/dims.ts';
import { mayBeZero } from '../names.ts';
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

const forbidden = 1e30;

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
  if (known !== null && known <= forbidden) return scalar;
  return r.call('minimum', [scalar, r.scalar(forbidden)], [], [], 'float32', 'beta');
};

/** min(x, 1e30), NaN where x is: clipping turns NaN into -∞ on wasm. */
const cut = (r: Realiser, x: Tensor): Tensor =>
  r.call('minimum', [x, r.scalar(forbidden)], [], x.shape, 'float32', 'freeEnergy');

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

/** A pair as batch, rows, columns around shared labels that go; null where that is no matrix product. */
export const softMinPair = (
  r: Realiser,
  beta: Tensor,
  a: Labelled,
  b: Labelled,
  kept: readonly Label[],
  gone: readonly Label[],
  lengths: Lengths,
): Labelled | null => {
  const shared = (label: Label): boolean => a.labels.includes(label) && b.labels.includes(label);
  const batch = kept.filter(shared);
  const left = kept.filter((label) => a.labels.includes(label) && !shared(label));
  const right = kept.filter((label) => b.labels.includes(label) && !shared(label));
  if (gone.length === 0 || left.length === 0 || right.length === 0) return null;
  const swap = !sameLabels([...batch, ...left, ...right], kept) && sameLabels([...batch, ...right, ...left], kept);
  const [first, second, rows, columns] = swap ? [b, a, right, left] : [a, b, left, right];
  const lead = batch.length === 0 ? [] : [batch];
  const front = lead.map((group) => lengthOf(lengths, group));
  const [p, q] = [lengthOf(lengths, rows), lengthOf(lengths, columns)];
  const x = arrange(r, first, [...lead, rows, gone], lengths);
  const y = arrange(r, second, [...lead, gone, columns], lengths);
  const least = [...x.shape, ...y.shape].some(mayBeZero) ? 'minAxis' : 'min';
  const one = constant(1);
  const [leastX, leastY] = [
    r.call(least, [x], [String(front.length + 1), 'true'], [...front, p, one]),
    r.call(least, [y], [String(front.length), 'true'], [...front, one, q]),
  ];
  const weightX = scaledExp(r, beta, wide(x, x.shape, x.shape), wide(leastX, [...front, p, one], x.shape));
  const weightY = scaledExp(r, beta, wide(y, y.shape, y.shape), wide(leastY, [...front, one, q], y.shape));
  const shape = [...front, p, q];
  const total = r.call('matrixProduct', [r.reshape(weightX, x.shape), r.reshape(weightY, y.shape)], [], shape);
  const factor = bounded(r, beta) ?? r.scalar(1);
  const free = r.call('softMinProduct', [total, leastX, leastY, x, y, factor], [], shape, 'float32');
  return { tensor: cut(r, free), labels: [...batch, ...rows, ...columns] };
};
