// The passes that spread work over a device, run by the interpreter of kernels, which judges every access: random programs agree with
// the tensor program in every order of parallel iterations, and long reductions, scatters and products come in parts.
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { runProgram } from '../../../src/backend/reference.ts';
import { interpretKernels } from '../../../src/kernel/interpret.ts';
import type { KernelProgram, Statement } from '../../../src/kernel/kernel.ts';
import { planMemory, placesOf } from '../../../src/kernel/memory.ts';
import { profileOf, type DeviceProfile } from '../../../src/kernel/render-wgsl/device-profile.ts';
import { wgslKernelsOf } from '../../../src/kernel/render-wgsl/kernels.ts';
import { specialise } from '../../../src/kernel/rewrite/specialise.ts';
import { visitStatements } from '../../../src/kernel/visit.ts';
import { Builder } from '../../../src/tensor/builder.ts';
import { constant, size } from '../../../src/tensor/dims.ts';
import type { Program } from '../../../src/tensor/program.ts';
import { close, randomNumbers } from '../../backend/agreement.ts';
import { randomKernelProgram } from '../random-programs.ts';

const limits = {
  maxComputeInvocationsPerWorkgroup: 256,
  maxComputeWorkgroupSizeX: 256,
  maxComputeWorkgroupsPerDimension: 65535,
};
const gpu = profileOf(limits, false);
/** Parts are worth everything. */
const eager: DeviceProfile = { ...gpu, dispatch: 0, width: 1 };

const compiled = (program: Program, sizes: Readonly<Record<string, number>>, profile: DeviceProfile): KernelProgram =>
  wgslKernelsOf(specialise(program, sizes), { sizes, blockBytes: 16_384, rowBlocks: false, bytesOfReal: 4 }, profile);

const statementsOf = (kernels: KernelProgram): readonly Statement[] => {
  const all: Statement[] = [];
  visitStatements(kernels.body, { statement: (s) => void all.push(s) });
  return all;
};
const tiles = (kernels: KernelProgram): number =>
  statementsOf(kernels).filter((s) => s.kind === 'loop' && s.loop.extent.kind === 'tiles').length;

describe('passes for a device', () => {
  it('keep what random programs compute', () => {
    fc.assert(
      fc.property(randomKernelProgram(), fc.constantFrom(gpu, eager), ({ program, inputs, sizes }, profile) => {
        const expected = runProgram(program, inputs, { sizes });
        const kernels = compiled(program, sizes, profile);
        const places = placesOf(planMemory(kernels, { sizes, bytesOfEntry: () => 4 }));
        const found = interpretKernels(kernels, inputs, sizes, { order: { shuffled: 3 }, places });
        for (const [name, value] of Object.entries(expected)) close(found[name]!, value, 1e-9, name);
      }),
      { seed: 1, numRuns: 60 },
    );
  });

  const numbers = (shape: readonly number[]) => {
    const next = randomNumbers(shape.length);
    const count = shape.reduce((a, b) => a * b, 1);
    return { shape, data: Float64Array.from({ length: count }, () => Math.floor(9 * next()) - 4) };
  };
  const check = (program: Program, inputs: Record<string, ReturnType<typeof numbers>>, sizes: Record<string, number>): void => {
    const kernels = compiled(program, sizes, eager);
    expect(tiles(kernels)).toBeGreaterThan(0);
    const found = interpretKernels(kernels, inputs, sizes, { order: 'backwards' });
    for (const [name, value] of Object.entries(runProgram(program, inputs, { sizes }))) close(found[name]!, value, 1e-9, name);
  }; // prettier-ignore

  it('cut long reductions of every kind, the first of equals staying the first', () => {
    const b = new Builder();
    const x = b.input('x', [size('N')]);
    const program = b.finish({
      sum: b.sum(x),
      least: b.min(x, [0]),
      first: b.argmin(x, 0),
      free: b.softMin(b.input('beta', []), x, [0]),
    });
    for (const beta of [0.7, Infinity])
      check(program, { x: numbers([10_007]), beta: { shape: [], data: Float64Array.of(beta) } }, { N: 10_007 });
  });

  it('give parts of a scatter copies of their own', () => {
    const b = new Builder();
    const updates = b.input('u', [size('N'), constant(3)]);
    const at = b.cast(b.input('at', [size('N')]), 'int');
    const program = b.finish({ sums: b.scatterAdd(updates, at, 0, constant(5)) });
    const where = { shape: [4000], data: Float64Array.from({ length: 4000 }, (_, i) => (i * 7) % 5) };
    check(program, { u: numbers([4000, 3]), at: where }, { N: 4000 });
  });

  it('cut the inner axis of a product with a small result', () => {
    const b = new Builder();
    const [x, y] = [b.input('x', [size('N'), constant(12)]), b.input('y', [size('N'), constant(10)])];
    const operands = [
      { value: x, axes: [0, 1] },
      { value: y, axes: [0, 2] },
    ];
    const program = b.finish({ product: b.contract('sum-product', operands, [1, 2]) });
    check(program, { x: numbers([6000, 12]), y: numbers([6000, 10]) }, { N: 6000 });
  });
});
