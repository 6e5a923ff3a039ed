// Expressions are graphs: what a let or a net computes once is one object however often it is read. In: a lowering of one
// expression given one of its parts. Out: a lowering that meets a part again only where an index in it means something else.
import { freeIndexFinder } from '../graph/expressions.ts';
import type { Expr } from '../semantics/model.ts';
import type { Environment, LowerExpression } from './environment.ts';
import type { Axis, NamedTensor } from './named-tensor.ts';

interface Known {
  readonly bindings: Environment['bindings'];
  readonly axes: readonly (readonly [string, Axis | undefined])[];
  readonly tensor: NamedTensor;
}

/** Remembers for as long as one expression is lowered: all in one builder. */
export const remembering = (
  one: (env: Environment, expr: Expr, lower: LowerExpression) => NamedTensor,
): LowerExpression => {
  const known = new Map<Expr, Known[]>();
  const freeIndices = freeIndexFinder();
  const lower: LowerExpression = (env, expr) => {
    const before = known.get(expr) ?? [];
    const same = before.find(
      (k) => k.bindings === env.bindings && k.axes.every(([id, axis]) => env.axes.get(id) === axis),
    );
    if (same !== undefined) return same.tensor;
    const tensor = one(env, expr, lower);
    const axes = [...freeIndices(expr)].map((id) => [id, env.axes.get(id)] as const);
    known.set(expr, [...before, { bindings: env.bindings, axes, tensor }]);
    return tensor;
  };
  return lower;
};
