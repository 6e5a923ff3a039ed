// The environment that a program starts in: consts set from outside as literals, the temperature, nothing bound yet.
import type { Environment } from '../lower/environment.ts';
import type { Model } from '../semantics/model.ts';
import type { Builder, Value } from '../tensor/builder.ts';

/** Numbers for consts that a flag replaced: flat, with their shape. */
export type ConstValues = Readonly<
  Record<string, { readonly shape: readonly number[]; readonly data: ArrayLike<number> }>
>;

/** `seed` becomes an input of the program when something first asks for it. */
export const programEnvironment = (b: Builder, model: Model, consts: ConstValues, beta: number): Environment => {
  let seed: Value | null = null;
  return {
    builder: b,
    model,
    axes: new Map(),
    bindings: new Map(),
    consts: new Map(
      Object.entries(consts).map(
        ([name, c]) =>
          [name, c.shape.length === 0 ? b.constant(c.data[0]!) : b.literal([...Array.from(c.data)], c.shape)] as const,
      ),
    ),
    beta: b.constant(beta),
    seed: () => (seed ??= b.input('seed', [])),
  };
};
