// Learning by losses: which free energies each needs, and what moves the params. In: the train block's requests, the model as
// learning sees it, the unknown params. Out: a descent where one smooth loss is left to L-BFGS, else stochastic gradient; or
// why a loss, an optimizer or a batch does not fit.
import type { Checked, Diagnostic } from '../diagnostics/diagnostic.ts';
import { hasErrors } from '../diagnostics/diagnostic.ts';
import { diagnoseLoss } from '../diagnostics/messages/losses.ts';
import { diagnosePlanning } from '../diagnostics/messages/planning.ts';
import { dependsOn } from '../graph/expressions.ts';
import type { FactorGraph } from '../graph/factor-graph.ts';
import { definitionExpander } from '../graph/nets/expand.ts';
import { settledFollowers } from '../graph/nets/followers.ts';
import { lossMethod, servedLosses } from '../losses/index.ts';
import type { LossSubject } from '../losses/loss.ts';
import { roughness } from '../methods/continuous/descent.ts';
import type { OptimizerName } from '../methods/continuous/optimizer.ts';
import { isFirstOrder, isOptimizer, optimizerChoice, optimizerTitles } from '../methods/continuous/optimizer.ts';
import type { Variable } from '../semantics/model.ts';
import { certifyDescent } from './certify-loss.ts';
import type { Scene } from './choose.ts';
import { standardStarts } from './choose.ts';
import { onlyGradual } from './held-still.ts';
import { batchOf, pointsOf } from './batches.ts';
import { misfit } from './loss-fit.ts';
import { paramFacts } from './param-facts.ts';
import { spaceOf } from './param-moves.ts';
import type { FitPlan, Learner, PlannedLoss } from './plan.ts';
import { planEnergies } from './plan-energies.ts';
import { pointPlate } from './point-plate.ts';
import type { LearnRequest, LossRequest, TrainingRequest } from './requests.ts';

/** The graph that learning sees, and the scene in which exactly params and latents are unknown. */
export interface Classroom {
  readonly graph: FactorGraph;
  readonly scene: Scene;
  readonly params: readonly Variable[];
  /** The graph without regard to missing cells of targets: where a loss frees targets, their given cells are unknown too. */
  readonly undivided: FactorGraph;
}

/** How a loss is written. */
export const titleOf = ({ name }: Pick<LossRequest, 'name'>): string => (name === 'expression' ? '= expression' : name);

/** Passes over the data unless the train block says otherwise. */
const standardEpochs = 100;

export const planTraining = (
  room: Classroom,
  training: TrainingRequest,
  why: string | null = null,
): Checked<FitPlan | null> => {
  const diagnostics: Diagnostic[] = [];
  const losses: PlannedLoss[] = [];
  for (const request of training.losses) {
    const planned = planLoss(room, training, request);
    diagnostics.push(...planned.diagnostics);
    if (planned.value !== null) losses.push(planned.value);
  }
  if (hasErrors(diagnostics)) return { value: null, diagnostics };
  const written = losses.flatMap((l) => (l.subject.expression === null ? [] : [l.subject.expression]));
  const gradual = onlyGradual(room.scene, new Set(room.params.map((v) => v.name)), written);
  const kind = searchesLines(training, losses, gradual);
  if (typeof kind !== 'boolean') return { value: null, diagnostics: [...diagnostics, kind] };
  const planned = kind ? descent(room, training, losses[0]!) : steps(room, training, losses, why);
  return { value: planned.value, diagnostics: [...diagnostics, ...planned.diagnostics] };
};

// ---------------------------------------------------------------- losses

