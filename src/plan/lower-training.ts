// Learning by stochastic gradient as three programs that are called from outside, step after step. In: a plan with a 'train'
// fit. Out:
//   init      seed, restart                                → params, and what their optimizers remember
//   step      those, all data, rows of batches, step number → those, moved by several steps; the objective of each step
//   evaluate  params, all data, rows of batches            → the objective of each batch at the params
// The objective is (1/B)(Σ over the batch + whole-plate factors) + (1/N)(terms that touch params alone).
import type { ModuleSpec } from '../backend/backend.ts';
import { startValue } from '../methods/alternate/start.ts';
import { withBindings } from '../lower/environment.ts';
import type { Value } from '../tensor/builder.ts';
import { Builder } from '../tensor/builder.ts';
import type { Program } from '../tensor/program.ts';
import { renameSizes } from '../tensor/rename-sizes.ts';
import { inputBindings } from './lower-energy.ts';
import { begun, stateName } from './param-moves.ts';
import type { Plan } from './plan.ts';
import type { ConstValues } from './program-environment.ts';
import type { TrainFit } from './training-roster.ts';
import { rosterOf } from './training-roster.ts';
import { closed, openSite, overBatches, sceneOf, siteOf } from './training-site.ts';
import type { TrainingSite } from './training-step.ts';
import { environmentIn, objectiveAt, stepFrom } from './training-step.ts';

/** How a compiled module learns, for its readers. */
export const trainingWords = ({ batch }: TrainFit): readonly string[] => [
  '',
  'learning with this module, step by step:',
  '  init gives the params and what their optimizers remember, step moves these, infer takes the params',
  batch === null
    ? '  sizes: { $steps } says how many steps a call does'
    : `  batch indices: a row of points of ${batch.plate} for each step that a call does`,
  '  step number: how many were done before (only optimizers and losses that need it take it)',
];

/** What the arrays of these programs are that no variable of the model is, for readers of a compiled module. */
export const trainingVariables = (plan: Plan, fit: TrainFit): ModuleSpec['variables'] => ({
  ...Object.fromEntries(
    [...rosterOf(plan, fit).moves.values()].flatMap(({ variable, states }) =>
      states.map(({ name, shape }) => {
        const role = `${name.slice(stateName(variable.name, '').length)} of ${variable.name} between steps`;
        return [name, { role, domain: 'real', shape, dtype: 'float' }] as const;
      }),
    ),
  ),
  restart: { role: 'number of the start, from 0', domain: 'integer', shape: [], dtype: 'float' },
  'step number': { role: 'steps done before', domain: 'integer', shape: [], dtype: 'float' },
  'batch indices': { role: 'points of each step', domain: 'index', shape: [], dtype: 'int' },
  objectives: { role: 'objective of each step', domain: 'real', shape: [], dtype: 'float' },
});

export const lowerTraining = (
  plan: Plan,
  fit: TrainFit,
  consts: ConstValues,
): Readonly<Record<'init' | 'step' | 'evaluate', Program>> => {
  const site = siteOf(plan, fit, consts);
  return { init: lowerInit(site), step: lowerStep(site), evaluate: lowerEvaluate(site) };
};

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
    { ...overBatches(outer), carry: names.map((n) => arrays.get(n)!), resumable: true },
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
