// A free energy of two tables as a matrix product of scaled exponentials (forward-backward in scaled form; Rabiner 1989, §V.A):
//   -1/β log Σ_b exp(-β (x[a, b] + y[b, c])) = min x[a] + min y[c] - 1/β log Σ_b exp(-β (x - min x)) exp(-β (y - min y))
// takes one exponential for each entry of x and of y, and those of a loop's constants once, instead of one for each a, b, c.
// Where the smallest x and y stand at different b everything may underflow: entries whose sum lies below `leastSum` are computed
// as they were written. In: a program. Out: one with the same meaning, cut at 1e30.
//
// What lowering makes of it. In `select(c, x, slow)`, where `slow` is read nowhere else and is a contraction or a select of this
// form, `slow` is not computed where c holds: a nest stores x, and then, in the loops of the axes along which c varies, an `if`
// on not c computes `slow` into the same entries. c may have length 1 along axes of x; the `if` stands outside their loops. Here:
//   select(every sum of the row is large, product, select(this sum is large, product, contraction))
// so that one comparison a row is all that is paid where nothing underflows.
import type { Builder, Value } from '../../tensor/builder.ts';
import { FORBIDDEN } from '../../tensor/energies.ts';
import type { Program } from '../../tensor/program.ts';
import { rebuild } from '../../tensor/rebuild.ts';
import type { KernelTarget } from '../kernel.ts';
import { arranged, lengthsOf, type Label, type Labelled } from './labelled.ts';
import { isMatrixPair, scaledPair } from './scaled-pair.ts';

/** By bytes of a number. A term is lost where it underflows: below 1.2e-38 (2.2e-308), or not even there if denormals are kept.
 *  n lost terms change a sum above this bound by n · 1e-8 (n · 1e-28) of itself at most: below rounding up to some tens of them,
 *  and all n of them are lost only if the terms that are left are as small. */
const leastSum: Readonly<Record<KernelTarget['bytesOfReal'], number>> = { 4: 1e-30, 8: 1e-280 };

const freeEnergy = (
  b: Builder,
  x: Labelled,
  y: Labelled,
  keep: readonly Label[],
  beta: Value,
  target: KernelTarget,
): Value => {
  const pair = scaledPair(b, x, y, keep, beta);
  const sum = b.contract('sum-product', [pair.weightX, pair.weightY], keep);
  const bound = leastSum[target.bytesOfReal];
  const least = b.add(arranged(b, pair.leastX, keep), arranged(b, pair.leastY, keep));
  const free = b.sub(least, b.div(b.log(b.maximum(sum, bound)), pair.beta));
  const fast = b.minimum(free, FORBIDDEN);
  const slow = b.contract({ kind: 'soft-min', beta }, [x, y], keep);
  const rows = keep.filter((label) => x.axes.includes(label));
  const isLarge = b.gt(sum, bound);
  // Counted, for that takes less than the smallest, which has to remember NaN: here NaN counts as small.
  const small = b.contract('sum-product', [{ value: b.not(isLarge), axes: keep }], rows);
  const isWhole: Labelled = { value: b.eq(small, 0), axes: rows };
  return b.select(arranged(b, isWhole, keep), fast, b.select(isLarge, fast, slow));
};

export const multiplySoftMinima = (program: Program, target: KernelTarget): Program =>
  rebuild(program, () => (b, instr, read) => {
    if (instr.op !== 'contract' || instr.semiring.kind !== 'soft-min' || instr.operands.length !== 2) return null;
    const [x, y] = instr.operands.map(({ value, axes }) => ({ value: read(value), axes })) as [Labelled, Labelled];
    if (!isMatrixPair(x.axes, y.axes, instr.keep, lengthsOf([x, y]), target)) return null;
    return [freeEnergy(b, x, y, instr.keep, read(instr.semiring.beta), target)];
  });
