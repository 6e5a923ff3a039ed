// Conditions: scalar truth values. In: an expression as written where `if`, `where` or a constraint needs one. Out: a boolean Expr.
import { diagnoseShape } from '../diagnostics/messages/shapes.ts';
import type { Expression } from '../syntax/ast.ts';
import type { Expr } from './model.ts';
import { elaborate, type Context } from './session.ts';
import { describeType, isScalar } from './types.ts';

/** A boolean expression of any shape; null with an error reported. */
export const truthValues = (context: Context, expression: Expression, what: string): Expr | null => {
  const expr = elaborate(context, expression);
  if (expr === null) return null;
  if (expr.type.scalar.kind === 'boolean') return expr;
  const whole = expr.type.scalar.kind === 'integer';
  const hint = whole ? 'compare it: `… != 0`' : undefined;
  const found = describeType(expr.type);
  return context.session.report(
    diagnoseShape('EBM306', expression.span, hint === undefined ? { what, found } : { what, found, hint }),
  );
};

/** One truth value. */
export const condition = (context: Context, expression: Expression, what: string): Expr | null => {
  const expr = truthValues(context, expression, what);
  if (expr === null || isScalar(expr.type)) return expr;
  return context.session.report(
    diagnoseShape('EBM306', expression.span, {
      what,
      found: describeType(expr.type),
      hint: 'index it, or reduce it with `min` (all) or `max` (any)',
    }),
  );
};
