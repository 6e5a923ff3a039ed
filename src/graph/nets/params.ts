// Names of learn lines: `learn W, Enc by …`. In: params and nets as named. Out: params.
import type { Model } from '../../semantics/model.ts';

/** A net stands for all its params, those of nets that it repeats inside included. */
export const paramsNamed = (model: Model, names: readonly string[]): readonly string[] => [
  ...new Set(names.flatMap((name) => model.nets.find((n) => n.name === name)?.params ?? [name])),
];

/** The other way about, for people: a net for all its params where all are there. */
export const shortNames = (model: Model, params: readonly string[]): readonly string[] => {
  const present = new Set(params);
  const whole = model.nets
    .filter((n) => n.params.length > 1 && n.params.every((p) => present.has(p)))
    .toSorted((a, b) => b.params.length - a.params.length);
  return [...new Set(params.map((name) => whole.find((n) => n.params.includes(name))?.name ?? name))];
};
