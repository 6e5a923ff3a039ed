// Sums of products become sums of products of two. An operand alone in a label that is summed is summed first; what repeats one
// number along it is counted; numbers go to the smallest array; and of three or more the cheapest pair is multiplied first,
// where a product of aligned arrays is a map, so that a loop nest makes it on the way (an EM step's Σ_n w y y' is a batch of
// matrix products of w y and y). In: a program. Out: one whose sum-product contractions have one operand, or two and a sum.
import type { Builder, Value } from '../../tensor/builder.ts';
import { constantValue, isOne, product, type Dim } from '../../tensor/dims.ts';
import type { Program } from '../../tensor/program.ts';
import { rebuild } from '../../tensor/rebuild.ts';
import type { KernelTarget } from '../kernel.ts';
import { arranged, entriesOf, lengthsOf, spread, unionOf, type Label, type Labelled } from './labelled.ts';

/** More operands than this are joined greedily. */
const searched = 6;
/** Time of one multiplication by what it is part of, by that of an entry read from and written to memory. */
const matrixWeight = 0.25;
const reductionWeight = 0.5;
const elementwiseWeight = 1;
/** How much a pair is shunned whose product is larger than everything given and asked for. */
const oversizePenalty = 16;

type Lengths = ReadonlyMap<Label, Dim>;

const withoutLabel = (b: Builder, { value, axes }: Labelled, gone: readonly Label[]): Labelled => {
  const kept = axes.filter((label) => !gone.includes(label));
  return { value: b.contract('sum-product', [{ value, axes }], kept), axes: kept };
};

/** Repetition along labels that no other operand has: the source without them. */
const unrepeated = (b: Builder, { value, axes }: Labelled, others: readonly Label[]): Labelled => {
  const producer = b.producer(value);
  if (producer?.op !== 'view' || producer.view.kind !== 'expand') return { value, axes };
  const source = b.handle(producer.arg);
  const kept = [...axes.keys()].filter(
    (i) => others.includes(axes[i]!) || !isOne(source.shape[i]!) || isOne(value.shape[i]!),
  );
  if (kept.length === axes.length) return { value, axes };
  const squeezed = b.reshape(source, kept.map((i) => source.shape[i]!)); // prettier-ignore
  return { value: b.expand(squeezed, kept.map((i) => value.shape[i]!)), axes: kept.map((i) => axes[i]!) }; // prettier-ignore
};

const numberOf = (b: Builder, dim: Dim): Value => {
  const value = constantValue(dim);
  return value === null ? b.dim(dim) : b.constant(value);
};

/** Two operands and which of their labels are read afterwards. */
const isReduction = (x: Labelled, y: Labelled, needed: readonly Label[]): boolean =>
  [...x.axes, ...y.axes].some((label) => !needed.includes(label));

/** The product of two, summed over what is not needed; with the labels in the given order where they are all of them. */
const joined = (b: Builder, x: Labelled, y: Labelled, needed: readonly Label[], order: readonly Label[]): Labelled => {
  const [large, small] = x.axes.length >= y.axes.length ? [x, y] : [y, x];
  const labels = unionOf([large.axes, small.axes]).filter((label) => needed.includes(label));
  const axes = labels.length === order.length ? order : labels;
  if (isReduction(x, y, needed)) return { value: b.contract('sum-product', [x, y], axes), axes };
  return { value: b.mul(arranged(b, x, axes), arranged(b, y, axes)), axes };
};

interface Pair {
  readonly i: number;
  readonly j: number;
}

const sizesOf = (lengths: Lengths, target: KernelTarget) => {
  const numbers = new Map([...lengths].map(([label, dim]) => [label, entriesOf([dim], target)] as const));
  return (labels: readonly Label[]): number => labels.reduce((size, label) => size * numbers.get(label)!, 1);
};

