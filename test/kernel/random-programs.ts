// Random tensor programs for tests of kernels: every instruction, ranks up to 24, axes of length 0 and 1, symbolic and constant
// sizes, nested loops. In: options. Out: a fast-check arbitrary of programs with inputs and sizes, which shrinks: a recipe is a
// list of steps, each some small numbers; dropping or lowering numbers always leaves a valid program.
import * as fc from 'fast-check';
import { Builder, type Value } from '../../src/tensor/builder.ts';
import { constant, evaluate, product, size, type Dim } from '../../src/tensor/dims.ts';
import { optimise } from '../../src/tensor/passes/index.ts';
import { printProgram } from '../../src/tensor/print.ts';
import { fillRandom } from '../../src/tensor/threefry.ts';
import { verified } from '../../src/tensor/verify.ts';
import type { RandomProgram } from '../tensor/random-program.ts';
import { addTo, Choices, operations, type Pool, type Surroundings } from './random-operations.ts';

export interface RandomProgramOptions {
  /** Most operations outside of loops; 6 unless given. */
  readonly maxSteps?: number;
  /** Whether results may jump with their arguments (rounding, comparisons, arg min): right for float64, unless given. */
  readonly jumps?: boolean;
  /** Whether axes may be empty, as they may unless given. */
  readonly empty?: boolean;
}

interface Recipe {
  readonly steps: readonly { readonly operation: number; readonly picks: readonly number[] }[];
  readonly seed: number;
  readonly sizes: Readonly<Record<string, number>>;
  readonly rank: number;
}

/** A shape of the rank with at most 2⁶ entries: axes of 2 among axes of 1. */
const manyAxes = (rank: number): readonly Dim[] =>
  Array.from({ length: rank }, (_, i) => constant(i % Math.ceil(Math.max(rank, 1) / 6) === 0 ? 2 : 1));

const inputShapes = (rank: number): Readonly<Record<string, readonly Dim[]>> => ({
  a: [],
  v: [size('N')],
  m: [size('N'), size('K')],
  t: [constant(2), constant(1), size('K')],
  w: [size('M'), size('N')],
  c: [constant(3), constant(4)],
  table: manyAxes(rank),
});
const intShapes: Readonly<Record<string, readonly Dim[]>> = { k: [size('N')], j: [] };

const build = ({ steps, seed, sizes, rank }: Recipe, jumps: boolean): RandomProgram => {
  const b = new Builder();
  const [shapes, data] = [inputShapes(rank), {} as Record<string, { shape: readonly number[]; data: Float64Array | Int32Array }>]; // prettier-ignore
  const numbers = (shape: readonly Dim[], stream: number): Float64Array => {
    const values = new Float64Array(evaluate(product(shape), sizes));
    fillRandom('normal', values, seed, stream, 0);
    // Numbers of float32: all backends are given the same.
    return values.map(Math.fround);
  };
  const floats = Object.entries(shapes).map(([name, shape], i): Value => {
    data[name] = { shape: shape.map((d) => evaluate(d, sizes)), data: numbers(shape, i) };
    return b.input(name, shape);
  });
  const ints = Object.entries(intShapes).map(([name, shape], i): Value => {
    const from = numbers(shape, 50 + i).map((x) => Math.floor(4 * Math.abs(x)));
    data[name] = { shape: shape.map((d) => evaluate(d, sizes)), data: Int32Array.from(from) };
    return b.input(name, shape, 'int');
  });
  const pool: Pool = { floats: [...floats], ints: [...ints] };
  const dims = [size('N'), size('K'), constant(2), constant(3), size('M')];
  const around: Surroundings = { sizes, dims, jumps, depth: 2 };
  for (const { operation, picks } of steps)
    addTo(pool, b, new Choices(picks), around, operations[operation % operations.length]!);
  const results = [...pool.floats.slice(-3), ...pool.ints.slice(-1)];
  const program = verified(b.finish(Object.fromEntries(results.map((value, i) => [`y${i}`, value]))), 'random');
  const shown = steps.length % 2 === 0 ? program : optimise(program);
  // A counterexample is read as a program.
  const described = (): string => `${printProgram(shown)}\nsizes ${JSON.stringify(sizes)}, inputs of seed ${seed}`;
  return Object.assign({ program: shown, inputs: data, sizes }, { [fc.toStringMethod]: described });
};

/** Programs over inputs of up to `maxSteps` operations; values are mostly of order one. */
export const randomKernelProgram = ({
  maxSteps = 6,
  jumps = true,
  empty = true,
}: RandomProgramOptions = {}): fc.Arbitrary<RandomProgram> =>
  fc
    .record<Recipe>({
      steps: fc.array(
        fc.record({
          operation: fc.nat({ max: operations.length - 1 }),
          picks: fc.array(fc.nat({ max: 60 }), { minLength: 8, maxLength: 40 }),
        }),
        { minLength: 1, maxLength: maxSteps },
      ),
      seed: fc.nat({ max: 1000 }),
      sizes: fc.record({
        N: fc.constantFrom(3, 2, 1, 5, ...(empty ? [0] : [])),
        K: fc.constantFrom(2, 3, 1),
        M: fc.constantFrom(1, 4, ...(empty ? [0] : [])),
      }),
      rank: fc.constantFrom(2, 3, 7, 12, 24),
    })
    .map((recipe) => build(recipe, jumps));
