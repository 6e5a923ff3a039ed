// Shapes whose axes are merged so that few remain: every tfjs backend is right up to four. In: shapes or labelled axes.
// Out: runs of axes that may be treated as one.
import { isOne, product, type Dim } from '../../../tensor/dims.ts';
import { commonRank } from '../limits.ts';

/** Every operation that looks at axes gets at most this many, whatever the backend: 4. */
export const maximumRank = commonRank;

export interface Run {
  readonly dim: Dim;
  /** For each argument, whether it has this run (else it broadcasts along it). */
  readonly present: readonly boolean[];
}

/** Adjacent axes along which the same arguments broadcast are one run; axes of length 1 vanish. `stored` are the arguments'
 *  shapes, of the rank of `shape`, with 1 where they broadcast. */
export const broadcastRuns = (stored: readonly (readonly Dim[])[], shape: readonly Dim[]): readonly Run[] => {
  const runs: Run[] = [];
  for (const [axis, dim] of shape.entries()) {
    if (isOne(dim)) continue;
    const present = stored.map((s) => !isOne(s[axis]!));
    const last = runs.at(-1);
    if (last !== undefined && last.present.every((p, i) => p === present[i]))
      runs[runs.length - 1] = { dim: product([last.dim, dim]), present };
    else runs.push({ dim, present });
  }
  return runs;
};

/** Source axes that stay adjacent and in order under a permutation, as groups in target order. Axes of length 1 vanish. */
export const permutationRuns = (
  shape: readonly Dim[],
  permutation: readonly number[],
): readonly (readonly number[])[] => {
  const wide = permutation.filter((axis) => !isOne(shape[axis]!));
  const order = [...wide].sort((a, b) => a - b);
  const groups: number[][] = [];
  for (const axis of wide) {
    const last = groups.at(-1);
    if (last !== undefined && order.indexOf(axis) === order.indexOf(last.at(-1)!) + 1) last.push(axis);
    else groups.push([axis]);
  }
  return groups;
};

/** The shape a value is kept in across loops and calls: its own up to the maximum rank, else flat. */
export const keptShape = (shape: readonly Dim[]): readonly Dim[] =>
  shape.length <= maximumRank ? shape : [product(shape)];
