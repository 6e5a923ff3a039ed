// The free energies that a loss asks for, each with the eliminations that it takes. In: what the loss needs, and the task of
// learning. Out: planned energies, or why the model has no such free energy.
import type { Checked, Diagnostic } from '../diagnostics/diagnostic.ts';
import { hasErrors } from '../diagnostics/diagnostic.ts';
import { diagnosePlanning } from '../diagnostics/messages/planning.ts';
import type { FactorGraph } from '../graph/factor-graph.ts';
import type { EnergyRequest, LossNeeds } from '../losses/loss.ts';
import type { Variable } from '../semantics/model.ts';
import type { Scene } from './choose.ts';
import { planBlocks } from './plan-blocks.ts';
import type { Decision } from './operations.ts';
import type { PlannedEnergy } from './plan.ts';
import { sceneryOf, withLetsAsVariables } from './scenery.ts';
import type { Task } from './task.ts';

/** Learning as the planner sees it. */
export interface LearningTask {
  readonly graph: FactorGraph;
  /** The graph without regard to missing cells of targets. */
  readonly undivided: FactorGraph;
  /** What has values while learning is `given`; params are not among them. */
  readonly task: Task;
  /** The value of `beta = …`. */
  readonly beta: number | null;
  /** How messages name the loss. */
  readonly loss: string;
  /** Targets that are given, at least in part. */
  readonly targets: readonly string[];
}

export const planEnergies = (learning: LearningTask, needs: LossNeeds): Checked<readonly PlannedEnergy[] | null> => {
  const inf = needs.likelihood ? infiniteBeta(learning) : null;
  if (inf !== null) return { value: null, diagnostics: [inf] };
  const planned = needs.energies.map((request) => planEnergy(learning, request, needs));
  const diagnostics = distinct(planned.flatMap((p) => p.diagnostics));
  if (hasErrors(diagnostics)) return { value: null, diagnostics };
  return { value: planned.flatMap((p) => p.value ?? []), diagnostics };
};

/** Two free energies may fail for one reason. */
const distinct = (list: readonly Diagnostic[]): readonly Diagnostic[] => [
  ...new Map(list.map((d) => [`${d.code} ${d.span?.start} ${d.message}`, d])).values(),
];

const infiniteBeta = ({ task, beta, loss, graph }: LearningTask): Diagnostic | null => {
  if ((task.beta ?? beta) !== Infinity) return null;
  const source = task.beta === null ? 'beta = inf in the model' : '--beta inf';
  const span = task.beta === null ? (graph.model.beta?.span ?? null) : null;
  return diagnosePlanning('EBM503', span, { query: `the loss ${loss}`, source });
};

const planEnergy = (
  learning: LearningTask,
  request: EnergyRequest,
  needs: LossNeeds,
): Checked<PlannedEnergy | null> => {
  const { replaced, kind } = request;
  // Targets that are free have no given cells; those that stand as they are may have missing ones, which are latents.
  const graph = withLetsAsVariables(kind === 'given' ? learning.graph : learning.undivided, replaced);
  const free = kind === 'given' ? new Set<string>() : new Set(learning.targets);
  const given = new Set(
    [...learning.task.given, ...replaced].filter((name) => replaced.includes(name) || !free.has(name)),
  );
  const open = graph.model.variables.filter((v) => ['target', 'latent'].includes(v.role) && !given.has(v.name));
  // Params are no unknowns here: learning gives them values before a free energy is asked for.
  const params = graph.model.variables.filter((v) => v.role === 'param').map((v) => v.name);
  const task: Task = { ...learning.task, query: 'map', given: new Set([...given, ...params]) };
  const searched = graph.model.variables.filter((v) => v.name === needs.states && replaced.includes(v.name));
  const scenery = sceneryOf(graph, { ...task, given }, learning.beta, open, searched);
  if (scenery.value === null) return { value: null, diagnostics: scenery.diagnostics };
  const { model, groups } = scenery.value;
  const nodes = model.variables.filter((v) => open.some((u) => u.name === v.name));
  const imposed = new Map(
    nodes.flatMap((v) => {
      const decision = imposedOn(learning, request, needs, v);
      return decision === null ? [] : [[v.name, decision] as const];
    }),
  );
  const scene: Scene = { model, task, groups, beta: learning.beta, imposed };
  const { blocks, diagnostics } = planBlocks(scene, nodes);
  const all = [...scenery.diagnostics, ...diagnostics.map((d) => forLoss(learning, request, d))];
  return { value: hasErrors(all) ? null : { ...request, model, groups, blocks }, diagnostics: all };
};

/** The loss decides about targets, and a likelihood about latents for which nobody asked otherwise. */
const imposedOn = (
  { graph, task, beta, loss, targets }: LearningTask,
  { kind }: EnergyRequest,
  needs: LossNeeds,
  { name }: Variable,
): Decision | null => {
  const at = task.beta ?? beta ?? 1;
  const finite = at === Infinity ? 1 : at;
  if (kind !== 'given' && targets.includes(name))
    return kind === 'soft'
      ? { operation: 'marginalize', beta: finite, reason: `the loss ${loss} normalises over it` }
      : { operation: 'minimize', beta: Infinity, reason: `the loss ${loss} asks for the best answer` };
  if (!needs.likelihood || task.minimize.includes(name) || task.marginalize.includes(name)) return null;
  if (graph.model.infer.some((s) => s.variables.length === 0 || s.variables.includes(name))) return null;
  return { operation: 'marginalize', beta: finite, reason: `the loss ${loss} is a likelihood` };
};

/** What could not be planned, and what for. */
const forLoss = ({ loss }: LearningTask, { kind }: EnergyRequest, d: Diagnostic): Diagnostic => {
  if (kind === 'given' || d.severity !== 'error') return d;
  const what = kind === 'soft' ? 'integrates exp(-beta F) over the targets' : 'asks for the targets of least energy';
  return { ...d, message: `the loss ${loss} ${what}: ${d.message}` };
};