const planLoss = (room: Classroom, { train }: TrainingRequest, request: LossRequest): Checked<PlannedLoss | null> => {
  const { graph, scene, params } = room;
  const { setting, name } = request;
  const refuse = (diagnostic: Diagnostic): Checked<null> => ({ value: null, diagnostics: [diagnostic] });
  const loss = lossMethod(name);
  const span = setting.span ?? train?.span ?? null;
  if (loss === null) {
    const parameters = { loss: name, params: request.learn.flatMap((l) => l.params), served: servedLosses };
    return refuse(diagnosePlanning('EBM506', span, parameters));
  }
  const { model } = graph;
  const expand = definitionExpander(model, settledFollowers(model, scene.task.given));
  const call = setting.named;
  const subject: LossSubject = {
    model,
    call:
      call === null
        ? null
        : { ...call, options: Object.fromEntries(Object.entries(call.options).map(([n, e]) => [n, expand(e)])) },
    expression: setting.expression === null ? null : expand(setting.expression),
    targets: givenTargets(room),
    plate: pointPlate(model, train?.batch?.of ?? null),
  };
  const title = titleOf(request);
  const doesNotFit = (reason: string): Checked<null> => refuse(diagnoseLoss('EBM520', span, { loss: title, reason }));
  const needs = loss.needs(subject);
  if (typeof needs === 'string') return doesNotFit(needs);
  const { beta, task } = scene;
  const half = needs.energies.some((e) => e.replaced.length > 0) || needs.states !== null ? [...task.partial] : [];
  if (half.length > 0)
    return doesNotFit(`it compares whole points with others, and cells of ${half.join(', ')} are missing`);
  const { undivided } = room;
  const planned = planEnergies({ graph, undivided, task, beta, loss: title, targets: subject.targets }, needs);
  if (planned.value === null) return { value: null, diagnostics: planned.diagnostics };
  const reason = misfit(subject, needs, planned.value) ?? untouched(subject, request, planned.value, scene);
  if (reason !== null) return doesNotFit(reason);
  const learners = request.learn.map((l): Learner => ({ params: l.params, optimizer: choiceOf(l, 'adam') }));
  const value: PlannedLoss = { loss, subject, energies: planned.value, learners };
  return { value: params.length === 0 ? null : value, diagnostics: planned.diagnostics };
};

/** Also those that are given in part. */
const givenTargets = ({ undivided, scene: { task } }: Classroom): readonly string[] =>
  undivided.model.variables
    .filter((v) => v.role === 'target' && (task.given.has(v.name) || task.partial.has(v.name)))
    .map((v) => v.name);

/** A param that the loss does not depend on stays where it is by chance. */
const untouched = (
  subject: LossSubject,
  request: LossRequest,
  energies: PlannedLoss['energies'],
  scene: Scene,
): string | null => {
  const all = [...energies.flatMap((e) => e.groups), ...scene.groups].map((g) => g.energy);
  const read = subject.expression === null ? all : [...all, subject.expression];
  const lost = request.learn.flatMap((l) => l.params).find((n) => !read.some((e) => dependsOn(e, new Set([n]))));
  return lost === undefined ? null : `${lost} is to be learned by it, and nothing in it depends on ${lost}`;
};

// ---------------------------------------------------------------- optimizers

const choiceOf = ({ request }: LearnRequest, standard: OptimizerName) =>
  optimizerChoice(request !== null && isOptimizer(request.name) ? request.name : standard, request?.options ?? {});

/** Whether L-BFGS learns: where it is asked for, or where nothing is and the only loss is smooth. */
const searchesLines = (
  training: TrainingRequest,
  losses: readonly PlannedLoss[],
  gradual: string | null,
): boolean | Diagnostic => {
  const lines = training.losses.flatMap((l) => l.learn);
  const wrong = (line: LearnRequest, reason: string): Diagnostic =>
    diagnosePlanning('EBM509', line.call!.span, { method: line.call!.name, unknowns: line.params, reason });
  const closed = training.losses.find((l) => l.learn.some((x) => x.request !== null && !isOptimizer(x.request.name)));
  if (closed !== undefined) {
    const line = closed.learn.find((x) => x.request !== null && !isOptimizer(x.request.name))!;
    const reason =
      closed.name === 'energy'
        ? 'it is a step for all params of the energy, and other lines of the train block learn by gradients'
        : `its steps minimise the energy, and the loss is ${titleOf(closed)}`;
    return wrong(line, reason);
  }
  const smooth = losses.length === 1 && losses[0]!.loss.smooth(losses[0]!.subject);
  const asked = lines.find((l) => l.request?.name === 'lbfgs');
  if (asked === undefined) return smooth && gradual === null && lines.every((l) => l.request === null);
  if (gradual !== null) return wrong(asked, gradual);
  if (losses.length > 1) return wrong(asked, 'it searches along lines of one loss, and the train block has several');
  const other = lines.find((l) => l.request !== null && isFirstOrder(l.request.name));
  if (other !== undefined)
    return wrong(
      asked,
      `it moves all params of its loss at once, and ${other.params.join(', ')} follow ${other.request!.name}`,
    );
  if (!smooth)
    return wrong(
      asked,
      `the loss ${titleOf(training.losses[0]!)} has kinks, where a line search stops short; adam and sgd pass over them`,
    );
  const different = lines.find(
    (l) => JSON.stringify(l.request?.options ?? {}) !== JSON.stringify(asked.request!.options),
  );
  if (different !== undefined)
    return wrong(asked, 'it moves all params of its loss at once, and learn lines give it different options');
  return true;
};

