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

const bounded = (r: Realiser, beta: Tensor): Tensor =>
  r.call('minimum', [r.reshape(beta, []), r.scalar(1e30)], [], [], 'float32', 'beta');

const wide = (tensor: Tensor, stored: readonly Dim[], shape: readonly Dim[]): Handle => ({
  tensor,
  stored,
  shape,
  truth: false,
  iota: null,
});

/** min(x, 1e30) from vectorised operations: clipping turns NaN into -∞ on wasm, and minimum takes 8 ns an entry there. */
const cut = (r: Realiser, x: Tensor): Tensor => {
  const excess = r.call('relu', [r.call('sub', [x, r.scalar(forbidden)], [], x.shape)], [], x.shape);
  return r.call('sub', [x, excess], [], x.shape, 'float32', 'freeEnergy');
};

/** exp(-β (x - least)), where least lacks some axes of x. */
const scaledExp = (r: Realiser, beta: Tensor, x: Handle, least: Handle): Tensor => {
  const above = realiseMap(r, 'sub', [x, least], x.shape, 'float').tensor;
  const minusBeta = r.call('neg', [bounded(r, beta)], [], [], 'float32', 'minusBeta');
  const exponent = r.call('mul', [above, minusBeta], [], above.shape);
  return r.call('exp', [exponent], [], above.shape, 'float32', 'weight');
};

/** The free energy of one operand over the labels that go. Over nothing it is 1e30, like the minimum. */
export const softMinLabels = (
  r: Realiser,
  beta: Tensor,
  operand: Labelled,
  goes: (label: Label) => boolean,
  lengths: Lengths,
): Labelled => {
  const { labels } = operand;
  const shape = shapeFor(lengths, labels);
  const least = reduceLabels(r, 'least', operand, goes, lengths);
  const stored = labels.map((label, i) => (goes(label) ? constant(1) : shape[i]!));
  const weight = scaledExp(r, beta, wide(operand.tensor, shape, shape), wide(least.tensor, stored, shape));
  const total = reduceLabels(r, 'sum', { tensor: weight, labels }, goes, lengths);
  const empty = labels.some((label) => goes(label) && mayBeZero(lengths.get(label)!));
  // Σ ≥ 1 unless there is nothing to add, and then its logarithm must not spoil the minimum's 1e30.
  const safe = empty ? r.call('maximum', [total.tensor, r.scalar(1)], [], total.tensor.shape) : total.tensor;
  const entropy = r.call('div', [r.call('log', [safe], [], safe.shape), bounded(r, beta)], [], safe.shape);
  const free = r.call('sub', [r.reshape(least.tensor, safe.shape), entropy], [], safe.shape);
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
  const [leastX, leastY] = [
    r.call(least, [x], [String(front.length + 1)], [...front, p]),
    r.call(least, [y], [String(front.length)], [...front, q]),
  ];
  const one = constant(1);
  const weightX = scaledExp(r, beta, wide(x, x.shape, x.shape), wide(leastX, [...front, p, one], x.shape));
  const weightY = scaledExp(r, beta, wide(y, y.shape, y.shape), wide(leastY, [...front, one, q], y.shape));
  const shape = [...front, p, q];
  const total = r.call('matrixProduct', [r.reshape(weightX, x.shape), r.reshape(weightY, y.shape)], [], shape);
  const columnsOf = r.reshape(leastX, [...front, p, one]);
  const rowsOf = r.reshape(leastY, [...front, one, q]);
  const free = r.call('softMinProduct', [total, columnsOf, rowsOf, x, y, bounded(r, beta)], [], shape, 'float32');
  return { tensor: cut(r, free), labels: [...batch, ...rows, ...columns] };
};
