// Computed indices that stand still while some loops run: the same in every iteration, to be computed before. In: expressions that
// are evaluated in each iteration, and what changes from one to the next. Out: locals for such indices, and expressions that read
// them.
import { ofAtom } from './index-arithmetic.ts';
import type { Atom, BufferId, Expr, Index, LocalId, LoopId } from './kernel.ts';
import { printAtom } from './print-expressions.ts';
import type { Replacements } from './transform.ts';
import { exprMentions, visitExpr } from './visit.ts';

type ValueAtom = Extract<Atom, { kind: 'value' }>;

/** What changes from one iteration to the next. */
export interface Changing {
  readonly loops: readonly LoopId[];
  readonly locals: ReadonlySet<LocalId>;
  readonly buffers: ReadonlySet<BufferId>;
}

const isStill = (expr: Expr, { loops, locals, buffers }: Changing): boolean => {
  let still = !loops.some((loop) => exprMentions(expr, loop));
  visitExpr(expr, {
    expr: (part) => {
      if (part.kind === 'local' && locals.has(part.local)) still = false;
    },
    access: ({ buffer }) => {
      if (buffers.has(buffer)) still = false;
    },
  });
  return still;
};

/** Computed indices that are evaluated whenever the expression is: not those in a branch. */
const computedIn = (expr: Expr, found: ValueAtom[]): void => {
  const inIndex = (index: Index): void => {
    for (const { atom } of index.terms) {
      if (atom.kind === 'floor-div' || atom.kind === 'mod') inIndex(atom.of);
      if (atom.kind !== 'value') continue;
      found.push(atom);
      computedIn(atom.of, found);
    }
  };
  switch (expr.kind) {
    case 'number':
    case 'local':
      return;
    case 'index':
      return inIndex(expr.of);
    case 'load':
      return expr.from.at.forEach(inIndex);
    case 'map':
      return expr.args.forEach((arg) => computedIn(arg, found));
    case 'cast':
      return computedIn(expr.of, found);
    case 'within':
      return expr.tests.forEach(({ index }) => inIndex(index));
    case 'random':
      computedIn(expr.seed, found);
      computedIn(expr.step, found);
      return inIndex(expr.element);
  }
};

export interface StillIndices {
  readonly lets: readonly { readonly local: LocalId; readonly value: Expr }[];
  readonly by: Replacements;
}

/** Null where there are none. `fresh` gives locals that nothing else uses. */
export const stillIndices = (exprs: readonly Expr[], changing: Changing, fresh: () => LocalId): StillIndices | null => {
  const found: ValueAtom[] = [];
  for (const expr of exprs) computedIn(expr, found);
  const made = new Map<string, { readonly local: LocalId; readonly value: Expr }>();
  for (const atom of found) {
    const isPlain = atom.of.kind === 'local' || atom.of.kind === 'number' || atom.of.kind === 'index';
    if (isPlain || made.has(printAtom(atom)) || !isStill(atom.of, changing)) continue;
    made.set(printAtom(atom), { local: fresh(), value: atom.of });
  }
  if (made.size === 0) return null;
  const atom = (old: Atom): Index | null => {
    const known = old.kind === 'value' ? made.get(printAtom(old)) : undefined;
    return known === undefined
      ? null
      : ofAtom({ kind: 'value', of: { kind: 'local', local: known.local, scalar: 'int' } });
  };
  return { lets: [...made.values()], by: { atom } };
};
