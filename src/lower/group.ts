// A factor group as one table: its energy over the group's own indices and the slots of enumerated unknowns.
// In: a group with lets expanded. Out: a named tensor; where the group's filter excludes an instance the energy is 0, and a
// broken constraint is the finite energy FORBIDDEN.
import type { FactorGroup } from '../graph/factor-graph.ts';
import type { NamedTensor } from './named-tensor.ts';
import { contractNamed, mapNamed, scalar } from './named-tensor.ts';
import type { Environment } from './environment.ts';
import { binderAxis, withAxes } from './environment.ts';
import { lowerExpression } from './expression.ts';
import { FORBIDDEN } from '../tensor/energies.ts';
import type { Value } from '../tensor/builder.ts';
import * as dims from '../tensor/dims.ts';

export const lowerGroup = (env: Environment, group: FactorGroup): NamedTensor => {
  const b = env.builder;
  const inner = withAxes(env, group.binders.map(binderAxis));
  const energy = lowerExpression(inner, group.energy);
  const value =
    group.kind === 'constraint'
      ? mapNamed(b, 'select', energy, scalar(b.constant(0)), scalar(b.constant(FORBIDDEN)))
      : energy;
  if (group.where === null) return value;
  return mapNamed(b, 'select', lowerExpression(inner, group.where), value, scalar(b.constant(0)));
};

/** Sums energies over some of the group's indices; an index the table does not have multiplies it. */
export const sumIndices = (
  env: Environment,
  group: FactorGroup,
  table: NamedTensor,
  indices: ReadonlySet<string>,
): NamedTensor => {
  const b = env.builder;
  const keep = table.axes.filter((a) => !indices.has(a.id));
  const summed =
    keep.length === table.axes.length ? table : contractNamed(b, 'sum-product', [{ tensor: table, labels: [] }], keep);
  const missing = group.binders.filter((i) => indices.has(i.id) && !table.axes.some((a) => a.id === i.id));
  if (missing.length === 0) return summed;
  const times = dims.product(missing.map((i) => dims.subtract(i.to, i.from)));
  return mapNamed(b, 'mul', summed, scalar(b.dim(times)));
};

/** The total energy of a group whose variables are all given: a scalar. */
export const totalEnergy = (env: Environment, group: FactorGroup): NamedTensor =>
  sumIndices(env, group, lowerGroup(env, group), new Set(group.binders.map((i) => i.id)));

/** Σ of the total energies of groups: a scalar, 0 for none. */
export const sumOfEnergies = (env: Environment, groups: readonly FactorGroup[]): Value =>
  groups.reduce((sum, g) => env.builder.add(sum, totalEnergy(env, g).value), env.builder.constant(0));
