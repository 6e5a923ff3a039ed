// A tensor program to C. In: an entry, sizes that become numbers, the sizes of the call at hand (for cost). Out: the text of a
// library, and how its function is to be called.
import { kernelsOf } from '../../kernel/compile.ts';
import type { KernelProgram } from '../../kernel/kernel.ts';
import { renderC } from '../../kernel/render-c/index.ts';
import { specialise } from '../../kernel/rewrite/specialise.ts';
import type { Tuning } from '../../kernel/tuning.ts';
import type { Real, Translator } from './translation.ts';
import type { Element } from './worker/protocol.ts';

const bytesOf: Readonly<Record<Element, number>> = { float32: 4, float64: 8, int32: 4 };

export const translator =
  (real: Real, tuning: Tuning): Translator =>
  (entry, program, constants, sizes) => {
    const { blockBytes } = tuning;
    const target = { sizes, blockBytes, rowBlocks: true, bytesOfReal: real === 'float' ? 4 : 8, tuning } as const;
    const kernels = kernelsOf(specialise(program, constants), target);
    const elementOf = (buffer: number): Element =>
      kernels.buffers[buffer]!.scalar === 'int' ? 'int32' : real === 'float' ? 'float32' : 'float64';
    // Always of one name: programs that are alike share a library.
    const { source, entries } = renderC({ name: 'a program', entries: { [entry]: kernels }, real, sizes });
    const { symbol, sizes: order } = entries[entry]!;
    return {
      source,
      symbol,
      sizes: order,
      inputs: kernels.inputs.map(({ name, buffer }) => ({ name, element: elementOf(buffer) })),
      outputs: kernels.outputs.map(({ name, buffer }) => ({ name, element: elementOf(buffer), shape: kernels.buffers[buffer]!.shape })), // prettier-ignore
      stored: storedIn(kernels).map((id) => ({ shape: kernels.buffers[id]!.shape, bytesOfEntry: bytesOf[elementOf(id)] })), // prettier-ignore
    };
  };

/** Whole tensors; scratch is small by its making. */
const storedIn = ({ buffers }: KernelProgram): readonly number[] =>
  [...buffers.keys()].filter((id) => ['arena', 'output'].includes(buffers[id]!.storage));
