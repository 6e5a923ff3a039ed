// The arrays that an entry of a module takes, from all that are known.
import type { ModuleSpec, TensorData } from '../backend/backend.ts';

export const pick = (
  spec: ModuleSpec,
  entry: string,
  arrays: Readonly<Record<string, TensorData>>,
): Readonly<Record<string, TensorData>> =>
  Object.fromEntries(spec.entries[entry]!.inputs.map(({ name }) => [name, arrays[name]!] as const));
