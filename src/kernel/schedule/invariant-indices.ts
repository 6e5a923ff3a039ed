// Computed indices that stand still in an innermost loop are computed before it: what is read at them is then a row like any
// other, and no gather, which compilers make of an index that they load in every lane. In and out: kernels of the same meaning.
import { Fresh } from '../fresh.ts';
import type { Atom, BufferId, Expr, Index, KernelProgram, LocalId, LoopId, Statement } from '../kernel.ts';
import { ofAtom } from '../index-arithmetic.ts';
import { printAtom } from '../print-expressions.ts';
import { exprMentions, mapStatement, visitExpr, visitStatements } from '../transform.ts';

type ValueAtom = Extract<Atom, { kind: 'value' }>;

/** What changes within a statement. */
interface Changing {
  readonly loops: readonly LoopId[];
  readonly locals: ReadonlySet<LocalId>;
  readonly buffers: ReadonlySet<BufferId>;
}

const changingIn = (statement: Statement): Changing => {
  const [loops, locals, buffers] = [[] as LoopId[], new Set<LocalId>(), new Set<BufferId>()];
  visitStatements([statement], {
    statement: (s) => {
      if (s.kind === 'loop') loops.push(s.loop.id);
      if (s.kind === 'let') locals.add(s.local);
      if (s.kind !== 'reduce') return;
      loops.push(...s.loops.map((loop) => loop.id));
      for (const { local } of [...s.lets, ...s.accumulators]) locals.add(local);
    },
    access: ({ buffer }, reads) => {
      if (!reads) buffers.add(buffer);
    },
  });
  return { loops, locals, buffers };
};

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

const holdsLoops = (statements: readonly Statement[]): boolean =>
  statements.some((s) => (s.kind === 'if' ? holdsLoops(s.then) : s.kind !== 'let' && s.kind !== 'store'));

/** What a statement without loops inside evaluates in every iteration; null for one that has some. */
const evaluatedIn = (statement: Statement): readonly Expr[] | null => {
  if (statement.kind === 'reduce')
    return [...statement.lets.map((made) => made.value), ...statement.accumulators.map((a) => a.value)];
  if (statement.kind !== 'loop') return null;
  const exprs: Expr[] = [];
  for (const inner of statement.body) {
    if (inner.kind === 'let') exprs.push(inner.value);
    else if (inner.kind === 'store') exprs.push(inner.value, { kind: 'load', from: inner.to });
    else if (inner.kind !== 'if' || holdsLoops(inner.then)) return null;
  }
  return exprs;
};

const hoisted = (statement: Statement, fresh: Fresh): readonly Statement[] => {
  const exprs = evaluatedIn(statement);
  if (exprs === null) return [statement];
  const changing = changingIn(statement);
  const found: ValueAtom[] = [];
  for (const expr of exprs) computedIn(expr, found);
  const made = new Map<string, { readonly local: LocalId; readonly value: Expr }>();
  for (const atom of found) {
    const isPlain = atom.of.kind === 'local' || atom.of.kind === 'number' || atom.of.kind === 'index';
    if (isPlain || made.has(printAtom(atom)) || !isStill(atom.of, changing)) continue;
    made.set(printAtom(atom), { local: fresh.local(), value: atom.of });
  }
  if (made.size === 0) return [statement];
  const atom = (old: Atom): Index | null => {
    const known = old.kind === 'value' ? made.get(printAtom(old)) : undefined;
    return known === undefined
      ? null
      : ofAtom({ kind: 'value', of: { kind: 'local', local: known.local, scalar: 'int' } });
  };
  const lets = [...made.values()].map(({ local, value }): Statement => ({ kind: 'let', local, value }));
  return [...lets, mapStatement(statement, { atom })];
};

/** Only inside of a loop: what stands outermost runs as a whole, on all threads or as a dispatch. */
const inStatements = (statements: readonly Statement[], inLoop: boolean, fresh: Fresh): readonly Statement[] =>
  statements.flatMap((statement): readonly Statement[] => {
    switch (statement.kind) {
      case 'loop':
        if (holdsLoops(statement.body)) return [{ ...statement, body: inStatements(statement.body, true, fresh) }];
        return inLoop ? hoisted(statement, fresh) : [statement];
      case 'while':
        return [{ ...statement, test: inStatements(statement.test, false, fresh), body: inStatements(statement.body, false, fresh) }]; // prettier-ignore
      case 'if':
        return [{ ...statement, then: inStatements(statement.then, inLoop, fresh) }];
      case 'reduce':
        return inLoop ? hoisted(statement, fresh) : [statement];
      case 'let':
      case 'store':
      case 'product':
      case 'routine':
        return [statement];
    }
  });

export const hoistIndices = (kernels: KernelProgram): KernelProgram => {
  const fresh = new Fresh(kernels);
  return fresh.finish(inStatements(kernels.body, false, fresh));
};
