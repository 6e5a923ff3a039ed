// What a declaration says beyond its domain. In: an elaborated variable. Out: the Variable of the model, with the conditions of its
// `where` split into restrictions of the value and filters of the indices, and its start value.
import { diagnoseShape } from '../diagnostics/messages/shapes.ts';
import type { Expression } from '../syntax/ast.ts';
import { accepts, checkAccepts } from './arguments.ts';
import { truthValues } from './conditions.ts';
import { isKnownOnLoad } from './index-clauses.ts';
import { joinConditions } from './make.ts';
import type { Expr, Variable } from './model.ts';
import { elaborate, type Context, type Session, type VariableInfo } from './session.ts';
import { walk } from './traverse.ts';
import { isScalar } from './types.ts';

const conjuncts = (e: Expression): readonly Expression[] =>
  e.kind === 'parenthesised'
    ? conjuncts(e.inner)
    : e.kind === 'binary' && e.operator === 'and'
      ? [...conjuncts(e.left), ...conjuncts(e.right)]
      : [e];

const variablesIn = (expr: Expr): ReadonlySet<string> => {
  const names = new Set<string>();
  walk(expr, (e) => {
    if (e.kind === 'ref' && e.of === 'variable') names.add(e.name);
  });
  return names;
};

/** Inside its declaration the bare name is this node. */
export const selfContext = (info: VariableInfo): Context => ({
  ...info.inside,
  own: { name: info.name, binders: info.binders },
});

interface Split {
  readonly conditions: readonly Expr[];
  readonly filters: readonly Expr[];
}

const splitWhere = (session: Session, info: VariableInfo, siblings: readonly string[]): Split => {
  const { where } = info.symbol.declaration;
  const conditions: Expr[] = [];
  const filters: Expr[] = [];
  if (where === null) return { conditions, filters };
  const context = selfContext(info);
  for (const part of conjuncts(where)) {
    const expr = truthValues(context, part, 'a `where`');
    if (expr === null) continue;
    const names = variablesIn(expr);
    if (names.has(info.name)) conditions.push(expr);
    else if (siblings.some((s) => names.has(s))) continue;
    else if (isScalar(expr.type) && session.attempt(() => isKnownOnLoad(context, expr)).value) filters.push(expr);
    else session.report(diagnoseShape('EBM321', part.span, { name: info.name }));
  }
  return { conditions, filters };
};

const startValue = (info: VariableInfo): Expr | null => {
  const { start } = info.symbol.declaration;
  if (start === null) return null;
  const value = elaborate(info.inside, start);
  if (value === null) return null;
  const fills = isScalar(value.type) && accepts({ scalar: info.type.scalar, shape: [] }, value.type);
  if (fills) return value;
  return checkAccepts(info.inside, `the start of \`${info.name}\``, info.type, value, start.span, info.span)
    ? value
    : null;
};

export const declareVariable = (session: Session, info: VariableInfo): Variable => {
  const siblings = info.symbol.declaration.names.map((n) => n.name.text).filter((n) => n !== info.name);
  const { conditions, filters } = splitWhere(session, info, siblings);
  return {
    name: info.name,
    role: info.symbol.declaration.role,
    domain: info.domain,
    type: info.type,
    binders: info.binders,
    where: joinConditions([...info.where, ...filters]),
    conditions,
    start: startValue(info),
    net: null,
    span: info.span,
  };
};
