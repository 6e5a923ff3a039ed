// Statements in nested loops. In: loops, outermost first, and what stands inside of them. Out: one statement (without loops: those
// given).
import type { Loop, Statement } from './kernel.ts';

export const inLoops = (
  loops: readonly Loop[],
  body: readonly Statement[],
  role: 'serial' | 'parallel' = 'parallel',
): readonly Statement[] =>
  loops.reduceRight<readonly Statement[]>(
    (inner, loop) => [{ kind: 'loop', loop, role, scratch: [], privates: [], body: inner }],
    body,
  );
