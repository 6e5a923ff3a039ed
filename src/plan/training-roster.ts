// Who takes part in learning by stochastic gradient. In: a plan with a 'train' fit. Out: the params that move and how, those
// that follow others, those that stay, and the data.
import { InternalError } from '../diagnostics/diagnostic.ts';
import type { Follower } from '../graph/nets/followers.ts';
import { followersOf, settledFollowers } from '../graph/nets/followers.ts';
import type { Variable } from '../semantics/model.ts';
import type { BatchRows } from './batch-rows.ts';
import { batchRows } from './batch-rows.ts';
import type { Move } from './param-moves.ts';
import { moveOf, spaceOf } from './param-moves.ts';
import type { FitPlan, Plan } from './plan.ts';
import { blocksOf } from './plan.ts';

export type TrainFit = Extract<FitPlan, { readonly kind: 'train' }>;

export interface Roster {
  /** Params without a value that nothing integrates out, in order of declaration. */
  readonly params: readonly Variable[];
  readonly moves: ReadonlyMap<string, Move>;
  /** w ← decay · w + (1 - decay) · (what it follows), after every step. */
  readonly followers: readonly Follower[];
  /** Everything that has a value while learning. */
  readonly data: readonly Variable[];
  readonly rows: BatchRows;
}

export const rosterOf = (plan: Plan, fit: TrainFit): Roster => {
  const { model } = plan.learning;
  const rows = batchRows(fit.batch);
  const known = plan.task.training;
  const eliminated = new Set(blocksOf(fit).flatMap((b) => b.unknowns));
  const settled = settledFollowers(model, known);
  const open = (name: string): boolean => !known.has(name) && !eliminated.has(name) && !settled.has(name);
  const params = model.variables.filter((v) => v.role === 'param' && open(v.name));
  const moves = new Map<string, Move>();
  for (const { params: names, optimizer } of fit.losses.flatMap((l) => l.learners))
    for (const variable of params.filter((v) => names.includes(v.name))) {
      const space = spaceOf(variable);
      if (typeof space === 'string')
        throw new InternalError(`no step for a param was refused by the planner: ${space}`);
      moves.set(variable.name, moveOf(variable, rows.shapeOfAll(variable), space, optimizer));
    }
  const followers = followersOf(model).filter((f) => params.some((v) => v.name === f.param) && !moves.has(f.param));
  return { params, moves, followers, data: model.variables.filter((v) => known.has(v.name)), rows };
};
