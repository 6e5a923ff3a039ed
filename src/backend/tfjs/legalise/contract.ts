// Contractions as tfjs operations. In: a semiring, operands with labels, the labels to keep. Out: a handle.
// Many operands are combined two at a time, cheapest result first; a label is reduced as soon as nothing else needs it, which
// is right in every semiring here because combining distributes over reducing.
import { constant, type Dim } from '../../../tensor/dims.ts';
import { mayExceed, mayBeZero } from '../names.ts';
import type { Tensor } from '../realisation.ts';
import { realiseMap } from './elementwise.ts';
import { handleOf, type Handle } from './handle.ts';
import {
  arrange,
  cost,
  labelOperands,
  lengthOf,
  reduceLabels,
  sameLabels,
  shapeFor,
  type HandleOperand,
  type Label,
  type Labelled,
  type Lengths,
} from './labelled.ts';
import type { Realiser } from './realiser.ts';
import { softMinLabels, softMinPair } from './soft-min.ts';

export type RealisedSemiring =
  { readonly kind: 'sum-product' | 'min-plus' } | { readonly kind: 'soft-min'; readonly beta: Tensor };

/** Reduces the labels of one operand that only it has and that are not kept. */
const reduceAlone = (
  r: Realiser,
  semiring: RealisedSemiring,
  operand: Labelled,
  needed: ReadonlySet<Label>,
  lengths: Lengths,
): Labelled => {
  const goes = (label: Label): boolean => !needed.has(label);
  if (!operand.labels.some(goes)) return operand;
  switch (semiring.kind) {
    case 'sum-product':
      return reduceLabels(r, 'sum', operand, goes, lengths);
    case 'min-plus':
      return reduceLabels(r, 'least', operand, goes, lengths);
    case 'soft-min':
      return softMinLabels(r, semiring.beta, operand, goes, lengths);
  }
};

/** The labels of both, in an order that asks for the fewest transposes of the operands and of the result. */
const jointOrder = (
  a: Labelled,
  b: Labelled,
  kept: readonly Label[],
  gone: readonly Label[],
  lengths: Lengths,
): readonly Label[] => {
  const extra = (first: Labelled, second: Labelled): readonly Label[] => [
    ...first.labels,
    ...second.labels.filter((label) => !first.labels.includes(label)),
  ];
  const extraBefore = (first: Labelled, second: Labelled): readonly Label[] => [
    ...second.labels.filter((label) => !first.labels.includes(label)),
    ...first.labels,
  ];
  const candidates = [
    [...kept, ...gone],
    [...gone, ...kept],
    extra(a, b),
    extra(b, a),
    extraBefore(a, b),
    extraBefore(b, a),
  ];
  const moved = (labels: readonly Label[], order: readonly Label[]): number => {
    const positions = labels.map((label) => order.indexOf(label)).filter((p) => p >= 0);
    return positions.every((p, i) => i === 0 || p > positions[i - 1]!) ? 0 : cost(lengths, labels);
  };
  // Reducing other than the last axes transposes the whole joint table inside tfjs.
  const buried = (order: readonly Label[]): number =>
    gone.every((label) => order.indexOf(label) >= kept.length) ? 0 : cost(lengths, order);
  const total = (order: readonly Label[]): number =>
    moved(a.labels, order) + moved(b.labels, order) + moved(kept, order) + buried(order);
  return candidates.reduce((best, next) => (total(next) < total(best) ? next : best));
};

/** Operands combined elementwise over the union of their labels. */
const combine = (
  r: Realiser,
  fn: 'add' | 'mul',
  a: Labelled,
  b: Labelled,
  order: readonly Label[],
  lengths: Lengths,
): Labelled => {
  const handle = ({ tensor, labels }: Labelled): Handle => {
    const own = order.filter((label) => labels.includes(label));
    const arranged = arrange(
      r,
      { tensor, labels },
      own.map((label) => [label]),
      lengths,
    );
    const stored = order.map((label) => (labels.includes(label) ? lengths.get(label)! : constant(1)));
    return { tensor: arranged, stored, shape: shapeFor(lengths, order), truth: false, iota: null };
  };
  const result = realiseMap(r, fn, [handle(a), handle(b)], shapeFor(lengths, order), 'float');
  return { tensor: result.tensor, labels: order };
};

