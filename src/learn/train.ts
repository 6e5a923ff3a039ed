// A fit by stochastic gradient, from start to end. In: a plan, its module, a backend, data; where to go on from. Out: the params
// and how learning went, or the diagnostic that stopped it.
import type { Backend, ModuleSpec } from '../backend/backend.ts';
import { cautionsOf } from '../backend/caution.ts';
import type { Checked } from '../diagnostics/diagnostic.ts';
import { diagnoseLearning } from '../diagnostics/messages/learning.ts';
import { declaredName } from '../plan/data-groups.ts';
import { diagnosedFactors, lowerDiagnosis } from '../plan/lower-diagnosis.ts';
import type { Plan } from '../plan/plan.ts';
import type { ConstValues } from '../plan/program-environment.ts';
import type { TrainFit } from '../plan/training-roster.ts';
import type { Origin } from './checkpoint.ts';
import { parseCheckpoint } from './checkpoint.ts';
import { diagnose } from './divergence.ts';
import type { Training, TrainingHooks } from './fit.ts';
import { batchOf, fitBySteps, pointsOf } from './fit.ts';
import { stepsPerEpoch } from './shuffle.ts';
import type { Arrays, TrainingState } from './training-state.ts';

export interface TrainingRequest {
  readonly plan: Plan;
  readonly fit: TrainFit;
  readonly consts: ConstValues;
  readonly spec: ModuleSpec;
  readonly backend: Backend;
  readonly data: Arrays;
  readonly sizes: Readonly<Record<string, number>>;
  readonly seed: number;
  readonly resume: { readonly file: string; readonly bytes: Buffer; readonly origin: Origin } | null;
}

export interface Trained {
  readonly state: TrainingState;
  /** All epochs of all starts ran. */
  readonly complete: boolean;
  /** Of the start whose params these are. */
  readonly steps: number;
}

const trainedBy = (training: Training, state: TrainingState): Trained => {
  const perEpoch = stepsPerEpoch(pointsOf(training), batchOf(training));
  return { state, complete: state.complete, steps: state.epoch * perEpoch + state.step };
};

export const train = async (request: TrainingRequest, hooks: TrainingHooks): Promise<Checked<Trained | null>> => {
  const { fit, spec, backend, data, sizes, seed, resume } = request;
  let from: TrainingState | null = null;
  if (resume !== null) {
    const needed = spec.entries['init']!.outputs.map((o) => o.name);
    const read = parseCheckpoint(resume.bytes, resume.file, resume.origin, needed);
    if (read.value === null) return { value: null, diagnostics: read.diagnostics };
    from = read.value;
  }
  const runner = await backend.load(spec);
  try {
    const training: Training = { fit, spec, runner, data, sizes, seed };
    const told = cautionsOf(backend.name, runner);
    hooks.onBegin?.(told);
    const end = await fitBySteps(training, from, hooks);
    switch (end.kind) {
      case 'complete':
      case 'interrupted':
        return {
          value: trainedBy(training, end.state),
          diagnostics: cautionsOf(backend.name, runner).slice(told.length),
        };
      case 'unsaved':
        return { value: null, diagnostics: end.diagnostics };
      case 'diverged': {
        const { plan, consts } = request;
        const entries = { diagnosis: lowerDiagnosis(plan, fit, consts) };
        const found = await diagnose(training, end.divergence, backend, { ...spec, entries }, diagnosedFactors(plan));
        const { culprit, ...place } = found;
        const factor = 'factor' in culprit ? culprit.factor : null;
        const group = plan.learning.groups.find((g) => declaredName(g) === factor);
        const diagnostic = diagnoseLearning('EBM653', group?.span ?? null, { ...place, culprit });
        return { value: null, diagnostics: [diagnostic] };
      }
    }
  } finally {
    await runner.dispose();
  }
};
