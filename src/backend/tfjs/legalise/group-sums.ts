// Sums by the place of a minimum: Σ_n [k = argmin_n] y_nd adds every row of y to its group, and the one-hot table over n and k
// is never made. In: a sum-product contraction and what made its operands. Out: a handle, or null.
import { equal, product, type Dim } from '../../../tensor/dims.ts';
import type { Instr, ValueId } from '../../../tensor/program.ts';
import { dimText } from '../names.ts';
import type { Producers } from './gibbs.ts';
import { handleOf, whole, wholeAs, type Handle } from './handle.ts';
import { argminBehind } from './picked.ts';
import type { Realiser } from './realiser.ts';
import { transposeTensor } from './views.ts';

type Contract = Extract<Instr, { op: 'contract' }>;

/** The argmin whose one-hot encoding a value is, or is but for its sign. */
const signedArgmin = (
  value: ValueId,
  producers: Producers,
): { readonly at: ValueId; readonly negative: boolean } | null => {
  const instr = producers.producer(value);
  const negative = instr?.op === 'map' && instr.fn === 'neg';
  const at = argminBehind(negative ? instr.args[0]! : value, producers);
  return at === null ? null : { at, negative };
};

export const realiseGroupSum = (r: Realiser, instr: Contract, producers: Producers): Handle | null => {
  if (instr.semiring.kind !== 'sum-product' || instr.operands.length > 2) return null;
  const { handle, info } = producers;
  for (const [k, hot] of instr.operands.entries()) {
    const found = signedArgmin(hot.value, producers);
    if (found === null) continue;
    const other = instr.operands[1 - k];
    const [points, group] = [hot.axes.slice(0, -1), hot.axes.at(-1)!];
    const dimOf = (of: { readonly value: ValueId; readonly axes: readonly number[] }, label: number): Dim =>
      info(of.value).shape[of.axes.indexOf(label)]!;
    const rest = other === undefined ? [] : other.axes.filter((label) => !points.includes(label));
    const fits =
      points.length > 0 &&
      points.every((label) => !instr.keep.includes(label)) &&
      instr.keep.includes(group) &&
      !rest.includes(group) &&
      rest.every((label) => instr.keep.includes(label)) &&
      (other === undefined || points.every((l) => other.axes.includes(l) && equal(dimOf(hot, l), dimOf(other, l))));
    if (!fits) continue;
    const count = product(points.map((label) => dimOf(hot, label)));
    const rows = (): { readonly tensor: ReturnType<typeof whole>; readonly dims: readonly Dim[] } => {
      if (other === undefined) return { tensor: r.filled(r.scalar(1), [count, product([])])!, dims: [] };
      const dims = rest.map((label) => dimOf(other, label));
      const order = [...points, ...rest].map((label) => other.axes.indexOf(label));
      const moved = transposeTensor(r, whole(r, handle(other.value)), info(other.value).shape, order);
      return { tensor: r.reshape(moved, [count, product(dims)]), dims };
    };
    const { tensor, dims } = rows();
    const groups = dimOf(hot, group);
    const at = wholeAs(r, handle(found.at), [count]);
    const sums = r.call('groupSums', [tensor, at], [dimText(groups)], [groups, product(dims)], 'float32');
    const signed = found.negative ? r.call('neg', [sums], [], sums.shape) : sums;
    const made = [group, ...rest];
    const shape = instr.keep.map((label) => [groups, ...dims][made.indexOf(label)]!);
    const order = instr.keep.map((label) => made.indexOf(label));
    return handleOf(transposeTensor(r, signed, [groups, ...dims], order), shape);
  }
  return null;
};
