// One loss of a train block: the free energies that it needs, and the params of its learn lines. In: the request, the model as
// learning sees it. Out: the planned loss, or what the model lacks for it.
import type { Checked, Diagnostic } from '../diagnostics/diagnostic.ts';
import { diagnoseLoss } from '../diagnostics/messages/losses.ts';
import { diagnosePlanning } from '../diagnostics/messages/planning.ts';
import { dependsOn } from '../graph/expressions.ts';
import type { FactorGraph } from '../graph/factor-graph.ts';
import { definitionExpander } from '../graph/nets/expand.ts';
import { settledFollowers } from '../graph/nets/followers.ts';
import { shortNames } from '../graph/nets/params.ts';
import { lossMethod, servedLosses } from '../losses/index.ts';
import type { LossSubject } from '../losses/loss.ts';
import type { OptimizerName } from '../methods/continuous/optimizer.ts';
import { isOptimizer, optimizerChoice } from '../methods/continuous/optimizer.ts';
import type { Variable } from '../semantics/model.ts';
import type { Scene } from './choose.ts';
import { misfit } from './loss-fit.ts';
import { dataGroups, paramGroups } from './data-groups.ts';
import type { Learner, PlannedLoss } from './plan.ts';
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

export const planLoss = (
  room: Classroom,
  { train }: TrainingRequest,
  request: LossRequest,
): Checked<PlannedLoss | null> => {
  const { graph, scene, params } = room;
  const { setting, name } = request;
  const refuse = (diagnostic: Diagnostic): Checked<null> => ({ value: null, diagnostics: [diagnostic] });
  const loss = lossMethod(name);
  const span = setting.span ?? train?.span ?? null;
  if (loss === null) {
    const parameters = {
      loss: name,
      params: shortNames(
        graph.model,
        request.learn.flatMap((l) => l.params),
      ),
      served: servedLosses,
    };
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
  const free = energies.flatMap((e) => dataGroups(e.model, e.groups));
  const all = [...free, ...paramGroups(scene.model, scene.groups)].map((g) => g.energy);
  const options = Object.values(subject.call?.options ?? {});
  const read = [...all, ...options, ...(subject.expression === null ? [] : [subject.expression])];
  const lost = request.learn.flatMap((l) => l.params).find((n) => !read.some((e) => dependsOn(e, new Set([n]))));
  return lost === undefined ? null : `${lost} is to be learned by it, and nothing in it depends on ${lost}`;
};

const choiceOf = ({ request }: LearnRequest, standard: OptimizerName) =>
  optimizerChoice(request !== null && isOptimizer(request.name) ? request.name : standard, request?.options ?? {});
