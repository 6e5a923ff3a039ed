// The gradient of a free energy of two operands: Σ g exp(β (out - x - y)) onto x or onto y, which as written makes a table over
// all labels. Where x and y are matrices, the weight is a product of a factor of x, one of y and one of out, so that the sum
// is a matrix product of small exponentials (forward-backward in scaled form; Rabiner 1989, §V.A). The helpers fall back to
// the table where a factor overflows. In: a sum-product contraction and what made its operands. Out: a handle, or null.
import { constant, isOne, shapesEqual, type Dim } from '../../../tensor/dims.ts';
import type { Instr, ValueId, ValueInfo } from '../../../tensor/program.ts';
import { handleOf, whole, type Handle } from './handle.ts';
import { arrange, cost, labelOperands, type Label, type Labelled } from './labelled.ts';
import type { Realiser } from './realiser.ts';
import { scaledPair } from './soft-min.ts';
import { transposeTensor } from './views.ts';

type Contract = Extract<Instr, { op: 'contract' }>;
type Operand = Contract['operands'][number];

export interface Producers {
  readonly handle: (id: ValueId) => Handle;
  readonly info: (id: ValueId) => ValueInfo;
  /** The instruction of this program that makes a value; undefined for inputs. */
  readonly producer: (id: ValueId) => Instr | undefined;
}

/** exp(β (out - x - y)), with the labels of the contraction that reads it. */
interface Weights {
  /** Null where it is 1. */
  readonly beta: ValueId | null;
  readonly out: Operand;
  readonly pair: readonly [Operand, Operand];
  /** Those that `out` lacks. */
  readonly reduced: readonly Label[];
}

const argsOf = (instr: Instr | undefined, fn: string): readonly ValueId[] | null =>
  instr?.op === 'map' && instr.fn === fn ? instr.args : null;

/** What a weight is made of, if it is one. */
const weightsIn = ({ value, axes }: Operand, { producer, info }: Producers): Weights | null => {
  const exponent = argsOf(producer(value), 'exp')?.[0];
  if (exponent === undefined) return null;
  const factors = argsOf(producer(exponent), 'mul') ?? [];
  const beta = factors.find((id) => info(id).shape.every(isOne)) ?? null;
  const scaled = beta === null ? exponent : factors.find((id) => id !== beta);
  const [wide, total] = (scaled === undefined ? null : argsOf(producer(scaled), 'sub'))?.map(producer) ?? [];
  if (wide?.op !== 'view' || wide.view.kind !== 'reshape' || total?.op !== 'contract') return null;
  const { operands, keep, semiring } = total;
  if (semiring.kind !== 'min-plus' || operands.length !== 2) return null;
  if (operands.some((o) => o.axes.some((label) => !keep.includes(label)))) return null;
  // `out` stands before the reduced axes, which it is repeated along.
  const { shape } = info(wide.arg);
  if (!shapesEqual(wide.view.shape, [...shape, ...axes.slice(shape.length).map(() => constant(1))])) return null;
  const [x, y] = operands.map((o) => ({ value: o.value, axes: o.axes.map((label) => axes[keep.indexOf(label)]!) }));
  return {
    beta,
    out: { value: wide.arg, axes: axes.slice(0, shape.length) },
    pair: [x!, y!],
    reduced: axes.slice(shape.length),
  };
};

const sameSet = (a: readonly Label[], b: readonly Label[]): boolean =>
  a.length === b.length && a.every((label) => b.includes(label));

/** The table that is avoided must be this much larger than what it is made from. */
const worthwhile = 4;

const realiseSum = (
  r: Realiser,
  weights: Weights,
  adjoint: Operand,
  keep: readonly Label[],
  { handle }: Producers,
): Handle | null => {
  const lengths = new Map<Label, Dim>();
  const used = [...weights.pair, weights.out, adjoint];
  const [a, b, out, g] = labelOperands(
    r,
    used.map(({ value, axes }) => ({ handle: handle(value), labels: axes })),
    lengths,
  ) as [Labelled, Labelled, Labelled, Labelled];
  const present = (labels: readonly Label[]): readonly Label[] => labels.filter((label) => lengths.has(label));
  const [reduced, target] = [present(weights.reduced), present(keep)];
  const parts = cost(lengths, a.labels) + cost(lengths, b.labels) + cost(lengths, out.labels);
  if (cost(lengths, [...out.labels, ...reduced]) < worthwhile * parts) return null;
  if (!sameSet(g.labels, out.labels) || !(sameSet(target, a.labels) || sameSet(target, b.labels))) return null;
  const beta = weights.beta === null ? r.scalar(1) : whole(r, handle(weights.beta));
  const pair = scaledPair(r, beta, a, b, out.labels, reduced, lengths);
  if (pair === null) return null;
  const [adjoints, free] = [g, out].map((part) => arrange(r, part, pair.groups, lengths));
  const { shape } = free!;
  const ratio = r.call('gibbsRatio', [adjoints!, free!, pair.leastX, pair.leastY, ...pair.beta], [], shape);
  const ontoX = sameSet(target, pair.groupsX.flat());
  const [own, other] = ontoX ? [pair.weightX, pair.weightY] : [pair.weightY, pair.weightX];
  const order = shape.length === 2 ? [1, 0] : [0, 2, 1];
  const turned = r.reshape(
    transposeTensor(r, other, other.shape, order),
    order.map((axis) => other.shape[axis]!),
  );
  const given = [ratio, own, turned, adjoints!, free!, pair.x, pair.y, ...pair.beta];
  const sum = r.call(ontoX ? 'gibbsLeft' : 'gibbsRight', given, [], own.shape);
  const tensor = arrange(
    r,
    { tensor: sum, labels: (ontoX ? pair.groupsX : pair.groupsY).flat() },
    target.map((label) => [label]),
    lengths,
  );
  return handleOf(
    tensor,
    keep.map((label) => lengths.get(label) ?? constant(1)),
  );
};

export const realiseGibbsSum = (r: Realiser, instr: Contract, producers: Producers): Handle | null => {
  if (instr.semiring.kind !== 'sum-product' || instr.operands.length !== 2) return null;
  for (const [k, operand] of instr.operands.entries()) {
    const weights = weightsIn(operand, producers);
    const sum = weights === null ? null : realiseSum(r, weights, instr.operands[1 - k]!, instr.keep, producers);
    if (sum !== null) return sum;
  }
  return null;
};
