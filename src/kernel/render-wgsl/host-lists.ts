// The lists of statements that are not within a parallel loop: what a renderer for a device gives out one by one. In: kernels and a
// function on such statements. Out: kernels in which each of them is replaced.
import type { Statement } from '../kernel.ts';

export const replaceOnHost = (
  statements: readonly Statement[],
  replace: (statement: Statement) => readonly Statement[] | null,
): readonly Statement[] =>
  statements.flatMap((s): readonly Statement[] => {
    const replaced = replace(s);
    if (replaced !== null) return replaced;
    const inside = (list: readonly Statement[]): readonly Statement[] => replaceOnHost(list, replace);
    if (s.kind === 'loop' && s.role === 'serial') return [{ ...s, body: inside(s.body) }];
    if (s.kind === 'if') return [{ ...s, then: inside(s.then) }];
    if (s.kind === 'while') return [{ ...s, test: inside(s.test), body: inside(s.body) }];
    return [s];
  });
