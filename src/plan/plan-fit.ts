// How params are learned: by closed forms where every param has one (alternating with the latents), else by descent on the
// free energy. In: the scene, unknown params, latents. Out: a fit plan, or why nothing serves.
import type { Checked, Diagnostic } from '../diagnostics/diagnostic.ts';
import { diagnoseLoss } from '../diagnostics/messages/losses.ts';
import { diagnosePlanning } from '../diagnostics/messages/planning.ts';
import { dependsOn } from '../graph/expressions.ts';
import { shortNames } from '../graph/nets/params.ts';
import { roughness } from '../methods/continuous/descent.ts';
import { coordinatesOf, standardCoordinates } from '../methods/continuous/coordinates.ts';
import type { OptimizerName } from '../methods/continuous/optimizer.ts';
import { lossMethods } from '../losses/index.ts';
import { readableIn } from '../methods/continuous/projections.ts';
import { isFirstOrder, isOptimizer, optimizerChoice, optimizerTitles } from '../methods/continuous/optimizer.ts';
import type { Operation, Refusal } from '../methods/method.ts';
import type { MethodCall, Model, Variable } from '../semantics/model.ts';
import { certifyDescent } from './certify-loss.ts';
import { mixedSteps, planSweeps } from './alternation.ts';
import type { Scene } from './choose.ts';
import { standardStarts, planBlocks, planSteps, runaway } from './choose.ts';
import type { FitPlan, PlannedBlock, PlannedLoss } from './plan.ts';
import { heldReason, onlyGradual, trailingReason } from './held-still.ts';
import { pointPlate } from './point-plate.ts';
import { paramFacts } from './param-facts.ts';
import type { Classroom } from './plan-loss.ts';
import { titleOf } from './plan-loss.ts';
import { planTraining } from './plan-training.ts';
import type { LearnRequest, TrainingRequest } from './requests.ts';
import { inferRequest } from './requests.ts';

export const planFit = (
  room: Classroom,
  latents: readonly Variable[],
  training: TrainingRequest,
): Checked<FitPlan | null> => {
  const { params } = room;
  const lines = training.losses.flatMap((l) => l.learn);
  const optimizers = new Set(lines.flatMap((l) => (l.request === null ? [] : [l.request.name])));
  const gradients = [...optimizers].some((name) => isFirstOrder(name));
  const plain = training.losses.length === 1 && training.losses[0]!.name === 'energy';
  // Learning asks for the energy, whatever is asked afterwards.
  const scene: Scene = { ...room.scene, task: { ...room.scene.task, query: 'map' } };
  const batched = training.train?.batch != null;
  const inferred = inferRequestOf(scene, params);
  if (!plain && inferred !== null) return { value: null, diagnostics: [elsewhere(params, training, inferred.call!)] };
  const anyone = optimizers.size === 0 && inferred === null;
  if (!plain || gradients || optimizers.size > 1 || (batched && anyone))
    return planTraining({ ...room, scene }, training);
  if (batched && ![...optimizers].every(isOptimizer)) {
    const reason = `${[...optimizers].join(', ')} looks at all points in each step`;
    return { value: null, diagnostics: [diagnoseLoss('EBM523', training.train!.span, { reason })] };
  }
  const { blocks, diagnostics: missing } = planBlocks(scene, latents);
  if (missing.length > 0) return { value: null, diagnostics: missing };
  const away = runaway(paramFacts(scene, params));
  if (away !== null && blocks.length === 0) return { value: null, diagnostics: [away] };
  const untouched = params.find((v) => !scene.groups.some((g) => dependsOn(g.energy, new Set([v.name]))));
  if (untouched !== undefined && blocks.length > 0) {
    const parameters = { unknowns: [untouched.name], why: 'no factor touches it' };
    return { value: null, diagnostics: [diagnosePlanning('EBM508', untouched.span, parameters)] };
  }

  const asked = lines.find((l) => l.request !== null) ?? inferred;
  const requested = asked?.request?.name ?? null;
  const epochs = training.train?.epochs ?? null;
  const effort = { options: asked?.request?.options ?? {}, epochs };
  const names = new Set(params.map((v) => v.name));
  const named = shortNames(scene.model, [...names]);
  const gradual = onlyGradual(scene, names);
  if (gradual !== null && requested === null) return planTraining({ ...room, scene }, training, gradual);
  if (gradual !== null && requested !== null && !isFirstOrder(requested)) {
    const parameters = { method: requested, unknowns: named, reason: gradual };
    return { value: null, diagnostics: [diagnosePlanning('EBM509', asked!.call!.span, parameters)] };
  }
  if (requested !== null && isOptimizer(requested)) {
    if (training.train?.batch != null) return planTraining({ ...room, scene }, training);
    const where = optimizers.size === 0 ? 'infer' : 'train';
    return descend(room, scene, blocks, [], requested, effort, `the ${where} block says so`);
  }

  const enumerated = new Set(blocks.filter((b) => b.method.enumerates(b.facts)).flatMap((b) => b.unknowns));
  const averaged = blocks.some(
    (b) =>
      !b.method.enumerates(b.facts) &&
      b.unknowns.some((u) => touchesParams(scene, u, names)) &&
      [...b.decisions.values()].some((d) => d.operation === 'marginalize'),
  );
  const { steps, open } = planSteps(scene, params, enumerated);
  if (open.length === 0 && !averaged) {
    const value = planSweeps(scene, blocks, steps, effort.options);
    if (requested === null || (closedForms[requested]?.(value, blocks) ?? false)) return { value, diagnostics: [] };
    const reason = `their closed forms make ${value.kind === 'alternate' ? value.algorithm : 'one exact step'}`;
    const parameters = { method: requested, unknowns: named, reason };
    return { value: null, diagnostics: [diagnosePlanning('EBM509', asked!.call!.span, parameters)] };
  }
  const refusals = open.flatMap((o) => o.refusals);
  const reason = averaged
    ? 'the latents are integrated out, so the params have no closed form'
    : `no closed form for ${shortNames(
        scene.model,
        open.map((o) => o.variable.name),
      ).join(', ')}`;
  if (requested !== null) {
    const parameters = { method: requested, unknowns: named, reason };
    return { value: null, diagnostics: [diagnosePlanning('EBM509', asked!.call!.span, parameters)] };
  }
  const smooth = roughness(paramFacts(scene, params), 'lbfgs') === null;
  const standard = standardCoordinates(params, readableIn(scene.model));
  const optimizer = typeof standard !== 'string' && smooth ? standard.optimizer : 'adam';
  const unserved = open.map((o) => o.variable);
  const sweeps = averaged ? null : mixedSteps(scene, blocks, steps, unserved, enumerated, optimizer === 'lbfgs');
  if (sweeps !== null) return { value: planSweeps(scene, blocks, sweeps, effort.options), diagnostics: [] };
  return descend(room, scene, blocks, refusals, optimizer, effort, reason);
};

