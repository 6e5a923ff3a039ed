// Views as functions of indices. In: a view, the shapes before and after it, an index of what it gives. Out: the index of the
// entry of its argument that stands there, and (pad) the tests that say whether there is one.
import { add, constant, isOne, subtract, type Dim } from '../../tensor/dims.ts';
import type { View } from '../../tensor/program.ts';
import { addIndex, constantIndex, subtractIndex, zero } from '../index-arithmetic.ts';
import type { Expr, Index } from '../kernel.ts';
import { throughReshape, type Lengths } from './reshape.ts';

export type Tests = Extract<Expr, { kind: 'within' }>['tests'];

export interface Viewed {
  readonly indices: readonly Index[];
  /** Where one fails there is no entry; none of them for all views but pads. */
  readonly tests: Tests;
}

export const throughView = (view: View, from: readonly Dim[], indices: readonly Index[], lengths: Lengths): Viewed => {
  const always = (moved: readonly Index[]): Viewed => ({ indices: moved, tests: [] });
  switch (view.kind) {
    case 'reshape':
      return always(throughReshape(from, view.shape, indices, lengths));
    case 'transpose':
      return always(view.permutation.map((_, axis) => indices[view.permutation.indexOf(axis)]!));
    case 'slice':
      return always(indices.map((index, axis) => addIndex(index, constantIndex(view.start[axis]!))));
    case 'expand':
      return always(indices.map((index, axis) => (isOne(from[axis]!) ? zero : index)));
    case 'reverse':
      return always(indices.with(view.axis, reversed(indices[view.axis]!, from[view.axis]!)));
    case 'pad': {
      const tests = indices.flatMap((index, axis) => {
        const [before, after] = [view.before[axis]!, view.after[axis]!];
        return before.length === 0 && after.length === 0 ? [] : [{ index, from: before, to: add(before, from[axis]!) }];
      });
      return {
        indices: indices.map((index, axis) => subtractIndex(index, constantIndex(view.before[axis]!))),
        tests,
      };
    }
  }
};

/** length - 1 - index. */
export const reversed = (index: Index, length: Dim): Index =>
  subtractIndex(constantIndex(subtract(length, constant(1))), index);
