// Contractions, minima and scatters as loops. In: the writer of the function, values to read. Out: the value that the loops
// fill. Reduced axes run innermost.
import { isOne, type Dim } from '../../../tensor/dims.ts';
import type { Instr, Semiring } from '../../../tensor/program.ts';
import { unwrapped } from './expressions.ts';
import type { FunctionWriter } from './function-writer.ts';
import { positionIn, type HostValue } from './values.ts';

type Contract = Extract<Instr, { op: 'contract' }>;
export interface Operand {
  readonly value: HostValue;
  readonly axes: readonly number[];
}

const stems: Readonly<Record<Semiring['kind'], string>> = {
  'sum-product': 'sum',
  'min-plus': 'least',
  'soft-min': 'freeEnergy',
};

export const lengthsOf = (operands: readonly Operand[]): ReadonlyMap<number, Dim> =>
  new Map(operands.flatMap(({ value, axes }) => axes.map((label, i) => [label, value.shape[i]!] as const)));

/** Axes that a contraction really reduces. */
export const reducedLabels = (operands: readonly Operand[], keep: readonly number[]): readonly number[] =>
  [...lengthsOf(operands)].flatMap(([label, dim]) => (keep.includes(label) || isOne(dim) ? [] : [label]));

/** What the operands give together at an index of each label: their product, or the sum of energies. */
const combined =
  (kind: Semiring['kind'], operands: readonly Operand[], lengths: ReadonlyMap<number, Dim>) =>
  (index: ReadonlyMap<number, string>): string => {
    const terms = operands.map(({ value, axes }) =>
      value.read(axes.map((label) => (isOne(lengths.get(label)!) ? '0' : index.get(label)!))),
    );
    return terms.length === 1 ? terms[0]! : `(${terms.join(kind === 'sum-product' ? ' * ' : ' + ')})`;
  };

/** A contraction that reduces nothing, entry by entry. */
export const combination = (instr: Contract, operands: readonly Operand[], shape: readonly Dim[]): HostValue => {
  const at = combined(instr.semiring.kind, operands, lengthsOf(operands));
  const read = (indices: readonly string[]): string => {
    const term = at(new Map(instr.keep.map((label, i) => [label, indices[i]!])));
    return instr.semiring.kind === 'soft-min' ? `Math.min(${unwrapped(term)}, 1e30)` : term;
  };
  return { shape, int: false, read, stands: null };
};

/** `beta`: the text of the inverse temperature, for soft-min. */
export const contraction = (
  f: FunctionWriter,
  instr: Contract,
  operands: readonly Operand[],
  shape: readonly Dim[],
  beta: string,
): HostValue => {
  const { kind } = instr.semiring;
  const lengths = lengthsOf(operands);
  const gone = reducedLabels(operands, instr.keep);
  const goneShape = gone.map((label) => lengths.get(label)!);
  const at = combined(kind, operands, lengths);
  const { writer } = f;
  return f.computed(stems[kind], shape, false, (kept) => {
    const over = (body: (term: string) => string): void =>
      f.loops(goneShape, (indices) => {
        const index = [...instr.keep.map((label, i) => [label, kept[i]!] as const)];
        writer.line(body(at(new Map([...index, ...gone.map((label, i) => [label, indices[i]!] as const)]))));
      });
    if (kind === 'sum-product') {
      writer.line('let total = 0;');
      over((term) => `total += ${unwrapped(term)};`);
      return 'total';
    }
    writer.line('let lowest = Infinity;');
    over((term) => `lowest = Math.min(lowest, ${unwrapped(term)});`);
    if (kind === 'min-plus') return 'lowest';
    writer.line('let total = 0;');
    over((term) => `total += Math.exp(${beta === '1' ? `lowest - ${term}` : `${beta} * (lowest - ${term})`});`);
    return `freeEnergyNumber(lowest, total, ${beta})`;
  });
};

/** The first of the smallest entries along an axis; NaN is passed over. */
export const argmin = (f: FunctionWriter, value: HostValue, axis: number, shape: readonly Dim[]): HostValue => {
  const length = value.shape[axis]!;
  return f.computed('argmin', shape, true, (kept) => {
    if (isOne(length)) return '0';
    const entry = (index: string): string => value.read(kept.toSpliced(axis, 0, index));
    f.writer.line('let best = 0;');
    f.writer.line('let lowest = Infinity;');
    f.loops([length], ([index]) =>
      f.writer.line(`if (${entry(index!)} < lowest) (best = ${index}), (lowest = ${entry(index!)});`),
    );
    return 'best';
  });
};

/** Zeros, with updates added at indices along an axis. */
export const scattered = (
  f: FunctionWriter,
  updates: HostValue,
  indices: HostValue,
  axis: number,
  shape: readonly Dim[],
): HostValue => {
  const sums = f.array('scattered', shape, false);
  f.writer.line(`${sums.name}.fill(0);`);
  f.loops(updates.shape, (at) => {
    const rank = indices.shape.length;
    const index = isOne(shape[axis]!) ? '0' : indices.read(at.slice(axis, axis + rank));
    const to = positionIn(shape, at.toSpliced(axis, rank, index), f.dim);
    f.writer.line(`${sums.name}[${to}] += ${unwrapped(updates.read(at))};`);
  });
  return sums;
};
