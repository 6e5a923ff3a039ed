// Subscripts. In: a base and its subscripts as written. Out: a ref with its indices filled, and for what is left a subscript of
// the value. Whole numbers, categories, indices, binaries and one-hot vectors index; every position is proved inside its axis.
import { diagnoseGraph } from '../diagnostics/messages/graph.ts';
import { diagnoseShape } from '../diagnostics/messages/shapes.ts';
import type { Span } from '../diagnostics/diagnostic.ts';
import type { Expression, Subscript } from '../syntax/ast.ts';
import { add, constant, equal, printShape, type Dim } from '../tensor/dims.ts';
import { asDim, linearOf, minus } from './bounds.ts';
import { checkWithin } from './bound-checks.ts';
import { lengthOf, ownPosition, positionOf } from './index-clauses.ts';
import { subscriptExpr } from './make.ts';
import type { Binder, Expr, SubscriptExpr } from './model.ts';
import { type Referent, elaborateName, referentOf, refTo } from './references.ts';
import { elaborate, type Context } from './session.ts';
import { describeType, integer, isScalar, isWhole, valueType } from './types.ts';

/** Does a piece of syntax mention this index? */
const mentions = (node: unknown, name: string): boolean => {
  if (Array.isArray(node)) return node.some((n) => mentions(n, name));
  if (typeof node !== 'object' || node === null) return false;
  const record = node as Record<string, unknown>;
  if (record['kind'] === 'name' && (record as unknown as Expression & { kind: 'name' }).name.text === name) return true;
  return Object.entries(record).some(([key, value]) => key !== 'span' && mentions(value, name));
};

/** How many implied binders stay implied: `y[n-1]` inside plate n is another point, `y[0]` a component of this one. */
const impliedBefore = (context: Context, referent: Referent, subscripts: readonly Subscript[]): number => {
  const { implied, info } = referent;
  const named = implied.findIndex((binder) => {
    const local = context.locals.get(binder.name);
    return local?.kind === 'index' && local.binder.id === binder.id && mentions(subscripts[0], binder.name);
  });
  if (named >= 0) return named;
  // More subscripts than components: the point is addressed too.
  const components = info.binders.length - implied.length + info.type.shape.length;
  const excess = subscripts.length - components;
  return excess > 0 && excess <= implied.length ? implied.length - excess : implied.length;
};

/** Is every vector along the last axis one-hot? */
export const isOneHot = (context: Context, expr: Expr): boolean => {
  const { session } = context;
  switch (expr.kind) {
    case 'ref': {
      const symbol = session.symbols.get(expr.name);
      if (symbol?.kind === 'variable') return session.define(symbol, expr.span)?.domain.kind === 'onehot';
      if (symbol?.kind !== 'let') return false;
      const value = session.define(symbol, expr.span)?.value;
      return value !== undefined && isOneHot(context, value);
    }
    case 'call':
      return expr.fn === 'stop_gradient' && isOneHot(context, expr.args[0]!);
    case 'subscript': {
      const last = expr.subscripts[expr.base.type.shape.length - 1];
      return (last === undefined || last.kind === 'all') && isOneHot(context, expr.base);
    }
    case 'if':
      return isOneHot(context, expr.then) && isOneHot(context, expr.else);
    default:
      return false;
  }
};

/** An axis of the value: its length, the index of its first entry, and what it is of. */
interface Axis {
  readonly length: Dim;
  readonly first: Dim;
}

const axesOf = (context: Context, base: Expr): readonly Axis[] => {
  const open = openBinders(context, base).map((b): Axis => ({ length: lengthOf(b), first: b.from }));
  return [...open, ...base.type.shape.slice(open.length).map((length): Axis => ({ length, first: [] }))];
};

/** Binders of a ref that are still axes of its value. */
export const openBinders = (context: Context, base: Expr): readonly Binder[] => {
  if (base.kind !== 'ref' || base.of === 'const') return [];
  const symbol = context.session.symbols.get(base.name);
  if (symbol?.kind !== 'variable' && symbol?.kind !== 'let') return [];
  return context.session.define<'variable' | 'let'>(symbol, base.span)?.binders.slice(base.at.length) ?? [];
};

type Position = { readonly kind: 'index'; readonly at: Expr } | SubscriptExpr;

const elaboratePosition = (context: Context, subscript: Subscript, axis: Axis): Position | null => {
  const { session } = context;
  if (subscript.kind === 'all') return { kind: 'all' };
  if (subscript.kind === 'range') return elaborateSlice(context, subscript, axis);
  const at = elaborate(context, subscript.at);
  if (at === null) return null;
  if (at.type.shape.length === 1 && isOneHot(context, at)) {
    if (equal(at.type.shape[0]!, axis.length)) return { kind: 'at', at };
    session.meet(at.type.shape, [axis.length]);
    return session.report(
      diagnoseShape('EBM301', subscript.span, {
        operation: 'indexed by one-hot',
        left: printShape([axis.length]),
        right: printShape(at.type.shape),
      }),
    );
  }
  if (!isScalar(at.type) || !isWhole(at.type)) {
    const hint = isScalar(at.type) ? undefined : 'build an array of entries with `stack[i in I] v[w[i]]`';
    const found = describeType(at.type);
    return session.report(diagnoseShape('EBM310', subscript.span, hint === undefined ? { found } : { found, hint }));
  }
  const to = add(axis.first, axis.length);
  return checkWithin(context, at, { from: axis.first, to }, subscript.span) ? { kind: 'index', at } : null;
};

