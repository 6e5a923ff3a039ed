// Minibatches of a plate. In: the model, the losses, the plate of the points. Out: the batch, or why there is none.
import type { Binder, Model } from '../semantics/model.ts';
import * as dims from '../tensor/dims.ts';
import { unbatchable } from './batch-rows.ts';
import { dataGroups, declaredName } from './data-groups.ts';
import type { Batch, PlannedLoss } from './plan.ts';
import { outermostPlates } from './point-plate.ts';
import type { Misplaced } from './point-places.ts';
import { misplaced } from './point-places.ts';

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
  for (const { within, name, group } of losses.flatMap((l) => readBy(model, l, plate))) {
    const how = misplaced(within, group, plate);
    if (how !== null) return misplacedText[how](name, plate.name);
  }
  return unbatchable(model, batch) ?? batch;
};

/** What a loss reads of the points: factors, and what is written in the loss itself. */
const readBy = (model: Model, { subject, energies }: PlannedLoss, plate: Binder) => {
  const written = [subject.expression, ...Object.values(subject.call?.options ?? {})].filter((e) => e !== null);
  return [
    ...energies.flatMap((e) =>
      dataGroups(e.model, e.groups).map((group) => ({ within: e.model, name: declaredName(group), group })),
    ),
    ...written.map((energy) => ({
      within: model,
      name: 'the loss',
      group: { binders: [plate], where: null, energy },
    })),
  ];
};

const misplacedText: Readonly<Record<Misplaced, (name: string, plate: string) => string>> = {
  neighbours: (name, plate) => `${name} reads neighbours along ${plate}, which a batch tears apart`,
  numbers: (name, plate) => `${name} uses the numbers of points of ${plate}, and a batch numbers its points anew`,
};
