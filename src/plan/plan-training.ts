// Learning by losses: which free energies each needs, and what moves the params. In: the train block's requests, the model as
// learning sees it, the unknown params. Out: a descent where one smooth loss is left to L-BFGS, else stochastic gradient; or
// why a loss, an optimizer or a batch does not fit.
import type { Checked, Diagnostic } from '../diagnostics/diagnostic.ts';
import { hasErrors } from '../diagnostics/diagnostic.ts';
import { diagnoseLoss } from '../diagnostics/messages/losses.ts';
import { diagnosePlanning } from '../diagnostics/messages/planning.ts';
import { coordinatesOf, standardCoordinates } from '../methods/continuous/coordinates.ts';
import { roughness } from '../methods/continuous/descent.ts';
import type { OptimizerName } from '../methods/continuous/optimizer.ts';
import { isFirstOrder, isOptimizer, optimizerChoice, optimizerTitles } from '../methods/continuous/optimizer.ts';
import { readableIn } from '../methods/continuous/projections.ts';
import type { Variable } from '../semantics/model.ts';
import { certifyDescent } from './certify-loss.ts';
import { standardStarts } from './choose.ts';
import { onlyGradual } from './held-still.ts';
import { batchOf, pointsOf } from './batches.ts';
import { paramFacts } from './param-facts.ts';
import { spaceOf } from './param-moves.ts';
import type { FitPlan, PlannedLoss } from './plan.ts';
import type { Classroom } from './plan-loss.ts';
import { planLoss, titleOf } from './plan-loss.ts';
import type { LearnRequest, TrainingRequest } from './requests.ts';

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
  const kind = optimizerOf(room, training, losses, gradual);
  if (typeof kind === 'object') return { value: null, diagnostics: [...diagnostics, kind] };
  const planned = kind === 'steps' ? steps(room, training, losses, why) : descent(room, training, losses[0]!, kind);
  return { value: planned.value, diagnostics: [...diagnostics, ...planned.diagnostics] };
};

/** What descends on the only loss, L-BFGS where it is asked for or nothing is and all is smooth; or that learning goes by
 *  stochastic steps. `gradual`: why nothing else is possible. */
const optimizerOf = (
  { scene, params }: Classroom,
  training: TrainingRequest,
  losses: readonly PlannedLoss[],
  gradual: string | null,
): OptimizerName | 'steps' | Diagnostic => {
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
  if (asked === undefined) {
    const free = gradual === null && training.train?.batch == null && lines.every((l) => l.request === null);
    if (!free || !smooth || roughness(paramFacts(scene, params), 'lbfgs') !== null) return 'steps';
    const standard = standardCoordinates(params, readableIn(scene.model));
    return typeof standard === 'string' ? 'steps' : standard.optimizer;
  }
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
  return 'lbfgs';
};

/** The first reason why no optimizer of this kind moves the params. */
const refused = (params: readonly Variable[], optimizer: OptimizerName, reason: string): Checked<null> => {
  const refusals = [{ kind: 'refusal', method: optimizerTitles[optimizer], reason } as const];
  const parameters = { unknowns: params.map((v) => v.name), operation: 'learn', refusals };
  return { value: null, diagnostics: [diagnosePlanning('EBM502', params[0]!.span, parameters)] };
};

const descent = (
  room: Classroom,
  training: TrainingRequest,
  loss: PlannedLoss,
  optimizer: OptimizerName,
): Checked<FitPlan | null> => {
  const { scene, params } = room;
  const { train } = training;
  if (train?.batch != null) {
    const reason = 'L-BFGS searches along lines, and compares values of the loss over all points';
    return { value: null, diagnostics: [diagnoseLoss('EBM523', train.span, { reason })] };
  }
  const coordinates = coordinatesOf(params, optimizer, readableIn(scene.model));
  const obstacle = typeof coordinates === 'string' ? coordinates : roughness(paramFacts(scene, params), optimizer);
  if (obstacle !== null) return refused(params, optimizer, obstacle);
  const [line] = training.losses[0]!.learn;
  const certificate = certifyDescent(scene, params, loss);
  const starts = certificate === 'globally optimal' ? 1 : standardStarts;
  const value: FitPlan = {
    kind: 'descend',
    loss,
    params: params.map((v) => v.name),
    optimizer: optimizerChoice(optimizer, line!.request?.options ?? {}, train?.epochs ?? null),
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
    reason: asked
      ? 'the train block says so'
      : (why ?? 'no line names an optimizer, and the loss is not left to one that searches along lines'),
  };
  return { value, diagnostics: [] };
};
