// Repeated subexpressions of one iteration, each computed once. In: expressions in which equal parts are one object. Out: lets,
// in order, and the expressions that read them. What is only evaluated where a test holds stays there: elsewhere it may read out
// of bounds.
import { ofAtom } from '../index-arithmetic.ts';
import type { Expr, Index, LocalId } from '../kernel.ts';
import { mapIndex, mapParts, type Replacements } from '../transform.ts';
import type { Context } from './context.ts';
import { childrenOf, scalarOf } from './expressions.ts';

export interface Let {
  readonly local: LocalId;
  readonly value: Expr;
}
export interface Shared {
  readonly lets: readonly Let[];
  readonly values: readonly Expr[];
}

/** How often each expression is met, and which are evaluated whatever the tests say. */
const meetings = (
  roots: readonly Expr[],
): { readonly counts: ReadonlyMap<Expr, number>; readonly always: ReadonlySet<Expr> } => {
  const counts = new Map<Expr, number>();
  const always = new Set<Expr>();
  const count = (expr: Expr): void => {
    const before = counts.get(expr) ?? 0;
    counts.set(expr, before + 1);
    if (before > 0) return;
    const children = childrenOf(expr);
    [...children.always, ...children.guarded].forEach(count);
  };
  const mark = (expr: Expr): void => {
    if (always.has(expr)) return;
    always.add(expr);
    childrenOf(expr).always.forEach(mark);
  };
  roots.forEach(count);
  roots.forEach(mark);
  return { counts, always };
};

const isWork = ({ kind }: Expr): boolean => kind === 'map' || kind === 'within' || kind === 'random';

/** The same with every expression right inside of it rewritten. */
const rewriteChildren = (expr: Expr, rewrite: (expr: Expr) => Expr): Expr => {
  const computed: Replacements = {
    atom: (atom) => (atom.kind === 'value' ? ofAtom({ kind: 'value', of: rewrite(atom.of) }) : null),
  };
  const index = (of: Index): Index =>
    of.terms.every(({ atom }) => atom.kind === 'loop') ? of : mapIndex(of, computed);
  return mapParts(expr, { expr: rewrite, index, access: (access) => ({ ...access, at: access.at.map(index) }) });
};

export const share = (roots: readonly Expr[], context: Context): Shared => {
  const { counts, always } = meetings(roots);
  const rewritten = new Map<Expr, Expr>();
  const lets: Let[] = [];
  const rewrite = (expr: Expr): Expr => {
    const known = rewritten.get(expr);
    if (known !== undefined) return known;
    const value = rewriteChildren(expr, rewrite);
    const shared = counts.get(expr)! > 1 && always.has(expr) && isWork(expr);
    const result: Expr = shared
      ? { kind: 'local', local: context.local(), scalar: scalarOf(expr, context.buffers) }
      : value;
    if (result.kind === 'local' && shared) lets.push({ local: result.local, value });
    rewritten.set(expr, result);
    return result;
  };
  return { values: roots.map(rewrite), lets };
};
