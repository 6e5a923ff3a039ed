// Expressions that phases after semantics write themselves: comparisons of indices, shifts. In: typed parts. Out: Expr.
import type { Expr } from '../semantics/model.ts';
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
