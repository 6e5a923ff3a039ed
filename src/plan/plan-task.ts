// Makes the plan of a task. In: a factor graph and a task. Out: the plan, or diagnostics that name what is missing.
import type { Checked, Diagnostic } from '../diagnostics/diagnostic.ts';
import { hasErrors } from '../diagnostics/diagnostic.ts';
import { diagnosePlanning } from '../diagnostics/messages/planning.ts';
import type { FactorGraph } from '../graph/factor-graph.ts';
import { componentise } from '../graph/components.ts';
import { dependsOn } from '../graph/expressions.ts';
import type { LossSetting, Model, Variable } from '../semantics/model.ts';
import type { Scene } from './choose.ts';
import { factsOf, planBlocks, planSteps } from './choose.ts';
import { roughness, transformsOf } from '../methods/continuous/descent.ts';
import type { Refusal } from '../methods/method.ts';
import type { FitPlan, Plan, PlannedBlock } from './plan.ts';
import { prepareGroups } from './prepare.ts';
import type { Task } from './task.ts';

/** `beta`: the value of the model's beta under the current consts; null when it has none. */
export const planTask = (graph: FactorGraph, task: Task, beta: number | null): Checked<Plan | null> => {
  const { model } = graph;
  const diagnostics: Diagnostic[] = [];
  const unknowns = model.variables.filter(
    (v) => ['target', 'latent', 'param'].includes(v.role) && !task.given.has(v.name),
  );
  diagnostics.push(...checkFlags(model, task, unknowns));
  const prepared = prepareGroups(graph, task.withoutRegularizers);
  diagnostics.push(...prepared.diagnostics, ...checkTemperature(model, task, beta));
  if (task.query === 'sample')
    diagnostics.push(diagnosePlanning('EBM501', null, { what: '--query sample', needs: 'samplers' }));
  if (hasErrors(diagnostics)) return { value: null, diagnostics };
  const split = componentise(model, prepared.groups, new Set(unknowns.map((v) => v.name)));
  const { groups } = split;
  const scene: Scene = { model: split.model, task, groups, beta };
  const nodes = split.model.variables.filter((v) => unknowns.some((u) => u.name === v.name));

  const params = nodes.filter((v) => v.role === 'param');
  const rest = nodes.filter((v) => v.role !== 'param');
  if (rest.length === 0 && params.length === 0 && task.query !== 'map')
    diagnostics.push(diagnosePlanning('EBM511', null, { query: task.query }));
  let fit: FitPlan | null = null;
  if (params.length > 0) {
    const targets = rest.filter((v) => v.role === 'target');
    if (targets.length > 0) {
      const names = { params: params.map((v) => v.name), targets: targets.map((v) => v.name) };
      diagnostics.push(diagnosePlanning('EBM505', null, names));
      return { value: null, diagnostics };
    }
    const planned = planFit(scene, params, rest);
    diagnostics.push(...planned.diagnostics);
    fit = planned.value;
  }
  const query = planBlocks(scene, rest);
  // A fit that failed over the same latents has said so already.
  if (!hasErrors(diagnostics)) diagnostics.push(...query.diagnostics);
  if (hasErrors(diagnostics)) return { value: null, diagnostics };
  return { value: { model: split.model, task, groups, fit, query: query.blocks, beta }, diagnostics };
};

const checkFlags = (model: Model, task: Task, unknowns: readonly Variable[]): readonly Diagnostic[] => {
  const names = unknowns.map((v) => v.name);
  return [...task.minimize, ...task.marginalize]
    .filter((name) => !names.includes(name))
    .map((name) => {
      const declared = model.variables.some((v) => v.name === name);
      return diagnosePlanning('EBM504', null, {
        name,
        why: declared ? 'it is given' : 'no such variable',
        unknowns: names,
      });
    });
};

const checkTemperature = (model: Model, task: Task, beta: number | null): readonly Diagnostic[] => {
  const effective = task.beta ?? beta;
  if (task.query === 'map' || effective !== Infinity) return [];
  const source = task.beta === null ? 'beta = inf in the model' : '--beta inf';
  return [
    diagnosePlanning('EBM503', task.beta === null ? (model.beta?.span ?? null) : null, { query: task.query, source }),
  ];
};

// ---------------------------------------------------------------- learning

