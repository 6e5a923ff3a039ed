// Names of learn lines: `learn W, Enc by …`. In: params and nets as named. Out: params.
import type { Model } from '../../semantics/model.ts';

/** A net stands for all its params, those of nets that it repeats inside included. */
export const paramsNamed = (model: Model, names: readonly string[]): readonly string[] => [
  ...new Set(names.flatMap((name) => model.nets.find((n) => n.name === name)?.params ?? [name])),
];
