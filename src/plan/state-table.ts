// F of each point at every state of its one discrete target. In: how F is computed with the target given, the target, an
// environment in which it is bound. Out: a table over points and states; without latents all states at once, else one after
// another, since the elimination of the latents has the target given.
import { InternalError } from '../diagnostics/diagnostic.ts';
import { indexExpr } from '../graph/expressions.ts';
import type { StateTable } from '../losses/loss.ts';
import type { Axis, NamedTensor } from '../lower/named-tensor.ts';
import { mapNamed, scalar } from '../lower/named-tensor.ts';
import type { Environment, States } from '../lower/environment.ts';
import { binderAxis, slotAxis, withBindings } from '../lower/environment.ts';
import { lowerGroup, sumIndices } from '../lower/group.ts';
import { statesOf } from '../methods/discrete/states.ts';
import type { Binder, Variable } from '../semantics/model.ts';
import type { Value } from '../tensor/builder.ts';
import * as dims from '../tensor/dims.ts';
import { dataGroups } from './data-groups.ts';
import { lowerFreeEnergy } from './free-energy.ts';
import type { PlannedEnergy } from './plan.ts';

export const stateTable = (
  planned: PlannedEnergy,
  target: string,
  plate: Binder | null,
  env: Environment,
): StateTable => {
  const b = env.builder;
  const variable = planned.model.variables.find((v) => v.name === target)!;
  const states = statesOf(b, variable);
  const points = plate === null ? [] : [binderAxis(plate)];
  const like = { ...planned.groups[0]!.energy, span: variable.span };
  const axis = slotAxis(target, plate === null ? [] : [indexExpr(plate.id, like)], states);
  const bound = env.bindings.get(target);
  if (bound?.kind !== 'given') throw new InternalError(`${target} has no value to differ from`);
  const given = givenStates(env, bound.value, states, [...points, axis]);
  const energy =
    planned.blocks.length === 0
      ? atOnce(planned, withBindings(env, [[target, { kind: 'states', states }]]), [...points, axis])
      : oneByOne(planned, variable, states, env, [...points, axis]);
  return { axis, energy, given };
};

/** 1 at the state that is given. */
const givenStates = (env: Environment, value: Value, states: States, axes: readonly Axis[]): NamedTensor => {
  const b = env.builder;
  if (states.kind === 'onehot') return { value, axes, shape: [] };
  const wide = b.unsqueeze(value, [axes.length - 1]);
  const row = b.reshape(stateValues(env, states), [...axes.slice(1).map(() => dims.constant(1)), states.count]);
  return { value: b.eq(wide, row), axes, shape: [] };
};

const stateValues = (env: Environment, states: States): Value =>
  states.values ?? env.builder.iota([states.count], 0, 'float');

const atOnce = (planned: PlannedEnergy, env: Environment, axes: readonly Axis[]): NamedTensor =>
  dataGroups(planned.model, planned.groups)
    .map((g) => {
      const inner = new Set(g.binders.map((i) => i.id).filter((id) => !axes.some((a) => a.id === id)));
      return sumIndices(env, g, lowerGroup(env, g), inner);
    })
    .reduce((sum, t) => mapNamed(env.builder, 'add', sum, t), scalar(env.builder.constant(0)));

const oneByOne = (
  planned: PlannedEnergy,
  variable: Variable,
  states: States,
  env: Environment,
  axes: readonly Axis[],
): NamedTensor => {
  const all = states.kind === 'onehot' ? env.builder.eye(states.count) : stateValues(env, states);
  const points = axes.slice(0, -1);
  const { ys } = env.builder.scan({ length: states.count, carry: [], xs: [all] }, (b, _, [state]) => {
    const ones = points.map(() => dims.constant(1));
    const row = b.reshape(state!, [...ones, ...variable.domain.shape]);
    const array = b.expand(row, [...points.map((a) => a.dim), ...variable.domain.shape]);
    const inner = withBindings({ ...env, builder: b }, [[variable.name, { kind: 'given', value: array }]]);
    const found = lowerFreeEnergy(planned, planned.blocks, inner);
    return { carry: [], ys: [points.length === 0 ? found.total : found.points!] };
  });
  const order = points.length === 0 ? [0] : [1, 0];
  return { value: env.builder.transpose(ys[0]!, order), axes, shape: [] };
};
