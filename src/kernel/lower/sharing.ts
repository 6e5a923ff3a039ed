// Repeated subexpressions of one iteration, each computed once. In: expressions in which equal parts are one object. Out: lets,
// in order, and the expressions that read them. What is only evaluated where a test holds stays there: elsewhere it may read out
// of bounds.
import { addIndex, constantIndex, ofAtom, scaleIndex } from '../index-arithmetic.ts';
import type { Atom, Expr, Index, LocalId } from '../kernel.ts';
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

const rewriteAtom = (atom: Atom, rewrite: (expr: Expr) => Expr): Atom => {
  switch (atom.kind) {
    case 'loop':
      return atom;
    case 'floor-div':
    case 'mod':
      return { ...atom, of: rewriteIndex(atom.of, rewrite) };
    case 'value':
      return { kind: 'value', of: rewrite(atom.of) };
  }
};

const rewriteIndex = (index: Index, rewrite: (expr: Expr) => Expr): Index =>
  index.terms.every(({ atom }) => atom.kind === 'loop')
    ? index
    : index.terms.reduce(
        (sum, { coef, atom }) => addIndex(sum, scaleIndex(ofAtom(rewriteAtom(atom, rewrite)), coef)),
        constantIndex(index.constant),
      );

/** The same with every expression right inside of it rewritten. */
const rewriteChildren = (expr: Expr, rewrite: (expr: Expr) => Expr): Expr => {
  switch (expr.kind) {
    case 'number':
    case 'local':
      return expr;
    case 'index':
      return { ...expr, of: rewriteIndex(expr.of, rewrite) };
    case 'load':
      return { ...expr, from: { ...expr.from, at: expr.from.at.map((index) => rewriteIndex(index, rewrite)) } };
    case 'map':
      return { ...expr, args: expr.args.map(rewrite) };
    case 'cast':
      return { ...expr, of: rewrite(expr.of) };
    case 'within':
      return {
        ...expr,
        tests: expr.tests.map((test) => ({ ...test, index: rewriteIndex(test.index, rewrite) })),
        then: rewrite(expr.then),
        otherwise: rewrite(expr.otherwise),
      };
    case 'random':
      return {
        ...expr,
        seed: rewrite(expr.seed),
        step: rewrite(expr.step),
        element: rewriteIndex(expr.element, rewrite),
      };
  }
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