const elaborateSlice = (context: Context, subscript: Subscript & { kind: 'range' }, axis: Axis): Position | null => {
  const { session } = context;
  const ends = [subscript.from, subscript.to].map((e): Expr | null => {
    const end = elaborate(context, e);
    if (end === null) return null;
    if (isScalar(end.type) && isWhole(end.type)) return end;
    return session.report(diagnoseShape('EBM310', e.span, { found: describeType(end.type) }));
  });
  const [from, to] = ends;
  if (from == null || to == null) return null;
  const length = asDim(minus(linearOf(to, session.known), linearOf(from, session.known)));
  if (length === null) return session.report(diagnoseGraph('EBM410', subscript.span, {}));
  const end = add(axis.first, axis.length);
  const oneMore = add(end, constant(1));
  if (!checkWithin(context, from, { from: axis.first, to: oneMore }, subscript.from.span)) return null;
  if (!checkWithin(context, to, { from: axis.first, to: oneMore }, subscript.to.span)) return null;
  return { kind: 'range', from: shifted(axis.first, from), length };
};

const shifted = (first: Dim, index: Expr): Expr =>
  positionOf({ id: '', name: '', from: first, to: first, span: index.span }, index);

/** Subscripts of a typed value, leading axes first. */
export const subscriptValue = (
  context: Context,
  base: Expr,
  subscripts: readonly Subscript[],
  span: Span,
): Expr | null => {
  const axes = axesOf(context, base);
  if (subscripts.length > axes.length) {
    const found = isScalar(base.type)
      ? 'a scalar'
      : `${axes.length} ax${axes.length === 1 ? 'is' : 'es'}: ${printShape(base.type.shape)}`;
    return context.session.report(diagnoseShape('EBM311', span, { given: subscripts.length, found }));
  }
  const positions = subscripts.map((s, i) => elaboratePosition(context, s, axes[i]!));
  if (positions.some((p) => p === null)) return null;
  return applyPositions(context, base, positions as readonly Position[], axes, span);
};

const applyPositions = (
  context: Context,
  base: Expr,
  positions: readonly Position[],
  axes: readonly Axis[],
  span: Span,
): Expr => {
  const open = openBinders(context, base);
  const stop = positions.findIndex((p, i) => p.kind !== 'index' || i >= open.length);
  const filled = stop < 0 ? positions.length : stop;
  const target = filled === 0 ? base : fill(context, base, positions.slice(0, filled), open, span);
  const rest = positions
    .slice(filled)
    .map((p, i): SubscriptExpr =>
      p.kind === 'index' ? { kind: 'at', at: shifted(axes[filled + i]!.first, p.at) } : p,
    );
  return rest.length === 0 ? target : subscriptExpr(target, rest, span);
};

const fill = (
  context: Context,
  base: Expr,
  positions: readonly Position[],
  open: readonly Binder[],
  span: Span,
): Expr => {
  if (base.kind !== 'ref' || base.of === 'const') return base;
  const symbol = context.session.symbols.get(base.name);
  const info =
    symbol?.kind === 'variable' || symbol?.kind === 'let'
      ? context.session.define<'variable' | 'let'>(symbol, span)
      : null;
  const at = positions.map((p, i) => positionOf(open[i]!, (p as { at: Expr }).at));
  return info === null ? base : refTo(base.of, info, [...base.at, ...at], span);
};

/** `T[n]`: the length of a ragged size. */
const raggedLength = (context: Context, expression: Expression & { kind: 'subscript' }): Expr | null | undefined => {
  const { base, subscripts, span } = expression;
  if (base.kind !== 'name' || context.locals.has(base.name.text)) return undefined;
  const { session } = context;
  const symbol = session.symbols.get(base.name.text);
  if (symbol?.kind !== 'size') return undefined;
  session.used.add(symbol.name.text);
  const info = session.define(symbol, base.span);
  if (info === null) return null;
  const rank = info.ragged.length;
  if (rank === 0)
    return session.report(
      diagnoseShape('EBM311', span, { given: subscripts.length, found: `the size \`${info.name}\`` }),
    );
  if (subscripts.length !== rank)
    return session.report(
      diagnoseGraph('EBM405', span, {
        name: info.name,
        indices: info.ragged.map((binder) => binder.name),
        given: subscripts.length,
      }),
    );
  const positions = subscripts.map((s, i) =>
    elaboratePosition(context, s, { length: lengthOf(info.ragged[i]!), first: info.ragged[i]!.from }),
  );
  if (positions.some((p) => p === null)) return null;
  const odd = positions.findIndex((p) => p!.kind !== 'index');
  if (odd >= 0) return session.report(diagnoseShape('EBM310', subscripts[odd]!.span, { found: 'a slice' }));
  const at = positions.map((p, i) => positionOf(info.ragged[i]!, (p as { at: Expr }).at));
  return { kind: 'ragged', size: info.name, at, type: valueType(integer), span };
};

export const elaborateSubscript = (context: Context, expression: Expression & { kind: 'subscript' }): Expr | null => {
  const { base, subscripts, span } = expression;
  const ragged = raggedLength(context, expression);
  if (ragged !== undefined) return ragged;
  if (base.kind === 'name') {
    const referent = referentOf(context, base.name);
    if (referent !== null) {
      context.session.used.add(base.name.text);
      const kept = impliedBefore(context, referent, subscripts);
      const start = refTo(referent.of, referent.info, referent.implied.slice(0, kept).map(ownPosition), base.span);
      return subscriptValue(context, start, subscripts, span);
    }
    const value = elaborateName(context, base.name);
    return value === null ? null : subscriptValue(context, value, subscripts, span);
  }
  const value = elaborate(context, base);
  return value === null ? null : subscriptValue(context, value, subscripts, span);
};
