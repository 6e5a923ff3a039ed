// One step of learning as values of a program. In: the params and the data of a batch, bound in an environment. Out: the
// objective there, and the arrays after the step. Losses with learn lines of their own take turns, each at the params as the
// ones before left them.
import type { Environment } from '../lower/environment.ts';
import { withBindings } from '../lower/environment.ts';
import type { Value } from '../tensor/builder.ts';
import { Builder } from '../tensor/builder.ts';
import { gradient } from '../tensor/differentiate.ts';
import * as dims from '../tensor/dims.ts';
import { inlineProgram } from '../tensor/inline.ts';
import type { Program } from '../tensor/program.ts';
import { renameSizes } from '../tensor/rename-sizes.ts';
import { sizeOfAll } from './batch-rows.ts';
import { inputBindings } from './lower-energy.ts';
import { lowerLoss, paramOnlyEnergy } from './lower-loss.ts';
import { arrayAt, moved, pointOf } from './param-moves.ts';
import type { Plan, PlannedLoss } from './plan.ts';
import type { ConstValues } from './program-environment.ts';
import { programEnvironment } from './program-environment.ts';
import type { Roster, TrainFit } from './training-roster.ts';
import { withoutUnread } from './unread-inputs.ts';

export interface TrainingSite {
  readonly plan: Plan;
  readonly fit: TrainFit;
  readonly consts: ConstValues;
  readonly roster: Roster;
  /** What params alone contribute, over their whole arrays: in it a size counts all points. null: nothing. */
  readonly paramTerms: Program | null;
}

export const environmentIn = ({ plan, consts }: Omit<TrainingSite, 'paramTerms'>, b: Builder): Environment =>
  programEnvironment(b, plan.learning.model, consts, plan.task.beta ?? plan.beta ?? 1);

export const lowerParamTerms = (site: Omit<TrainingSite, 'paramTerms'>): Program | null => {
  const b = new Builder();
  const known = site.plan.learning.model.variables.filter(
    (v) => v.role === 'param' || (v.role === 'data' && site.plan.task.training.has(v.name)),
  );
  const env = withBindings(environmentIn(site, b), inputBindings(b, known));
  const program = withoutUnread(b.finish({ energy: paramOnlyEnergy(site.plan, env) }));
  const [energy] = program.instrs;
  const nothing = program.instrs.length === 1 && energy?.op === 'constant' && energy.value === 0;
  return nothing ? null : renameSizes(program, site.roster.rows.names);
};

/** Whole arrays by name, and the rows of the batch among them. */
export interface StepScene {
  /** The given variables of the batch are bound. */
  readonly env: Environment;
  /** Params, what optimizers remember, and data, over all points. */
  readonly arrays: ReadonlyMap<string, Value>;
  /** [B], int; null: all points. */
  readonly rows: Value | null;
}

interface Objective {
  /** (1/B)(Σ over the batch + whole-plate factors). */
  readonly data: Value;
  /** (1/N)(terms that touch params alone). */
  readonly params: Value;
}

/** The environment with the params bound too, and their own rows where they have some for each point. */
export const withParams = ({ plan, roster }: TrainingSite, { env, arrays, rows }: StepScene): Environment => {
  const b = env.builder;
  const params = plan.learning.model.variables.flatMap((v) => {
    const whole = v.role === 'param' ? arrays.get(v.name) : undefined;
    if (whole === undefined) return [];
    const value = rows === null ? b.use(whole) : roster.rows.take(b, v, b.use(whole), rows);
    return [[v.name, { kind: 'given', value }] as const];
  });
  return withBindings(env, params);
};

const objectiveOf = (site: TrainingSite, loss: PlannedLoss, scene: StepScene): Objective => {
  const { fit, paramTerms } = site;
  const { arrays } = scene;
  const b = scene.env.builder;
  const total = lowerLoss(loss, withParams(site, scene));
  const { points, batch } = fit;
  const perPoint = (value: Value, size: (of: string) => string): Value =>
    points === null ? value : b.div(value, b.dim(dims.size(size(points.of))));
  const data = perPoint(total, (of) => of);
  if (paramTerms === null) return { data, params: b.constant(0) };
  const inputs = paramTerms.inputs.map(({ name }) => arrays.get(name)!);
  const alone = inlineProgram(b, paramTerms, inputs)[0]!;
  return { data, params: perPoint(alone, (of) => (batch?.of === of ? sizeOfAll(of) : of)) };
};

/** The objective of all losses together, terms of params alone counted once. */
export const objectiveAt = (site: TrainingSite, scene: StepScene): Value => {
  const b = scene.env.builder;
  const objectives = site.fit.losses.map((loss) => objectiveOf(site, loss, scene));
  return objectives.reduce((sum, o) => b.add(sum, o.data), objectives[0]!.params);
};

/** All arrays that change, by name, and the objective before they did. `stepNumber` counts from 1. */
export const stepFrom = (
  site: TrainingSite,
  scene: StepScene,
  stepNumber: Value,
): { readonly arrays: ReadonlyMap<string, Value>; readonly objective: Value } => {
  const b = scene.env.builder;
  const { fit, roster } = site;
  const now = new Map(scene.arrays);
  const reported: Value[] = [];
  for (const loss of fit.losses) {
    const moves = loss.learners.flatMap((l) => l.params).map((name) => roster.moves.get(name)!);
    const statesOf = (i: number): readonly Value[] => moves[i]!.states.map(({ name }) => now.get(name)!);
    const points = moves.map((m, i) => b.distinct(pointOf(m, now.get(m.variable.name)!, statesOf(i))));
    const arrays = new Map(now);
    moves.forEach((m, i) => arrays.set(m.variable.name, arrayAt(m, scene.env, points[i]!)));
    const objective = objectiveOf(site, loss, { ...scene, arrays });
    if (reported.length === 0) reported.push(objective.params);
    reported.push(objective.data);
    // No param stands in two learn lines, so what params contribute alone counts once for each.
    const slopes = gradient(b, b.add(objective.data, objective.params), points);
    moves.forEach((m, i) => {
      const next = moved(m, scene.env, points[i]!, slopes[i]!, statesOf(i), stepNumber);
      now.set(m.variable.name, next.param);
      m.states.forEach(({ name }, k) => now.set(name, next.states[k]!));
    });
  }
  for (const { param, follows, decay } of roster.followers)
    now.set(param, b.add(b.mul(now.get(param)!, decay), b.mul(now.get(follows)!, 1 - decay)));
  return { arrays: now, objective: reported.reduce((x, y) => b.add(x, y)) };
};
