// Steps of params put together: one pass where they do not meet, else an alternation around the latents. In: planned blocks
// and steps. Out: the fit plan with its restarts, its limits and its name in the literature.
import { dependsOn } from '../graph/expressions.ts';
import { isDiscrete } from '../graph/domain-facts.ts';
import type { Scene } from './choose.ts';
import { planDescentSteps } from './choose.ts';
import type { FitPlan, PlannedBlock, PlannedStep } from './plan.ts';
import type { Variable } from '../semantics/model.ts';

export const planSweeps = (
  scene: Scene,
  blocks: readonly PlannedBlock[],
  steps: readonly PlannedStep[],
  options: Readonly<Record<string, number>>,
): FitPlan & { readonly kind: 'closed' | 'alternate' } => {
  const complete = steps.every((s) => s.chosen.certificate !== 'local');
  const alone = blocks.length === 0 && (steps.length === 1 || independent(scene, steps));
  if (alone && complete) return { kind: 'closed', steps };
  const restarts = scene.task.restarts ?? options['restarts'] ?? null;
  const iterations = options['iterations'] ?? standardIterations;
  const starts = restarts === null ? affordableStarts(blocks, steps) : { restarts, trialIterations: null };
  return { kind: 'alternate', latents: blocks, steps, ...starts, iterations, algorithm: algorithmOf(blocks) };
};

/** The sweeps of an alternation in which the `open` params, which no step minimises, take descent steps; null where a descent
 *  on the free energy in all params at once is better. That is: where all of them have free coordinates, because a
 *  quasi-Newton method converges superlinearly and sweeps linearly (a factorisation of counts: 51 steps against more than 500
 *  sweeps), even where every evaluation iterates the latents anew. And where nothing but the open params is to be moved and
 *  the latents are eliminated exactly. */
export const mixedSteps = (
  scene: Scene,
  blocks: readonly PlannedBlock[],
  steps: readonly PlannedStep[],
  open: readonly Variable[],
  enumerated: ReadonlySet<string>,
  jointly: boolean,
): readonly PlannedStep[] | null => {
  const iterated = blocks.some((l) => l.method.resumes === true);
  if (jointly || (!iterated && steps.length === 0)) return null;
  const descents = planDescentSteps(scene, open, enumerated);
  return descents === null ? null : [...steps, ...descents];
};

/** No group touches the params of two steps. */
const independent = (scene: Scene, steps: readonly PlannedStep[]): boolean =>
  scene.groups.every((g) => steps.filter((s) => dependsOn(g.energy, new Set(s.unknowns))).length <= 1);

/** Ten starts, where every sweep is exact and fifty of each start fit into about ten seconds at 10⁹ operations a second.
 *  Otherwise trials of a few iterations, as many as fit into about five seconds, of which the best is continued: sweeps of
 *  iterations are hundreds of small operations, whose number costs more than their size. */
const affordableStarts = (latents: readonly PlannedBlock[], steps: readonly PlannedStep[]) => {
  const perIteration = [...latents, ...steps].reduce((sum, l) => sum + l.chosen.cost.operations, 1);
  const exact = latents.every((l) => l.method.resumes !== true) && steps.every((s) => s.chosen.certificate === 'exact');
  if (exact && 10 * 50 * perIteration <= 1e10) return { restarts: 10, trialIterations: null };
  const trials = Math.min(10, Math.floor(5e9 / (trialIterations * perIteration)));
  return trials < 2 ? { restarts: 1, trialIterations: null } : { restarts: trials, trialIterations };
};
const trialIterations = 15;
/** Of one descent: EM along a plateau takes hundreds. */
const standardIterations = 500;

/** What the alternation is called in the literature, from its operations alone. */
const algorithmOf = (latents: readonly PlannedBlock[]): string => {
  const decisions = latents.flatMap((b) => [...b.decisions.values()]);
  if (decisions.length === 0) return 'block coordinate descent';
  if (decisions.every((d) => d.operation === 'marginalize')) return 'expectation-maximisation';
  const discrete = latents.flatMap((l) => l.facts.block).every((v) => isDiscrete(v.variable.domain.kind));
  const hard = decisions.every((d) => d.operation === 'minimize');
  return hard && discrete ? 'alternating minimisation (Lloyd)' : 'block coordinate descent';
};
