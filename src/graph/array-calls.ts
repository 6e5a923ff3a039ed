// Functions of arrays whose elements are written out: `[a, b] * w` is `[a * w[0], b * w[1]]`. In: a call with such an array
// among its arguments. Out: the same without lengths that only sizes know, or null for functions that need a whole array.
import { builtins } from '../semantics/builtins.ts';
import type { BuiltinName } from '../semantics/builtins.ts';
import type { Expr } from '../semantics/model.ts';
import * as dims from '../tensor/dims.ts';
import { numberExpr } from './expressions.ts';

type Call = Expr & { readonly kind: 'call' };
type ArrayExpr = Expr & { readonly kind: 'array' };

/** Reductions that take an array of any length as it is. */
const reductions: ReadonlySet<BuiltinName> = new Set(['min', 'max', 'mean', 'logsumexp']);

export const callOfArrays = (e: Call): Expr | null => {
  const array = e.args.find((a): a is ArrayExpr => a.kind === 'array');
  if (array === undefined) return e;
  const [first, second] = e.args;
  switch (e.fn) {
    case 'sum':
      return e.type.shape.length > 0 ? null : sumOf(array.elements, 'add', e);
    case 'prod':
      return e.type.shape.length > 0 ? null : sumOf(array.elements, 'mul', e);
    case 'squared-norm2':
      return sumOf(
        array.elements.map((x) => scalarCall('mul', [x, x], e)),
        'add',
        e,
      );
    case 'transpose':
      return array.type.shape.length === 1 ? array : null;
    case 'matmul':
      return product(first!, second!, e);
    default:
      if (builtins[e.fn].elementwise === true) return elementwise(e, array.elements.length);
      return reductions.has(e.fn) && array.type.shape.length === 1 ? e : null;
  }
};

const scalarCall = (fn: BuiltinName, args: readonly Expr[], like: Expr): Expr => ({
  kind: 'call',
  fn,
  args,
  type: { scalar: like.type.scalar, shape: [] },
  span: like.span,
});

export const sumOf = (terms: readonly Expr[], fn: 'add' | 'mul', like: Expr): Expr =>
  terms.length === 0 ? numberExpr(fn === 'add' ? 0 : 1, like) : terms.reduce((a, b) => scalarCall(fn, [a, b], like));

/** The i-th element of an array of any form. */
const elementOf = (array: Expr, i: number): Expr =>
  array.kind === 'array'
    ? array.elements[i]!
    : {
        kind: 'subscript',
        base: array,
        subscripts: [{ kind: 'at', at: numberExpr(i, array) }],
        type: { scalar: array.type.scalar, shape: array.type.shape.slice(1) },
        span: array.span,
      };

const elementwise = (e: Call, length: number): Expr => {
  const elements = Array.from({ length }, (_, i) => {
    const args = e.args.map((a) => (a.type.shape.length === 0 ? a : elementOf(a, i)));
    const call: Call = { ...e, args, type: { scalar: e.type.scalar, shape: e.type.shape.slice(1) } };
    return callOfArrays(call) ?? call;
  });
  return { ...e, kind: 'array', elements, type: { scalar: e.type.scalar, shape: withLength(e, length) } } as ArrayExpr;
};

const withLength = (e: Expr, length: number) => [dims.constant(length), ...e.type.shape.slice(1)];

/** The dot product of two vectors; other products need lengths that are not written. */
const product = (a: Expr, b: Expr, e: Call): Expr | null => {
  if (a.type.shape.length !== 1 || b.type.shape.length !== 1 || e.type.shape.length > 0) return null;
  const length = (a.kind === 'array' ? a : (b as ArrayExpr)).elements.length;
  const terms = Array.from({ length }, (_, i) => scalarCall('mul', [elementOf(a, i), elementOf(b, i)], e));
  return sumOf(terms, 'add', e);
};
