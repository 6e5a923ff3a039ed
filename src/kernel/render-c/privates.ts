// Private accumulators: each thread has a copy, which is cleared when it starts; in the end all copies are joined, in the order of
// threads. Sums are kept in double and rounded once. In: the privates of a loop. Out: lines before and after it.
import { product } from '../../tensor/dims.ts';
import type { Private } from '../kernel.ts';
import { neutral } from '../neutral.ts';
import type { Emission } from './emission.ts';
import { copyOfThread } from './function.ts';

/** Of the thread that runs here. */
export const clearCopies = (privates: readonly Private[], e: Emission): void => {
  for (const { copy, op } of privates) {
    const count = e.fn.dim(product(e.entry.kernels.buffers[copy]!.shape));
    e.fn.line(
      `for (int64_t k = 0; k < ${count}; k++) ${e.fn.buffer(copy)}[k] = (${e.entry.places[copy]!.type})${neutral[op]};`,
    );
  }
};

/** `parts` is how many threads have copies, the first ones; null where the copy of the thread that runs here is all there is. */
export const joinCopies = (privates: readonly Private[], parts: string | null, e: Emission): void => {
  for (const { copy, into, op } of privates) {
    const { shape, scalar } = e.entry.kernels.buffers[copy]!;
    const count = e.fn.dim(product(shape));
    const first = parts === null ? e.fn.buffer(copy) : copyOfThread(e.entry.places[copy]!, '0');
    const kind = scalar === 'int' ? `int_${op}` : op;
    if (parts !== null) {
      e.entry.uses(`eb_join_${kind}`);
      e.fn.line(`eb_join_${kind}(${parts}, ${count}, ${first}, call->scratch_bytes);`);
    }
    const target = `${e.fn.buffer(into)}[k]`;
    const own = `(${first})[k]`;
    if (op !== 'sum') e.entry.uses(`eb_${kind}`);
    const joined = op === 'sum' ? `${target} + ${own}` : `eb_${kind}(${target}, ${own})`;
    e.fn.line('EB_SIMD');
    e.fn.line(`for (int64_t k = 0; k < ${count}; k++) ${target} = (${e.entry.places[into]!.type})(${joined});`);
  }
};
