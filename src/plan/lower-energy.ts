// Programs with every variable given: the energy factor by factor, and the values of lets.
import type { ModuleSpec } from '../backend/backend.ts';
import { dependsOn } from '../graph/expressions.ts';
import type { FactorGroup } from '../graph/factor-graph.ts';
import { definitionExpander } from '../graph/nets/expand.ts';
import { settledFollowers } from '../graph/nets/followers.ts';
import type { Binding } from '../lower/environment.ts';
import { binderAxis, withAxes, withBindings } from '../lower/environment.ts';
import { lowerExpression } from '../lower/expression.ts';
import { totalEnergy } from '../lower/group.ts';
import { aligned } from '../lower/named-tensor.ts';
import { wholeShape } from '../semantics/whole-shape.ts';
import type { Model, Variable } from '../semantics/model.ts';
import type { Value } from '../tensor/builder.ts';
import { Builder } from '../tensor/builder.ts';
import { optimise } from '../tensor/passes/index.ts';
import type { Program } from '../tensor/program.ts';
import type { Plan } from './plan.ts';
import type { ConstValues } from './program-environment.ts';
import { programEnvironment } from './program-environment.ts';

/** Whether some group reads the variable. */
export const isRead = (groups: readonly FactorGroup[], v: Variable): boolean => {
  const name = new Set([v.name]);
  return groups.some((g) => dependsOn(g.energy, name) || (g.where !== null && dependsOn(g.where, name)));
};

/** One input per variable, its whole array. */
export const inputBindings = (b: Builder, variables: readonly Variable[]): readonly (readonly [string, Binding])[] =>
  variables.map((v) => [v.name, { kind: 'given', value: b.input(v.name, wholeShape(v)) }] as const);

/** Adds a group's energy to the outputs; parts of one declared factor are reported together. */
export const addEnergy = (b: Builder, outputs: Record<string, Value>, group: FactorGroup, value: Value): void => {
  const key = `energy.${group.part ?? group.name}`;
  const seen = outputs[key];
  outputs[key] = seen === undefined ? value : b.add(seen, value);
};

/** The energy of each factor at a full assignment. */
export const lowerEnergy = (
  model: Model,
  groups: readonly FactorGroup[],
  consts: ConstValues,
  beta: number,
): Program => {
  const b = new Builder();
  const used = model.variables.filter((v) => isRead(groups, v));
  const env = withBindings(programEnvironment(b, model, consts, beta), inputBindings(b, used));
  const outputs: Record<string, Value> = {};
  for (const g of groups) addEnergy(b, outputs, g, totalEnergy(env, g).value);
  return optimise(b.finish(outputs));
};

/** The values of lets with every variable given: a module with the entry `lets`. */
export const lowerLetsModule = (
  plan: Plan,
  names: readonly string[],
  consts: ConstValues,
  source: string,
): ModuleSpec => {
  const b = new Builder();
  const { model } = plan;
  const expand = definitionExpander(model, settledFollowers(model, plan.task.given));
  const lets = model.lets.filter((l) => names.includes(l.name)).map((l) => ({ ...l, value: expand(l.value) }));
  const used = model.variables.filter((v) => lets.some((l) => dependsOn(l.value, new Set([v.name]))));
  const env = withBindings(
    programEnvironment(b, model, consts, plan.task.beta ?? plan.beta ?? 1),
    inputBindings(b, used),
  );
  const outputs = lets.map((l) => {
    const axes = l.binders.map(binderAxis);
    const value = aligned(b, lowerExpression(withAxes(env, axes), l.value), axes, true);
    return [l.name, value] as const;
  });
  return { ...bareModule(model, source), entries: { lets: optimise(b.finish(Object.fromEntries(outputs))) } };
};

export const bareModule = (model: Model, source: string): Omit<ModuleSpec, 'entries'> => ({
  name: model.name,
  source,
  description: [],
  sizes: model.sizes.map((s) => ({ name: s.name, default: null })),
  derivedSizes: model.derivedSizes,
  variables: {},
});

/** A module with the entry `energy` alone. */
export const lowerEnergyModule = (
  model: Model,
  groups: readonly FactorGroup[],
  consts: ConstValues,
  beta: number,
  source: string,
): ModuleSpec => ({ ...bareModule(model, source), entries: { energy: lowerEnergy(model, groups, consts, beta) } });
