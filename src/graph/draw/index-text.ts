// In: index expressions, ranges and filters. Out: how they are written beside a plate or an edge: `i = a[e]`, `n ∈ N`, `i < j`.
import { builtins } from '../../semantics/builtins.ts';
import type { Binder, Expr, SizeSymbol } from '../../semantics/model.ts';
import type { Dim } from '../../tensor/dims.ts';
import { add, constantValue, equal, print } from '../../tensor/dims.ts';
import type { IndexMap } from '../factor-graph.ts';

const minus = '\u2212';
const withMinus = (text: string): string => text.replaceAll('-', minus);

/** `N`, `T − 1`; with the value where it is known: `N = 150`. */
export const dimText = (dim: Dim): string => withMinus(print(dim));

const infix: Readonly<Record<string, readonly [symbol: string, strength: number]>> = {
  or: [' or ', 1],
  and: [', ', 2],
  eq: [' = ', 3],
  ne: [' ≠ ', 3],
  lt: [' < ', 3],
  le: [' ≤ ', 3],
  gt: [' > ', 3],
  ge: [' ≥ ', 3],
  add: [' + ', 4],
  sub: [` ${minus} `, 4],
  mul: [' ', 5],
  div: [' / ', 5],
};

/** Around their argument, as they are written: `||v||_1`. */
const around: Readonly<Record<string, readonly [before: string, after: string]>> = {
  norm2: ['‖', '‖'],
  norm1: ['‖', '‖₁'],
  norm0: ['‖', '‖₀'],
  normF: ['‖', '‖_F'],
  'squared-norm2': ['‖', '‖²'],
  'squared-normF': ['‖', '‖_F²'],
};

/** `nameOf` gives the written name of an index. Parts that have no short form become `…`; inside a longer expression a
 *  variable stands without its indices. */
export const exprText = (expr: Expr, nameOf: (id: string) => string, strength = 0, inside = false): string => {
  const text = (e: Expr, s = 0): string => exprText(e, nameOf, s, inside || expr.kind === 'call');
  switch (expr.kind) {
    case 'number':
      return withMinus(String(expr.value));
    case 'dim':
      return dimText(expr.dim);
    case 'index':
      return nameOf(expr.id);
    case 'ragged':
      return `${expr.size}[${expr.at.map((e) => text(e)).join(', ')}]`;
    case 'ref':
      return expr.at.length === 0 || (inside && expr.of === 'variable')
        ? expr.name
        : `${expr.name}[${expr.at.map((e) => text(e)).join(', ')}]`;
    case 'subscript': {
      const positions = expr.subscripts.map((s) => (s.kind === 'at' ? text(s.at) : ':'));
      return `${exprText(expr.base, nameOf, 9, true)}[${positions.join(', ')}]`;
    }
    case 'if':
      return `if ${text(expr.condition)} then ${text(expr.then)} else ${text(expr.else)}`;
    case 'free-energy':
      return `F${expr.replaced.length === 0 ? '' : `(${expr.replaced.map((r) => `${r.name} = ${text(r.by)}`).join(', ')})`}`;
    case 'negatives':
      return `${expr.how}(${[expr.of, ...expr.options.map((o) => text(o))].join(', ')})`;
    case 'call': {
      const operator = infix[expr.fn];
      const [a, b] = expr.args as [Expr, Expr];
      if (operator !== undefined && expr.args.length === 2) {
        const next = nextOf(expr);
        if (next !== null) return `${text(next[0], 4)} < ${text(next[1], 4)}`;
        const [symbol, own] = operator;
        const inner = `${text(a, own)}${symbol}${text(b, own + 1)}`;
        return own < strength ? `(${inner})` : inner;
      }
      if (expr.fn === 'pow') return `${text(a, 8)}^${text(b, 8)}`;
      if (expr.fn === 'neg') return `${minus}${text(a, 6)}`;
      const norm = around[expr.fn];
      if (norm !== undefined) return `${norm[0]}${text(a)}${norm[1]}`;
      if (expr.fn === 'not') return `not ${text(a, 6)}`;
      return `${builtins[expr.fn].spelling ?? expr.fn}(${expr.args.map((e) => text(e)).join(', ')})`;
    }
    default:
      return '…';
  }
};

