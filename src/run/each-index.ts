// Index clauses before inference: what a clause lets through once sizes and data are known. In: binders, a filter, what is
// known. Out: the combinations, one by one; null where the filter cannot be evaluated yet.
import { Frame, compileScalar, isUnevaluable } from '../graph/evaluate.ts';
import type { Known } from '../graph/evaluate.ts';
import type { Binder, Expr } from '../semantics/model.ts';
import { evaluate } from '../tensor/dims.ts';

/** More combinations are not looked at: the checks that ask are for mistakes in small models. */
const mostCombinations = 2 ** 22;

export interface IndexWalk {
  /** To compile further expressions of the same indices. */
  readonly frame: Frame;
  /** Calls `look` with the frame's values for each combination until it returns false. Tells whether all were looked at. */
  readonly each: (look: (values: Int32Array) => boolean) => boolean;
}

export const indexWalk = (binders: readonly Binder[], where: Expr | null, known: Known): IndexWalk | null => {
  const frame = new Frame(binders);
  const filter = where === null ? () => 1 : compileScalar(where, frame, known);
  if (isUnevaluable(filter)) return null;
  const from = binders.map((b) => evaluate(b.from, known.sizes));
  const to = binders.map((b) => evaluate(b.to, known.sizes));
  const each: IndexWalk['each'] = (look) => {
    const values = frame.make();
    let looked = 0;
    const descend = (k: number): boolean => {
      if (k === binders.length) return ++looked <= mostCombinations && (filter(values) === 0 || look(values));
      for (let i = from[k]!; i < to[k]!; i++) {
        values[frame.place(binders[k]!.id)] = i;
        if (!descend(k + 1)) return false;
      }
      return true;
    };
    return descend(0);
  };
  return { frame, each };
};
