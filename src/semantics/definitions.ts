// Declarations of sizes, consts, variables and lets, made when a name is first used. In: a symbol. Out: its typed declaration; null
// with an error reported. What a variable's own `where`, `~` and start value say is checked later (variable-declarations.ts).
import type { Span } from '../diagnostics/diagnostic.ts';
import { diagnoseShape } from '../diagnostics/messages/shapes.ts';
import type { IndexClause } from '../syntax/ast.ts';
import { elaborateDomain } from './domain-syntax.ts';
import { scalarOf } from './domains.ts';
import { type Clause, elaborateClause, enterPlates } from './index-clauses.ts';
import type { Binder, ConstSymbol, Expr, SizeSymbol } from './model.ts';
import { elaborate, type Context, type LetInfo, rootContext, type Session, type VariableInfo } from './session.ts';
import { sizeOf } from './sizes.ts';
import type { PlatePath, SymbolOf } from './symbols.ts';
import { walk } from './traverse.ts';
import { valueType } from './types.ts';

/** The context inside plates and an own index clause. */
export const scopeOf = (
  session: Session,
  plates: PlatePath,
  index: IndexClause | null,
): Scope | { readonly broken: Context } => {
  const entered = enterPlates(rootContext(session), plates);
  const outer = 'broken' in entered ? entered.broken : entered;
  const clause = elaborateClause(outer, index);
  if ('broken' in entered) return { broken: 'broken' in clause ? clause.broken : clause.inside };
  if ('broken' in clause) return clause;
  return {
    clause,
    plates: entered.plates,
    binders: [...entered.plates.map((p) => p.binder), ...clause.binders],
    where: [...entered.plates.flatMap((p) => p.where), ...clause.where],
    inside: clause.inside,
  };
};
export interface Scope {
  readonly clause: Clause;
  readonly plates: Context['plates'];
  readonly binders: readonly Binder[];
  readonly where: readonly Expr[];
  readonly inside: Context;
}

export const defineSize = (session: Session, symbol: SymbolOf<'size'>): SizeSymbol | null => {
  const { declaration } = symbol;
  const context = rootContext(session);
  const clause = elaborateClause(context, declaration.index);
  const standard = declaration.value === null ? null : sizeOf(context, declaration.value);
  if ('broken' in clause || (declaration.value !== null && standard === null)) return null;
  return { name: symbol.name.text, default: standard, ragged: clause.binders, span: symbol.name.span };
};

/** A const is a number or array of numbers, sizes and other consts. */
export const defineConst = (session: Session, symbol: SymbolOf<'const'>): ConstSymbol | null => {
  const value = elaborate(rootContext(session), symbol.value);
  if (value === null) return null;
  const odd = firstUnknown(value);
  if (odd !== null)
    return session.report(
      diagnoseShape('EBM317', odd, {
        what: `the const \`${symbol.name.text}\``,
        expected: 'a number or an array of numbers',
        found: 'a value that depends on variables',
      }),
    );
  return {
    name: symbol.name.text,
    value,
    type: valueType(value.type.scalar, value.type.shape),
    span: symbol.name.span,
  };
};

const firstUnknown = (value: Expr): Span | null => {
  let found: Span | null = null;
  walk(value, (e) => {
    if (
      found === null &&
      ((e.kind === 'ref' && e.of !== 'const') || e.kind === 'beta' || e.kind === 'net' || e.kind === 'weights')
    )
      found = e.span;
  });
  return found;
};

export const defineVariable = (session: Session, symbol: SymbolOf<'variable'>): VariableInfo | null => {
  const scope = scopeOf(session, symbol.plates, symbol.index);
  const context = 'broken' in scope ? scope.broken : scope.inside;
  const domain = session.once(symbol.declaration, () => elaborateDomain(context, symbol.declaration.domain));
  if ('broken' in scope || domain === null) return null;
  return {
    name: symbol.name.text,
    symbol,
    plates: scope.plates,
    binders: scope.binders,
    where: scope.where,
    type: valueType(scalarOf(domain), domain.shape),
    domain,
    inside: scope.inside,
    span: symbol.name.span,
  };
};

export const defineLet = (session: Session, symbol: SymbolOf<'let'>): LetInfo | null => {
  const { declaration } = symbol;
  const scope = scopeOf(session, symbol.plates, declaration.index);
  const value = elaborate('broken' in scope ? scope.broken : scope.inside, declaration.value);
  if ('broken' in scope || value === null) return null;
  return {
    name: symbol.name.text,
    plates: scope.plates,
    binders: scope.binders,
    where: scope.where,
    type: value.type,
    value,
    span: symbol.name.span,
  };
};