/** The method that the infer block names for a param, when the train block names none. */
const inferRequestOf = (scene: Scene, params: readonly Variable[]): Pick<LearnRequest, 'request' | 'call'> | null =>
  params
    .filter((v) => scene.model.infer.some((s) => s.variables.includes(v.name)))
    .map((v) => inferRequest(scene.model, scene.task, v))
    .find((r) => r !== null) ?? null;

/** The infer block names a method for params that a loss of another kind governs. */
const elsewhere = (params: readonly Variable[], { losses }: TrainingRequest, call: MethodCall): Diagnostic => {
  const reason = `they are learned by ${losses.map((l) => `the loss ${titleOf(l)}`).join(' and ')}: its learn lines name the optimizer`;
  return diagnosePlanning('EBM509', call.span, { method: call.name, unknowns: params.map((v) => v.name), reason });
};

const everyLatent = (latents: readonly PlannedBlock[], operation: Operation): boolean =>
  latents.every((l) => [...l.decisions.values()].every((d) => d.operation === operation));

/** The names that a learn line has for closed forms, and when a plan is what they name. */
const closedForms: Readonly<Record<string, (fit: FitPlan, latents: readonly PlannedBlock[]) => boolean>> = {
  lloyd: (fit, latents) => fit.kind === 'alternate' && latents.length > 0 && everyLatent(latents, 'minimize'),
  em: (fit, latents) => fit.kind === 'alternate' && latents.length > 0 && everyLatent(latents, 'marginalize'),
  als: (fit, latents) => fit.kind === 'alternate' && everyLatent(latents, 'minimize'),
  exact: (fit) => fit.kind === 'closed',
};

/** Without closed forms: descent on the free energy, when that is smooth in params that have free or projected coordinates. */
const descend = (
  { graph, params }: Classroom,
  scene: Scene,
  latents: readonly PlannedBlock[],
  refusals: readonly Refusal[],
  optimizer: OptimizerName,
  { options, epochs }: { readonly options: Readonly<Record<string, number>>; readonly epochs: number | null },
  reason: string,
): Checked<FitPlan | null> => {
  const coordinates = coordinatesOf(params, optimizer, readableIn(scene.model));
  const obstacle =
    typeof coordinates === 'string'
      ? coordinates
      : (trailingReason(scene) ??
        (isFirstOrder(optimizer) ? null : heldReason(scene, new Set(params.map((v) => v.name)))) ??
        roughness(paramFacts(scene, params), optimizer));
  if (obstacle !== null) {
    const all = [...refusals, { kind: 'refusal', method: optimizerTitles[optimizer], reason: obstacle } as const];
    const named = params.map((v) => v.name);
    const parameters = { unknowns: shortNames(scene.model, named), operation: 'learn', refusals: all };
    return { value: null, diagnostics: [diagnosePlanning('EBM502', params[0]!.span, parameters)] };
  }
  const loss = energyLoss(graph.model, scene, latents);
  const certificate = certifyDescent(scene, params, loss);
  const value: FitPlan = {
    kind: 'descend',
    loss,
    params: params.map((v) => v.name),
    optimizer: optimizerChoice(optimizer, options, epochs),
    restarts: scene.task.restarts ?? options['restarts'] ?? (certificate === 'globally optimal' ? 1 : standardStarts),
    certificate,
    reason,
    refusals,
  };
  return { value, diagnostics: [] };
};

/** The loss of a model that names none. */
const energyLoss = (model: Model, scene: Scene, blocks: readonly PlannedBlock[]): PlannedLoss => ({
  loss: lossMethods.energy!,
  subject: {
    model,
    call: null,
    expression: null,
    targets: scene.model.variables.filter((v) => v.role === 'target').map((v) => v.name),
    plate: pointPlate(model, null),
  },
  energies: [{ kind: 'given', replaced: [], model: scene.model, groups: scene.groups, blocks }],
  learners: [],
});

const touchesParams = (scene: Scene, unknown: string, params: ReadonlySet<string>): boolean =>
  scene.groups.some((g) => dependsOn(g.energy, new Set([unknown])) && dependsOn(g.energy, params));
