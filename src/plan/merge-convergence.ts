// How independent blocks went, as one: outputs `converged`, `iterations` and `gap` of a program.
import type { Certificate, Lowered } from '../methods/method.ts';
import type { Builder, Value } from '../tensor/builder.ts';

export interface SolvedBlock {
  readonly lowered: Lowered;
  readonly certificate: Certificate;
}

const iterative = (blocks: readonly SolvedBlock[]): readonly NonNullable<Lowered['convergence']>[] =>
  blocks.flatMap(({ lowered }) => (lowered.convergence === null ? [] : [lowered.convergence]));

/** null where nothing iterates. */
export const allConverged = (b: Builder, blocks: readonly SolvedBlock[]): Value | null => {
  const [first, ...rest] = iterative(blocks).map((c) => c.converged);
  return first === undefined ? null : rest.reduce((x, y) => b.and(x, y), first);
};

/** All blocks converged; the most iterations that one took; gaps add up where every block has one or is exact. */
export const mergeConvergence = (b: Builder, blocks: readonly SolvedBlock[], outputs: Record<string, Value>): void => {
  const converged = allConverged(b, blocks);
  if (converged === null) return;
  outputs['converged'] = converged;
  outputs['iterations'] = iterative(blocks)
    .map((c) => c.iterations)
    .reduce((x, y) => b.maximum(x, y));
  const gaps = blocks.flatMap(({ lowered }) => (lowered.gap === undefined ? [] : [lowered.gap]));
  const silent = blocks.some(({ lowered, certificate }) => lowered.gap === undefined && certificate !== 'exact');
  if (gaps.length > 0 && !silent) outputs['gap'] = gaps.reduce((x, y) => b.add(x, y));
};
