// Whether passes change what kernels mean. In: kernels, sizes, passes. Throws where outputs differ, under any number of threads
// and any order of parallel iterations.
import { expect } from 'vitest';
import { evaluate } from '../../../src/tensor/dims.ts';
import type { KernelPass } from '../../../src/kernel/fuse/index.ts';
import { interpretKernels, type InterpretOptions, type KernelArray } from '../../../src/kernel/interpret.ts';
import type { KernelProgram, KernelTarget } from '../../../src/kernel/kernel.ts';
import { verifiedKernels } from '../../../src/kernel/verify.ts';

type Sizes = Readonly<Record<string, number>>;

/** Numbers between -1 and 1 that repeat exactly; ints from 0 to below `below`. */
export const inputsOf = (kernels: KernelProgram, sizes: Sizes, seed = 1, below = 1): Record<string, KernelArray> => {
  let state = seed;
  const next = (): number => {
    // Park, Miller: Random number generators: good ones are hard to find, 1988.
    state = (state * 48271) % 2147483647;
    return state / 2147483647;
  };
  return Object.fromEntries(
    kernels.inputs.map(({ name, buffer }) => {
      const { shape, scalar } = kernels.buffers[buffer]!;
      const lengths = shape.map((dim) => evaluate(dim, sizes));
      const count = lengths.reduce((a, b) => a * b, 1);
      const data =
        scalar === 'int'
          ? Int32Array.from({ length: count }, () => Math.floor(next() * below))
          : Float64Array.from({ length: count }, () => 2 * next() - 1);
      return [name, { shape: lengths, data }];
    }),
  );
};

const ways: readonly InterpretOptions[] = [
  { threads: 1 },
  { threads: 3, order: 'backwards' },
  { threads: 3, order: { shuffled: 7 } },
];

export const fused = (
  kernels: KernelProgram,
  target: KernelTarget,
  passes: readonly Pick<KernelPass, 'name' | 'run'>[],
): KernelProgram =>
  passes.reduce((current, { name, run }) => verifiedKernels(run(current, target), `after ${name}`), kernels);

/** Passes run under `target`, the outputs are compared under `sizes`. Gives the kernels after all passes. */
export const expectSame = (
  kernels: KernelProgram,
  target: KernelTarget,
  sizes: Sizes,
  passes: readonly Pick<KernelPass, 'name' | 'run'>[],
): KernelProgram => {
  const inputs = inputsOf(kernels, sizes, 1, Math.min(...Object.values(sizes)));
  const before = interpretKernels(verifiedKernels(kernels, 'as written'), inputs, sizes);
  const after = fused(kernels, target, passes);
  for (const way of ways) {
    const got = interpretKernels(after, inputs, sizes, way);
    for (const [name, { data }] of Object.entries(before)) {
      const [a, b] = [data, got[name]!.data];
      expect(b.length).toBe(a.length);
      a.forEach((x, i) => expect(Math.abs(x - b[i]!), `${name}[${i}]: ${x} and ${b[i]}`).toBeLessThan(1e-9 * (1 + Math.abs(x)))); // prettier-ignore
    }
  }
  return after;
};
