// A program before and after rewriting, on the reference backend. In: programs, inputs, sizes. Out: assertions.
import { expect } from 'vitest';
import type { TensorData } from '../../../src/backend/backend.ts';
import { runProgram } from '../../../src/backend/reference.ts';
import type { KernelTarget } from '../../../src/kernel/kernel.ts';
import { rewriteForKernels } from '../../../src/kernel/rewrite/index.ts';
import { nestedPrograms } from '../../../src/tensor/instructions.ts';
import type { Instr, Program } from '../../../src/tensor/program.ts';
import { verify } from '../../../src/tensor/verify.ts';
import { fillRandom } from '../../../src/tensor/threefry.ts';

type Sizes = Readonly<Record<string, number>>;
type Inputs = Readonly<Record<string, TensorData>>;

export const targetOf = (sizes: Sizes): KernelTarget => ({
  sizes,
  blockBytes: 2 ** 19,
  rowBlocks: true,
  bytesOfReal: 4,
});

export const array = (shape: readonly number[], entry: (index: number) => number): TensorData => ({
  shape,
  data: Float64Array.from({ length: shape.reduce((n, d) => n * d, 1) }, (_, i) => entry(i)),
});

/** Normal numbers, the same for the same seed. */
export const normals = (shape: readonly number[], seed: number, scale = 1): TensorData => {
  const data = new Float64Array(shape.reduce((n, d) => n * d, 1));
  fillRandom('normal', data, seed, 0, 0);
  return { shape, data: data.map((x) => x * scale) };
};

/** Both programs give the same, up to `within` of one plus the size of the number; NaN where there is NaN. */
export const expectSame = (
  before: Program,
  after: Program,
  inputs: Inputs,
  sizes: Sizes = {},
  within = 1e-10,
): void => {
  expect(verify(after)).toEqual([]);
  const [expected, found] = [runProgram(before, inputs, { sizes }), runProgram(after, inputs, { sizes })];
  expect(Object.keys(found)).toEqual(Object.keys(expected));
  for (const [name, { shape, data }] of Object.entries(expected)) {
    expect(found[name]!.shape).toEqual(shape);
    for (const [i, value] of data.entries()) {
      const other = found[name]!.data[i]!;
      const isClose = Object.is(value, other) || value === other || Math.abs(other - value) <= within * (1 + Math.abs(value)); // prettier-ignore
      expect(isClose, `${name}[${i}]: ${value} became ${other}`).toBe(true);
    }
  }
};

/** All rewrites, for these sizes; checked to give the same. */
export const rewritten = (program: Program, inputs: Inputs, sizes: Sizes, within?: number): Program => {
  const after = rewriteForKernels(program, targetOf(sizes));
  expectSame(program, after, inputs, sizes, within);
  return after;
};

/** All instructions of a kind, also in loops. */
export const instructions = <O extends Instr['op']>(program: Program, op: O): readonly Extract<Instr, { op: O }>[] =>
  program.instrs.flatMap((instr) => [
    ...(instr.op === op ? [instr as Extract<Instr, { op: O }>] : []),
    ...nestedPrograms(instr).flatMap((inner) => instructions(inner, op)),
  ]);
