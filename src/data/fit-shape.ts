// How a given array is laid over a variable. In: the shape that was given and the symbolic shape of the variable.
// Out: one dim (or product of dims) per axis given, or null when they cannot match.
import { constantValue, product } from '../tensor/dims.ts';
import type { Dim } from '../tensor/dims.ts';

export interface ShapeFit {
  /** The given lengths, after axes of length 1 were dropped or added. */
  readonly lengths: readonly number[];
  /** What each of them must equal. */
  readonly dims: readonly Dim[];
}

/** A column [N, 1] (or a row [1, N]) serves as [N]. */
const squeezed = (shape: readonly number[], rank: number): readonly number[] => {
  let lengths = [...shape];
  while (lengths.length > rank) {
    if (lengths.at(-1) === 1) lengths = lengths.slice(0, -1);
    else if (lengths[0] === 1) lengths = lengths.slice(1);
    else return lengths;
  }
  return lengths;
};

export const fitShape = (shape: readonly number[], expected: readonly Dim[]): ShapeFit | null => {
  const rank = expected.length;
  const lengths = squeezed(shape, rank);
  if (lengths.length === rank) return { lengths, dims: expected };
  if (lengths.length > rank || lengths.length === 0) return null;
  // N numbers serve as [N, 1]; one node of known length as [1, D].
  if (lengths.length === 1 && rank === 2) {
    const last = constantValue(expected[1]!);
    return { lengths: last !== null && last !== 1 ? [1, ...lengths] : [...lengths, 1], dims: expected };
  }
  // The rows of a table are flattened nodes: 64 columns for [8, 8].
  const leading = lengths.length - 1;
  return { lengths, dims: [...expected.slice(0, leading), product(expected.slice(leading))] };
};
