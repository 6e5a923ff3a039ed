// Makes the plan of a task. In: a factor graph and a task. Out: the plan, or diagnostics that name what is missing.
import type { Checked, Diagnostic } from '../diagnostics/diagnostic.ts';
import { hasErrors } from '../diagnostics/diagnostic.ts';
import { diagnosePlanning } from '../diagnostics/messages/planning.ts';
import { lengthsName } from '../data/ragged-axes.ts';
import type { FactorGraph, FactorGroup } from '../graph/factor-graph.ts';
import { followerNames } from '../graph/nets/followers.ts';
import type { Componentised } from '../graph/components.ts';
import { componentise, joinsMany } from '../graph/components.ts';
import { isDiscrete } from '../graph/domain-facts.ts';
import { lengthsAsData } from '../graph/ragged.ts';
import { unroll } from '../graph/unroll.ts';
import type { Model, Variable } from '../semantics/model.ts';
import type { Scene } from './choose.ts';
import { planBlocks } from './choose.ts';
import type { FitPlan, Plan } from './plan.ts';
import { refuseHeldUnknowns } from './held-still.ts';
import { planFit } from './plan-fit.ts';
import { declaredName } from './data-groups.ts';
import { domainConstraints } from './domain-constraints.ts';
import { poleWarnings } from './poles.ts';
import { prepareGroups } from './prepare.ts';
import type { Task } from './task.ts';

/** `beta`: the value of the model's beta under the current consts; null when it has none. */
export const planTask = (declared: FactorGraph, asked: Task, beta: number | null): Checked<Plan | null> => {
  const graph = lengthsAsData(declared);
  const task = withLengths(declared.model, asked);
  const { model } = graph;
  const diagnostics: Diagnostic[] = [];
  const followers = followerNames(model);
  const unknowns = model.variables.filter(
    (v) => ['target', 'latent', 'param'].includes(v.role) && !task.given.has(v.name) && !followers.has(v.name),
  );
  diagnostics.push(...checkFlags(model, task, unknowns));
  const prepared = prepareGroups(graph, task);
  const domains = domainConstraints(model, unknowns);
  diagnostics.push(...prepared.diagnostics, ...domains.diagnostics, ...checkTemperature(model, task, beta));
  if (task.query === 'sample')
    diagnostics.push(diagnosePlanning('EBM501', null, { what: '--query sample', needs: 'samplers' }));
  if (hasErrors(diagnostics)) return { value: null, diagnostics };
  diagnostics.push(...refuseHeldUnknowns(prepared.groups, unknowns));
  if (hasErrors(diagnostics)) return { value: null, diagnostics };
  const split = components(model, [...prepared.groups, ...domains.groups], unknowns, task);
  const { groups } = split;
  const scene: Scene = { model: split.model, task, groups, beta };
  const nodes = split.model.variables.filter((v) => unknowns.some((u) => u.name === v.name));

  const onlyParams = nodes.every((v) => v.role === 'param');
  const params = nodes.filter((v) => v.role === 'param' && !isIntegrated(split.model, task, v, onlyParams));
  const rest = nodes.filter((v) => !params.includes(v));
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
  const decided = query.blocks.flatMap((q) => [...q.decisions]);
  const minimised = new Set([
    ...params.map((v) => v.name),
    ...decided.filter(([, d]) => d.operation === 'minimize').map(([name]) => name),
  ]);
  diagnostics.push(...poleWarnings(model, prepared.groups, minimised, new Set(unknowns.map((v) => v.name))));
  const learning = { model: split.model, groups };
  return { value: { model: split.model, task, groups, fit, learning, query: query.blocks, beta }, diagnostics };
};

/** The lengths of ragged sizes are always given: a run has them, and a plan without data is made as if. */
const withLengths = (model: Model, task: Task): Task => {
  const lengths = model.sizes.filter((s) => s.ragged.length > 0).map((s) => lengthsName(s.name));
  return lengths.length === 0 ? task : { ...task, given: new Set([...task.given, ...lengths]) };
};

/** Entries of arrays as nodes; factors that still read many nodes at once are written out where that is a small table. */
const components = (
  model: Model,
  groups: readonly FactorGroup[],
  unknowns: readonly Variable[],
  task: Task,
): Componentised => {
  const names = new Set(unknowns.map((v) => v.name));
  const first = componentise(model, groups, names);
  const discrete = new Set(unknowns.filter((v) => isDiscrete(v.domain.kind)).map((v) => v.name));
  const joint = new Set(first.groups.filter((g) => joinsMany(first.model, g, discrete)).map(declaredName));
  if (joint.size === 0) return first;
  const known = Object.entries(task.sizes).filter(([, s]) => s.source !== 'nominal');
  const sizes = Object.fromEntries(known.map(([name, s]) => [name, s.value]));
  const written = groups.map((g) => (joint.has(g.name) ? (unroll(model, g, discrete, sizes) ?? g) : g));
  return componentise(model, written, names);
};

/** Params are minimised unless the infer block or a flag names them, or the task asks for probabilities and nothing else is
 *  unknown: then it can only mean theirs. */
const isIntegrated = (model: Model, task: Task, { name }: Variable, onlyParams: boolean): boolean => {
  if (task.minimize.includes(name)) return false;
  if (task.marginalize.includes(name)) return true;
  const setting = model.infer.find((s) => s.variables.includes(name));
  if (setting !== undefined) return setting.operation === 'marginalize';
  return onlyParams && task.query !== 'map';
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
