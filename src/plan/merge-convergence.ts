// How independent blocks went, as one: outputs `converged`, `iterations` and `gap` of a program.
import type { Certificate, Lowered } from '../methods/method.ts';
import type { Builder, Value } from '../tensor/builder.ts';

export interface SolvedBlock {
  readonly lowered: Lowered;
  readonly certificate: Certificate;
}

/** All blocks converged; the most iterations that one took; gaps add up where every block has one or is exact. */
export const mergeConvergence = (b: Builder, blocks: readonly SolvedBlock[], outputs: Record<string, Value>): void => {
  const iterative = blocks.flatMap(({ lowered }) => (lowered.convergence === null ? [] : [lowered.convergence]));
  if (iterative.length === 0) return;
  outputs['converged'] = iterative.map((c) => c.converged).reduce((x, y) => b.and(x, y));
  outputs['iterations'] = iterative.map((c) => c.iterations).reduce((x, y) => b.maximum(x, y));
  const gaps = blocks.flatMap(({ lowered }) => (lowered.gap === undefined ? [] : [lowered.gap]));
  const silent = blocks.some(({ lowered, certificate }) => lowered.gap === undefined && certificate !== 'exact');
  if (gaps.length > 0 && !silent) outputs['gap'] = gaps.reduce((x, y) => b.add(x, y));
};
