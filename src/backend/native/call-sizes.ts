// The sizes of one call: those given, those that follow from the shapes of inputs, defaults. In: a module, an entry's program, its
// inputs. Out: a value for every size. Throws InternalError where shapes disagree, or where the program was made for other values.
import { InternalError } from '../../diagnostics/diagnostic.ts';
import { evaluate, sizesOf, type Dim } from '../../tensor/dims.ts';
import { inferSizes } from '../../tensor/infer-sizes.ts';
import type { Program } from '../../tensor/program.ts';
import type { ModuleSpec, TensorData } from '../backend.ts';

export type Sizes = Readonly<Record<string, number>>;
export type Inputs = Readonly<Record<string, TensorData>>;

/** With every derived size whose numerator is known. */
const derived = ({ derivedSizes = [] }: ModuleSpec, known: Sizes): Record<string, number> => {
  const sizes: Record<string, number> = { ...known };
  for (const { name, numerator, denominator } of derivedSizes)
    if (sizesOf(numerator).every((size) => sizes[size] !== undefined))
      sizes[name] ??= Math.floor(evaluate(numerator, sizes) / denominator);
  return sizes;
};

export const sizesOfCall = (module: ModuleSpec, program: Program, inputs: Inputs, given: Sizes = {}): Sizes => {
  const shaped = program.inputs.map(({ name, id }) => {
    const found = inputs[name];
    if (found === undefined) throw new InternalError(`input ${name} is missing`);
    return { name, declared: program.values[id]!.shape, found: found.shape };
  });
  const follows = new Set((module.derivedSizes ?? []).map(({ name }) => name));
  const mentions = (dims: readonly Dim[], names: ReadonlySet<string>): boolean =>
    dims.some((dim) => sizesOf(dim).some((name) => names.has(name)));
  const declared = new Set(shaped.flatMap((s) => s.declared.flatMap(sizesOf)));
  const defaults = module.sizes.flatMap((s) => (s.default === null || declared.has(s.name) ? [] : [[s.name, s.default]])); // prettier-ignore
  const before = derived(module, { ...(Object.fromEntries(defaults) as Sizes), ...given });
  // First what does not wait for sizes that follow from others, then all of it.
  const plain = shaped.filter((s) => !mentions(s.declared, follows));
  const sizes = inferSizes(shaped, derived(module, inferSizes(plain, before)));
  refuseOthers(module, inputs, sizes);
  return sizes;
};

/** A program that was unrolled for certain sizes or data computes something else for others. */
const refuseOthers = ({ name: module, madeFor }: ModuleSpec, inputs: Inputs, sizes: Sizes): void => {
  for (const [name, value] of Object.entries(madeFor?.sizes ?? {}))
    if (sizes[name] !== undefined && sizes[name] !== value)
      throw new InternalError(`${module} is made for ${name} = ${value}, and ${name} is ${sizes[name]}`);
  for (const [name, values] of Object.entries(madeFor?.data ?? {})) {
    const data = inputs[name]?.data;
    if (data !== undefined && (data.length !== values.length || values.some((v, i) => data[i] !== v)))
      throw new InternalError(`${module} is made for one ${name}, and this is another`);
  }
};
