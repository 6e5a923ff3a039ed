// The values of symbolic sizes from the shapes of actual inputs. In: declared shapes, found shapes, sizes given outright.
// Out: every size that these determine. Throws InternalError where they disagree: data are checked long before.
import { InternalError } from '../diagnostics/diagnostic.ts';
import { evaluate, print, sizesOf, type Dim } from './dims.ts';

export interface SizedInput {
  readonly name: string;
  readonly declared: readonly Dim[];
  readonly found: readonly number[];
}

/** A dim that is linear in exactly one unknown size determines it. */
const solveFor = (
  dim: Dim,
  found: number,
  known: Readonly<Record<string, number>>,
): readonly [string, number] | null => {
  const unknown = sizesOf(dim).filter((name) => known[name] === undefined);
  if (unknown.length !== 1) return null;
  const name = unknown[0]!;
  if (dim.some((term) => term.sizes.filter((s) => s === name).length > 1)) return null;
  const offset = evaluate(dim, { ...known, [name]: 0 });
  const slope = evaluate(dim, { ...known, [name]: 1 }) - offset;
  return slope === 0 ? null : [name, (found - offset) / slope];
};

export const inferSizes = (
  inputs: readonly SizedInput[],
  given: Readonly<Record<string, number>> = {},
): Record<string, number> => {
  const known: Record<string, number> = { ...given };
  const dims = inputs.flatMap((input) => {
    if (input.declared.length !== input.found.length)
      throw new InternalError(
        `input ${input.name} has shape [${input.found.join(', ')}], expected rank ${input.declared.length}`,
      );
    return input.declared.map((dim, axis) => ({ input, axis, dim, found: input.found[axis]! }));
  });
  for (let changed = true; changed;) {
    changed = false;
    for (const { dim, found } of dims) {
      const solution = solveFor(dim, found, known);
      if (solution === null || !Number.isInteger(solution[1]) || solution[1] < 0) continue;
      known[solution[0]] = solution[1];
      changed = true;
    }
  }
  for (const { input, axis, dim, found } of dims)
    if (sizesOf(dim).some((name) => known[name] === undefined) || evaluate(dim, known) !== found)
      throw new InternalError(
        `input ${input.name} has ${found} entries along axis ${axis}, expected ${print(dim)} with ${
          sizesOf(dim)
            .map((name) => `${name} = ${known[name] ?? 'unknown'}`)
            .join(', ') || 'no sizes'
        }`,
      );
  return known;
};