/** The first pair of the cheapest order in which these sets of labels can be joined, and what that order costs. */
const cheapest = (
  sets: readonly (readonly Label[])[],
  keep: readonly Label[],
  size: (labels: readonly Label[]) => number,
  bound: number,
): { readonly pair: Pair; readonly cost: number } => {
  let best = { pair: { i: 0, j: 1 }, cost: Infinity };
  for (let i = 0; i < sets.length; i++)
    for (let j = i + 1; j < sets.length; j++) {
      const rest = sets.filter((_, k) => k !== i && k !== j);
      const needed = new Set([...keep, ...rest.flat()]);
      const union = unionOf([sets[i]!, sets[j]!]);
      const kept = union.filter((label) => needed.has(label));
      const own = (a: readonly Label[], b: readonly Label[]): boolean =>
        kept.some((label) => a.includes(label) && !b.includes(label));
      const isMatrix = own(sets[i]!, sets[j]!) && own(sets[j]!, sets[i]!);
      const sums = kept.length < union.length;
      const weight = !sums ? elementwiseWeight : isMatrix ? matrixWeight : reductionWeight;
      const made = rest.length === 0 ? 0 : size(kept) * (size(kept) > bound ? oversizePenalty : 1);
      const here = size(union) * weight + made;
      const later = rest.length === 0 || sets.length > searched ? 0 : cheapest([...rest, kept], keep, size, bound).cost;
      if (here + later < best.cost) best = { pair: { i, j }, cost: here + later };
    }
  return best;
};

const isScalar = ({ axes }: Labelled): boolean => axes.length === 0;

/** Σ Π of the operands over the labels not kept; null where it is a sum of one or two already. */
const split = (b: Builder, given: readonly Labelled[], keep: readonly Label[], target: KernelTarget): Value | null => {
  const lengths = lengthsOf(given);
  const othersOf = (operands: readonly Labelled[], k: number): readonly Label[] =>
    operands.flatMap((o, i) => (i === k ? [] : o.axes));
  const operands = [...given];
  for (const k of operands.keys()) operands[k] = unrepeated(b, operands[k]!, othersOf(operands, k));
  const counted = [...lengths.keys()].filter((label) => !keep.includes(label) && !operands.some((o) => o.axes.includes(label))); // prettier-ignore
  const repeated = keep.filter((label) => !operands.some((o) => o.axes.includes(label)));
  const present = keep.filter((label) => !repeated.includes(label));
  if (operands.length > 1)
    for (const k of operands.keys()) {
      const alone = operands[k]!.axes.filter(
        (label) => !keep.includes(label) && !othersOf(operands, k).includes(label),
      );
      if (alone.length > 0) operands[k] = withoutLabel(b, operands[k]!, alone);
    }
  const numbers = operands.filter(isScalar).map((o) => o.value);
  if (counted.length > 0) numbers.push(numberOf(b, product(counted.map((label) => lengths.get(label)!))));
  let arrays: readonly Labelled[] = operands.filter((o) => !isScalar(o));
  const isUnchanged = operands.every((o, k) => o.axes.length === given[k]!.axes.length) && numbers.length === 0;
  const isWhole = arrays.length === 1 || (arrays.length === 2 && isReduction(arrays[0]!, arrays[1]!, keep));
  if (isUnchanged && isWhole) return null;
  const factor = numbers.length === 0 ? null : numbers.reduce((x, y) => b.mul(x, y));
  if (arrays.length === 0) return spread(b, { value: factor!, axes: [] }, keep, lengths);
  const size = sizesOf(lengths, target);
  const smallest = arrays.reduce((best, next) => (size(next.axes) < size(best.axes) ? next : best));
  const scaleResult = factor !== null && size(present) <= size(smallest.axes);
  if (factor !== null && !scaleResult)
    arrays = arrays.map((o) => (o === smallest ? { ...o, value: b.mul(o.value, factor) } : o));
  const bound = 2 * Math.max(size(present), ...arrays.map((o) => size(o.axes)));
  while (arrays.length > 1) {
    const { i, j } = cheapest(arrays.map((o) => o.axes), present, size, bound).pair; // prettier-ignore
    const rest = arrays.filter((_, k) => k !== i && k !== j);
    const needed = [...present, ...rest.flatMap((o) => o.axes)];
    arrays = [...rest, joined(b, arrays[i]!, arrays[j]!, needed, rest.length === 0 ? present : [])];
  }
  const total: Labelled = { value: b.contract('sum-product', arrays, present), axes: present };
  const scaled = scaleResult ? { ...total, value: b.mul(total.value, factor!) } : total;
  return repeated.length === 0 ? scaled.value : spread(b, scaled, keep, lengths);
};

export const splitIntoPairs = (program: Program, target: KernelTarget): Program =>
  rebuild(program, () => (b, instr, read) => {
    if (instr.op !== 'contract' || instr.semiring.kind !== 'sum-product') return null;
    const operands = instr.operands.map(({ value, axes }) => ({ value: read(value), axes }));
    const result = split(b, operands, instr.keep, target);
    return result === null ? null : [result];
  });
