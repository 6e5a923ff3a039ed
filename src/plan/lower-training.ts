// Learning by stochastic gradient as three programs that are called from outside, step after step. In: a plan with a 'train'
// fit. Out:
//   init      seed, restart                                → params, and what their optimizers remember
//   step      those, all data, rows of batches, step number → those, moved by several steps; the objective of each step
//   evaluate  params, all data, rows of batches            → the objective of each batch at the params
// The objective is (1/B)(Σ over the batch + whole-plate factors) + (1/N)(terms that touch params alone).
import { startValue } from '../methods/alternate/start.ts';
import { withBindings } from '../lower/environment.ts';
import type { Environment } from '../lower/environment.ts';
import type { Value } from '../tensor/builder.ts';
import { Builder } from '../tensor/builder.ts';
import * as dims from '../tensor/dims.ts';
import { optimise } from '../tensor/passes/index.ts';
import type { Program } from '../tensor/program.ts';
import { renameSizes } from '../tensor/rename-sizes.ts';
import { stepsSize } from './batch-rows.ts';
import { inputBindings } from './lower-energy.ts';
import { begun } from './param-moves.ts';
import type { Plan } from './plan.ts';
import type { ConstValues } from './program-environment.ts';
import type { TrainFit } from './training-roster.ts';
import { rosterOf } from './training-roster.ts';
import type { StepScene, TrainingSite } from './training-step.ts';
import { environmentIn, lowerParamTerms, objectiveAt, stepFrom } from './training-step.ts';
import { withoutUnread } from './unread-inputs.ts';

export const trainingEntries = ['init', 'step', 'evaluate'] as const;

export const lowerTraining = (
  plan: Plan,
  fit: TrainFit,
  consts: ConstValues,
): Readonly<Record<(typeof trainingEntries)[number], Program>> => {
  const open = { plan, fit, consts, roster: rosterOf(plan, fit) };
  const site = { ...open, paramTerms: lowerParamTerms(open) };
  return { init: lowerInit(site), step: lowerStep(site), evaluate: lowerEvaluate(site) };
};

const closed = (b: Builder, outputs: Readonly<Record<string, Value>>): Program =>
  withoutUnread(optimise(b.finish(outputs)));

const lowerInit = (site: TrainingSite): Program => {
  const b = new Builder();
  const { roster } = site;
  const env = withBindings(environmentIn(site, b), inputBindings(b, roster.data));
  const restart = b.input('restart', []);
  const outputs: Record<string, Value> = {};
  for (const variable of roster.params) {
    const start = startValue(env, variable, env.seed(), restart);
    const move = roster.moves.get(variable.name);
    const begin = move === undefined ? { param: start, states: [] } : begun(move, env, start);
    outputs[variable.name] = begin.param;
    move?.states.forEach(({ name }, i) => (outputs[name] = begin.states[i]!));
  }
  for (const { param, follows } of roster.followers) outputs[param] = outputs[follows]!;
  return renameSizes(closed(b, outputs), roster.rows.names);
};

/** A program over whole arrays that looks at one batch after another. */
interface Site {
  readonly b: Builder;
  readonly env: Environment;
  readonly arrays: ReadonlyMap<string, Value>;
  /** [$steps, B], int: which points each batch has; null: all of them. */
  readonly indices: Value | null;
}

const openSite = (site: TrainingSite, states: boolean): Site => {
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
const sceneOf = (
  { roster }: TrainingSite,
  { env, indices }: Site,
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

const overBatches = ({ b, indices }: Site): { readonly length: dims.Dim; readonly xs: readonly Value[] } => {
  const length = dims.size(stepsSize);
  const numbers = b.add(b.iota([length], 0, 'float'), b.add(b.input('step number', []), 1));
  return { length, xs: indices === null ? [numbers] : [numbers, indices] };
};

const lowerStep = (site: TrainingSite): Program => {
  const { roster } = site;
  const outer = openSite(site, true);
  const { b, arrays } = outer;
  const moves = [...roster.moves.values()];
  const names = [
    ...moves.flatMap((m) => [m.variable.name, ...m.states.map((s) => s.name)]),
    ...roster.followers.map((f) => f.param),
  ];
  const loop = b.scan(
    { ...overBatches(outer), carry: names.map((n) => arrays.get(n)!) },
    (c, carry, [stepNumber, rows]) => {
      const now = new Map([...arrays, ...names.map((n, i) => [n, carry[i]!] as const)]);
      const scene = sceneOf(site, outer, c, now, rows ?? null, stepNumber!);
      const next = stepFrom(site, scene, stepNumber!);
      return { carry: names.map((n) => next.arrays.get(n)!), ys: [next.objective] };
    },
  );
  const outputs = Object.fromEntries(names.map((n, i) => [n, loop.carry[i]!] as const));
  return closed(b, { ...outputs, objectives: loop.ys[0]! });
};

const lowerEvaluate = (site: TrainingSite): Program => {
  const outer = openSite(site, false);
  const loop = outer.b.scan({ ...overBatches(outer), carry: [] }, (c, _, [stepNumber, rows]) => {
    const scene = sceneOf(site, outer, c, outer.arrays, rows ?? null, stepNumber!);
    return { carry: [], ys: [objectiveAt(site, scene)] };
  });
  return closed(outer.b, { objectives: loop.ys[0]! });
};
