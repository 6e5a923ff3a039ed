// Which locals are wanted: compilers warn of variables that nothing reads. In: a kernel program. Out: the locals that a store, a
// test or an accumulator depends on, by way of others or not.
import type { Expr, KernelProgram, LocalId } from '../kernel.ts';
import { visitExpr, visitStatements } from '../visit.ts';

const localsIn = (exprs: readonly Expr[]): readonly LocalId[] => {
  const found: LocalId[] = [];
  for (const expr of exprs) visitExpr(expr, { expr: (part) => void (part.kind === 'local' && found.push(part.local)) });
  return found;
};

export const localsWanted = ({ body }: KernelProgram): ReadonlySet<LocalId> => {
  const madeOf = new Map<LocalId, readonly Expr[]>();
  const mentioned = new Map<LocalId, number>();
  const count = (locals: readonly LocalId[], by: number): void =>
    locals.forEach((local) => mentioned.set(local, (mentioned.get(local) ?? 0) + by));
  visitStatements(body, {
    expr: (expr) => void (expr.kind === 'local' && count([expr.local], 1)),
    statement: (s) => {
      if (s.kind === 'let') madeOf.set(s.local, [s.value]);
      if (s.kind !== 'reduce') return;
      for (const { local, value } of s.lets) madeOf.set(local, [value]);
      for (const { local, value, beta } of s.accumulators)
        madeOf.set(local, beta === undefined ? [value] : [value, beta]);
    },
  });
  // What only unwanted locals mention is unwanted, too.
  const unwanted = [...madeOf.keys()].filter((local) => !mentioned.has(local));
  for (let local = unwanted.pop(); local !== undefined; local = unwanted.pop()) {
    const mentions = localsIn(madeOf.get(local)!);
    count(mentions, -1);
    madeOf.delete(local);
    for (const other of new Set(mentions)) if (mentioned.get(other) === 0 && madeOf.has(other)) unwanted.push(other);
  }
  return new Set(madeOf.keys());
};
