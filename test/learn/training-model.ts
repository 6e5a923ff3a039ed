// A model text planned as `ebmc run` plans it, for tests of learning by stochastic steps. In: a text, data, options. Out: the
// plan with its programs, and calls of them on plain numbers.
import type { NestedData, RunOptions } from '../../src/api.ts';
import type { Backend, TensorData } from '../../src/backend/backend.ts';
import { referenceBackend, runProgram } from '../../src/backend/reference.ts';
import { analyse } from '../../src/compile.ts';
import type { Training, TrainingEnd, TrainingHooks } from '../../src/learn/fit.ts';
import { fitBySteps } from '../../src/learn/fit.ts';
import type { TrainingRequest } from '../../src/learn/train.ts';
import type { TrainingState } from '../../src/learn/training-state.ts';
import { sizeOfAll, stepsSize } from '../../src/plan/batch-rows.ts';
import { lowerPlan } from '../../src/plan/lower-plan.ts';
import { planTask } from '../../src/plan/plan-task.ts';
import { bindTask } from '../../src/run/bind-task.ts';
import { defaults } from '../methods/run-model.ts';

export type Arrays = Readonly<Record<string, TensorData>>;

export const scalar = (value: number): TensorData => ({ shape: [], data: Float64Array.of(value) });
export const vector = (...values: readonly number[]): TensorData => ({
  shape: [values.length],
  data: Float64Array.from(values),
});
/** One row of indices for each step. */
export const batches = (...steps: readonly (readonly number[])[]): TensorData => ({
  shape: [steps.length, steps[0]!.length],
  data: Int32Array.from(steps.flat()),
});

/** Throws with the diagnostics when the model is not learned by stochastic steps. */
export const requestOf = (
  source: string,
  data: Readonly<Record<string, NestedData>>,
  options: Partial<RunOptions> = {},
  backend: Backend = referenceBackend,
): TrainingRequest => {
  const analysis = analyse(source, 'model.ebm');
  if (analysis.graph === null) throw new Error(analysis.diagnostics.map((d) => d.message).join('\n'));
  const all = { ...defaults, ...options, data };
  const task = bindTask(analysis, all, false);
  if (task.value === null) throw new Error(task.diagnostics.map((d) => d.message).join('\n'));
  const { bound } = task.value;
  const { value: plan, diagnostics } = planTask(analysis.graph, task.value.task, task.value.beta);
  if (plan === null) throw new Error(diagnostics.map((d) => d.message).join('\n'));
  if (plan.fit?.kind !== 'train') throw new Error(`it is learned by ${plan.fit?.kind ?? 'nothing'}`);
  return {
    plan,
    fit: plan.fit,
    consts: bound.consts,
    spec: lowerPlan(plan, bound.consts, 'model.ebm', []),
    backend,
    data: bound.values,
    sizes: Object.fromEntries(Object.entries(bound.sizes).map(([name, s]) => [name, s.value])),
    seed: all.seed,
    resume: null,
  };
};

/** One call of an entry in float64, over so many steps where no batches say so. */
export const call = (
  request: TrainingRequest,
  entry: 'init' | 'step' | 'evaluate',
  inputs: Arrays,
  steps = 1,
): Arrays => {
  const { fit, spec, data, sizes } = request;
  const batched = fit.batch === null ? [] : [fit.batch.of];
  const known = Object.entries(sizes).map(([name, n]) => [batched.includes(name) ? sizeOfAll(name) : name, n] as const);
  const given = { seed: scalar(0), 'step number': scalar(0), restart: scalar(0), ...data, ...inputs };
  return runProgram(spec.entries[entry]!, given, {
    sizes: { ...Object.fromEntries(known), ...(fit.batch === null ? { [stepsSize]: steps } : {}) },
  });
};

export const numbers = (arrays: Arrays, name: string): readonly number[] => Array.from(arrays[name]!.data);

/** All epochs, from the beginning or from a state. */
export const fitted = async (
  request: TrainingRequest,
  hooks: TrainingHooks = {},
  from: TrainingState | null = null,
): Promise<TrainingEnd> => {
  const runner = await request.backend.load(request.spec);
  const { fit, spec, data, sizes, seed } = request;
  const training: Training = { fit, spec, runner, data, sizes, seed };
  const end = await fitBySteps(training, from, hooks);
  await runner.dispose();
  return end;
};

/** The state at the end of a training that ran to it. */
export const finished = async (
  request: TrainingRequest,
  hooks: TrainingHooks = {},
  from: TrainingState | null = null,
): Promise<TrainingState> => {
  const end = await fitted(request, hooks, from);
  if (end.kind !== 'complete') throw new Error(`the training is ${end.kind}`);
  return end.state;
};

/** A save that keeps what it is given, where a condition holds. */
export const collecting =
  (into: TrainingState[], when: (state: TrainingState) => boolean = () => true): NonNullable<TrainingHooks['save']> =>
  async (state) => {
    if (when(state)) into.push(state);
    return [];
  };
