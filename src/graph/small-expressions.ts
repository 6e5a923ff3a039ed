// Expressions that phases after semantics write themselves: comparisons of indices, shifts. In: typed parts. Out: Expr.
import type { Binder, Expr } from '../semantics/model.ts';
import { scale } from '../tensor/dims.ts';
import type { Dim } from '../tensor/dims.ts';

export const callExpr = (fn: 'add' | 'div' | 'eq' | 'not', args: readonly Expr[], like: Expr): Expr => ({
  kind: 'call',
  fn,
  args,
  type: {
    scalar: { kind: fn === 'eq' || fn === 'not' ? 'boolean' : 'real' },
    shape: fn === 'div' ? args[1]!.type.shape : [],
  },
  span: like.span,
});
export const equals = (a: Expr, b: Expr): Expr => callExpr('eq', [a, b], a);
/** index + from. */
export const shifted = (index: Expr, from: Dim): Expr =>
  from.length === 0
    ? index
    : callExpr('add', [index, { kind: 'dim', dim: from, type: index.type, span: index.span }], index);

/** The index of a binder as a position along its axis, which counts from 0. */
export const positionOf = (binder: Binder, span: Expr['span']): Expr => {
  const type: Expr['type'] = { scalar: { kind: 'integer' }, shape: [] };
  const index: Expr = { kind: 'index', id: binder.id, type, span };
  if (binder.from.length === 0) return index;
  return {
    kind: 'call',
    fn: 'add',
    args: [index, { kind: 'dim', dim: scale(binder.from, -1), type, span }],
    type,
    span,
  };
};
