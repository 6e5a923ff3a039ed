// The objective of learning as values of a program. In: planned losses and an environment in which the params, the data and
// the targets are bound (a batch of them, in a step program: its plate has the batch's length). Out: scalars, differentiable
// in the params. Random negatives are drawn from the environment's seed: a program that steps gives each step its own.
import { InternalError } from '../diagnostics/diagnostic.ts';
import type { FreeEnergyKind, LossView } from '../losses/loss.ts';
import type { Environment } from '../lower/environment.ts';
import { withBindings } from '../lower/environment.ts';
import { totalEnergy } from '../lower/group.ts';
import type { FactorGroup } from '../graph/factor-graph.ts';
import type { Value } from '../tensor/builder.ts';
import { dataGroups } from './data-groups.ts';
import { lowerFreeEnergy } from './free-energy.ts';
import type { Plan, PlannedEnergy, PlannedLoss, Scenery } from './plan.ts';
import { stateTable } from './state-table.ts';

/** Σ over the points of each loss, and whole-plate factors with it; without the terms that touch params alone. */
export const lowerLosses = (plan: Plan, losses: readonly PlannedLoss[], env: Environment): readonly Value[] =>
  losses.map((l) => lowerLoss(plan.learning, l, env));

export const lowerLoss = (learning: Scenery, planned: PlannedLoss, env: Environment): Value => {
  const b = env.builder;
  const value = planned.loss.lower(viewOf(planned, env));
  // A term that every point repeats, `plate n in N { factor f = ||w||^2 }`, counts once a point, and no contrast cancels it.
  const { plate } = planned.subject;
  const repeated = paramGroups(learning).filter((g) => plate !== null && runsAlong(g, plate.id));
  return repeated.reduce((sum, g) => b.add(sum, totalEnergy(env, g).value), value);
};

/** The terms that touch params alone, added once to the objective of each loss: regularizers and priors on params. */
export const paramOnlyEnergy = (plan: Plan, env: Environment): Value =>
  paramEnergy(plan.learning, pointPlate(plan), env);

export const paramEnergy = (learning: Scenery, plate: string | null, env: Environment): Value => {
  const b = env.builder;
  return paramGroups(learning)
    .filter((g) => plate === null || !runsAlong(g, plate))
    .reduce((sum, g) => b.add(sum, totalEnergy(env, g).value), b.constant(0));
};

const pointPlate = ({ fit }: Plan): string | null => {
  const losses = fit?.kind === 'train' ? fit.losses : fit?.kind === 'descend' ? [fit.loss] : [];
  return losses[0]?.subject.plate?.id ?? null;
};

const runsAlong = (group: FactorGroup, plate: string): boolean => group.binders.some((i) => i.id === plate);

const paramGroups = ({ model, groups }: Scenery): readonly FactorGroup[] => {
  const data = new Set(dataGroups(model, groups));
  return groups.filter((g) => !data.has(g));
};

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
