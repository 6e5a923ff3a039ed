// Arrays with missing cells as a program takes them: what was given, with some value of the domain in the other cells, and a
// mask of the missing ones; and results put together from what was given and what was inferred.
import type { ArrayData } from './table.ts';

/** Names of the two arrays. No identifier has a dot. */
export const givenName = (variable: string): string => `${variable}.given`;
export const missingName = (variable: string): string => `${variable}.missing`;
export const isGivenName = (name: string): boolean => name.endsWith(givenName(''));

/** 1 where a cell is missing, as numbers. */
export const maskArray = (missing: Uint8Array, shape: readonly number[]): ArrayData => ({
  shape,
  data: Float32Array.from(missing),
});

/** `inferred` at missing cells, `given` at the others; `given` may be one number for all of them. */
export const withGiven = (inferred: ArrayData, given: ArrayData | number, missing: Uint8Array): ArrayData => {
  const data = inferred.data.slice();
  for (let i = 0; i < missing.length; i++)
    if (missing[i] === 0) data[i] = typeof given === 'number' ? given : given.data[i]!;
  return { shape: inferred.shape, data };
};