/** Σ of products of two operands: a matrix product of grouped axes, or elementwise where it would be none. */
const multiplyPair = (
  r: Realiser,
  a: Labelled,
  b: Labelled,
  kept: readonly Label[],
  gone: readonly Label[],
  lengths: Lengths,
): Labelled => {
  const shared = (label: Label): boolean => a.labels.includes(label) && b.labels.includes(label);
  const batch = kept.filter(shared);
  const left = kept.filter((label) => a.labels.includes(label) && !shared(label));
  const right = kept.filter((label) => b.labels.includes(label) && !shared(label));
  if (gone.length === 0 || (left.length === 0 && right.length === 0)) {
    const order = jointOrder(a, b, kept, gone, lengths);
    return reduceLabels(r, 'sum', combine(r, 'mul', a, b, order, lengths), (label) => gone.includes(label), lengths);
  }
  // Which side comes first is free: take the one that gives the kept order, if either does.
  const swap = !sameLabels([...batch, ...left, ...right], kept) && sameLabels([...batch, ...right, ...left], kept);
  const [first, second, rows, columns] = swap ? [b, a, right, left] : [a, b, left, right];
  const inner = [...gone].sort((x, y) => second.labels.indexOf(x) - second.labels.indexOf(y));
  const lead = batch.length === 0 ? [] : [batch];
  const out = [...lead.map((g) => lengthOf(lengths, g)), lengthOf(lengths, rows), lengthOf(lengths, columns)];
  const length = lengthOf(lengths, inner);
  const long = mayExceed(length, 4096) || mayBeZero(length);
  const labels = [...batch, ...rows, ...columns];
  const rowsFirst = [
    [inner, batch, rows],
    [inner, batch, columns],
  ] as const;
  const stored = [first, second].every((o, i) => sameLabels(o.labels, rowsFirst[i]!.flat()));
  if (long && batch.length > 0 && rows.length > 0 && columns.length > 0 && stored) {
    const [x, y] = [arrange(r, first, rowsFirst[0], lengths), arrange(r, second, rowsFirst[1], lengths)];
    return { tensor: r.call('batchRowsProduct', [x, y], [], out), labels };
  }
  const y = arrange(r, second, [...lead, inner, columns], lengths);
  // A fresh operand that is stored with the summed axis first goes to the product as it is.
  if (
    long &&
    batch.length === 0 &&
    rows.length > 0 &&
    sameLabels(first.labels, [...inner, ...rows]) &&
    r.changesHere(first.tensor)
  ) {
    return { tensor: r.call('rowsProduct', [arrange(r, first, [inner, rows], lengths), y], [], out), labels };
  }
  const x = arrange(r, first, [...lead, rows, inner], lengths);
  return { tensor: r.call(long ? 'matrixProduct' : 'matMul', [x, y], [], out), labels };
};

const combinePair = (
  r: Realiser,
  semiring: RealisedSemiring,
  a: Labelled,
  b: Labelled,
  needed: ReadonlySet<Label>,
  order: readonly Label[],
  lengths: Lengths,
): Labelled => {
  const both = [...new Set([...a.labels, ...b.labels])];
  const kept = order.filter((label) => both.includes(label) && needed.has(label));
  const gone = both.filter((label) => !needed.has(label));
  switch (semiring.kind) {
    case 'sum-product':
      return multiplyPair(r, a, b, kept, gone, lengths);
    case 'min-plus': {
      const joint = jointOrder(a, b, kept, gone, lengths);
      return reduceLabels(
        r,
        'least',
        combine(r, 'add', a, b, joint, lengths),
        (label) => gone.includes(label),
        lengths,
      );
    }
    case 'soft-min': {
      const scaled = softMinPair(r, semiring.beta, a, b, kept, gone, lengths);
      if (scaled !== null) return scaled;
      const joint = jointOrder(a, b, kept, gone, lengths);
      const sum = combine(r, 'add', a, b, joint, lengths);
      return gone.length === 0 ? sum : softMinLabels(r, semiring.beta, sum, (label) => gone.includes(label), lengths);
    }
  }
};

/** In: the semiring, operands, the labels to keep and the shape they make. */
export const realiseContract = (
  r: Realiser,
  semiring: RealisedSemiring,
  operands: readonly HandleOperand[],
  keep: readonly Label[],
  shape: readonly Dim[],
): Handle => {
  const lengths = new Map<Label, Dim>();
  let rest = [...labelOperands(r, operands, lengths)];
  const kept = keep.filter((label) => lengths.has(label));
  const neededBy = (others: readonly Labelled[]): ReadonlySet<Label> =>
    new Set([...kept, ...others.flatMap((o) => o.labels)]);
  rest = rest.map((operand, i) => reduceAlone(r, semiring, operand, neededBy(rest.filter((_, k) => k !== i)), lengths));
  // Kept labels in their order, the others after them as they come.
  const order = [...new Set([...kept, ...lengths.keys()])];
  if (rest.length === 2) rest = [combinePair(r, semiring, rest[0]!, rest[1]!, neededBy([]), order, lengths)];
  while (rest.length > 1) {
    const pairs = rest.flatMap((a, i) =>
      rest.slice(i + 1).map((b, k) => ({ i, j: i + 1 + k, size: pairCost(a, b, rest, neededBy, lengths) })),
    );
    const { i, j } = pairs.reduce((best, next) => (next.size < best.size ? next : best));
    const others = rest.filter((_, k) => k !== i && k !== j);
    rest = [...others, combinePair(r, semiring, rest[i]!, rest[j]!, neededBy(others), order, lengths)];
  }
  const tensor = arrange(
    r,
    rest[0]!,
    kept.map((label) => [label]),
    lengths,
  );
  return handleOf(tensor, shape, false);
};

/** Entries of the pair's result, then of what it is made from. */
const pairCost = (
  a: Labelled,
  b: Labelled,
  all: readonly Labelled[],
  neededBy: (others: readonly Labelled[]) => ReadonlySet<Label>,
  lengths: Lengths,
): number => {
  const needed = neededBy(all.filter((o) => o !== a && o !== b));
  const both = [...new Set([...a.labels, ...b.labels])];
  return (
    cost(
      lengths,
      both.filter((label) => needed.has(label)),
    ) +
    1e-3 * cost(lengths, both)
  );
};
