// Learning by stochastic gradient: epochs, shuffles, restarts. In: a fit, its compiled programs, data, and where to begin. Out:
// the params with the story of how they were found. The world is met through hooks: progress, the wish to stop, checkpoints.
import type { ModuleSpec, Runner } from '../backend/backend.ts';
import type { Diagnostic } from '../diagnostics/diagnostic.ts';
import { sizeOfAll, stepsSize } from '../plan/batch-rows.ts';
import type { TrainFit } from '../plan/training-roster.ts';
import { isStateName } from '../plan/param-moves.ts';
import { pacing } from './pace.ts';
import type { Save } from './saving.ts';
import { savingBy } from './saving.ts';
import type { Chunk } from './shuffle.ts';
import { chunkFrom, shuffled, stepsPerEpoch } from './shuffle.ts';
import type { Arrays, TrainingState } from './training-state.ts';
import { isFinite, isPossible } from './training-state.ts';

/** What is learned from, and by what. */
export interface Training {
  readonly fit: TrainFit;
  readonly spec: ModuleSpec;
  readonly runner: Runner;
  /** Everything that has a value. */
  readonly data: Arrays;
  readonly sizes: Readonly<Record<string, number>>;
  readonly seed: number;
}

export interface TrainingHooks {
  /** The checkpoint to go on from was good, and the backend has started, with these warnings. */
  readonly onBegin?: (warnings: readonly Diagnostic[]) => void;
  readonly onStep?: (info: {
    readonly step: number;
    readonly of: number;
    readonly epoch: number;
    readonly epochs: number;
    readonly objective: number;
  }) => void;
  readonly cancelled?: () => boolean;
  /** Called after every epoch and at the end, see saving.ts. What it returns ends the run. */
  readonly save?: Save;
  /** Instead of as many as take a tenth of a second. */
  readonly stepsPerCall?: number;
}

/** A step from which the numbers did not come back finite. */
export interface Divergence {
  /** Before the call in which it happened. */
  readonly good: TrainingState;
  readonly chunk: Chunk;
  /** Of the call's steps, the first without a finite objective; the last when they all have one. */
  readonly suspect: number;
}

export type TrainingEnd =
  | { readonly kind: 'complete' | 'interrupted'; readonly state: TrainingState }
  | { readonly kind: 'unsaved'; readonly state: TrainingState; readonly diagnostics: readonly Diagnostic[] }
  | { readonly kind: 'diverged'; readonly divergence: Divergence };

const scalar = (value: number) => ({ shape: [], data: Float64Array.of(value) });

export const pointsOf = ({ fit, sizes }: Training): number => (fit.points === null ? 1 : sizes[fit.points.of]!);

/** Points of a full step. */
export const batchOf = (training: Training): number => {
  const { batch } = training.fit;
  return batch === null ? pointsOf(training) : Math.min(batch.size, pointsOf(training));
};

export const beginning = async ({ runner, data, sizes, seed, fit }: Training, restart: number): Promise<Arrays> => {
  const of = fit.batch?.of;
  const known = of === undefined ? sizes : { ...sizes, [sizeOfAll(of)]: sizes[of]! };
  return runner.call('init', { ...data, seed: scalar(seed), restart: scalar(restart) }, { sizes: known });
};

/** One call of an entry on consecutive batches of an order of the points. */
export const callOn = async (
  entry: 'step' | 'evaluate' | 'diagnosis',
  training: Training,
  arrays: Arrays,
  order: Int32Array,
  chunk: Chunk,
  stepNumber: number,
  cancelled: () => boolean = () => false,
): Promise<Arrays> => {
  const { fit, runner, data, sizes, seed } = training;
  const { first, steps, size } = chunk;
  const from = first * batchOf(training);
  const own: Record<string, number> = { ...sizes, [stepsSize]: steps };
  if (fit.batch !== null) {
    own[sizeOfAll(fit.batch.of)] = sizes[fit.batch.of]!;
    own[fit.batch.of] = size;
  }
  const inputs = {
    ...data,
    ...arrays,
    seed: scalar(seed),
    'step number': scalar(stepNumber),
    'batch indices': { shape: [steps, size], data: order.slice(from, from + steps * size) },
  };
  return runner.call(entry, inputs, { sizes: own, keep: Object.keys(data), cancelled });
};

export const orderOf = (training: Training, restart: number, epoch: number): Int32Array =>
  training.fit.batch === null ? new Int32Array(0) : shuffled(pointsOf(training), training.seed, restart, epoch);

export const fitBySteps = async (
  training: Training,
  from: TrainingState | null,
  hooks: TrainingHooks,
): Promise<TrainingEnd> => {
  const { fit } = training;
  let state = from ?? (await fresh(training, 0, null));
  while (!state.complete) {
    const end = await oneStart(training, state, hooks);
    if (end.kind !== 'complete') return end;
    const settled = await settle(training, end.state);
    const last = settled.restart + 1 >= fit.restarts;
    state = last ? finished(settled) : await fresh(training, settled.restart + 1, settled.best);
    const diagnostics = (await hooks.save?.(state)) ?? [];
    if (diagnostics.length > 0) return { kind: 'unsaved', state, diagnostics };
  }
  return { kind: 'complete', state };
};

