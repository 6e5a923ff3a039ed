// Index clauses and plates. In: `[i in R, j in i+1..N where c]` as written. Out: binders over the rectangular hull, conditions
// for what the hull has too much, and a context in which the indices and all these facts are known.
import { diagnoseGraph } from '../diagnostics/messages/graph.ts';
import { diagnoseShape } from '../diagnostics/messages/shapes.ts';
import type { Binder as BinderSyntax, Expression, IndexClause } from '../syntax/ast.ts';
import { print, subtract, type Dim } from '../tensor/dims.ts';
import { asDim, factsOf, highest, linearOf, lowest } from './bounds.ts';
import { condition } from './conditions.ts';
import { isNonPositive } from './dim-sign.ts';
import { callExpr, dimExpr } from './make.ts';
import type { Binder, Expr } from './model.ts';
import { elaborate, type Context, type Local, type PlateScope, withLocals } from './session.ts';
import type { PlatePath } from './symbols.ts';
import { walk } from './traverse.ts';
import { describeType, integer, isScalar, isWhole, valueType } from './types.ts';

export interface Clause {
  readonly binders: readonly Binder[];
  readonly where: readonly Expr[];
  /** The surrounding context with the indices and their facts. */
  readonly inside: Context;
}

const article = {
  observed: 'observed',
  target: 'a target',
  latent: 'a latent',
  noise: 'noise',
  param: 'a param',
  data: 'data',
} as const;

/** Filters and ranges decide which factors exist, so they are made of indices, sizes, consts and data only. */
export const isKnownOnLoad = (context: Context, expr: Expr): boolean => {
  const { session } = context;
  let fine = true;
  walk(expr, (e) => {
    if (e.kind !== 'ref' || e.of === 'const') return;
    const symbol = session.symbols.get(e.name);
    if (symbol?.kind === 'variable') {
      const role = symbol.declaration.role;
      if (role === 'data' || !fine) return;
      session.report(diagnoseShape('EBM319', e.span, { name: e.name, role: article[role] }));
      fine = false;
    } else if (symbol?.kind === 'let') {
      const value = session.define(symbol, e.span)?.value;
      if (value !== undefined && !session.attempt(() => isKnownOnLoad(context, value)).value && fine) {
        session.report(diagnoseShape('EBM319', e.span, { name: e.name, role: 'a let of other values' }));
        fine = false;
      }
    }
  });
  return fine;
};

/** One end of a range: a whole number made of sizes, outer indices, ragged sizes and data. */
const rangeEnd = (context: Context, expression: Expression): Expr | null => {
  const expr = elaborate(context, expression);
  if (expr === null || !isKnownOnLoad(context, expr)) return null;
  if (isScalar(expr.type) && isWhole(expr.type) && expr.type.scalar.kind !== 'category') return expr;
  return context.session.report(
    diagnoseShape('EBM309', expression.span, { found: `a value of type ${describeType(expr.type)}` }),
  );
};

const constantZero = (span: BinderSyntax['span']): Expr => ({
  kind: 'number',
  value: 0,
  type: valueType(integer),
  span,
});

interface BoundBinder {
  readonly binder: Binder;
  readonly where: readonly Expr[];
  readonly facts: Context['facts'];
}

export const indexExpr = (binder: Binder): Expr => ({
  kind: 'index',
  id: binder.id,
  type: valueType(integer),
  span: binder.span,
});

