// Runs kernels in float64, one entry at a time: what the form means, literally, and an oracle for passes and renderers. In: a
// kernel program, the numbers of its inputs, the values of all sizes. Out: the numbers of its outputs (Int32Array for ints).
// Every access is judged: in bounds, written before it is read, untouched by other iterations of a parallel loop.
import { InternalError } from '../diagnostics/diagnostic.ts';
import { evaluate } from '../tensor/dims.ts';
import type { Machine } from './interpret/expressions.ts';
import { Memory } from './interpret/memory.ts';
import { runsOf } from './interpret/statements.ts';
import type { BufferId, KernelProgram } from './kernel.ts';

export interface KernelArray {
  readonly shape: readonly number[];
  /** Row-major. */
  readonly data: Float32Array | Float64Array | Int32Array;
}

export interface InterpretOptions {
  /** Parts that a parallel loop is cut into, each with its own private accumulators; 1 unless given. */
  readonly threads?: number;
  /** In which order the parts, and the iterations of each, run; forwards unless given. `shuffled` depends on the number alone. */
  readonly order?: 'forwards' | 'backwards' | { readonly shuffled: number };
  /** Buffers with one key share memory. */
  readonly places?: ReadonlyMap<BufferId, string>;
  /** Polled before every step of a `while`. */
  readonly cancelled?: () => boolean;
}

const countOf = (shape: readonly number[]): number => shape.reduce((a, b) => a * b, 1);

/** A permutation of 0, …, count - 1 by Fisher and Yates, on a linear congruential generator (Numerical Recipes, 2nd ed., 7.1). */
const shuffled = (seed: number): ((count: number) => readonly number[]) => {
  let state = seed >>> 0;
  return (count) => {
    const order = Array.from({ length: count }, (_, i) => i);
    for (let i = count - 1; i > 0; i--) {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      const j = Math.floor((state / 2 ** 32) * (i + 1));
      [order[i], order[j]] = [order[j]!, order[i]!];
    }
    return order;
  };
};

const orderOf = (order: InterpretOptions['order']): ((count: number) => readonly number[]) => {
  if (typeof order === 'object') return shuffled(order.shuffled);
  if (order === 'backwards') return (count) => Array.from({ length: count }, (_, i) => count - 1 - i);
  return (count) => Array.from({ length: count }, (_, i) => i);
};

/** Throws InternalError on an access that is wrong and on inputs that do not fit; RangeError on a size without value. */
export const interpretKernels = (
  kernels: KernelProgram,
  inputs: Readonly<Record<string, KernelArray>>,
  sizes: Readonly<Record<string, number>>,
  { threads = 1, order = 'forwards', places, cancelled = () => false }: InterpretOptions = {},
): Record<string, { readonly shape: readonly number[]; readonly data: Float64Array | Int32Array }> => {
  const { buffers } = kernels;
  const shapes = buffers.map(({ shape }) => shape.map((dim) => evaluate(dim, sizes)));
  const memory = new Memory(buffers, shapes.map(countOf), places);
  for (const [id, { values }] of buffers.entries()) if (values !== undefined) memory.load(id, values);
  for (const { name, buffer } of kernels.inputs) {
    const given = inputs[name];
    if (given === undefined) throw new InternalError(`input ${name} is missing`);
    const shape = shapes[buffer]!;
    if (given.data.length !== countOf(shape) || given.shape.some((length, axis) => length !== shape[axis]))
      throw new InternalError(`input ${name} has shape [${given.shape.join(', ')}], not [${shape.join(', ')}]`);
    memory.load(buffer, given.data);
  }
  const machine: Machine = { memory, sizes, shapes, loops: [], locals: [] };
  runsOf(kernels.body, machine, { threads, order: orderOf(order), cancelled })();
  return Object.fromEntries(
    kernels.outputs.map(({ name, buffer }) => {
      const numbers = memory.readAll(buffer, () => `output ${name}`);
      const data = buffers[buffer]!.scalar === 'int' ? Int32Array.from(numbers) : numbers;
      return [name, { shape: shapes[buffer]!, data }];
    }),
  );
};
