// How a contraction is computed. In: the instruction, shapes, sizes of the target. Out: a map (nothing is reduced), a matrix
// product (two operands of a sum-product with enough rows, columns and terms), or loops with a reduction.
import { evaluate, isOne, type Dim } from '../../tensor/dims.ts';
import type { Instr, Program, ValueId } from '../../tensor/program.ts';
import type { KernelTarget } from '../kernel.ts';

export type Contract = Extract<Instr, { op: 'contract' }>;
type Label = number;

export type ContractForm =
  | { readonly kind: 'map' }
  /** Labels of the loops of `reduce`, outermost first. */
  | { readonly kind: 'reduce'; readonly reduced: readonly Label[] }
  | {
      readonly kind: 'product';
      /** Positions among the operands. */
      readonly left: number;
      readonly right: number;
      /** Kept labels that both operands have. */
      readonly batch: readonly Label[];
      readonly rows: readonly Label[];
      readonly columns: readonly Label[];
      readonly inner: readonly Label[];
    };

/** The length of every label. */
export const lengthsOf = (program: Program, { operands }: Contract): ReadonlyMap<Label, Dim> =>
  new Map(
    operands.flatMap(({ value, axes }) =>
      axes.map((label, axis) => [label, program.values[value]!.shape[axis]!] as const),
    ),
  );

/** Entries of a shape on the target; a size that it does not name counts as 64. */
export const entries = (shape: readonly Dim[], { sizes }: KernelTarget): number =>
  shape.reduce((count, dim) => count * (dim.every((t) => t.sizes.every((n) => n in sizes)) ? evaluate(dim, sizes) : 64), 1); // prettier-ignore

/** A product packs its operands: below these it costs more than plain loops. */
const fewest = 4;
const leastWork = 2048;

const productForm = (program: Program, instr: Contract, target: KernelTarget): ContractForm | null => {
  if (instr.semiring.kind !== 'sum-product' || instr.operands.length !== 2) return null;
  const [a, b] = instr.operands as readonly [Contract['operands'][number], Contract['operands'][number]];
  const lengths = lengthsOf(program, instr);
  const wide = [...lengths.keys()].filter((label) => !isOne(lengths.get(label)!));
  const isKept = (label: Label): boolean => instr.keep.includes(label);
  const [inA, inB] = [new Set(a.axes), new Set(b.axes)];
  const both = wide.filter((label) => inA.has(label) && inB.has(label));
  const lone = (own: ReadonlySet<Label>, other: ReadonlySet<Label>): readonly Label[] =>
    wide.filter((label) => own.has(label) && !other.has(label));
  const [onlyA, onlyB] = [lone(inA, inB), lone(inB, inA)];
  if (![...onlyA, ...onlyB].every(isKept)) return null;
  const inner = both.filter((label) => !isKept(label));
  const work = [onlyA, onlyB, inner].map((labels) => entries(labels.map((label) => lengths.get(label)!), target)); // prettier-ignore
  if (work.some((count) => count < fewest) || work.reduce((x, y) => x * y) < leastWork) return null;
  // The columns are the axis that is contiguous in the result.
  const last = instr.keep.findLast((label) => onlyA.includes(label) || onlyB.includes(label))!;
  const [left, right, rows, columns] = onlyB.includes(last) ? [0, 1, onlyA, onlyB] : [1, 0, onlyB, onlyA];
  return { kind: 'product', left, right, rows, columns, inner, batch: both.filter(isKept) };
};

export const formOf = (program: Program, instr: Contract, target: KernelTarget): ContractForm => {
  const lengths = lengthsOf(program, instr);
  const gone = [...lengths.keys()].filter((label) => !instr.keep.includes(label) && !isOne(lengths.get(label)!));
  if (gone.length === 0) return { kind: 'map' };
  const product = productForm(program, instr, target);
  if (product !== null) return product;
  // The order of the largest operand, so that the innermost loop is contiguous where most is read.
  const size = (value: ValueId): number => entries(program.values[value]!.shape, target);
  const bySize = [...instr.operands].sort((x, y) => size(y.value) - size(x.value));
  const order = [...new Set(bySize.flatMap((o) => o.axes))];
  return { kind: 'reduce', reduced: order.filter((label) => gone.includes(label)) };
};
