// The gradient of a minimum: Σ g · [index = argmin] onto an operand. As written it makes a one-hot table over all labels; here
// each g is added where its minimum was found. In: a sum-product contraction and what made its operands. Out: a handle, or null.
import { product, type Dim } from '../../../tensor/dims.ts';
import type { Instr, ValueId } from '../../../tensor/program.ts';
import { dimText, shapeText } from '../names.ts';
import type { Producers } from './gibbs.ts';
import { handleOf, whole, wholeAs, type Handle } from './handle.ts';
import { keptShape, maximumRank } from './layout.ts';
import type { Realiser } from './realiser.ts';
import { transposeTensor } from './views.ts';

type Contract = Extract<Instr, { op: 'contract' }>;

/** The argmin whose one-hot encoding along a new last axis a value is. */
export const argminBehind = (value: ValueId, { producer, info }: Producers): ValueId | null => {
  const equal = producer(value);
  if (equal?.op !== 'map' || equal.fn !== 'eq') return null;
  const last = info(value).shape.length - 1;
  const sides = equal.args.map(producer);
  const counts = sides.some((side) => side?.op === 'iota' && side.axis === last);
  const wide = sides.find((side) => side?.op === 'view' && side.view.kind === 'reshape');
  if (!counts || wide?.op !== 'view') return null;
  const found = producer(wide.arg);
  return found?.op === 'argmin' && info(found.out[0]).shape.length === last ? found.out[0] : null;
};

/** Row-major strides of a shape. */
const stridesOf = (shape: readonly Dim[]): readonly Dim[] => shape.map((_, i) => product(shape.slice(i + 1)));

export const realisePickedSum = (r: Realiser, instr: Contract, producers: Producers): Handle | null => {
  if (instr.semiring.kind !== 'sum-product' || instr.operands.length !== 2) return null;
  const { handle, info } = producers;
  for (const [k, hot] of instr.operands.entries()) {
    const adjoint = instr.operands[1 - k]!;
    const argmin = argminBehind(hot.value, producers);
    if (argmin === null) continue;
    const [kept, picked] = [hot.axes.slice(0, -1), hot.axes.at(-1)!];
    const fits =
      kept.length < maximumRank &&
      kept.length === adjoint.axes.length &&
      kept.every((label) => adjoint.axes.includes(label)) &&
      instr.keep.includes(picked);
    if (!fits) continue;
    const lengths = new Map(hot.axes.map((label, i) => [label, info(hot.value).shape[i]!]));
    const shape = kept.map((label) => lengths.get(label)!);
    const out = instr.keep.map((label) => lengths.get(label)!);
    const strides = stridesOf(out);
    const strideOf = (label: number): Dim => strides[instr.keep.indexOf(label)] ?? [];
    const order = kept.map((label) => adjoint.axes.indexOf(label));
    const weights = transposeTensor(r, whole(r, handle(adjoint.value)), info(adjoint.value).shape, order);
    const sum = r.call(
      'pickedSum',
      [r.reshape(weights, shape), wholeAs(r, handle(argmin), shape)],
      [shapeText(kept.map(strideOf)), dimText(strideOf(picked)), shapeText(keptShape(out))],
      keptShape(out),
      'float32',
    );
    return handleOf(sum, out);
  }
  return null;
};
