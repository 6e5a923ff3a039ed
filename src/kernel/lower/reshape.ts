// Indices through a reshape. In: the shape of a value, the shape it is seen in, an index of the latter. Out: the index of the
// former. Axes are taken in the smallest blocks that hold equally many entries; in a block the offset is made and split again,
// with what loops say of their lengths to do without divisions: K·i + j is i and j again where j runs below K.
import { add, constant, equal, isOne, multiply, product, subtract, type Dim } from '../../tensor/dims.ts';
import { addIndex, ofAtom, scaleIndex, zero } from '../index-arithmetic.ts';
import type { Atom, Index, LoopId } from '../kernel.ts';
import { divideExactly, isAtMost } from './dim-division.ts';

/** stride · index, where 0 ≤ index < extent (null: not known). */
interface Part {
  readonly index: Index;
  readonly extent: Dim | null;
  readonly stride: Dim;
}
/** The lengths of loops. */
export type Lengths = (loop: LoopId) => Dim;

interface Block {
  readonly from: readonly number[];
  readonly to: readonly number[];
}

/** Smallest runs of axes with equal products; axes of length 1 are in none. */
const blocksOf = (from: readonly Dim[], to: readonly Dim[]): readonly Block[] => {
  const wide = (shape: readonly Dim[]): number[] => [...shape.keys()].filter((axis) => !isOne(shape[axis]!));
  let [restFrom, restTo] = [wide(from), wide(to)];
  const blocks: Block[] = [];
  while (restFrom.length > 0 && restTo.length > 0) {
    const cut = smallestCut(
      restFrom.map((axis) => from[axis]!),
      restTo.map((axis) => to[axis]!),
    );
    blocks.push({ from: restFrom.slice(0, cut.from), to: restTo.slice(0, cut.to) });
    [restFrom, restTo] = [restFrom.slice(cut.from), restTo.slice(cut.to)];
  }
  // Of an array without entries some axes may be left over: no index exists, any will do.
  return restFrom.length > 0 ? [...blocks, { from: restFrom, to: [] }] : blocks;
};

/** Of two lists of lengths, the shortest beginnings with equal products. */
const smallestCut = (from: readonly Dim[], to: readonly Dim[]): { readonly from: number; readonly to: number } => {
  const products = (dims: readonly Dim[]): readonly Dim[] => dims.map((_, i) => product(dims.slice(0, i + 1)));
  const [left, right] = [products(from), products(to)];
  for (let total = 2; total <= from.length + to.length; total++)
    for (let i = Math.max(1, total - to.length); i <= from.length && i < total; i++)
      if (equal(left[i - 1]!, right[total - i - 1]!)) return { from: i, to: total - i };
  return { from: from.length, to: to.length };
};

const extentOfAtom = (atom: Atom, lengths: Lengths): Dim | null =>
  atom.kind === 'loop' ? lengths(atom.loop) : atom.kind === 'mod' ? atom.by : null;

/** An index of an axis as parts: its terms where each is bounded, else itself, which is below the length of the axis. */
const partsOf = (index: Index, length: Dim, stride: Dim, lengths: Lengths): readonly Part[] => {
  const whole = [{ index, extent: length, stride }];
  if (index.constant.length > 0) return whole;
  const parts = index.terms.map(({ coef, atom }) => ({
    index: ofAtom(atom),
    extent: extentOfAtom(atom, lengths),
    stride: multiply(coef, stride),
  }));
  return parts.every(({ extent, stride: s }) => extent !== null && s.every(({ coef }) => coef > 0)) ? parts : whole;
};

const sumOf = (parts: readonly Part[]): Index =>
  parts.reduce((sum, { index, stride }) => addIndex(sum, scaleIndex(index, stride)), zero);

/** A dim that the sum of the parts is below, or null. */
const boundOf = (parts: readonly Part[]): Dim | null =>
  parts.reduce<Dim | null>((sum, { extent, stride }) => {
    if (sum === null || extent === null) return null;
    return add(sum, subtract(multiply(stride, extent), stride));
  }, constant(1));

const isBelow = (parts: readonly Part[], by: Dim): boolean => {
  const bound = boundOf(parts);
  return bound !== null && isAtMost(bound, by);
};

const isMultiple = ({ stride }: Part, by: Dim): boolean => divideExactly(stride, by) !== null;

const quotient = (parts: readonly Part[], by: Dim): readonly Part[] => {
  if (isOne(by)) return parts;
  const whole = parts.filter((part) => isMultiple(part, by));
  const rest = parts.filter((part) => !isMultiple(part, by));
  const divided = whole.map((part) => ({ ...part, stride: divideExactly(part.stride, by)! }));
  if (rest.length === 0 || isBelow(rest, by)) return divided;
  const bound = boundOf(rest);
  return [
    ...divided,
    {
      index: ofAtom({ kind: 'floor-div', of: sumOf(rest), by }),
      extent: bound === null ? null : divideExactly(bound, by),
      stride: constant(1),
    },
  ];
};

const remainder = (parts: readonly Part[], by: Dim): readonly Part[] => {
  if (isOne(by)) return [];
  const rest = parts.filter((part) => !isMultiple(part, by));
  if (rest.length === 0 || isBelow(rest, by)) return rest;
  return [{ index: ofAtom({ kind: 'mod', of: sumOf(rest), by }), extent: by, stride: constant(1) }];
};

/** The index in `from` of the entry at `indices` of `to`. */
export const throughReshape = (
  from: readonly Dim[],
  to: readonly Dim[],
  indices: readonly Index[],
  lengths: Lengths,
): readonly Index[] => {
  const result = from.map(() => zero);
  for (const block of blocksOf(from, to)) {
    if (block.from.length === 1 && block.to.length === 1) {
      result[block.from[0]!] = indices[block.to[0]!]!;
      continue;
    }
    const strideIn = (shape: readonly Dim[], axes: readonly number[], at: number): Dim =>
      product(axes.slice(at + 1).map((axis) => shape[axis]!));
    const parts = block.to.flatMap((axis, i) => partsOf(indices[axis]!, to[axis]!, strideIn(to, block.to, i), lengths));
    for (const [i, axis] of block.from.entries()) {
      const above = quotient(parts, strideIn(from, block.from, i));
      result[axis] = sumOf(i === 0 ? above : remainder(above, from[axis]!));
    }
  }
  return result;
};
