// How params are learned: by closed forms where every param has one (alternating with the latents), else by descent on the
// free energy. In: the scene, unknown params, latents. Out: a fit plan, or why nothing serves.
import type { Checked } from '../diagnostics/diagnostic.ts';
import { hasErrors } from '../diagnostics/diagnostic.ts';
import { diagnosePlanning } from '../diagnostics/messages/planning.ts';
import { dependsOn } from '../graph/expressions.ts';
import { followersOf } from '../graph/nets/followers.ts';
import { roughness } from '../methods/continuous/descent.ts';
import { transformsOf } from '../methods/continuous/joint-transform.ts';
import type { OptimizerName } from '../methods/continuous/optimizer.ts';
import { lossMethods } from '../losses/index.ts';
import { isOptimizer, optimizerChoice, optimizerTitles } from '../methods/continuous/optimizer.ts';
import type { Operation, Refusal } from '../methods/method.ts';
import type { Variable } from '../semantics/model.ts';
import type { Scene } from './choose.ts';
import { factsOf, standardStarts, planBlocks, planSteps, runaway } from './choose.ts';
import type { FitPlan, PlannedBlock, PlannedLoss, PlannedStep } from './plan.ts';
import { heldReason, heldStill } from './held-still.ts';
import { pointPlate } from './point-plate.ts';
import type { TrainingRequest } from './requests.ts';
import { inferRequest, trainingRequest } from './requests.ts';

export const planFit = (
  scene: Scene,
  params: readonly Variable[],
  latents: readonly Variable[],
): Checked<FitPlan | null> => {
  const training = trainingRequest(scene.model, scene.task, params);
  if (hasErrors(training.diagnostics)) return { value: null, diagnostics: training.diagnostics };
  // Learning asks for the energy, whatever is asked afterwards.
  const learning: Scene = { ...scene, task: { ...scene.task, query: 'map' } };
  const { blocks, diagnostics: missing } = planBlocks(learning, latents);
  if (missing.length > 0) return { value: null, diagnostics: missing };
  const away = runaway(paramFacts(learning, params));
  if (away !== null && blocks.length === 0) return { value: null, diagnostics: [away] };
  const untouched = params.find((v) => !scene.groups.some((g) => dependsOn(g.energy, new Set([v.name]))));
  if (untouched !== undefined && blocks.length > 0) {
    const parameters = { unknowns: [untouched.name], why: 'no factor touches it' };
    return { value: null, diagnostics: [diagnosePlanning('EBM508', untouched.span, parameters)] };
  }

  const asked = training.value.request === null ? inferRequestOf(scene, params, training.value) : training.value;
  const requested = asked.request?.name ?? null;
  if (requested !== null && isOptimizer(requested)) {
    const where = training.value.request === null ? 'infer' : 'train';
    return descend(learning, params, blocks, [], requested, asked, `the ${where} block says so`);
  }

  const names = new Set(params.map((v) => v.name));
  const gradual = onlyGradual(scene, names);
  if (gradual !== null && requested === null)
    return descend(learning, params, blocks, [], 'adam', training.value, gradual);
  if (gradual !== null) {
    const parameters = { method: requested!, unknowns: params.map((v) => v.name), reason: gradual };
    return { value: null, diagnostics: [diagnosePlanning('EBM509', asked.call!.span, parameters)] };
  }
  const enumerated = new Set(blocks.filter((b) => b.method.enumerates(b.facts)).flatMap((b) => b.unknowns));
  const averaged = blocks.some(
    (b) =>
      !b.method.enumerates(b.facts) &&
      b.unknowns.some((u) => touchesParams(scene, u, names)) &&
      [...b.decisions.values()].some((d) => d.operation === 'marginalize'),
  );
  const { steps, open } = planSteps(learning, params, enumerated);
  if (open.length === 0 && !averaged) {
    const value = closedForm(scene, blocks, steps, asked.request?.options ?? {});
    if (requested === null || (closedForms[requested]?.(value, blocks) ?? false)) return { value, diagnostics: [] };
    const reason = `their closed forms make ${value.kind === 'alternate' ? value.algorithm : 'one exact step'}`;
    const parameters = { method: requested, unknowns: params.map((v) => v.name), reason };
    return { value: null, diagnostics: [diagnosePlanning('EBM509', asked.call!.span, parameters)] };
  }
  const refusals = open.flatMap((o) => o.refusals);
  const reason = averaged
    ? 'the latents are integrated out, so the params have no closed form'
    : `no closed form for ${open.map((o) => o.variable.name).join(', ')}`;
  if (requested !== null) {
    const parameters = { method: requested, unknowns: params.map((v) => v.name), reason };
    return { value: null, diagnostics: [diagnosePlanning('EBM509', asked.call!.span, parameters)] };
  }
  const optimizer = roughness(paramFacts(learning, params), 'lbfgs') === null ? 'lbfgs' : 'adam';
  return descend(learning, params, blocks, refusals, optimizer, training.value, reason);
};

/** Why learning must go by steps along gradients, or null. */
const onlyGradual = (scene: Scene, params: ReadonlySet<string>): string | null =>
  heldStill(scene.groups, params).length > 0 ? heldReason : trailing(scene);

