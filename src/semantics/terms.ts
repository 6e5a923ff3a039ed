// Factors, regularizers and constraints. In: a statement in its plates. Out: a Factor whose energy is a scalar (for a constraint,
// one truth value); null with an error reported.
import { diagnoseShape } from '../diagnostics/messages/shapes.ts';
import type { Statement } from '../syntax/ast.ts';
import { truthValues } from './conditions.ts';
import { elaborateClause } from './index-clauses.ts';
import { callExpr, joinConditions } from './make.ts';
import type { Expr, Factor } from './model.ts';
import { openBinders } from './subscripts.ts';
import { elaborate, type Context } from './session.ts';
import { describeType, isNumeric, isScalar } from './types.ts';

type TermStatement = Statement & { readonly kind: 'term' };

const energyOf = (context: Context, statement: TermStatement): Expr | null => {
  const { session } = context;
  const { value, term } = statement;
  if (term === 'constraint') {
    const held = truthValues(context, value, 'a constraint');
    // An array of truth values holds when all do.
    return held === null || isScalar(held.type) ? held : callExpr('min', [held], held.span);
  }
  const energy = elaborate(context, value);
  if (energy === null) return null;
  if (!isNumeric(energy.type))
    return session.report(diagnoseShape('EBM304', value.span, { found: describeType(energy.type) }));
  if (isScalar(energy.type)) return energy;
  const open = openBinders(context, energy)[0];
  const hint =
    open !== undefined && energy.kind === 'ref'
      ? `here \`${energy.name}\` is the array over all \`${open.name}\`: index it, \`${energy.name}[${open.name}]\``
      : 'reduce it to a number: `||v||^2` or `sum(v)`';
  return session.report(diagnoseShape('EBM305', value.span, { kind: term, found: describeType(energy.type), hint }));
};

export const elaborateTerm = (context: Context, statement: TermStatement): Factor | null => {
  const clause = elaborateClause(context, statement.index);
  const energy = energyOf('broken' in clause ? clause.broken : clause.inside, statement);
  if ('broken' in clause || energy === null) return null;
  return {
    name: statement.name.text,
    kind: statement.term,
    binders: [...context.plates.map((p) => p.binder), ...clause.binders],
    where: joinConditions([...context.plates.flatMap((p) => p.where), ...clause.where]),
    energy,
    distribution: null,
    span: statement.span,
  };
};
