// Learning into a file. In: a plan, bound data, options with what to go on from and where to save. Out: what was learned, in a
// few words. Fits that take one program are saved once; stochastic ones after every epoch.
import type { Analysis, TrainOptions, TrainResult } from '../api.ts';
import type { Backend, ModuleSpec, TensorData } from '../backend/backend.ts';
import type { Checked, Diagnostic } from '../diagnostics/diagnostic.ts';
import { hasErrors } from '../diagnostics/diagnostic.ts';
import { diagnoseLearning } from '../diagnostics/messages/learning.ts';
import { flatten, isArrayData } from '../data/nest.ts';
import { followerNames } from '../graph/nets/followers.ts';
import type { Origin } from '../learn/checkpoint.ts';
import { formatCheckpoint, parseCheckpoint } from '../learn/checkpoint.ts';
import type { TrainingState } from '../learn/training-state.ts';
import type { FitPlan, Plan } from '../plan/plan.ts';
import type { BoundTask } from './bind-task.ts';
import { execute } from './execute.ts';
import { learnParams } from './learn-params.ts';
import { originOf } from './training-origin.ts';

export const trainToFile = async (
  analysis: Analysis,
  plan: Plan,
  task: BoundTask,
  spec: ModuleSpec,
  backend: Backend,
  options: TrainOptions,
): Promise<Checked<TrainResult | null>> => {
  const { fit } = plan;
  const model = plan.model.name;
  if (fit === null) return { value: null, diagnostics: [diagnoseLearning('EBM655', null, { model })] };
  const site: Site = { plan, task, spec, backend, options, origin: originOf(analysis, fit, task, options) };
  return fit.kind === 'train' ? stepwise(site, fit) : atOnce(site);
};

interface Site {
  readonly plan: Plan;
  readonly task: BoundTask;
  readonly spec: ModuleSpec;
  readonly backend: Backend;
  readonly options: TrainOptions;
  readonly origin: Origin;
}

const resultOf = (
  { plan, backend }: Site,
  state: TrainingState,
  parts: Pick<TrainResult, 'converged' | 'interrupted' | 'epochs'>,
): TrainResult => {
  // The file has these too: params that no learn line names, and moving averages.
  const unlearned = new Set([...plan.kept, ...followerNames(plan.model)]);
  const learned = plan.model.variables.filter((v) => state.arrays[v.name] !== undefined && !unlearned.has(v.name));
  return {
    model: plan.model.name,
    backend: backend.name,
    params: learned.map((v) => v.name),
    objective: state.trace.at(-1) ?? null,
    trace: state.trace,
    ...parts,
  };
};

const stepwise = async (
  site: Site,
  fit: FitPlan & { readonly kind: 'train' },
): Promise<Checked<TrainResult | null>> => {
  const { plan, task, spec, backend, options, origin } = site;
  const resume = options.resume === null ? null : { ...options.resume, origin };
  const save = (state: TrainingState): Promise<readonly Diagnostic[]> => options.save(formatCheckpoint(state, origin));
  const { value, diagnostics } = await learnParams(plan, fit, task, spec, backend, options, {
    resume,
    save,
    ...(options.onBegin === undefined ? {} : { onBegin: options.onBegin }),
  });
  if (value === null) return { value, diagnostics };
  const { state, complete } = value;
  const epochs = { done: state.epoch, of: fit.epochs };
  return { value: resultOf(site, state, { converged: complete, interrupted: !complete, epochs }), diagnostics };
};

/** By one program: what is already complete is left alone, and what had not converged is tried again. */
const atOnce = async (site: Site): Promise<Checked<TrainResult | null>> => {
  const { plan, task, spec, backend, options, origin } = site;
  const whole = { converged: true, interrupted: false, epochs: null };
  if (options.resume !== null) {
    const found = parseCheckpoint(options.resume.bytes, options.resume.file, origin, []);
    if (found.value === null) return { value: null, diagnostics: found.diagnostics };
    if (found.value.complete) return { value: resultOf(site, found.value, whole), diagnostics: [] };
  }
  const { value: run, diagnostics } = await execute(plan, task, spec, backend, options, 0);
  if (run === null || hasErrors(diagnostics)) return { value: null, diagnostics };
  const arrays: Record<string, TensorData> = {};
  for (const [name, value] of Object.entries(run.json.params)) {
    const { shape, data } = isArrayData(value) ? value : flatten(value);
    arrays[name] = { shape, data };
  }
  const trace = (run.trace ?? []).filter((x) => Number.isFinite(x));
  const { converged } = run.json;
  const begun = { restart: 0, epoch: 0, step: 0, sum: 0, best: null };
  const state: TrainingState = { ...begun, arrays, trace, complete: converged };
  const problems = await options.save(formatCheckpoint(state, origin));
  if (problems.length > 0) return { value: null, diagnostics: [...diagnostics, ...problems] };
  return { value: resultOf(site, state, { ...whole, converged }), diagnostics };
};
