// Params by stochastic gradient, for `run` and `train` alike. In: a plan with such a fit, bound data, options. Out: the params and
// how learning went.
import type { RunOptions } from '../api.ts';
import type { Backend, ModuleSpec, TensorData } from '../backend/backend.ts';
import type { Checked } from '../diagnostics/diagnostic.ts';
import type { TrainingHooks } from '../learn/fit.ts';
import type { Trained, TrainingRequest } from '../learn/train.ts';
import { train } from '../learn/train.ts';
import { isStateName } from '../plan/param-moves.ts';
import type { Plan } from '../plan/plan.ts';
import type { TrainFit } from '../plan/training-roster.ts';
import type { BoundTask } from './bind-task.ts';

type Arrays = Readonly<Record<string, TensorData>>;

export const learnParams = (
  plan: Plan,
  fit: TrainFit,
  { bound }: BoundTask,
  spec: ModuleSpec,
  backend: Backend,
  options: RunOptions,
  more: {
    readonly resume: TrainingRequest['resume'];
    readonly save?: TrainingHooks['save'];
    readonly onBegin?: TrainingHooks['onBegin'];
  } = { resume: null },
): Promise<Checked<Trained | null>> => {
  const { onStep, cancelled, seed } = options;
  const request: TrainingRequest = {
    plan,
    fit,
    consts: bound.consts,
    spec,
    backend,
    data: bound.values,
    sizes: Object.fromEntries(Object.entries(bound.sizes).map(([name, s]) => [name, s.value])),
    seed,
    resume: more.resume,
  };
  return train(request, {
    ...(more.onBegin === undefined ? {} : { onBegin: more.onBegin }),
    ...(cancelled === undefined ? {} : { cancelled }),
    ...(more.save === undefined ? {} : { save: more.save }),
    ...(onStep === undefined
      ? {}
      : {
          onStep: ({ step, of, epoch, epochs, objective }) =>
            onStep({ phase: 'training', step, of, objective, epoch: { number: epoch, of: epochs } }),
        }),
  });
};

/** Without what optimizers remember. */
export const paramsIn = (arrays: Arrays): Arrays =>
  Object.fromEntries(Object.entries(arrays).filter(([name]) => !isStateName(name)));

/** How learning went, as the program of another fit would say it. */
export const storyOf = ({ state, complete, steps }: Trained): Arrays => ({
  converged: { shape: [], data: Float64Array.of(complete ? 1 : 0) },
  iterations: { shape: [], data: Float64Array.of(steps) },
  trace: { shape: [state.trace.length], data: Float64Array.from(state.trace) },
  'trace step': { shape: [], data: Float64Array.of(1) },
  'objective reached': { shape: [], data: Float64Array.of(state.trace.at(-1) ?? NaN) },
});

/** The outputs of a query with how learning went before it: both have to have converged. */
export const withStory = (outputs: Arrays, story: Arrays | null): Arrays => {
  if (story === null) return outputs;
  const both = [outputs, story].every(({ converged }) => converged === undefined || converged.data[0] === 1);
  return { ...outputs, ...story, converged: { shape: [], data: Float64Array.of(both ? 1 : 0) } };
};
