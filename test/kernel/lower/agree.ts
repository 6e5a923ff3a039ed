// Lowers a program and runs its kernels against the float64 interpreter of programs. In: a program, inputs, sizes. Out: the kernels;
// fails where they are malformed, touch what they must not, or give other numbers.
import { expect } from 'vitest';
import type { TensorData } from '../../../src/backend/backend.ts';
import { runProgram } from '../../../src/backend/reference.ts';
import { interpretKernels } from '../../../src/kernel/interpret.ts';
import type { KernelProgram, KernelTarget, Statement } from '../../../src/kernel/kernel.ts';
import { lowerToKernels } from '../../../src/kernel/lower/index.ts';
import { visitStatements } from '../../../src/kernel/visit.ts';
import { verifiedKernels } from '../../../src/kernel/verify.ts';
import type { Program } from '../../../src/tensor/program.ts';

export type Sizes = Readonly<Record<string, number>>;
export type Inputs = Readonly<Record<string, TensorData>>;

export const targetOf = (sizes: Sizes): KernelTarget => ({
  sizes,
  blockBytes: 512 * 1024,
  rowBlocks: true,
  bytesOfReal: 4,
});

/** Sums in another order differ by rounding alone. */
const tolerance = 1e-9;

const close = (found: ArrayLike<number>, { data }: TensorData, what: string): void => {
  expect(found.length, what).toBe(data.length);
  const scale = [...data].reduce((most, x) => Math.max(most, Math.abs(x) < 1e29 ? Math.abs(x) : 1), 1);
  for (const [i, x] of data.entries()) {
    const y = found[i]!;
    const forbidden = x >= 1e29 && y >= 1e29;
    if (!Object.is(x, y) && x !== y && !forbidden && !(Math.abs(x - y) <= tolerance * scale))
      expect.fail(`${what}: entry ${i} is ${y}, expected ${x}`);
  }
};

/** `nominal` are the sizes that the kernels are made for; they must be right for `sizes` all the same. */
export const agree = (program: Program, inputs: Inputs, sizes: Sizes, nominal: Sizes = sizes): KernelProgram => {
  const kernels = verifiedKernels(lowerToKernels(program, targetOf(nominal)), 'as lowered');
  const found = interpretKernels(kernels, inputs, sizes, { order: 'backwards' });
  for (const [name, value] of Object.entries(runProgram(program, inputs, { sizes })))
    close(found[name]!.data, value, name);
  return kernels;
};

/** Numbers of this shape that repeat exactly, between -1 and 1. */
export const numbers = (...shape: readonly number[]): TensorData => ({
  shape,
  data: Float64Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => Math.sin(3 * i + shape.length)),
});

export const statementsOf = <K extends Statement['kind']>(
  kernels: KernelProgram,
  kind: K,
): readonly Extract<Statement, { kind: K }>[] => {
  const found: Extract<Statement, { kind: K }>[] = [];
  visitStatements(kernels.body, {
    statement: (statement) => {
      if (statement.kind === kind) found.push(statement as Extract<Statement, { kind: K }>);
    },
  });
  return found;
};

/** Names of the buffers that hold intermediates. */
export const intermediates = ({ buffers }: KernelProgram): readonly string[] =>
  buffers.filter(({ storage }) => storage === 'arena').map(({ name }) => name);
