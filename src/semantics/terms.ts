// Factors, regularizers and constraints. In: a statement in its plates. Out: a Factor whose energy is a scalar (for a constraint,
// one truth value); null with an error reported.
import { diagnoseShape } from '../diagnostics/messages/shapes.ts';
import { equal, subtract } from '../tensor/dims.ts';
import type { Statement } from '../syntax/ast.ts';
import { truthValues } from './conditions.ts';
import { elaborateClause } from './index-clauses.ts';
import { callExpr, joinConditions } from './make.ts';
import type { Expr, Factor } from './model.ts';
import { openBinders } from './subscripts.ts';
import { elaborate, type Context } from './session.ts';
import { walk } from './traverse.ts';
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
  const hint = missingIndex(context, energy) ?? 'reduce it to a number: `||v||^2` or `sum(v)`';
  return session.report(diagnoseShape('EBM305', value.span, { kind: term, found: describeType(energy.type), hint }));
};

/** The first array over all nodes that gives the energy its leading axis. */
const missingIndex = (context: Context, energy: Expr): string | null => {
  let hint: string | null = null;
  walk(energy, (e) => {
    if (hint !== null || e.kind !== 'ref') return;
    const open = openBinders(context, e)[0];
    if (open !== undefined && equal(subtract(open.to, open.from), energy.type.shape[0]!))
      hint = `here \`${e.name}\` is the array over all \`${open.name}\`: index it, \`${e.name}[${open.name}]\``;
  });
  return hint;
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