const planFit = (scene: Scene, params: readonly Variable[], latents: readonly Variable[]): Checked<FitPlan | null> => {
  const diagnostics = checkTraining(scene.model, params);
  if (hasErrors(diagnostics)) return { value: null, diagnostics };
  // Learning asks for the energy, whatever is asked afterwards.
  const training: Scene = { ...scene, task: { ...scene.task, query: 'map' } };
  const names = new Set(params.map((v) => v.name));
  const { blocks, diagnostics: missing } = planBlocks(training, latents);
  if (missing.length > 0) return { value: null, diagnostics: missing };
  const enumerated = new Set(blocks.filter((b) => b.method.enumerates(b.facts)).flatMap((b) => b.unknowns));
  const continuous = blocks.filter(
    (b) => !b.method.enumerates(b.facts) && b.unknowns.some((u) => touchesParams(scene, u, names)),
  );
  const averaged = continuous.some((b) => [...b.decisions.values()].some((d) => d.operation === 'marginalize'));
  const { steps, open } = planSteps(training, params, enumerated);
  if (open.length === 0 && !averaged) {
    if (blocks.length === 0 && steps.length === 1) return { value: { kind: 'closed', steps }, diagnostics: [] };
    if (blocks.length === 0 && independent(scene, steps)) return { value: { kind: 'closed', steps }, diagnostics: [] };
    const value: FitPlan = {
      kind: 'alternate',
      latents: blocks,
      steps,
      restarts: scene.task.restarts ?? affordableRestarts(blocks),
      algorithm: algorithmOf(blocks),
    };
    return { value, diagnostics: [] };
  }
  return descend(
    training,
    params,
    blocks,
    open.flatMap((o) => o.refusals),
    averaged,
  );
};

/** Without closed forms: descent on the free energy, when that is smooth in params that have free coordinates. */
const descend = (
  scene: Scene,
  params: readonly Variable[],
  latents: readonly PlannedBlock[],
  refusals: readonly Refusal[],
  averaged: boolean,
): Checked<FitPlan | null> => {
  const facts = factsOf(
    scene,
    params.map((variable) => ({ variable, operation: 'minimize', beta: Infinity }) as const),
    new Set(),
  );
  const transforms = transformsOf(params);
  const obstacle = typeof transforms === 'string' ? transforms : roughness(facts);
  if (obstacle !== null) {
    const all = [...refusals, { kind: 'refusal', method: 'L-BFGS', reason: obstacle } as const];
    const parameters = { unknowns: params.map((v) => v.name), operation: 'learn', refusals: all };
    return { value: null, diagnostics: [diagnosePlanning('EBM502', params[0]!.span, parameters)] };
  }
  const reason = averaged
    ? 'the latents are integrated out, so the params have no closed form'
    : 'some params have no closed form';
  const names = params.map((v) => v.name);
  const restarts = scene.task.restarts ?? 3;
  return {
    value: { kind: 'descend', latents, params: names, method: 'L-BFGS', restarts, reason, refusals },
    diagnostics: [],
  };
};

const touchesParams = (scene: Scene, unknown: string, params: ReadonlySet<string>): boolean =>
  scene.groups.some((g) => dependsOn(g.energy, new Set([unknown])) && dependsOn(g.energy, params));

/** No group touches the params of two steps. */
const independent = (scene: Scene, steps: readonly { readonly unknowns: readonly string[] }[]): boolean =>
  scene.groups.every((g) => steps.filter((s) => dependsOn(g.energy, new Set(s.unknowns))).length <= 1);

/** Ten starts, or as many as fit into about ten seconds of fifty iterations each at 10⁹ operations a second; at least one. */
const affordableRestarts = (latents: readonly PlannedBlock[]): number => {
  const perIteration = latents.reduce((sum, l) => sum + l.chosen.cost.operations, 1);
  return Math.max(1, Math.min(10, Math.floor(1e10 / (50 * perIteration))));
};

/** What the alternation is called in the literature, from its operations alone. */
const algorithmOf = (latents: readonly PlannedBlock[]): string => {
  const decisions = latents.flatMap((b) => [...b.decisions.values()]);
  if (decisions.length === 0) return 'block coordinate descent';
  if (decisions.every((d) => d.operation === 'marginalize')) return 'expectation-maximisation';
  return decisions.every((d) => d.operation === 'minimize')
    ? 'alternating minimisation (Lloyd)'
    : 'block coordinate descent';
};

const checkTraining = (model: Model, params: readonly Variable[]): readonly Diagnostic[] => {
  if (model.train === null) return [];
  const names = params.map((v) => v.name);
  const nameOf = (loss: LossSetting): string => loss.named?.name ?? (loss.expression === null ? 'energy' : 'loss = …');
  const wrong = model.train.losses.find((l) => nameOf(l) !== 'energy');
  if (wrong !== undefined)
    return [diagnosePlanning('EBM506', wrong.span ?? model.train.span, { loss: nameOf(wrong), params: names })];
  return [];
};
