// How a step moves a param: freely, with a projection back into its set, or along free coordinates of it. In: a variable and
// the optimizer of its learn line. Out: the arrays that a step carries for it, and their names in programs and checkpoints.
import type { OptimizerChoice } from '../methods/continuous/optimizer.ts';
import { firstOrderRule } from '../methods/continuous/optimizer.ts';
import type { Projection } from '../methods/continuous/projections.ts';
import { projectionOf } from '../methods/continuous/projections.ts';
import type { Transform } from '../methods/continuous/transforms.ts';
import { transformOf } from '../methods/continuous/transforms.ts';
import type { Environment } from '../lower/environment.ts';
import type { DomainKind, Variable } from '../semantics/model.ts';
import type { Value } from '../tensor/builder.ts';
import type { Dim } from '../tensor/dims.ts';

export type Space =
  | { readonly kind: 'projected'; readonly projection: Projection }
  | { readonly kind: 'transformed'; readonly transform: Transform };

/** Open at 0, where energies have logarithms: free coordinates never touch it. */
const prefersTransform: ReadonlySet<DomainKind> = new Set(['positive', 'spd']);

/** A text says why no gradient step can move the variable. */
export const spaceOf = (variable: Variable): Space | string => {
  const projection = projectionOf(variable);
  const transform = transformOf(variable);
  const transformed = typeof transform === 'string' ? null : ({ kind: 'transformed', transform } as const);
  const projected = typeof projection === 'string' ? null : ({ kind: 'projected', projection } as const);
  const found = prefersTransform.has(variable.domain.kind) ? (transformed ?? projected) : (projected ?? transformed);
  return found ?? (projection as string);
};

/** Arrays of a training run that are no variables of the model. `/` stands in no name of a variable. */
export const stateName = (param: string, state: string): string => `optimizer/${param}/${state}`;
export const isStateName = (name: string): boolean => name.includes('/');

export interface Move {
  readonly variable: Variable;
  readonly space: Space;
  readonly optimizer: OptimizerChoice;
  /** Arrays beside the param, in this order: its free coordinates where it has some, then those of the step rule. */
  readonly states: readonly { readonly name: string; readonly shape: readonly Dim[] }[];
}

/** `shape`: of the param's whole array. */
export const moveOf = (variable: Variable, shape: readonly Dim[], space: Space, optimizer: OptimizerChoice): Move => {
  const free = space.kind === 'transformed' ? [space.transform.count] : shape;
  const coordinates =
    space.kind === 'transformed' ? [{ name: stateName(variable.name, 'coordinates'), shape: free }] : [];
  const states = firstOrderRule(optimizer).state.map((name) => ({ name: stateName(variable.name, name), shape: free }));
  return { variable, space, optimizer, states: [...coordinates, ...states] };
};

/** What derivatives are taken with respect to: the array, or its free coordinates. */
export const pointOf = ({ space }: Move, param: Value, states: readonly Value[]): Value =>
  space.kind === 'transformed' ? states[0]! : param;

export const arrayAt = ({ space }: Move, env: Environment, point: Value): Value =>
  space.kind === 'transformed' ? space.transform.toArray(env, point) : point;

/** One step from a point along a gradient there. `stepNumber` counts from 1. */
export const moved = (
  move: Move,
  env: Environment,
  point: Value,
  gradient: Value,
  states: readonly Value[],
  stepNumber: Value,
): { readonly param: Value; readonly states: readonly Value[] } => {
  const b = env.builder;
  const { space } = move;
  const rule = firstOrderRule(move.optimizer);
  if (space.kind === 'transformed') {
    const next = rule.step(b, point, gradient, states.slice(1), stepNumber);
    return { param: space.transform.toArray(env, next.x), states: [next.x, ...next.state] };
  }
  const { projection } = space;
  const along = projection.manifold === null ? gradient : projection.manifold.tangent(env, point, gradient);
  const next = rule.step(b, point, along, states, stepNumber);
  return { param: projection.trivial ? next.x : projection.project(env, next.x), states: next.state };
};

/** Where a param and its states begin, from a start somewhere near its set. */
export const begun = (
  move: Move,
  env: Environment,
  start: Value,
): { readonly param: Value; readonly states: readonly Value[] } => {
  const b = env.builder;
  const { space, states } = move;
  const zeros = (from: number): readonly Value[] => states.slice(from).map((s) => b.zeros(s.shape));
  if (space.kind === 'projected')
    return { param: space.projection.trivial ? start : space.projection.project(env, start), states: zeros(0) };
  const coordinates = space.transform.toFree(env, start);
  return { param: space.transform.toArray(env, coordinates), states: [coordinates, ...zeros(1)] };
};
