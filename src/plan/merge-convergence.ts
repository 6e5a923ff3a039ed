// How independent blocks went, as one: outputs `converged`, `iterations`, `trace` and `gap` of a program.
import type { Certificate, Convergence, Lowered } from '../methods/method.ts';
import type { Trace } from '../optimizers/trace.ts';
import type { Builder, Value } from '../tensor/builder.ts';

export interface SolvedBlock {
  readonly lowered: Lowered;
  readonly certificate: Certificate;
}

const iterative = (blocks: readonly SolvedBlock[]): readonly Convergence[] =>
  blocks.flatMap(({ lowered }) => (lowered.convergence === null ? [] : [lowered.convergence]));

/** null where nothing iterates. */
export const allConverged = (b: Builder, blocks: readonly SolvedBlock[]): Value | null => {
  const [first, ...rest] = iterative(blocks).map((c) => c.converged);
  return first === undefined ? null : rest.reduce((x, y) => b.and(x, y), first);
};

/** The objective by so many iterations, NOTHING beyond the last. */
export const addTrace = (b: Builder, { values, every }: Trace, outputs: Record<string, Value>): void => {
  outputs['trace'] = values;
  outputs['trace step'] = b.constant(every);
};

/** All blocks converged; the most iterations that one took; the trace of one that iterates alone; gaps add up where every block
 *  has one or is exact. */
export const mergeConvergence = (b: Builder, blocks: readonly SolvedBlock[], outputs: Record<string, Value>): void => {
  const converged = allConverged(b, blocks);
  if (converged === null) return;
  outputs['converged'] = converged;
  outputs['iterations'] = iterative(blocks)
    .map((c) => c.iterations)
    .reduce((x, y) => b.maximum(x, y));
  const [alone, ...more] = iterative(blocks);
  if (more.length === 0 && alone?.trace !== undefined) addTrace(b, alone.trace, outputs);
  const gaps = blocks.flatMap(({ lowered }) => (lowered.gap === undefined ? [] : [lowered.gap]));
  const silent = blocks.some(({ lowered, certificate }) => lowered.gap === undefined && certificate !== 'exact');
  if (gaps.length > 0 && !silent) outputs['gap'] = gaps.reduce((x, y) => b.add(x, y));
};
