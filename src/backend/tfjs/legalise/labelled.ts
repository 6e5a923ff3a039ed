// Operands of a contraction while it is taken apart: a tensor and the labels of its axes, in row-major order. Axes of
// length 1 carry no label. In: tensors and labels. Out: tensors arranged or reduced along labels.
import { constant, constantValue, evaluate, isOne, product, sizesOf, type Dim } from '../../../tensor/dims.ts';
import { mayBeZero, mayExceed } from '../names.ts';
import type { Tensor } from '../realisation.ts';
import { repeatTo, type Handle } from './handle.ts';
import { maximumRank } from './layout.ts';
import type { Realiser } from './realiser.ts';
import { transposeTensor } from './views.ts';

export type Label = number;
export interface Labelled {
  readonly tensor: Tensor;
  readonly labels: readonly Label[];
}
/** The length of every label of one contraction. */
export type Lengths = ReadonlyMap<Label, Dim>;

export const lengthOf = (lengths: Lengths, labels: readonly Label[]): Dim =>
  product(labels.map((label) => lengths.get(label)!));
export const shapeFor = (lengths: Lengths, labels: readonly Label[]): readonly Dim[] =>
  labels.map((label) => lengths.get(label)!);
export const sameLabels = (a: readonly Label[], b: readonly Label[]): boolean =>
  a.length === b.length && a.every((label, i) => label === b[i]);

/** What symbolic sizes count for when plans are compared. */
const nominalSize = 32;
const nominal = (dim: Dim): number =>
  constantValue(dim) ?? evaluate(dim, Object.fromEntries(sizesOf(dim).map((name) => [name, nominalSize])));
/** How many entries labels make, for comparing plans. */
export const cost = (lengths: Lengths, labels: readonly Label[]): number =>
  labels.reduce((entries, label) => entries * nominal(lengths.get(label)!), 1);

export interface HandleOperand {
  readonly handle: Handle;
  readonly labels: readonly Label[];
}

/** Repeats are undone where another operand has the label anyway, and written out where it is the only one. */
export const labelOperands = (
  r: Realiser,
  operands: readonly HandleOperand[],
  lengths: Map<Label, Dim>,
): readonly Labelled[] => {
  for (const { handle, labels } of operands)
    for (const [i, label] of labels.entries()) if (!isOne(handle.shape[i]!)) lengths.set(label, handle.shape[i]!);
  const holds = (operand: HandleOperand, label: Label): boolean => {
    const i = operand.labels.indexOf(label);
    return i >= 0 && !isOne(operand.handle.stored[i]!);
  };
  return operands.map((operand, index) => {
    const { handle, labels } = operand;
    const needed = labels.map(
      (label, i) =>
        isOne(handle.stored[i]!) &&
        lengths.has(label) &&
        operands.every((o) => !holds(o, label)) &&
        operands.findIndex((o) => o.labels.includes(label)) === index,
    );
    const target = handle.stored.map((dim, i) => (needed[i] ? handle.shape[i]! : dim));
    const repeated = repeatTo(r, handle.tensor, handle.stored, target);
    const tensor = repeated.type === 'bool' ? r.cast(repeated, 'float32') : repeated;
    return { tensor, labels: labels.filter((_, i) => !isOne(target[i]!)) };
  });
};

/** The tensor with its axes in the order of the groups, one axis a group (1 for an empty group). */
export const arrange = (
  r: Realiser,
  operand: Labelled,
  groups: readonly (readonly Label[])[],
  lengths: Lengths,
): Tensor => {
  const order = groups.flat();
  const permutation = order.map((label) => operand.labels.indexOf(label));
  const moved = transposeTensor(r, operand.tensor, shapeFor(lengths, operand.labels), permutation);
  return r.reshape(
    moved,
    groups.map((group) => lengthOf(lengths, group)),
  );
};

/** Runs of labels of an operand that all go or all stay. */
const runsOf = (
  labels: readonly Label[],
  goes: (label: Label) => boolean,
): readonly { readonly labels: readonly Label[]; readonly goes: boolean }[] => {
  const runs: { labels: Label[]; goes: boolean }[] = [];
  for (const label of labels) {
    const last = runs.at(-1);
    if (last !== undefined && last.goes === goes(label)) last.labels.push(label);
    else runs.push({ labels: [label], goes: goes(label) });
  }
  return runs;
};

export type Reduction = 'sum' | 'least';

/** Longest sum that float32 takes in one go, see sumAxis. */
const longSum = 1024;

/** A tensor reduced along one of its axes, which then has length 1 or is gone. */
const reduceAxis = (r: Realiser, kind: Reduction, tensor: Tensor, axis: number, stays: boolean): Tensor => {
  const out = stays ? tensor.shape.with(axis, constant(1)) : tensor.shape.toSpliced(axis, 1);
  const attributes = stays ? [String(axis), 'true'] : [String(axis)];
  const plain = !tensor.shape.some(mayBeZero);
  if (kind === 'sum') {
    const short = plain && !mayExceed(tensor.shape[axis]!, longSum);
    return r.call(short ? 'sum' : 'sumAxis', [tensor], attributes, out);
  }
  return r.call(plain ? 'min' : 'minAxis', [tensor], attributes, out);
};

/** Reduces away the labels for which `goes`, one run of adjacent axes at a time, innermost first. With `axisStays` an only
 *  axis that goes is left with length 1, to be broadcast against the operand. */
export const reduceLabels = (
  r: Realiser,
  kind: Reduction,
  operand: Labelled,
  goes: (label: Label) => boolean,
  lengths: Lengths,
  axisStays = false,
): Labelled => {
  const kept = operand.labels.filter((label) => !goes(label));
  const shape = shapeFor(lengths, operand.labels);
  // One axis of few: the shape as it is reads best.
  if (kept.length === operand.labels.length - 1 && shape.length <= maximumRank)
    return {
      tensor: reduceAxis(r, kind, r.reshape(operand.tensor, shape), operand.labels.findIndex(goes), axisStays),
      labels: kept,
    };
  let runs = runsOf(operand.labels, goes);
  let { tensor } = operand;
  for (let i = runs.length - 1; i >= 0; i--) {
    if (!runs[i]!.goes) continue;
    // [before, run, after], without parts that have no axes.
    const [before, after] = [runs.slice(0, i), runs.slice(i + 1)].map((part) =>
      lengthOf(
        lengths,
        part.flatMap((run) => run.labels),
      ),
    ) as [Dim, Dim];
    const dims = [before, lengthOf(lengths, runs[i]!.labels), after].filter((dim, k) => k === 1 || !isOne(dim));
    tensor = reduceAxis(r, kind, r.reshape(tensor, dims), isOne(before) ? 0 : 1, false);
    runs = runs.toSpliced(i, 1);
  }
  return { tensor, labels: kept };
};
