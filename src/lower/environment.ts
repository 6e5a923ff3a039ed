// What expressions are lowered in: the builder, an axis for every index in scope, and what each variable stands for.
import { InternalError } from '../diagnostics/diagnostic.ts';
import type { Expr, Model } from '../semantics/model.ts';
import type { Builder, Value } from '../tensor/builder.ts';
import type { Dim } from '../tensor/dims.ts';
import * as dims from '../tensor/dims.ts';
import { referenceKey } from '../graph/expressions.ts';
import type { Axis, NamedTensor } from './named-tensor.ts';

/** The states that an enumerated node runs through along its slot axis. */
export interface States {
  readonly count: Dim;
  /** State s is the number s, the s-th unit vector, or the s-th of `values`. */
  readonly kind: 'number' | 'onehot' | 'values';
  /** For 'values': made once per program, shape [count]. */
  readonly values: Value | null;
}

export type Binding =
  /** The whole array: [to - from of each binder …, …shape of a node]. */
  | { readonly kind: 'given'; readonly value: Value }
  /** Each slot of the variable is an axis of its own, over the states. */
  | { readonly kind: 'states'; readonly states: States }
  /** A computed node value with named axes for the variable's indices (positions of `at` must be plain indices). */
  | { readonly kind: 'node'; readonly tensor: NamedTensor; readonly indices: readonly string[] };

export interface Environment {
  readonly builder: Builder;
  readonly model: Model;
  readonly axes: ReadonlyMap<string, Axis>;
  readonly bindings: ReadonlyMap<string, Binding>;
  /** Values of consts that were set from outside; others are lowered from their expression. */
  readonly consts: ReadonlyMap<string, Value>;
  readonly beta: Value;
  /** Where iterative methods begin inside a sweep of an alternation: whole arrays of unknowns, found before under other params.
   *  They may stop after some iterations: the next sweep goes on from there. */
  readonly starts?: ReadonlyMap<string, Value>;
  /** The scalar that seeds random numbers. */
  readonly seed: () => Value;
}

export type LowerExpression = (env: Environment, expr: Expr) => NamedTensor;

/** The name of the axis of a slot: `s(t-1)`. Equal slots have equal names. */
export const slotAxisId = referenceKey;

export const slotAxis = (variable: string, at: readonly Expr[], states: States): Axis => ({
  id: slotAxisId(variable, at),
  dim: states.count,
  from: dims.constant(0),
});

export const withAxes = (env: Environment, axes: readonly Axis[]): Environment => ({
  ...env,
  axes: new Map([...env.axes, ...axes.map((a) => [a.id, a] as const)]),
});

export const withBindings = (env: Environment, more: Iterable<readonly [string, Binding]>): Environment => ({
  ...env,
  bindings: new Map([...env.bindings, ...more]),
});

/** The whole array of a variable that is given. */
export const givenValue = (env: Environment, name: string): Value => {
  const bound = env.bindings.get(name);
  if (bound?.kind !== 'given') throw new InternalError(`${name} has no value`);
  return bound.value;
};

export const binderAxis = (binder: { readonly id: string; readonly from: Dim; readonly to: Dim }): Axis => ({
  id: binder.id,
  dim: dims.subtract(binder.to, binder.from),
  from: binder.from,
});
