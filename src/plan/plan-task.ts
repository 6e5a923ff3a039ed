// Makes the plan of a task. In: a factor graph and a task. Out: the plan, or diagnostics that name what is missing.
import type { Checked, Diagnostic } from '../diagnostics/diagnostic.ts';
import { hasErrors } from '../diagnostics/diagnostic.ts';
import { diagnosePlanning } from '../diagnostics/messages/planning.ts';
import { lengthsName } from '../data/ragged-axes.ts';
import type { FactorGraph } from '../graph/factor-graph.ts';
import { followerNames } from '../graph/nets/followers.ts';
import { lengthsAsData } from '../graph/ragged.ts';
import { cellsInLearning } from './given-in-learning.ts';
import { missingAsUnknowns } from './missing-cells.ts';
import { finiteBeta } from './operations.ts';
import type { Model, Variable } from '../semantics/model.ts';
import type { Scene } from './choose.ts';
import { planBlocks } from './plan-blocks.ts';
import type { FitPlan, Plan } from './plan.ts';
import { planFit } from './plan-fit.ts';
import type { Classroom } from './plan-loss.ts';
import { poleWarnings } from './poles.ts';
import type { LossRequest } from './requests.ts';
import { trainingRequest } from './requests.ts';
import { sceneryOf } from './scenery.ts';
import { planPrediction, setAside } from './set-aside.ts';
import { withSetConsts } from './set-consts.ts';
import type { Task } from './task.ts';

/** `beta`: the value of the model's beta under the current consts; null when it has none. */
export const planTask = (declared: FactorGraph, asked: Task, beta: number | null): Checked<Plan | null> => {
  const counted = lengthsAsData(withSetConsts(declared, asked));
  const task = withLengths(declared.model, asked);
  const aside = setAside(counted, task, beta);
  const joined = new Set([...task.partial].filter((name) => !aside.names.has(name)));
  const cells = missingAsUnknowns(aside.graph, joined, finiteBeta(task, beta));
  if (hasErrors(cells.diagnostics)) return { value: null, diagnostics: cells.diagnostics };
  const graph = cells.value;
  const { model } = graph;
  const diagnostics: Diagnostic[] = [];
  const open = unknownsOf(model, task.given);
  const training = trainingRequest(model, task, learnable(model, task, open));
  diagnostics.push(...training.diagnostics);
  const kept = new Set(training.value.kept);
  const unknowns = open.filter((v) => !kept.has(v.name) && !aside.names.has(v.name));
  diagnostics.push(...checkFlags(model, task, open), ...checkTemperature(model, task, beta));
  if (task.query === 'sample')
    diagnostics.push(diagnosePlanning('EBM501', null, { what: '--query sample', needs: 'samplers' }));
  const seen = sceneryOf(graph, task, beta, unknowns);
  diagnostics.push(...seen.diagnostics);
  if (seen.value === null || hasErrors(diagnostics)) return { value: null, diagnostics };
  const scene: Scene = { ...seen.value, task, beta };
  const nodes = nodesOf(scene, unknowns);
  const learned = new Set(learnable(model, task, unknowns).map((v) => v.name));
  const rest = nodes.filter((v) => !learned.has(v.name));
  const empty = model.variables.length === 0;
  if (rest.length === 0 && learned.size === 0 && kept.size === 0 && (task.query !== 'map' || empty))
    diagnostics.push(diagnosePlanning('EBM511', null, { query: task.query, empty }));

  const asLearned = { graph, scene, undivided: counted };
  const lesson: Checked<Lesson | null> =
    learned.size === 0
      ? { value: asLearned, diagnostics: [] }
      : lessonOf(counted, task, asLearned, unknowns, training.value.losses);
  if (lesson.value === null) return { value: null, diagnostics: [...diagnostics, ...lesson.diagnostics] };
  const learning = lesson.value;
  let fit: FitPlan | null = null;
  if (learned.size > 0) {
    const pupils = nodesOf(learning.scene, unknowns);
    const params = pupils.filter((v) => learned.has(v.name));
    const latents = pupils.filter((v) => v.role !== 'param' && !task.training.has(v.name));
    const targets = latents.filter((v) => v.role === 'target');
    if (targets.length > 0) {
      const names = { params: params.map((v) => v.name), targets: targets.map((v) => v.name) };
      diagnostics.push(diagnosePlanning('EBM505', null, names));
      return { value: null, diagnostics };
    }
    const integrated = pupils.filter((v) => v.role === 'param' && !learned.has(v.name));
    const planned = planFit({ ...learning, params }, [...latents, ...integrated], training.value);
    diagnostics.push(...planned.diagnostics);
    fit = planned.value;
  }
  const query = planBlocks(scene, rest);
  const predicted = planPrediction(counted, task, beta, aside.names);
  // A fit that failed over the same latents has said so already.
  if (!hasErrors(diagnostics)) diagnostics.push(...query.diagnostics, ...predicted.diagnostics);
  if (hasErrors(diagnostics)) return { value: null, diagnostics };
  const decided = query.blocks.flatMap((q) => [...q.decisions]);
  const minimised = new Set([
    ...learned,
    ...decided.filter(([, d]) => d.operation === 'minimize').map(([name]) => name),
  ]);
  diagnostics.push(...poleWarnings(model, scene.groups, minimised, new Set(unknowns.map((v) => v.name))));
  const { groups } = scene;
  const scenery = { model: learning.scene.model, groups: learning.scene.groups };
  const answers = { query: query.blocks, predicted: predicted.value };
  const plan = { model: scene.model, task, groups, fit, learning: scenery, kept: [...kept], ...answers, beta };
  return { value: plan, diagnostics };
};

