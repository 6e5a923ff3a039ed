// Where the programs of learning are built: whole arrays as inputs, and a loop that looks at one batch after another. In: a plan
// with a 'train' fit. Out: an open program, the scene of one batch in its loop, and the closed program.
import { withBindings } from '../lower/environment.ts';
import type { Environment } from '../lower/environment.ts';
import type { Value } from '../tensor/builder.ts';
import { Builder } from '../tensor/builder.ts';
import * as dims from '../tensor/dims.ts';
import { optimise } from '../tensor/passes/index.ts';
import type { Program } from '../tensor/program.ts';
import { stepsSize } from './batch-rows.ts';
import type { Plan } from './plan.ts';
import type { ConstValues } from './program-environment.ts';
import type { TrainFit } from './training-roster.ts';
import { rosterOf } from './training-roster.ts';
import type { StepScene, TrainingSite } from './training-step.ts';
import { environmentIn, lowerParamTerms } from './training-step.ts';
import { withoutUnread } from './unread-inputs.ts';

export const siteOf = (plan: Plan, fit: TrainFit, consts: ConstValues): TrainingSite => {
  const open = { plan, fit, consts, roster: rosterOf(plan, fit) };
  return { ...open, paramTerms: lowerParamTerms(open) };
};

export const closed = (b: Builder, outputs: Readonly<Record<string, Value>>): Program =>
  withoutUnread(optimise(b.finish(outputs)));

/** A program over whole arrays that looks at one batch after another. */
export interface OpenSite {
  readonly b: Builder;
  readonly env: Environment;
  readonly arrays: ReadonlyMap<string, Value>;
  /** [$steps, B], int: which points each batch has; null: all of them. */
  readonly indices: Value | null;
}

export const openSite = (site: TrainingSite, states: boolean): OpenSite => {
  const { fit, roster } = site;
  const b = new Builder();
  const declare = (name: string, shape: readonly dims.Dim[]) => [name, b.input(name, shape)] as const;
  const remembered = states ? [...roster.moves.values()].flatMap((m) => m.states) : [];
  const arrays = new Map([
    ...[...roster.params, ...roster.data].map((v) => declare(v.name, roster.rows.shapeOfAll(v))),
    ...remembered.map(({ name, shape }) => declare(name, shape)),
  ]);
  const { batch } = fit;
  const indices = batch === null ? null : b.input('batch indices', [dims.size(stepsSize), dims.size(batch.of)], 'int');
  return { b, env: environmentIn(site, b), arrays, indices };
};

/** The batch's rows of everything given, and random numbers of its own for each step. */
export const sceneOf = (
  { roster }: TrainingSite,
  { env, indices }: OpenSite,
  c: Builder,
  arrays: ReadonlyMap<string, Value>,
  rows: Value | null,
  stepNumber: Value,
): StepScene => {
  const given = roster.data.map((v) => {
    const whole = c.use(arrays.get(v.name)!);
    return [v.name, { kind: 'given', value: indices === null ? whole : roster.rows.take(c, v, whole, rows!) }] as const;
  });
  let seed: Value | null = null;
  const inner = { ...env, builder: c, seed: () => (seed ??= stepSeed(c, env.seed(), stepNumber)) };
  return { env: withBindings(inner, given), arrays, rows };
};

/** A whole number below 2^23, exact in float32, that depends on the seed and the number of the step alone. */
const stepSeed = (b: Builder, seed: Value, stepNumber: Value): Value =>
  b.floor(b.mul(b.random('uniform', [], seed, stepNumber), 2 ** 23));

export const overBatches = ({ b, indices }: OpenSite): { readonly length: dims.Dim; readonly xs: readonly Value[] } => {
  const length = dims.size(stepsSize);
  const numbers = b.add(b.iota([length], 0, 'float'), b.add(b.input('step number', []), 1));
  return { length, xs: indices === null ? [numbers] : [numbers, indices] };
};
