// Builds typed expressions in code: the energies of distributions and the checker's rewrites. In: Exprs. Out: Exprs with types
// from the builtin table. A call that does not type is a bug of ours (InternalError): user input was checked before.
import { InternalError } from '../diagnostics/diagnostic.ts';
import type { Span } from '../diagnostics/diagnostic.ts';
import { constantValue, type Dim } from '../tensor/dims.ts';
import type { Argument } from './builtin.ts';
import { writtenNumber } from './builtin.ts';
import { builtins, type BuiltinName } from './builtins.ts';
import type { Binder, Expr, SubscriptExpr } from './model.ts';
import { integer, isScalar, real, valueType } from './types.ts';

export interface Make {
  readonly number: (value: number) => Expr;
  readonly dim: (dim: Dim) => Expr;
  readonly call: (fn: BuiltinName, ...args: readonly Expr[]) => Expr;
  /** base[i, j, …]: leading axes. */
  readonly at: (base: Expr, ...indices: readonly Expr[]) => Expr;
  readonly choose: (condition: Expr, then: Expr, otherwise: Expr) => Expr;
  /** The sum of all entries; the expression itself when it is a scalar. */
  readonly total: (value: Expr) => Expr;
  /** Σ over all positions of a shape, or log Σ exp. */
  readonly over: (
    reducer: 'sum' | 'logsumexp',
    shape: readonly Dim[],
    body: (...indices: readonly Expr[]) => Expr,
  ) => Expr;
}

export const argumentOf = (expr: Expr): Argument => ({
  type: expr.type,
  dim: expr.kind === 'dim' ? expr.dim : wholeDim(expr),
  number: writtenNumber(expr),
});
const wholeDim = (expr: Expr): Dim | null => {
  const number = writtenNumber(expr);
  return number !== null && Number.isInteger(number) ? (number === 0 ? [] : [{ coef: number, sizes: [] }]) : null;
};

export const numberExpr = (value: number, span: Span): Expr => ({
  kind: 'number',
  value,
  type: valueType(Number.isInteger(value) ? integer : real),
  span,
});
/** A size as a number; a written number where it mentions no size. */
export const dimExpr = (dim: Dim, span: Span): Expr => {
  const value = constantValue(dim);
  return value === null ? { kind: 'dim', dim, type: valueType(integer), span } : numberExpr(value, span);
};

export const callExpr = (fn: BuiltinName, args: readonly Expr[], span: Span): Expr => {
  const ruling = builtins[fn].result(args.map(argumentOf));
  if ('problem' in ruling)
    throw new InternalError(`${fn} was built with wrong arguments: ${JSON.stringify(ruling.problem)}`);
  return { kind: 'call', fn, args, type: ruling.type, span };
};

/** base[subscripts]; a subscript of a subscript becomes one. */
export const subscriptExpr = (base: Expr, subscripts: readonly SubscriptExpr[], span: Span): Expr => {
  if (base.kind === 'subscript' && base.subscripts.every((s) => s.kind !== 'range')) {
    const rest = [...subscripts];
    const merged = base.subscripts.map((s): SubscriptExpr => (s.kind === 'all' ? (rest.shift() ?? s) : s));
    return subscriptExpr(base.base, [...merged, ...rest], span);
  }
  const kept = base.type.shape.flatMap((dim, axis): readonly Dim[] => {
    const subscript = subscripts[axis];
    if (subscript === undefined || subscript.kind === 'all') return [dim];
    return subscript.kind === 'range' ? [subscript.length] : [];
  });
  const last = subscripts.findLastIndex((s) => s.kind !== 'all');
  if (last < 0) return base;
  const row = base.type.row === true && kept.length === 1;
  const type = row ? { scalar: base.type.scalar, shape: kept, row: true as const } : valueType(base.type.scalar, kept);
  return { kind: 'subscript', base, subscripts: subscripts.slice(0, last + 1), type, span };
};

export const joinConditions = (conditions: readonly Expr[]): Expr | null =>
  conditions.length === 0
    ? null
    : conditions.reduce((a, b) =>
        callExpr('and', [a, b], { start: Math.min(a.span.start, b.span.start), end: Math.max(a.span.end, b.span.end) }),
      );

/** `fresh` makes a binder over 0..dim with a new id. */
export const maker = (span: Span, fresh: (name: string, from: Dim, to: Dim) => Binder): Make => {
  const call = (fn: BuiltinName, ...args: readonly Expr[]): Expr => callExpr(fn, args, span);
  return {
    number: (value) => numberExpr(value, span),
    dim: (dim) => dimExpr(dim, span),
    call,
    at: (base, ...indices) =>
      subscriptExpr(
        base,
        indices.map((at) => ({ kind: 'at', at })),
        span,
      ),
    choose: (condition, then, otherwise) => ({
      kind: 'if',
      condition,
      then,
      else: otherwise,
      type: { scalar: real, shape: then.type.shape },
      span,
    }),
    total: (value) => (isScalar(value.type) ? value : call('sum', value)),
    over: (reducer, shape, body) => {
      if (shape.length === 0) return body();
      const binders = shape.map((dim, i) => fresh(['i', 'j', 'k', 'l'][i] ?? 'i', [], dim));
      const indices = binders.map((b): Expr => ({ kind: 'index', id: b.id, type: valueType(integer), span }));
      const inner = body(...indices);
      return { kind: 'reduce', reducer, binders, where: null, body: inner, type: valueType(real), span };
    },
  };
};
