// The gradient of a free energy of two tables, Σ g[a, c] exp(β (out[a, c] - x[a, b] - y[b, c])), as matrix products of scaled
// exponentials, like the free energy itself (soft-min-products.ts). With w_x = exp(-β (x - min x)), w_y likewise and
// r = g exp(β (out - min x - min y)):
//   onto x:  w_x[a, b] Σ_c r[a, c] w_y[b, c]        onto y:  w_y[b, c] Σ_a w_x[a, b] r[a, c]
// The exponent of r is 0 where the smallest x and y stand together, and large where everything that (a, c) is made of is far
// from both minima; beyond `largestExponent` w_x or w_y may have underflowed. Such (a, c) are left out of r and added as written:
// there a weight that underflowed in w_x or w_y (below 1.2e-38) counts for e^60 · 1.2e-38 ≈ 1e-12 of g at most.
// In: a program. Out: one with the same meaning.
//
// What lowering makes of it: `select(c, x, slow)` as told in soft-min-products.ts; and a sum-product contraction with an operand
// select(c, 0, v) has the loops of the axes along which c varies outermost, those within `if` not c, and adds to its result.
import type { Builder, Value } from '../../tensor/builder.ts';
import { isOne } from '../../tensor/dims.ts';
import type { Program } from '../../tensor/program.ts';
import { rebuild } from '../../tensor/rebuild.ts';
import type { KernelTarget } from '../kernel.ts';
import { arranged, isSingle, lengthsOf, type Label, type Labelled } from './labelled.ts';
import { isMatrixPair, scaledPair } from './scaled-pair.ts';

const largestExponent = 60;

/** exp(β (out - x - y)), over the labels of out and those that x and y share beside. */
interface Weights {
  readonly beta: Value;
  readonly out: Labelled;
  readonly x: Labelled;
  readonly y: Labelled;
}

const argsOf = (b: Builder, value: Value | undefined, fn: string): readonly Value[] | null => {
  const producer = value === undefined ? null : b.producer(value);
  return producer?.op === 'map' && producer.fn === fn ? producer.args.map((id) => b.handle(id)) : null;
};

/** What a weight is made of, if it is one. */
const weightsIn = (b: Builder, { value, axes }: Labelled): Weights | null => {
  const exponent = argsOf(b, value, 'exp')?.[0];
  const factors = argsOf(b, exponent, 'mul') ?? [];
  const beta = factors.find(isSingle);
  const difference = argsOf(b, beta === undefined ? exponent : factors.find((f) => f !== beta), 'sub');
  if (difference === null) return null;
  const [repeated, sum] = difference as [Value, Value];
  const total = b.producer(sum);
  if (total?.op !== 'contract' || total.semiring.kind !== 'min-plus' || total.operands.length !== 2) return null;
  if (repeated.shape.length !== axes.length || total.keep.length !== axes.length) return null;
  const [x, y] = total.operands.map((o) => ({
    value: b.handle(o.value),
    axes: o.axes.map((label) => axes[total.keep.indexOf(label)]),
  }));
  const all = [...x!.axes, ...y!.axes];
  // Labels that the sum reduces have no place among those of the weight.
  if (all.includes(undefined)) return null;
  const kept = [...axes.keys()].filter((i) => !isOne(repeated.shape[i]!) || isOne(sum.shape[i]!));
  const out = b.reshape(repeated, kept.map((i) => repeated.shape[i]!)); // prettier-ignore
  return {
    beta: beta === undefined ? b.constant(1) : b.reshape(beta, []),
    out: { value: out, axes: kept.map((i) => axes[i]!) },
    x: x as Labelled,
    y: y as Labelled,
  };
};

const sameSet = (a: readonly Label[], b: readonly Label[]): boolean =>
  a.length === b.length && a.every((label) => b.includes(label));

/** Σ g · weight onto x (or y: the two change places). */
const ontoTable = (
  b: Builder,
  { beta, out, x, y }: Weights,
  weight: Labelled,
  g: Labelled,
  keep: readonly Label[],
  byRows: boolean,
): Value => {
  const pair = scaledPair(b, x, y, out.axes, beta);
  const least = b.add(arranged(b, pair.leastX, out.axes), arranged(b, pair.leastY, out.axes));
  const exponent = b.mul(b.sub(out.value, least), pair.beta);
  const adjoint = arranged(b, g, out.axes);
  const isLost = b.and(b.not(b.le(exponent, largestExponent)), b.ne(adjoint, 0));
  const ratio = b.select(isLost, 0, b.mul(adjoint, b.exp(b.minimum(exponent, largestExponent))));
  const product = b.contract('sum-product', [{ value: ratio, axes: out.axes }, pair.weightY], keep);
  const fast = b.mul(product, arranged(b, pair.weightX, keep));
  // Rows of the table that has one row for each independent piece of the computation (a sequence, a step): x or y.
  const rows = out.axes.filter((label) => (byRows ? x : y).axes.includes(label));
  const lost = b.contract('sum-product', [{ value: isLost, axes: out.axes }], rows);
  const isWhole: Labelled = { value: b.eq(lost, 0), axes: rows };
  if (byRows) return b.select(arranged(b, isWhole, keep), fast, b.contract('sum-product', [g, weight], keep));
  const missing = b.select(arranged(b, isWhole, out.axes), 0, b.select(isLost, adjoint, 0));
  return b.add(fast, b.contract('sum-product', [{ value: missing, axes: out.axes }, weight], keep));
};

export const multiplyPosteriors = (program: Program, target: KernelTarget): Program =>
  rebuild(program, () => (b, instr, read) => {
    if (instr.op !== 'contract' || instr.semiring.kind !== 'sum-product' || instr.operands.length !== 2) return null;
    const operands: readonly Labelled[] = instr.operands.map(({ value, axes }) => ({ value: read(value), axes }));
    for (const [k, weight] of operands.entries()) {
      const weights = weightsIn(b, weight);
      const g = operands[1 - k]!;
      if (weights === null || !sameSet(g.axes, weights.out.axes)) continue;
      const { x, y, out } = weights;
      if (!isMatrixPair(x.axes, y.axes, out.axes, lengthsOf([x, y]), target)) continue;
      // x is the table with the rows: the first axis of `out` is its.
      const [first, second] = x.axes.includes(out.axes[0]!) ? [x, y] : [y, x];
      const ordered: Weights = { ...weights, x: first, y: second };
      if (sameSet(instr.keep, first.axes)) return [ontoTable(b, ordered, weight, g, instr.keep, true)];
      const turned: Weights = { ...weights, x: second, y: first };
      if (sameSet(instr.keep, second.axes)) return [ontoTable(b, turned, weight, g, instr.keep, false)];
    }
    return null;
  });
