// What an inlined instruction reads. In: the instruction, an index of its result. Out: its operands with the indices at which
// they are read, and the share of its entries for which each is.
import { add, isOne, type Dim } from '../../tensor/dims.ts';
import type { Instr, Program, ValueId } from '../../tensor/program.ts';
import { constantIndex, ofAtom, subtractIndex, zero } from '../index-arithmetic.ts';
import type { Index } from '../kernel.ts';
import type { Lengths } from './reshape.ts';
import { throughView } from './views.ts';

export interface Read {
  readonly value: ValueId;
  readonly indices: readonly Index[];
}

/** Instructions that need no loop of their own: contractions only where nothing is reduced. */
export type Inlinable = Extract<
  Instr,
  { op: 'constant' | 'dim' | 'iota' | 'map' | 'contract' | 'view' | 'concat' | 'gather' | 'cast' | 'random' }
>;

export const isInlinable = (instr: Instr): instr is Inlinable => {
  switch (instr.op) {
    case 'constant':
    case 'dim':
    case 'iota':
    case 'map':
    case 'contract':
    case 'view':
    case 'concat':
    case 'gather':
    case 'cast':
    case 'random':
      return true;
    case 'argmin':
    case 'scatter-add':
    case 'routine':
    case 'scan':
    case 'while':
      return false;
  }
};

/** The index of an argument that is broadcast: a scalar has none, an axis of length 1 has entry 0. */
export const broadcastIndex = (shape: readonly Dim[], indices: readonly Index[]): readonly Index[] =>
  shape.map((dim, axis) => (isOne(dim) ? zero : indices[axis]!));

/** The first entry of each argument along the axis of a concat, and the end of the last. */
export const offsetsOf = (program: Program, args: readonly ValueId[], axis: number): readonly Dim[] => {
  const offsets: Dim[] = [[]];
  for (const id of args) offsets.push(add(offsets.at(-1)!, program.values[id]!.shape[axis]!));
  return offsets;
};

/** Where a gather reads its indices, and its data once the index is known. */
export const gatherIndices = (
  program: Program,
  instr: Extract<Instr, { op: 'gather' }>,
  indices: readonly Index[],
): { readonly at: readonly Index[]; readonly data: (index: Index) => readonly Index[] } => {
  const rank = program.values[instr.indices]!.shape.length;
  return {
    at: indices.slice(instr.axis, instr.axis + rank),
    data: (index) => indices.toSpliced(instr.axis, rank, index),
  };
};

/** `computed` stands for the index that a gather computes from the entry of a value. */
export const readsOf = (
  program: Program,
  instr: Inlinable,
  indices: readonly Index[],
  lengths: Lengths,
  computed: (index: Read) => number,
): readonly Read[] => {
  const shapeOf = (id: ValueId): readonly Dim[] => program.values[id]!.shape;
  switch (instr.op) {
    case 'constant':
    case 'dim':
    case 'iota':
      return [];
    case 'map':
      return instr.args.map((value) => ({ value, indices: broadcastIndex(shapeOf(value), indices) }));
    case 'contract':
      return contractReads(instr, new Map(instr.keep.map((label, i) => [label, indices[i]!])));
    case 'view':
      return [{ value: instr.arg, indices: throughView(instr.view, shapeOf(instr.arg), indices, lengths).indices }];
    case 'concat': {
      const offsets = offsetsOf(program, instr.args, instr.axis);
      return instr.args.map((value, k) => ({
        value,
        indices: indices.with(instr.axis, subtractIndex(indices[instr.axis]!, constantIndex(offsets[k]!))),
      }));
    }
    case 'gather': {
      const { at, data } = gatherIndices(program, instr, indices);
      const position = { value: instr.indices, indices: at };
      const atom = ofAtom({ kind: 'value', of: { kind: 'local', local: computed(position), scalar: 'int' } });
      return [position, { value: instr.data, indices: data(atom) }];
    }
    case 'cast':
      return [{ value: instr.arg, indices }];
    case 'random':
      return [instr.seed, instr.step].map((value) => ({ value, indices: [] }));
  }
};

/** Operands of a contraction at the indices of labels; labels without one have length 1. */
export const contractReads = (
  { operands }: Extract<Instr, { op: 'contract' }>,
  at: ReadonlyMap<number, Index>,
): readonly Read[] =>
  operands.map(({ value, axes }) => ({ value, indices: axes.map((label) => at.get(label) ?? zero) }));
