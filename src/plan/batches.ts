// Minibatches of a plate. In: the model, the losses, the plate of the points. Out: the batch, or why there is none.
import { affineIndex, visit } from '../graph/expressions.ts';
import type { FactorGroup } from '../graph/factor-graph.ts';
import type { Binder, Model } from '../semantics/model.ts';
import * as dims from '../tensor/dims.ts';
import { unbatchable } from './batch-rows.ts';
import { dataGroups } from './data-groups.ts';
import type { Batch, PlannedLoss } from './plan.ts';
import { outermostPlates } from './point-plate.ts';

/** The plate and the size that counts its points; null when the data are one point or the length is no size of its own. */
export const pointsOf = (plate: Binder | null): { readonly plate: string; readonly of: string } | null => {
  if (plate === null || plate.from.length > 0) return null;
  const [size, second] = dims.sizesOf(plate.to);
  return size === undefined || second !== undefined || !dims.equal(plate.to, dims.size(size))
    ? null
    : { plate: plate.name, of: size };
};

/** A text says why the data have no such batches. */
export const batchOf = (
  model: Model,
  losses: readonly PlannedLoss[],
  plate: Binder | null,
  size: number,
): Batch | string => {
  if (plate === null) {
    const plates = outermostPlates(model).map((p) => p.name);
    return plates.length === 0
      ? 'the data are in no plate'
      : `the data are in several plates: say of which one, ${plates.map((p) => `\`batch ${size} of ${p}\``).join(' or ')}`;
  }
  const points = pointsOf(plate);
  if (points === null)
    return `the length of the plate ${plate.name} is ${dims.print(dims.subtract(plate.to, plate.from))}, no size of its own`;
  const batch: Batch = { size, ...points };
  const group = losses
    .flatMap((l) => l.energies)
    .flatMap((e) => dataGroups(e.model, e.groups).filter((g) => readsNeighbours(e.model, g, plate)))[0];
  if (group !== undefined)
    return `${group.part ?? group.name} reads neighbours along ${plate.name}, which a batch tears apart`;
  return unbatchable(model, batch) ?? batch;
};

/** `y[n]` beside `y[n - 1]`, or `y[0]`: points by their places. Pairs of two indices that run through all points are none. */
const readsNeighbours = (model: Model, group: FactorGroup, plate: Binder): boolean => {
  const places = new Map<string, Set<string>>();
  visit(group.energy, (e) => {
    if (e.kind !== 'ref' || e.of !== 'variable') return;
    const axis = model.variables.find((v) => v.name === e.name)?.binders.findIndex((b) => b.id === plate.id) ?? -1;
    const place = axis < 0 || e.at[axis] === undefined ? null : affineIndex(e.at[axis]);
    if (place === null) return;
    const index = place.index ?? '';
    places.set(index, (places.get(index) ?? new Set()).add(dims.print(place.offset)));
  });
  return places.has('') || [...places.values()].some((offsets) => offsets.size > 1);
};
