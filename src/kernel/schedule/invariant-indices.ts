// Computed indices that stand still in an innermost loop are computed before it: what is read at them is then a row like any
// other, and no gather, which compilers make of an index that they load in every lane. In and out: kernels of the same meaning.
import { Fresh } from '../fresh.ts';
import type { BufferId, Expr, KernelProgram, LocalId, LoopId, Statement } from '../kernel.ts';
import { stillIndices, type Changing } from '../still-indices.ts';
import { mapStatement } from '../transform.ts';
import { visitStatements } from '../visit.ts';

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
  const still = exprs === null ? null : stillIndices(exprs, changingIn(statement), () => fresh.local());
  if (still === null) return [statement];
  return [...still.lets.map((made): Statement => ({ kind: 'let', ...made })), mapStatement(statement, still.by)];
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