const bindOne = (
  context: Context,
  syntax: BinderSyntax,
  reuse?: (from: Dim, to: Dim) => Binder,
): BoundBinder | null => {
  const { session } = context;
  const { from: fromSyntax, to: toSyntax } = syntax.range;
  const to = rangeEnd(context, toSyntax ?? fromSyntax);
  const from = toSyntax === null ? constantZero(syntax.range.span) : rangeEnd(context, fromSyntax);
  if (from === null || to === null) return null;
  const [low, high] = [linearOf(from, session.known), linearOf(to, session.known)];
  const hull = { from: lowest(low), to: highest(high) };
  if (hull.from === null || hull.to === null)
    return session.report(
      diagnoseGraph('EBM408', syntax.range.span, {
        hint: 'use sizes, outer indices, `size L[d in D]`, or data with a bounded domain',
      }),
    );
  if (isNonPositive(subtract(hull.to, hull.from)))
    return session.report(diagnoseGraph('EBM404', syntax.range.span, { from: print(hull.from), to: print(hull.to) }));
  const binder = reuse?.(hull.from, hull.to) ?? session.bind(syntax.name.text, hull.from, hull.to, syntax.name.span);
  const span = syntax.range.span;
  const where = [
    ...(asDim(low) === null ? [callExpr('ge', [indexExpr(binder), from], span)] : []),
    ...(asDim(high) === null ? [callExpr('lt', [indexExpr(binder), to], span)] : []),
  ];
  return { binder, where, facts: where.flatMap((c) => factsOf(c, session.known)) };
};

/** null when something in it is wrong; `inside` is then still given, with the indices marked as broken. */
export const elaborateClause = (
  context: Context,
  clause: IndexClause | null,
): Clause | { readonly broken: Context } => {
  if (clause === null) return { binders: [], where: [], inside: context };
  let inside = context;
  let broken = false;
  const binders: Binder[] = [];
  const where: Expr[] = [];
  for (const syntax of clause.binders) {
    const bound = bindOne(inside, syntax);
    const local: Local = bound === null ? { kind: 'broken' } : { kind: 'index', binder: bound.binder };
    inside = withLocals(inside, [[syntax.name.text, local]]);
    if (bound === null) broken = true;
    else {
      binders.push(bound.binder);
      where.push(...bound.where);
      inside = { ...inside, facts: [...inside.facts, ...bound.facts] };
    }
  }
  if (clause.where !== null) {
    const filter = condition(inside, clause.where, 'a filter');
    if (filter === null || !isKnownOnLoad(inside, filter)) broken = true;
    else {
      where.push(filter);
      inside = { ...inside, facts: [...inside.facts, ...factsOf(filter, context.session.known)] };
    }
  }
  return broken ? { broken: inside } : { binders, where, inside };
};

/** The context inside plates as written. A plate reopened with the same name and range is the same plate. */
export const enterPlates = (context: Context, path: PlatePath): Context | { readonly broken: Context } => {
  let inside = context;
  let broken = false;
  for (const syntax of path) {
    const parents = inside.plates.map((p) => p.binder.id);
    let existing: PlateScope | undefined;
    const bound = bindOne(inside, syntax, (from, to) => {
      const key = JSON.stringify([parents, syntax.name.text, print(from), print(to)]);
      existing = context.session.plates.get(key);
      if (existing !== undefined) return existing.binder;
      const binder = context.session.bind(syntax.name.text, from, to, syntax.name.span);
      context.session.plates.set(key, { name: syntax.name.text, binder, where: [], inside: parents });
      return binder;
    });
    if (bound === null) {
      broken = true;
      inside = withLocals(inside, [[syntax.name.text, { kind: 'broken' }]]);
      continue;
    }
    const plate: PlateScope = { name: syntax.name.text, binder: bound.binder, where: bound.where };
    inside = {
      ...withLocals(inside, [[syntax.name.text, { kind: 'index', binder: bound.binder }]]),
      plates: [...inside.plates, plate],
      facts: [...inside.facts, ...bound.facts],
    };
  }
  return broken ? { broken: inside } : inside;
};

export const lengthOf = (binder: Binder): Dim => subtract(binder.to, binder.from);
export const positionOf = (binder: Binder, index: Expr): Expr =>
  binder.from.length === 0 ? index : callExpr('sub', [index, dimExpr(binder.from, index.span)], index.span);
/** The index of a binder as a position counted from 0. */
export const ownPosition = (binder: Binder): Expr => positionOf(binder, indexExpr(binder));
