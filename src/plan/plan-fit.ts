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
import { standardStarts, planSteps, runaway } from './choose.ts';
import { planBlocks } from './plan-blocks.ts';
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
  // Learning asks for the energy, whatever is asked afterwards.
  const scene: Scene = { ...room.scene, task: { ...room.scene.task, query: 'map' } };
  const here = { ...room, scene };
  const { params } = room;
  const { train, losses } = training;
  const plain = losses.length === 1 && losses[0]!.name === 'energy';
  const inferred = inferRequestOf(scene, params);
  if (!plain && inferred !== null) return refused(elsewhere(params, training, inferred.call!));
  const optimizers = [...new Set(losses.flatMap((l) => l.learn).flatMap((l) => l.request?.name ?? []))];
  const batched = train?.batch != null;
  const unsaid = optimizers.length === 0 && inferred === null;
  if (!plain || optimizers.some(isFirstOrder) || optimizers.length > 1 || (batched && unsaid))
    return planTraining(here, training);
  if (batched && !optimizers.every(isOptimizer))
    return refused(
      diagnoseLoss('EBM523', train.span, { reason: `${optimizers.join(', ')} looks at all points in each step` }),
    );
  const { blocks, diagnostics } = planBlocks(scene, latents);
  if (diagnostics.length > 0) return { value: null, diagnostics };
  const loose = unheld(scene, params, blocks);
  return loose === null ? fitOfEnergy(here, blocks, training, inferred) : refused(loose);
};

const refused = (diagnostic: Diagnostic): Checked<null> => ({ value: null, diagnostics: [diagnostic] });

type Asked = Pick<LearnRequest, 'request' | 'call'>;

/** A param that may run away, or that nothing touches. */
const unheld = (scene: Scene, params: readonly Variable[], blocks: readonly PlannedBlock[]): Diagnostic | null => {
  const away = runaway(paramFacts(scene, params));
  if (blocks.length === 0) return away;
  const untouched = params.find((v) => !scene.groups.some((g) => dependsOn(g.energy, new Set([v.name]))));
  if (untouched === undefined) return null;
  const parameters = { unknowns: [untouched.name], why: 'no factor touches it' };
  return diagnosePlanning('EBM508', untouched.span, parameters);
};

/** By the optimizer that is asked for, by steps where only they do, else by closed forms. `inferred`: what the infer block asks. */
const fitOfEnergy = (
  room: Classroom,
  blocks: readonly PlannedBlock[],
  training: TrainingRequest,
  inferred: Asked | null,
): Checked<FitPlan | null> => {
  const { scene, params } = room;
  const { train, losses } = training;
  const learned = losses.flatMap((l) => l.learn).find((l) => l.request !== null);
  const asked: Asked | null = learned ?? inferred;
  const requested = asked?.request?.name ?? null;
  const names = params.map((v) => v.name);
  const gradual = onlyGradual(scene, new Set(names));
  if (gradual !== null && requested === null) return planTraining(room, training, gradual);
  const unable = (reason: string): Checked<null> => {
    const parameters = { method: requested!, unknowns: shortNames(scene.model, names), reason };
    return refused(diagnosePlanning('EBM509', asked!.call!.span, parameters));
  };
  if (gradual !== null && !isFirstOrder(requested!)) return unable(gradual);
  const effort: Effort = { options: asked?.request?.options ?? {}, epochs: train?.epochs ?? null };
  if (requested !== null && isOptimizer(requested)) {
    if (train?.batch != null) return planTraining(room, training);
    const where = learned === undefined ? 'infer' : 'train';
    return descend(room, scene, blocks, [], requested, effort, `the ${where} block says so`);
  }
  const forms = closedFormsOf(room, blocks, effort);
  if (requested === null) return forms.kind === 'sweeps' ? { value: forms.fit, diagnostics: [] } : forms.instead();
  if (forms.kind === 'none') return unable(forms.reason);
  const { fit } = forms;
  if (closedForms[requested]?.(fit, blocks) === true) return { value: fit, diagnostics: [] };
  return unable(`their closed forms make ${fit.kind === 'alternate' ? fit.algorithm : 'one exact step'}`);
};

/** Every param by a step that finds its minimum; or why some have none, and how they are learned instead. */
type Forms =
  | { readonly kind: 'sweeps'; readonly fit: ReturnType<typeof planSweeps> }
  | { readonly kind: 'none'; readonly reason: string; readonly instead: () => Checked<FitPlan | null> };

const closedFormsOf = (room: Classroom, blocks: readonly PlannedBlock[], effort: Effort): Forms => {
  const { scene, params } = room;
  const names = new Set(params.map((v) => v.name));
  const enumerated = new Set(blocks.filter((b) => b.method.enumerates(b.facts)).flatMap((b) => b.unknowns));
  const averaged = blocks.some(
    (b) =>
      !b.method.enumerates(b.facts) &&
      b.unknowns.some((u) => touchesParams(scene, u, names)) &&
      [...b.decisions.values()].some((d) => d.operation === 'marginalize'),
  );
  const { steps, open } = planSteps(scene, params, enumerated);
  if (open.length === 0 && !averaged) return { kind: 'sweeps', fit: planSweeps(scene, blocks, steps, effort.options) };
  const unserved = open.map((o) => o.variable);
  const without = shortNames(
    scene.model,
    unserved.map((v) => v.name),
  );
  const reason = averaged
    ? 'the latents are integrated out, so the params have no closed form'
    : `no closed form for ${without.join(', ')}`;
  const instead = (): Checked<FitPlan | null> => {
    const smooth = roughness(paramFacts(scene, params), 'lbfgs') === null;
    const standard = standardCoordinates(params, readableIn(scene.model));
    const optimizer = typeof standard !== 'string' && smooth ? standard.optimizer : 'adam';
    const sweeps = averaged ? null : mixedSteps(scene, blocks, steps, unserved, enumerated, optimizer === 'lbfgs');
    if (sweeps !== null) return { value: planSweeps(scene, blocks, sweeps, effort.options), diagnostics: [] };
    const refusals = open.flatMap((o) => o.refusals);
    return descend(room, scene, blocks, refusals, optimizer, effort, reason);
  };
  return { kind: 'none', reason, instead };
};

/** The method that the infer block names for a param, when the train block names none. */
const inferRequestOf = (scene: Scene, params: readonly Variable[]): Asked | null =>
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

interface Effort {
  readonly options: Readonly<Record<string, number>>;
  readonly epochs: number | null;
}

/** Without closed forms: descent on the free energy, when that is smooth in params that have free or projected coordinates. */
const descend = (
  { graph, params }: Classroom,
  scene: Scene,
  latents: readonly PlannedBlock[],
  refusals: readonly Refusal[],
  optimizer: OptimizerName,
  { options, epochs }: Effort,
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
