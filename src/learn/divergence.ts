// Which factor left the finite numbers, and in which step. In: the call in which it happened, and where it began. Out: the step
// and the culprit. The call is repeated up to the step, and each factor looked at by itself at the params before it.
import type { Backend, ModuleSpec } from '../backend/backend.ts';
import type { Culprit } from '../diagnostics/messages/learning.ts';
import { diagnosisNames } from '../plan/lower-diagnosis.ts';
import { isStateName } from '../plan/param-moves.ts';
import type { Divergence, Training } from './fit.ts';
import { batchOf, callOn, orderOf, pointsOf } from './fit.ts';
import { stepsPerEpoch } from './shuffle.ts';
import type { Arrays } from './training-state.ts';
import { isFinite, isPossible } from './training-state.ts';

export interface Diagnosed {
  /** Counted from 1, over all epochs of the start. */
  readonly step: number;
  readonly epoch: number;
  readonly culprit: Culprit;
}

/** `spec`: a module with the entry `diagnosis` for these factors, in order of declaration. */
export const diagnose = async (
  training: Training,
  { good, chunk, suspect }: Divergence,
  backend: Backend,
  spec: ModuleSpec,
  factors: readonly string[],
): Promise<Diagnosed> => {
  const perEpoch = stepsPerEpoch(pointsOf(training), batchOf(training));
  const done = good.epoch * perEpoch + chunk.first;
  const order = orderOf(training, good.restart, good.epoch);
  const before = async (step: number): Promise<Arrays> => {
    if (step === 0) return good.arrays;
    const { objectives: _, ...moved } = await callOn(
      'step',
      training,
      good.arrays,
      order,
      { ...chunk, steps: step },
      done,
    );
    return { ...good.arrays, ...moved };
  };
  let at = suspect;
  let arrays = await before(at);
  // A step may go wrong after its objective: then it is the params before the suspect that are no numbers.
  while (at > 0 && !Object.values(arrays).every(isFinite)) arrays = await before(--at);
  const runner = await backend.load(spec);
  const one = { first: chunk.first + at, steps: 1, size: chunk.size };
  const there = { ...training, runner, spec };
  const looked = await callOn('diagnosis', there, arrays, order, one, done + at);
  await runner.dispose();
  const found = culpritAmong(factors, looked);
  const step = { step: done + at + 1, epoch: good.epoch + 1 };
  if (found !== null) return { ...step, culprit: found };
  const { objectives, ...moved } = await callOn('step', training, arrays, order, one, done + at);
  const objective = objectives!.data[0]!;
  if (!isPossible(objective)) return { ...step, culprit: { kind: 'loss', value: objective } };
  const overflown = Object.keys(moved).find((name) => !isFinite(moved[name]!));
  const param = overflown === undefined ? Object.keys(moved)[0]! : overflown;
  return { ...step, culprit: { kind: 'update', param: isStateName(param) ? param.split('/')[1]! : param } };
};

const culpritAmong = (factors: readonly string[], looked: Arrays): Culprit | null => {
  for (const kind of ['energy', 'slope'] as const)
    for (const factor of factors) {
      const value = looked[diagnosisNames(factor)[kind]]!.data[0]!;
      if (!isPossible(value)) return { kind, factor, value };
    }
  return null;
};