const fresh = async (training: Training, restart: number, best: TrainingState['best']): Promise<TrainingState> => ({
  arrays: await beginning(training, restart),
  restart,
  epoch: 0,
  step: 0,
  sum: 0,
  trace: [],
  best,
  complete: false,
});

/** All epochs of one start. */
const oneStart = async (training: Training, from: TrainingState, hooks: TrainingHooks): Promise<TrainingEnd> => {
  const { fit } = training;
  const [points, batch] = [pointsOf(training), batchOf(training)];
  const perEpoch = stepsPerEpoch(points, batch);
  const cancelled = (): boolean => hooks.cancelled?.() === true;
  let state = from;
  const pace = pacing();
  const saving = savingBy(hooks.save);
  while (state.epoch < fit.epochs) {
    const order = orderOf(training, state.restart, state.epoch);
    while (state.step < perEpoch) {
      if (cancelled()) return stopped(state, hooks);
      const chunk = chunkFrom(state.step, points, batch, hooks.stepsPerCall ?? pace.steps());
      const started = performance.now();
      const next = await advanced(training, state, order, chunk, cancelled);
      // Asked in its midst, descents inside the call ended early: it does not count.
      if (cancelled()) return stopped(state, hooks);
      if ('suspect' in next) {
        const diagnostics = await saving.owed();
        return diagnostics.length > 0
          ? { kind: 'unsaved', state, diagnostics }
          : { kind: 'diverged', divergence: next };
      }
      state = next;
      hooks.onStep?.({
        step: (state.restart * fit.epochs + state.epoch) * perEpoch + state.step,
        of: fit.restarts * fit.epochs * perEpoch,
        epoch: state.epoch + 1,
        epochs: fit.epochs,
        objective: state.sum / Math.min(state.step * batch, points),
      });
      if (chunk.size === batch) pace.took(chunk.steps, performance.now() - started);
      await breath();
      const diagnostics = state.step < perEpoch ? await saving.within(state) : [];
      if (diagnostics.length > 0) return { kind: 'unsaved', state, diagnostics };
    }
    state = withEpoch(state, points);
    // The last epoch is saved with what comes of it.
    if (state.epoch >= fit.epochs) break;
    const diagnostics = await saving.atEpoch(state);
    if (diagnostics.length > 0) return { kind: 'unsaved', state, diagnostics };
  }
  return { kind: 'complete', state };
};

/** The state after one call, or how its numbers went wrong. */
const advanced = async (
  training: Training,
  state: TrainingState,
  order: Int32Array,
  chunk: Chunk,
  cancelled: () => boolean,
): Promise<TrainingState | Divergence> => {
  const done = state.epoch * stepsPerEpoch(pointsOf(training), batchOf(training)) + state.step;
  const { objectives, ...moved } = await callOn('step', training, state.arrays, order, chunk, done, cancelled);
  const values = Array.from(objectives!.data);
  const wrong = values.findIndex((v) => !isPossible(v));
  if (wrong >= 0 || !Object.values(moved).every(isFinite))
    return { good: state, chunk, suspect: wrong < 0 ? chunk.steps - 1 : wrong };
  const sum = values.reduce((total, v) => total + v * chunk.size, state.sum);
  return { ...state, arrays: { ...state.arrays, ...moved }, step: state.step + chunk.steps, sum };
};

const withEpoch = (state: TrainingState, points: number): TrainingState => ({
  ...state,
  epoch: state.epoch + 1,
  step: 0,
  sum: 0,
  trace: [...state.trace, state.sum / points],
});

/** Signals are delivered between turns of the event loop only. */
const breath = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

const stopped = async (state: TrainingState, hooks: TrainingHooks): Promise<TrainingEnd> => {
  const diagnostics = (await hooks.save?.(state)) ?? [];
  return diagnostics.length > 0 ? { kind: 'unsaved', state, diagnostics } : { kind: 'interrupted', state };
};

/** A start that is over, compared with the best before it. One start alone is not evaluated. */
const settle = async (training: Training, state: TrainingState): Promise<TrainingState> => {
  const params = Object.fromEntries(Object.entries(state.arrays).filter(([name]) => !isStateName(name)));
  if (training.fit.restarts === 1)
    return { ...state, best: { objective: state.trace.at(-1)!, params, trace: state.trace } };
  const objective = await objectiveOverAll(training, params);
  const { best } = state;
  return best !== null && best.objective <= objective
    ? state
    : { ...state, best: { objective, params, trace: state.trace } };
};

const finished = (state: TrainingState): TrainingState => ({
  ...state,
  arrays: state.best!.params,
  trace: state.best!.trace,
  complete: true,
});

/** The mean of the batches' objectives, points in their own order. */
export const objectiveOverAll = async (training: Training, params: Arrays): Promise<number> => {
  const [points, batch] = [pointsOf(training), batchOf(training)];
  const order = Int32Array.from({ length: points }, (_, i) => i);
  let sum = 0;
  for (let step = 0; step < stepsPerEpoch(points, batch);) {
    const chunk = chunkFrom(step, points, batch, 1);
    const { objectives } = await callOn('evaluate', training, params, order, chunk, step);
    for (const value of objectives!.data) sum += value * chunk.size;
    step += chunk.steps;
  }
  return sum / points;
};