/** The first reason why no optimizer of this kind moves the params. */
const refused = (params: readonly Variable[], optimizer: OptimizerName, reason: string): Checked<null> => {
  const refusals = [{ kind: 'refusal', method: optimizerTitles[optimizer], reason } as const];
  const parameters = { unknowns: params.map((v) => v.name), operation: 'learn', refusals };
  return { value: null, diagnostics: [diagnosePlanning('EBM502', params[0]!.span, parameters)] };
};

const descent = (room: Classroom, training: TrainingRequest, loss: PlannedLoss): Checked<FitPlan | null> => {
  const { scene, params } = room;
  const { train } = training;
  if (train?.batch != null) {
    const reason = 'L-BFGS searches along lines, and compares values of the loss over all points';
    return { value: null, diagnostics: [diagnoseLoss('EBM523', train.span, { reason })] };
  }
  const obstacle = roughness(paramFacts(scene, params), 'lbfgs');
  if (obstacle !== null) return refused(params, 'lbfgs', obstacle);
  const [line] = training.losses[0]!.learn;
  const certificate = certifyDescent(scene, params, loss);
  const starts = certificate === 'globally optimal' ? 1 : standardStarts;
  const value: FitPlan = {
    kind: 'descend',
    loss,
    params: params.map((v) => v.name),
    optimizer: optimizerChoice('lbfgs', line!.request?.options ?? {}, train?.epochs ?? null),
    restarts: scene.task.restarts ?? line!.request?.options['restarts'] ?? starts,
    certificate,
    reason: line!.request === null ? 'the loss is smooth, and nothing else is asked for' : 'the train block says so',
    refusals: [],
  };
  return { value, diagnostics: [] };
};

const steps = (
  room: Classroom,
  training: TrainingRequest,
  losses: readonly PlannedLoss[],
  why: string | null,
): Checked<FitPlan | null> => {
  const { scene, params } = room;
  const { train } = training;
  for (const { name, optimizer } of losses
    .flatMap((l) => l.learners)
    .flatMap((l) => l.params.map((n) => ({ name: n, optimizer: l.optimizer.name })))) {
    const variable = params.find((v) => v.name === name)!;
    const space = spaceOf(variable);
    const obstacle = typeof space === 'string' ? space : roughness(paramFacts(scene, [variable]), optimizer);
    if (obstacle !== null) return refused([variable], optimizer, obstacle);
  }
  const { plate } = losses[0]!.subject;
  const batch =
    train === null || train.batch === null ? null : batchOf(room.graph.model, losses, plate, train.batch.size);
  if (typeof batch === 'string')
    return { value: null, diagnostics: [diagnoseLoss('EBM523', train!.span, { reason: batch })] };
  const asked = training.losses.flatMap((l) => l.learn).some((l) => l.request !== null);
  const value: FitPlan = {
    kind: 'train',
    losses,
    epochs: train?.epochs ?? standardEpochs,
    batch,
    points: pointsOf(plate),
    restarts: scene.task.restarts ?? 1,
    reason: asked ? 'the train block says so' : (why ?? 'the loss has kinks, or there are several losses'),
  };
  return { value, diagnostics: [] };
};
