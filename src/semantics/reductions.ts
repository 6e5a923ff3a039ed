// `sum[i in I where c] e` and its relatives, and `stack[i in I] e`. In: syntax. Out: typed reductions over binders.
import { diagnoseGraph } from '../diagnostics/messages/graph.ts';
import { diagnoseShape } from '../diagnostics/messages/shapes.ts';
import type { Expression } from '../syntax/ast.ts';
import { elaborateClause, lengthOf } from './index-clauses.ts';
import { joinConditions } from './make.ts';
import type { Expr, Reducer } from './model.ts';
import { elaborate, type Context } from './session.ts';
import { describeType, isNumeric, joinAlternatives, joinArithmetic, real, valueType, withRow } from './types.ts';

const scalarAfter = (reducer: Reducer, body: Expr) => {
  if (reducer === 'min' || reducer === 'max') return joinAlternatives([body.type]) ?? real;
  return reducer === 'sum' || reducer === 'prod' ? joinArithmetic([body.type]) : real;
};

export const elaborateReduction = (context: Context, e: Expression & { kind: 'reduction' }): Expr | null => {
  const clause = elaborateClause(context, e.index);
  if ('broken' in clause) {
    elaborate(clause.broken, e.body);
    return null;
  }
  const body = elaborate(clause.inside, e.body);
  if (body === null) return null;
  const { session } = context;
  if (e.reducer === 'stack') {
    if (clause.where.length > 0) return session.report(diagnoseGraph('EBM409', e.index.span, {}));
    const type = valueType(body.type.scalar, [...clause.binders.map(lengthOf), ...body.type.shape]);
    return { kind: 'stack', binders: clause.binders, body, type, span: e.span };
  }
  if (!isNumeric(body.type))
    return session.report(diagnoseShape('EBM304', body.span, { found: describeType(body.type) }));
  const type = withRow(valueType(scalarAfter(e.reducer, body), body.type.shape), body.type.row === true);
  return {
    kind: 'reduce',
    reducer: e.reducer,
    binders: clause.binders,
    where: joinConditions(clause.where),
    body,
    type,
    span: e.span,
  };
};