const unknownsOf = (model: Model, given: ReadonlySet<string>): readonly Variable[] => {
  const followers = followerNames(model);
  return model.variables.filter(
    (v) => ['target', 'latent', 'param'].includes(v.role) && !given.has(v.name) && !followers.has(v.name),
  );
};

/** The unknowns as nodes of a scene. */
const nodesOf = ({ model }: Scene, unknowns: readonly Variable[]): readonly Variable[] =>
  model.variables.filter((v) => unknowns.some((u) => u.name === v.name));

type Lesson = Omit<Classroom, 'params'>;

/** Learning has its own view where the query asks for targets that it is given, and where cells are missing. `counted`: the
 *  graph without regard to missing cells. */
const lessonOf = (
  counted: FactorGraph,
  task: Task,
  asked: Lesson,
  unknowns: readonly Variable[],
  losses: readonly LossRequest[],
): Checked<Lesson | null> => {
  const same = task.trainingPartial.size === 0 && task.partial.size === 0;
  if (same && unknowns.every((v) => v.role === 'param' || !task.training.has(v.name)))
    return { value: asked, diagnostics: [] };
  const { beta } = asked.scene;
  const cells = cellsInLearning(counted, task, beta, losses);
  if (hasErrors(cells.diagnostics)) return { value: null, diagnostics: cells.diagnostics };
  const lesson = { ...task, given: task.training, partial: task.trainingPartial };
  const graph = cells.value;
  const latents = counted.variables.filter((v) => v.role === 'latent' && lesson.partial.has(v.name));
  const undivided = missingAsUnknowns(counted, new Set(latents.map((v) => v.name)), finiteBeta(task, beta)).value;
  const seen = sceneryOf(graph, lesson, beta, unknownsOf(graph.model, task.training));
  if (seen.value === null) return { value: null, diagnostics: seen.diagnostics };
  return { value: { graph, undivided, scene: { ...seen.value, task: lesson, beta } }, diagnostics: [] };
};

const learnable = (model: Model, task: Task, unknowns: readonly Variable[]): readonly Variable[] => {
  const onlyParams = unknowns.every((v) => v.role === 'param');
  return unknowns.filter((v) => v.role === 'param' && !isIntegrated(model, task, v, onlyParams));
};

/** The lengths of ragged sizes are always given: a run has them, and a plan without data is made as if. */
const withLengths = (model: Model, task: Task): Task => {
  const lengths = model.sizes.filter((s) => s.ragged.length > 0).map((s) => lengthsName(s.name));
  return lengths.length === 0
    ? task
    : { ...task, given: new Set([...task.given, ...lengths]), training: new Set([...task.training, ...lengths]) };
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
