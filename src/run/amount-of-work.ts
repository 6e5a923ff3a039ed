// How much a run has to do. In: a plan, its module, the sizes of the data. Out: the work of its programs together, for the choice of
// a backend.
import type { ModuleSpec } from '../backend/backend.ts';
import { repeated, together, workOf, type Work } from '../backend/auto/work.ts';
import { sizeOfAll, stepsSize } from '../plan/batch-rows.ts';
import type { Plan } from '../plan/plan.ts';
import type { TrainFit } from '../plan/training-roster.ts';

type Sizes = Readonly<Record<string, number>>;

export const amountOfWork = ({ fit }: Plan, { entries }: ModuleSpec, sizes: Sizes): Work =>
  together([workOf(entries['infer']!, sizes), ...(fit?.kind === 'train' ? [workOfTraining(fit, entries, sizes)] : [])]);

/** Of the steps of all epochs of all starts. */
const workOfTraining = (
  { points, batch, epochs, restarts }: TrainFit,
  entries: ModuleSpec['entries'],
  sizes: Sizes,
): Work => {
  const all = points === null ? 1 : sizes[points.of]!;
  const size = Math.min(batch?.size ?? all, all);
  const ofBatch = batch === null ? sizes : { ...sizes, [sizeOfAll(batch.of)]: sizes[batch.of]!, [batch.of]: size };
  const one = workOf(entries['step']!, { ...ofBatch, [stepsSize]: 1 });
  return repeated(one, restarts * epochs * Math.ceil(all / Math.max(size, 1)));
};
