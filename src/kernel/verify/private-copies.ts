// Private accumulators: what iterations do with a copy must not depend on which of them a thread has. In: a parallel loop. Out:
// problems: a copy that is written otherwise than by its operation or read, a target that is touched within the loop.
import type { Access, Statement } from '../kernel.ts';
import { printAccess } from '../print-expressions.ts';
import { visitStatements } from '../visit.ts';
import type { Context } from './context.ts';

export const checkCopyUses = (statement: Extract<Statement, { kind: 'loop' }>, context: Context): void => {
  const { privates, loop } = statement;
  const name = `loop i${loop.id}`;
  const allowed = new Set<Access>();
  visitStatements(statement.body, {
    statement: (inner) => {
      if (inner.kind === 'routine')
        for (const { copy, into } of privates)
          if ([...inner.args, ...inner.outs].some((id) => id === copy || id === into))
            context.report(`${name}: ${inner.name} uses the private %${copy} or %${into}`);
      const added = inner.kind === 'product' ? (inner.accumulate ? 'sum' : 'set') : inner.kind === 'store' ? inner.mode : null; // prettier-ignore
      const to = inner.kind === 'product' ? inner.out : inner.kind === 'store' ? inner.to : null;
      if (to !== null && privates.some(({ copy, op }) => copy === to.buffer && op === added)) allowed.add(to);
    },
    access: (access, reads) => {
      for (const { copy, into, op } of privates) {
        if (access.buffer === into) context.report(`${name}: ${printAccess(access)} is the target of a private accumulator`); // prettier-ignore
        if (access.buffer === copy && (reads || !allowed.has(access)))
          context.report(`${name}: ${printAccess(access)} is a private accumulator of ${op} and used otherwise`);
      }
    },
  });
};
