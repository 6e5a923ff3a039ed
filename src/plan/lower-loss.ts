// The objective of learning as values of a program. In: planned losses and an environment in which the params, the data and
// the targets are bound (a batch of them, in a step program: its plate has the batch's length). Out: scalars, differentiable
// in the params. Random negatives are drawn from the environment's seed: a program that steps gives each step its own.
import { InternalError } from '../diagnostics/diagnostic.ts';
import type { FreeEnergyKind, LossView } from '../losses/loss.ts';
import type { Environment } from '../lower/environment.ts';
import { withBindings } from '../lower/environment.ts';
import { sumOfEnergies } from '../lower/group.ts';
import type { Value } from '../tensor/builder.ts';
import { paramGroups } from './data-groups.ts';
import { lowerFreeEnergy } from './free-energy.ts';
import type { Plan, PlannedEnergy, PlannedLoss } from './plan.ts';
import { stateTable } from './state-table.ts';

/** Σ over the points of a loss, and whole-plate factors with it; without the terms that touch params alone. */
export const lowerLoss = (planned: PlannedLoss, env: Environment): Value => planned.loss.lower(viewOf(planned, env));

/** The terms that touch params alone, regularizers and priors: added once to the objective, whatever the losses. One that
 *  every point repeats, `plate n in N { factor f = ||w||^2 }`, counts once a point; and no contrast cancels it. */
export const paramOnlyEnergy = ({ learning }: Plan, env: Environment): Value =>
  sumOfEnergies(env, paramGroups(learning.model, learning.groups));

const viewOf = (planned: PlannedLoss, env: Environment): LossView => ({
  ...planned.subject,
  env,
  freeEnergy: (kind, replaced = new Map()) => {
    const energy = energyFor(planned, kind, [...replaced.keys()]);
    const given = [...replaced].map(([name, value]) => [name, { kind: 'given', value }] as const);
    return lowerFreeEnergy(energy, energy.blocks, withBindings(env, given));
  },
  states: (target) => stateTable(energyFor(planned, 'given', [target]), target, planned.subject.plate, env),
  within: (inner) => viewOf(planned, inner),
});

const energyFor = (planned: PlannedLoss, kind: FreeEnergyKind, replaced: readonly string[]): PlannedEnergy => {
  const key = replaced.toSorted().join();
  const found = planned.energies.find((e) => e.kind === kind && e.replaced.toSorted().join() === key);
  if (found === undefined) throw new InternalError(`the loss ${planned.loss.name} did not ask for F(${key}), ${kind}`);
  return found;
};
