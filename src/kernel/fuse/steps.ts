// Serial loops of a group and what they cost outside of a block. In: statements and which loops run over rows. Out: judgements.
import { iterations } from '../extents.ts';
import type { KernelTarget, LoopId, Statement } from '../kernel.ts';
import { visitStatements } from '../visit.ts';

type LoopStatement = Extract<Statement, { kind: 'loop' }>;

/** A scan: each step needs the one before. A loop that only adds can be a loop of rows as well. */
export const isSteps = (s: Statement, rowLoops: ReadonlySet<LoopId>): s is LoopStatement =>
  s.kind === 'loop' && s.role === 'serial' && !rowLoops.has(s.loop.id) && setsAny(s.body);

const setsAny = (list: readonly Statement[]): boolean => {
  let sets = false;
  visitStatements(list, {
    statement: (s) => {
      if ((s.kind === 'store' && s.mode === 'set') || (s.kind === 'product' && !s.accumulate)) sets = true;
    },
  });
  return sets;
};

/** How often a statement outside of a row block would start its threads. */
export const starts = (s: Statement, rowLoops: ReadonlySet<LoopId>, target: KernelTarget): number => {
  if (s.kind === 'product' || (s.kind === 'loop' && s.role === 'parallel')) return 1;
  if (!isSteps(s, rowLoops)) return 0;
  const each = s.body.reduce((sum, inner) => sum + starts(inner, rowLoops, target), 0);
  return iterations(s.loop.extent, target.sizes) * each;
};

/** How often the innermost statements of these run, all together. */
export const innermostRuns = (list: readonly Statement[], sizes: KernelTarget['sizes']): number =>
  list.reduce((sum, s) => {
    switch (s.kind) {
      case 'loop':
        return sum + iterations(s.loop.extent, sizes) * Math.max(1, innermostRuns(s.body, sizes));
      case 'reduce':
        return sum + s.loops.reduce((runs, loop) => runs * iterations(loop.extent, sizes), 1);
      case 'product':
        return sum + [s.rows, s.columns, s.inner].reduce((runs, loop) => runs * iterations(loop.extent, sizes), 1);
      default:
        return sum + 1;
    }
  }, 0);
