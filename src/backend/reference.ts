// The reference backend: float64 on the host, plain loops. It is slow, exact and always there: the oracle for the other
// backends, and what recomputes reported energies. In: a module. Out: a runner whose results are Float64Array (int: Int32Array).
import { InternalError } from '../diagnostics/diagnostic.ts';
import { evaluate } from '../tensor/dims.ts';
import { inferSizes } from '../tensor/infer-sizes.ts';
import type { Program, ValueId } from '../tensor/program.ts';
import type { Backend, CallOptions, TensorData } from './backend.ts';
import { sizeOf, type DenseArray } from './reference/array.ts';
import { prepare, unwatched } from './reference/interpret.ts';

const toArray = (name: string, given: TensorData | undefined, int: boolean): DenseArray => {
  if (given === undefined) throw new InternalError(`input ${name} is missing`);
  if (sizeOf(given.shape) !== given.data.length)
    throw new InternalError(`input ${name}: ${given.data.length} numbers for shape [${given.shape.join(', ')}]`);
  const { data } = given;
  if (int) return { shape: given.shape, data: data instanceof Int32Array ? data : Int32Array.from(data) };
  return { shape: given.shape, data: data instanceof Float64Array ? data : Float64Array.from(data) };
};

/** Runs one program on the spot. Sizes that the inputs determine may be left out. Throws InternalError on a missing input,
 *  a shape that does not fit, or an index out of range. */
export const runProgram = (
  program: Program,
  inputs: Readonly<Record<string, TensorData>>,
  options: CallOptions = {},
): Readonly<Record<string, TensorData>> => {
  const arrays = program.inputs.map(({ name, id }) => toArray(name, inputs[name], program.values[id]!.dtype === 'int'));
  const sized = program.inputs.map(({ name, id }, i) => ({
    name,
    declared: program.values[id]!.shape,
    found: arrays[i]!.shape,
  }));
  const sizes = inferSizes(sized, options.sizes);
  const watch = {
    cancelled: options.cancelled ?? unwatched.cancelled,
    onStep: options.onStep ?? unwatched.onStep,
  };
  const results = prepare(program, sizes)(
    arrays.map((a) => a.data),
    watch,
  );
  const shapeOf = (id: ValueId): readonly number[] => program.values[id]!.shape.map((dim) => evaluate(dim, sizes));
  return Object.fromEntries(
    program.outputs.map(({ name, id }, i) => [name, { shape: shapeOf(id), data: results[i]! }]),
  );
};

export const referenceBackend: Backend = {
  name: 'reference',
  precision: 'float64',
  describe: 'float64 on the host, plain loops: exact and slow',
  detect: async () => ({
    name: 'reference',
    available: true,
    detail: 'float64 interpreter, always present',
    remedy: null,
  }),
  load: async (module) => ({
    caution: null,
    call: async (entry, inputs, options = {}) => {
      const program = module.entries[entry];
      if (program === undefined) throw new InternalError(`module ${module.name} has no entry ${entry}`);
      const defaults = Object.fromEntries(
        module.sizes.flatMap((s) => (s.default === null ? [] : [[s.name, s.default]])),
      );
      return runProgram(program, inputs, {
        ...options,
        sizes: { ...undetermined(program, defaults), ...options.sizes },
      });
    },
    dispose: async () => undefined,
  }),
};

/** Defaults of sizes that no input mentions; those that inputs determine are read off the inputs. */
const undetermined = (program: Program, defaults: Readonly<Record<string, number>>): Record<string, number> => {
  const mentioned = new Set(
    program.inputs.flatMap(({ id }) => program.values[id]!.shape.flatMap((d) => d.flatMap((t) => t.sizes))),
  );
  return Object.fromEntries(Object.entries(defaults).filter(([name]) => !mentioned.has(name)));
};