/** A moving average that the energy reads: it exists only where learning goes step by step. */
const trailing = ({ model, groups, task }: Scene): string | null => {
  const read = followersOf(model).find(
    (f) => !task.given.has(f.param) && groups.some((g) => dependsOn(g.energy, new Set([f.param]))),
  );
  if (read === undefined) return null;
  const net = model.nets.find((n) => n.derived?.how === 'ema' && n.params.includes(read.param))!;
  return `${net.name} is an average that moves with every step of learning (\`learn … by adam\` or \`sgd\`)`;
};

/** The method that the infer block names for a param, when the train block names none. */
const inferRequestOf = (scene: Scene, params: readonly Variable[], training: TrainingRequest): TrainingRequest => {
  const named = params.filter((v) => scene.model.infer.some((s) => s.variables.includes(v.name)));
  const found = named.map((v) => inferRequest(scene.model, scene.task, v)).find((r) => r !== null);
  return found === undefined ? training : { ...training, ...found };
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

const paramFacts = (scene: Scene, params: readonly Variable[]) =>
  factsOf(
    scene,
    params.map((variable) => ({ variable, operation: 'minimize', beta: Infinity }) as const),
    new Set(),
  );

const closedForm = (
  scene: Scene,
  blocks: readonly PlannedBlock[],
  steps: readonly PlannedStep[],
  options: Readonly<Record<string, number>>,
): FitPlan & { readonly kind: 'closed' | 'alternate' } => {
  const alone = blocks.length === 0 && (steps.length === 1 || independent(scene, steps));
  if (alone) return { kind: 'closed', steps };
  const restarts = scene.task.restarts ?? options['restarts'] ?? null;
  const iterations = options['iterations'] ?? standardIterations;
  const starts = restarts === null ? affordableStarts(blocks) : { restarts, trialIterations: null };
  return { kind: 'alternate', latents: blocks, steps, ...starts, iterations, algorithm: algorithmOf(blocks) };
};

/** Without closed forms: descent on the free energy, when that is smooth in params that have free coordinates. */
const descend = (
  scene: Scene,
  params: readonly Variable[],
  latents: readonly PlannedBlock[],
  refusals: readonly Refusal[],
  optimizer: OptimizerName,
  training: TrainingRequest,
  reason: string,
): Checked<FitPlan | null> => {
  const transforms = transformsOf(params);
  const obstacle =
    typeof transforms === 'string'
      ? transforms
      : (trailing(scene) ?? heldFrom(optimizer, scene, params) ?? roughness(paramFacts(scene, params), optimizer));
  if (obstacle !== null) {
    const all = [...refusals, { kind: 'refusal', method: optimizerTitles[optimizer], reason: obstacle } as const];
    const parameters = { unknowns: params.map((v) => v.name), operation: 'learn', refusals: all };
    return { value: null, diagnostics: [diagnosePlanning('EBM502', params[0]!.span, parameters)] };
  }
  const value: FitPlan = {
    kind: 'descend',
    loss: energyLoss(scene, latents),
    params: params.map((v) => v.name),
    optimizer: optimizerChoice(optimizer, training.request?.options, training.epochs),
    restarts: scene.task.restarts ?? training.request?.options['restarts'] ?? standardStarts,
    reason,
    refusals,
  };
  return { value, diagnostics: [] };
};

/** A line search compares values that the gradient knows nothing of. */
const heldFrom = (optimizer: OptimizerName, scene: Scene, params: readonly Variable[]): string | null =>
  optimizer === 'lbfgs' && heldStill(scene.groups, new Set(params.map((v) => v.name))).length > 0 ? heldReason : null;

/** The loss of a model that names none. */
const energyLoss = (scene: Scene, blocks: readonly PlannedBlock[]): PlannedLoss => ({
  loss: lossMethods.energy!,
  subject: {
    model: scene.model,
    call: null,
    expression: null,
    targets: scene.model.variables.filter((v) => v.role === 'target').map((v) => v.name),
    plate: pointPlate(scene.model, null),
  },
  energies: [{ kind: 'given', replaced: [], model: scene.model, groups: scene.groups, blocks }],
  learners: [],
});

const touchesParams = (scene: Scene, unknown: string, params: ReadonlySet<string>): boolean =>
  scene.groups.some((g) => dependsOn(g.energy, new Set([unknown])) && dependsOn(g.energy, params));

/** No group touches the params of two steps. */
const independent = (scene: Scene, steps: readonly PlannedStep[]): boolean =>
  scene.groups.every((g) => steps.filter((s) => dependsOn(g.energy, new Set(s.unknowns))).length <= 1);

/** Ten starts, where fifty iterations of each fit into about ten seconds at 10⁹ operations a second. Otherwise trials of a
 *  few iterations, as many as fit into about five seconds, of which the best is continued. */
const affordableStarts = (latents: readonly PlannedBlock[]) => {
  const perIteration = latents.reduce((sum, l) => sum + l.chosen.cost.operations, 1);
  if (10 * 50 * perIteration <= 1e10) return { restarts: 10, trialIterations: null };
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
  return decisions.every((d) => d.operation === 'minimize')
    ? 'alternating minimisation (Lloyd)'
    : 'block coordinate descent';
};
