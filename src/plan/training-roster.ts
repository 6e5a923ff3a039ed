// Who takes part in learning by stochastic gradient. In: a plan with a 'train' fit. Out: the params that move and how, those
// that follow others, those that stay, and the data.
import { InternalError } from '../diagnostics/diagnostic.ts';
import type { Model, Variable } from '../semantics/model.ts';
import type { BatchRows } from './batch-rows.ts';
import { batchRows } from './batch-rows.ts';
import type { Move } from './param-moves.ts';
import { moveOf, spaceOf } from './param-moves.ts';
import type { FitPlan, Plan } from './plan.ts';

export type TrainFit = Extract<FitPlan, { readonly kind: 'train' }>;

/** A param of `ema(Net, decay)`: w ← decay · w + (1 - decay) · (what it follows), after every step. */
export interface Follower {
  readonly param: string;
  readonly follows: string;
  readonly decay: number;
}

export interface Roster {
  /** Params without a value, in order of declaration. */
  readonly params: readonly Variable[];
  readonly moves: ReadonlyMap<string, Move>;
  readonly followers: readonly Follower[];
  /** Everything that has a value. */
  readonly data: readonly Variable[];
  readonly rows: BatchRows;
}

export const rosterOf = (plan: Plan, fit: TrainFit): Roster => {
  const { model } = plan.learning;
  const rows = batchRows(fit.batch);
  const given = (v: Variable): boolean => plan.task.given.has(v.name);
  const params = model.variables.filter((v) => v.role === 'param' && !given(v));
  const moves = new Map<string, Move>();
  for (const { params: names, optimizer } of fit.losses.flatMap((l) => l.learners))
    for (const variable of params.filter((v) => names.includes(v.name))) {
      const space = spaceOf(variable);
      if (typeof space === 'string')
        throw new InternalError(`no step for a param was refused by the planner: ${space}`);
      moves.set(variable.name, moveOf(variable, rows.shapeOfAll(variable), space, optimizer));
    }
  const followers = followersIn(model).filter((f) => params.some((v) => v.name === f.param) && !moves.has(f.param));
  return { params, moves, followers, data: model.variables.filter(given), rows };
};

const followersIn = (model: Model): readonly Follower[] =>
  model.nets.flatMap((net) => {
    if (net.derived?.how !== 'ema') return [];
    const from = model.nets.find((n) => n.name === net.derived!.from)!;
    const decay = net.derived.decay!;
    return net.params.map((param, i): Follower => ({ param, follows: from.params[i]!, decay }));
  });
