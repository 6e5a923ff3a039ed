// The plate whose points losses speak of. In: a model, and the plate that `batch … of` names. Out: its binder.
import type { Binder, Model } from '../semantics/model.ts';

/** The outermost plate of targets and observed variables; null when they have none, or several and none is named. */
export const pointPlate = (model: Model, of: string | null): Binder | null => {
  const outermost = model.variables
    .filter((v) => v.role === 'target' || v.role === 'observed')
    .flatMap((v) => v.binders.slice(0, 1));
  const wanted = of === null ? outermost : outermost.filter((b) => b.name === of);
  return new Set(wanted.map((b) => b.id)).size === 1 ? wanted[0]! : null;
};
