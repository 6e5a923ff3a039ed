// A batched product with a difference becomes a difference of products where that undoes the batch: Σ_d P_ked (y_nd - μ_kd)
// = Σ_d P_ked y_nd - Σ_d P_ked μ_kd. The first is one matrix product for all k, which tfjs computes many times faster than one
// for each k; the second is small. Rounding is as if y and μ had been rounded once more. In and out: a program with the same
// meaning.
import type { Value } from '../builder.ts';
import { constant, isOne, type Dim } from '../dims.ts';
import type { Instr, Program, ValueId } from '../program.ts';
import type { Replacement } from '../rebuild.ts';
import { rebuild } from '../rebuild.ts';
import { squeezed } from './products.ts';

type Contract = Extract<Instr, { op: 'contract' }>;
type Operand = Contract['operands'][number];
type Sum = { readonly fn: 'add' | 'sub'; readonly args: readonly ValueId[] };

interface Split {
  readonly sum: Sum;
  readonly whole: Operand;
  readonly other: Operand;
}

/** The labels along which a term of a sum is not repeated. */
const labelsOf = (program: Program, term: ValueId, whole: Operand): ReadonlySet<number> => {
  const [own, full] = [program.values[term]!.shape, program.values[whole.value]!.shape];
  if (own.length < full.length) return new Set();
  return new Set(whole.axes.filter((_, axis) => !isOne(own[axis]!) || isOne(full[axis]!)));
};

const splitOf = (program: Program, sums: ReadonlyMap<ValueId, Sum>, instr: Contract): Split | null => {
  if (instr.semiring.kind !== 'sum-product' || instr.operands.length !== 2) return null;
  const [first, second] = instr.operands as readonly [Operand, Operand];
  for (const [whole, other] of [
    [first, second],
    [second, first],
  ] as const) {
    const sum = sums.get(whole.value);
    if (sum === undefined) continue;
    const kept = instr.keep.filter((label) => whole.axes.includes(label));
    const gone = [...whole.axes, ...other.axes].filter((label) => !instr.keep.includes(label));
    const batch = kept.filter((label) => other.axes.includes(label));
    const terms = sum.args.map((arg) => labelsOf(program, arg, whole));
    const isProduct =
      batch.length > 0 &&
      gone.length > 0 &&
      gone.every((l) => other.axes.includes(l) && terms.every((labels) => labels.has(l)));
    // One term is free of the batch, the other is smaller than the whole.
    const freed = terms.some(
      (labels, i) => !batch.some((l) => labels.has(l)) && kept.some((l) => labels.has(l) && !terms[1 - i]!.has(l)),
    );
    if (isProduct && freed) return { sum, whole, other };
  }
  return null;
};

const splitting = (program: Program): Replacement => {
  const sums = new Map(
    program.instrs.flatMap((instr): (readonly [ValueId, Sum])[] =>
      instr.op === 'map' && (instr.fn === 'add' || instr.fn === 'sub')
        ? [[instr.out[0], { fn: instr.fn, args: instr.args }]]
        : [],
    ),
  );
  return (b, instr, read) => {
    if (instr.op !== 'contract') return null;
    const split = splitOf(program, sums, instr);
    if (split === null) return null;
    const { sum, whole, other } = split;
    // What the batch has not comes first, as a matrix product makes it.
    const keep = instr.keep.toSorted((x, y) => Number(other.axes.includes(x)) - Number(other.axes.includes(y)));
    const dim = (label: number): Dim => program.values[instr.out[0]]!.shape[instr.keep.indexOf(label)]!;
    const [left, right] = sum.args.map((arg): Value => {
      const term = squeezed(b, read(arg), read(whole.value), whole.axes);
      const has = (label: number): boolean => term.axes.includes(label) || other.axes.includes(label);
      const product = b.contract(
        'sum-product',
        [term, { value: read(other.value), axes: other.axes }],
        keep.filter(has),
      );
      return b.reshape(
        product,
        keep.map((label) => (has(label) ? dim(label) : constant(1))),
      );
    });
    return [
      b.transpose(
        b.map(sum.fn, left!, right!),
        instr.keep.map((label) => keep.indexOf(label)),
      ),
    ];
  };
};

export const splitDifferences = (program: Program): Program => rebuild(program, splitting);
