// Products with one-hot arrays become scatters and gathers, so that no N × K array of zeros and ones is ever read: with
// e[n, k] = (v[n] = k), Σ_n e[n, k] y[n, c] adds each y[n] to row v[n], and Σ_k e[n, k] x[k, c] is row v[n] of x. Entries of v
// that are none of 0 … K - 1 give nothing, as in the product. In and out: a program with the same meaning; a row that is not
// chosen no longer spoils a product when it holds a NaN.
import type { Builder, Value } from '../../tensor/builder.ts';
import { constant, equal, isOne, subtract, type Dim } from '../../tensor/dims.ts';
import type { Program } from '../../tensor/program.ts';
import { rebuild } from '../../tensor/rebuild.ts';
import type { KernelTarget } from '../kernel.ts';
import { arranged, entriesOf, lengthsOf, spread, type Label, type Labelled } from './labelled.ts';

/** A scatter waits for what it added before; comparing a row with all classes, in vectors, is faster up to this many entries. */
const leastScattered = 32;

/** sign · (index = position along `axis`): the index has the other axes, in order. */
interface OneHot {
  readonly index: Value;
  readonly axis: number;
  readonly sign: 1 | -1;
}

/** The axis along which a value counts 0, 1, …, being the same along all others; null where it does not. */
const countingAxis = (b: Builder, value: Value): number | null => {
  const producer = b.producer(value);
  if (producer?.op === 'iota') return producer.axis;
  if (producer?.op === 'cast') return countingAxis(b, b.handle(producer.arg));
  if (producer?.op !== 'view') return null;
  const source = b.handle(producer.arg);
  const inner = countingAxis(b, source);
  if (inner === null || isOne(source.shape[inner]!)) return null;
  switch (producer.view.kind) {
    case 'expand':
      return inner;
    case 'transpose':
      return producer.view.permutation.indexOf(inner);
    case 'reshape': {
      const long = value.shape.flatMap((dim, axis) => (isOne(dim) ? [] : [axis]));
      return long.length === 1 ? long[0]! : null;
    }
    default:
      return null;
  }
};

const withoutAxis = (shape: readonly Dim[], axis: number): readonly Dim[] => shape.toSpliced(axis, 1);

const oneHotOf = (b: Builder, value: Value): OneHot | null => {
  const producer = b.producer(value);
  if (producer?.op !== 'map') return null;
  if (producer.fn === 'neg') {
    const inner = oneHotOf(b, b.handle(producer.args[0]!));
    return inner === null ? null : { ...inner, sign: inner.sign === 1 ? -1 : 1 };
  }
  if (producer.fn !== 'eq') return null;
  const args = producer.args.map((id) => b.handle(id));
  for (const [k, counting] of args.entries()) {
    const axis = countingAxis(b, counting);
    const index = args[1 - k]!;
    if (axis === null || !equal(counting.shape[axis]!, value.shape[axis]!)) continue;
    const isAlong = index.shape.every((dim, i) => (i === axis ? isOne(dim) : equal(dim, value.shape[i]!)));
    if (index.shape.length === value.shape.length && isAlong)
      return { index: b.reshape(index, withoutAxis(index.shape, axis)), axis, sign: 1 };
  }
  return null;
};

/** Whether an index is the place of a minimum among so many, and therefore in range. */
const isPlaceAmong = (b: Builder, index: Value, count: Dim): boolean => {
  const producer = b.producer(index);
  if (producer?.op === 'argmin') return equal(b.handle(producer.arg).shape[producer.axis]!, count);
  return producer?.op === 'view' && producer.view.kind === 'reshape' && isPlaceAmong(b, b.handle(producer.arg), count);
};

