// Steps of params put together: one pass where they do not meet, else an alternation around the latents. In: planned blocks
// and steps. Out: the fit plan with its restarts, its limits and its name in the literature.
import { dependsOn } from '../graph/expressions.ts';
import { isDiscrete } from '../graph/domain-facts.ts';
import type { Scene } from './choose.ts';
import { planDescentSteps } from './choose.ts';
import type { Rung } from '../methods/alternate/problem.ts';
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
  const rungs = restarts === null ? affordableRungs(blocks, steps, iterations) : [{ starts: restarts, iterations }];
  return { kind: 'alternate', latents: blocks, steps, rungs, algorithm: algorithmOf(blocks) };
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

/** Ten starts to their ends, where every sweep is exact and fifty of each start fit into about ten seconds at 10⁹ operations a
 *  second. Otherwise as many as are thinned out to one in that time: sweeps of iterations are hundreds of small operations, whose
 *  number costs more than their size. */
const affordableRungs = (
  latents: readonly PlannedBlock[],
  steps: readonly PlannedStep[],
  iterations: number,
): readonly Rung[] => {
  const perIteration = [...latents, ...steps].reduce((sum, l) => sum + l.chosen.cost.operations, 1);
  const exact = latents.every((l) => l.method.resumes !== true) && steps.every((s) => s.chosen.certificate === 'exact');
  const affordable = affordableOperations / perIteration;
  if (exact && mostStarts * 50 <= affordable) return [{ starts: mostStarts, iterations }];
  for (let starts = mostStarts; starts > 1; starts--) {
    const rungs = halving(starts, iterations);
    if (sweepsBeforeLast(rungs) <= affordable) return rungs;
  }
  return [{ starts: 1, iterations }];
};

const mostStarts = 10;
const affordableOperations = 1e10;
const firstTrial = 15;

/** Successive halving (Jamieson, Talwalkar 2016): from rung to rung half of the starts make twice as many further iterations,
 *  until one is left, which goes on to its end. */
const halving = (starts: number, iterations: number): readonly Rung[] => {
  const rungs: Rung[] = [];
  let left = starts;
  for (let more = firstTrial, made = more; left > 1 && made < iterations; more *= 2, made += more) {
    rungs.push({ starts: left, iterations: made });
    left = Math.floor(left / 2);
  }
  return [...rungs, { starts: left, iterations }];
};

const sweepsBeforeLast = (rungs: readonly Rung[]): number =>
  rungs
    .slice(0, -1)
    .reduce((sum, { starts, iterations }, i) => sum + starts * (iterations - (rungs[i - 1]?.iterations ?? 0)), 0);

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