/** b ≥ a + 1 is a < b. */
const nextOf = (expr: Expr & { kind: 'call' }): readonly [Expr, Expr] | null => {
  const [left, right] = expr.args as [Expr, Expr];
  const before = (e: Expr): Expr | null =>
    e.kind === 'call' && e.fn === 'add' && e.args[1]!.kind === 'number' && e.args[1]!.value === 1 ? e.args[0]! : null;
  const [small, large] =
    expr.fn === 'ge' ? [before(right), left] : expr.fn === 'le' ? [before(left), right] : [null, left];
  return small === null ? null : [small, large];
};

/** A position, which counts from 0, as an index of an axis that begins at `from`. */
export const indexOf = (map: IndexMap, from: Dim): IndexMap => {
  if (from.length === 0) return map;
  switch (map.kind) {
    case 'affine':
      return { ...map, offset: add(map.offset, from) };
    case 'fixed':
      return { ...map, at: add(map.at, from) };
    case 'all':
      return { ...map, from: add(map.from, from), to: add(map.to, from) };
    case 'gather':
    case 'unknown': {
      const { type, span } = map.expr;
      return {
        ...map,
        expr: { kind: 'call', fn: 'add', args: [map.expr, { kind: 'dim', dim: from, type, span }], type, span },
      };
    }
  }
};

/** The index that a slot takes along one axis; '' where nothing needs to be said, because all nodes are touched. */
export const mapText = (map: IndexMap, nameOf: (id: string) => string): string => {
  switch (map.kind) {
    case 'affine':
      return offsetText(nameOf(map.index), map.offset);
    case 'fixed':
      return dimText(map.at);
    case 'all':
      return '';
    case 'gather':
    case 'unknown':
      return exprText(map.expr, nameOf);
  }
};

/** `t`, `t−1`, `t+1`. */
const offsetText = (name: string, offset: Dim): string => {
  if (offset.length === 0) return name;
  const value = constantValue(offset);
  return value === null ? `${name} + ${dimText(offset)}` : stepText(name, value);
};

export const stepText = (name: string, steps: number): string =>
  steps === 0 ? name : `${name}${steps < 0 ? minus : '+'}${Math.abs(steps)}`;

/** `n ∈ N`, `t ∈ 1..T`, `i, j ∈ V`: indices with one range are listed together. A ragged size is written with its index. */
export const rangeText = (
  binders: readonly Pick<Binder, 'name' | 'from' | 'to'>[],
  sizes: readonly SizeSymbol[],
): string => {
  const groups: { names: string[]; from: Dim; to: Dim }[] = [];
  for (const b of binders) {
    const known = groups.find((g) => equal(g.from, b.from) && equal(g.to, b.to));
    if (known !== undefined) known.names.push(b.name);
    else groups.push({ names: [b.name], from: b.from, to: b.to });
  }
  const bound = (dim: Dim): string => {
    const text = dimText(dim);
    const ragged = sizes.find((s) => s.name === text && s.ragged.length > 0);
    return ragged === undefined ? text : `${text}[${ragged.ragged.map((b) => b.name).join(', ')}]`;
  };
  return groups
    .map(({ names, from, to }) => {
      const range = from.length === 0 ? bound(to) : `${bound(from)}..${bound(to)}`;
      return `${names.join(', ')} ∈ ${range}`;
    })
    .join(', ');
};

/** `i in 0..N, j in i+1..N` has the hull 1..N for j; with `i < j` written beside it, both run over N. */
export const withoutHull = (binders: readonly Binder[], where: Expr | null): readonly Binder[] => {
  const conditions: (Expr & { kind: 'call' })[] = [];
  const read = (e: Expr | null): void => {
    if (e?.kind !== 'call') return;
    if (e.fn === 'and') e.args.forEach(read);
    else conditions.push(e);
  };
  read(where);
  return binders.map((b) => {
    const before = binders.find((a) =>
      conditions.some((c) => {
        const [left, right] = nextOf(c) ?? (c.fn === 'lt' ? c.args : []);
        return left?.kind === 'index' && left.id === a.id && right?.kind === 'index' && right.id === b.id;
      }),
    );
    return before !== undefined && equal(before.to, b.to) ? { ...b, from: before.from } : b;
  });
};