/** The index as one of 0 … count - 1, and where it was one (null: everywhere). */
const inRange = (b: Builder, index: Value, count: Dim): { readonly at: Value; readonly hits: Value | null } => {
  if (isPlaceAmong(b, index, count)) return { at: index, hits: null };
  if (index.dtype === 'int') {
    const hits = b.and(b.ge(index, b.constant(0, 'int')), b.lt(index, b.cast(b.dim(count), 'int')));
    return { at: b.select(hits, index, b.constant(0, 'int')), hits };
  }
  const isInside = b.and(b.ge(index, 0), b.le(index, b.dim(subtract(count, constant(1)))));
  const hits = b.and(isInside, b.eq(index, b.floor(index)));
  return { at: b.cast(b.select(hits, index, 0), 'int'), hits };
};

/** The value where `hits` (over its labels `by`) and 0 elsewhere. */
const masked = (b: Builder, { value, axes }: Labelled, hits: Value | null, by: readonly Label[]): Value =>
  hits === null ? value : b.select(arranged(b, { value: hits, axes: by }, axes), value, 0);

interface Operands {
  readonly oneHot: OneHot;
  readonly classLabel: Label;
  readonly classes: Dim;
  /** Of the index. */
  readonly places: readonly Label[];
  readonly other: Labelled | null;
  readonly keep: readonly Label[];
  readonly lengths: ReadonlyMap<Label, Dim>;
}

const scattered = (b: Builder, given: Operands, target: KernelTarget): Value | null => {
  const { classLabel, classes, places, other, keep, lengths } = given;
  const rest = (other?.axes ?? []).filter((label) => !places.includes(label));
  const isScatter =
    keep.includes(classLabel) && places.length > 0 && !places.some((label) => keep.includes(label)) && !rest.includes(classLabel); // prettier-ignore
  if (!isScatter || !rest.every((label) => keep.includes(label))) return null;
  const width = entriesOf(rest.map((label) => lengths.get(label)!), target); // prettier-ignore
  if ((entriesOf([classes], target) - 1) * width < leastScattered) return null;
  const { at, hits } = inRange(b, given.oneHot.index, classes);
  const order = [...places, ...rest];
  const added = spread(b, other ?? { value: b.constant(1), axes: [] }, order, lengths);
  const updates = masked(b, { value: added, axes: order }, hits, places);
  return arranged(b, { value: b.scatterAdd(updates, at, 0, classes), axes: [classLabel, ...rest] }, keep);
};

const gathered = (b: Builder, { oneHot, classLabel, classes, places, other, keep }: Operands): Value | null => {
  const axis = other?.axes.indexOf(classLabel) ?? -1;
  if (other === null || axis < 0 || keep.includes(classLabel) || other.axes.some((label) => places.includes(label)))
    return null;
  const { at, hits } = inRange(b, oneHot.index, classes);
  const axes = other.axes.toSpliced(axis, 1, ...places);
  const rows = masked(b, { value: b.gather(other.value, at, axis), axes }, hits, places);
  return b.contract('sum-product', [{ value: rows, axes }], keep);
};

export const withoutOneHots = (program: Program, target: KernelTarget): Program =>
  rebuild(program, () => (b, instr, read) => {
    if (instr.op !== 'contract' || instr.semiring.kind !== 'sum-product' || instr.operands.length > 2) return null;
    const operands: readonly Labelled[] = instr.operands.map(({ value, axes }) => ({ value: read(value), axes }));
    for (const [k, { value, axes }] of operands.entries()) {
      const oneHot = oneHotOf(b, value);
      if (oneHot === null) continue;
      const given: Operands = {
        oneHot,
        classLabel: axes[oneHot.axis]!,
        classes: value.shape[oneHot.axis]!,
        places: axes.toSpliced(oneHot.axis, 1),
        other: operands[1 - k] ?? null,
        keep: instr.keep,
        lengths: lengthsOf(operands),
      };
      const result = scattered(b, given, target) ?? gathered(b, given);
      if (result !== null) return [oneHot.sign === 1 ? result : b.neg(result)];
    }
    return null;
  });
