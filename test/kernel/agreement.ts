// Kernels of a program against the float64 interpreter of tensor programs, after every pass. In: a program, inputs, sizes. Out:
// nothing, or a failed expectation that names the pass, the way of running and the entry.
import { expect } from 'vitest';
import type { TensorData } from '../../src/backend/backend.ts';
import { runProgram } from '../../src/backend/reference.ts';
import { fusions } from '../../src/kernel/fuse/index.ts';
import { interpretKernels, type InterpretOptions } from '../../src/kernel/interpret.ts';
import type { KernelProgram, KernelTarget } from '../../src/kernel/kernel.ts';
import { lowerToKernels } from '../../src/kernel/lower/index.ts';
import { placesOf, planMemory } from '../../src/kernel/memory.ts';
import { rewriteForKernels } from '../../src/kernel/rewrite/index.ts';
import { specialise } from '../../src/kernel/rewrite/specialise.ts';
import { schedulePasses } from '../../src/kernel/schedule/index.ts';
import { verifiedKernels } from '../../src/kernel/verify.ts';
import type { Program } from '../../src/tensor/program.ts';

type Inputs = Readonly<Record<string, TensorData>>;
type Sizes = Readonly<Record<string, number>>;

export interface Stage {
  readonly name: string;
  readonly kernels: KernelProgram;
}

/** A target with a cache that holds little, so that blocks have few rows. */
export const targetOf = (sizes: Sizes, rowBlocks = true): KernelTarget => ({
  sizes,
  blockBytes: 1024,
  rowBlocks,
  bytesOfReal: 8,
});

/** The kernels as lowered and after every pass that changes them, each verified. */
export const stagesOf = (program: Program, target: KernelTarget): readonly Stage[] => {
  const first = verifiedKernels(lowerToKernels(rewriteForKernels(program, target), target), 'as lowered');
  const stages: Stage[] = [{ name: 'as lowered', kernels: first }];
  for (const { name, run } of [...fusions, ...schedulePasses]) {
    const kernels = verifiedKernels(run(stages.at(-1)!.kernels, target), `after ${name}`);
    if (kernels !== stages.at(-1)!.kernels) stages.push({ name: `after ${name}`, kernels });
  }
  return stages;
};

/** Sums are made in other orders: what float64 loses in some hundreds of terms, relative to the largest number in sight. */
const tolerance = 1e-9;

const close = (found: TensorData, expected: TensorData, what: string): void => {
  expect(found.shape, what).toEqual(expected.shape);
  const int = expected.data instanceof Int32Array;
  expect(found.data instanceof Int32Array, what).toBe(int);
  const scale = [...expected.data].reduce((most, x) => (Number.isFinite(x) ? Math.max(most, Math.min(Math.abs(x), 1e3)) : most), 1); // prettier-ignore
  for (const [i, x] of expected.data.entries()) {
    const y = found.data[i]!;
    if (Object.is(x, y) || x === y) continue;
    // Sums of forbidden energies: one stays as it is, one is cut at 1e30.
    const same = !int && ((x >= 1e29 && y >= 1e29) || Math.abs(y - x) <= tolerance * Math.max(scale, Math.abs(x)));
    if (!same) expect.fail(`${what}: entry ${i} of [${expected.shape.join(', ')}] is ${y}, should be ${x}`);
  }
};

const agreeIn = (
  { name, kernels }: Stage,
  inputs: Inputs,
  sizes: Sizes,
  expected: Readonly<Record<string, TensorData>>,
  way: string,
  options: InterpretOptions,
): void => {
  const found = interpretKernels(kernels, inputs, sizes, options);
  for (const [output, value] of Object.entries(expected)) close(found[output]!, value, `${name}, ${way}, ${output}`);
};

/** The kernels as lowered, fused and scheduled: in order, backwards, shuffled by three threads, with buffers sharing places. Where
 *  they do not agree, the failure is that of the first pass after which they do not. */
export const agreeAtEveryStage = (program: Program, inputs: Inputs, sizes: Sizes, target = targetOf(sizes)): void => {
  const expected = runProgram(program, inputs, { sizes });
  const stages = stagesOf(program, target);
  const [lowered, last] = [stages[0]!, stages.at(-1)!];
  const fused = stages.findLast(({ name }) => name === `after ${fusions.at(-1)?.name}`) ?? lowered;
  const places = placesOf(planMemory(last.kernels, { sizes: target.sizes, bytesOfEntry: () => 8 }));
  const check = (stage: Stage, way: string, options: InterpretOptions): void =>
    agreeIn(stage, inputs, sizes, expected, way, options);
  try {
    check(lowered, 'in order', {});
    check(fused, 'shuffled, by three threads', { threads: 3, order: { shuffled: 1 } });
    check(last, 'backwards, with shared places', { places, order: 'backwards' });
    check(last, 'shuffled, by three threads', { threads: 3, order: { shuffled: 2 } });
  } catch (error) {
    for (const stage of stages) check(stage, 'in order', {});
    throw error;
  }
};

/** Some of the sizes as numbers, as a backend does with small ones. */
export const withConstants = (program: Program, sizes: Sizes, names: readonly string[]): Program =>
  specialise(program, Object.fromEntries(names.map((name) => [name, sizes[name]!])));
