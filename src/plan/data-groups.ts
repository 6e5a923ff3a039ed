// Which groups make up the energy of the data: all but those that touch params alone, which are added once. A part of a
// declared factor goes with the factor: the constant of (c - Σ y)² is energy of the data too.
import type { FactorGroup } from '../graph/factor-graph.ts';
import { dependsOn } from '../graph/expressions.ts';
import type { Model } from '../semantics/model.ts';

export const declaredName = (g: FactorGroup): string => g.part ?? g.name;

export const dataGroups = (model: Model, groups: readonly FactorGroup[]): readonly FactorGroup[] => {
  const data = new Set(model.variables.filter((v) => v.role !== 'param').map((v) => v.name));
  const declared = new Set(groups.filter((g) => dependsOn(g.energy, data)).map(declaredName));
  return groups.filter((g) => declared.has(declaredName(g)));
};

/** Regularizers and priors: the terms that touch params alone. */
export const paramGroups = (model: Model, groups: readonly FactorGroup[]): readonly FactorGroup[] => {
  const data = new Set(dataGroups(model, groups));
  return groups.filter((g) => !data.has(g));
};
