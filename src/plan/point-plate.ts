// The plate whose points losses speak of. In: a model, and the plate that `batch … of` names. Out: its binder.
import { isGivenName } from '../data/given-cells.ts';
import type { Binder, Model } from '../semantics/model.ts';

/** The outermost plates of targets and observed variables, also of those of which learning sees the given cells alone. */
export const outermostPlates = (model: Model): readonly Binder[] => {
  const plates = new Set(model.plates.map((p) => p.binder.id));
  const outermost = model.variables
    .filter((v) => v.role === 'target' || v.role === 'observed' || isGivenName(v.name))
    .flatMap((v) => v.binders.slice(0, 1))
    .filter((b) => plates.has(b.id));
  return [...new Map(outermost.map((b) => [b.id, b])).values()];
};

/** The one that is named, or the only one; else null. */
export const pointPlate = (model: Model, of: string | null): Binder | null => {
  const plates = outermostPlates(model);
  const wanted = of === null ? plates : plates.filter((b) => b.name === of);
  return wanted.length === 1 ? wanted[0]! : null;
};
