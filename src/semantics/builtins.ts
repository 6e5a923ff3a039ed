// The builtin functions, one table: read by the checker, the planner, the lowering and the language reference.
// In: the families in builtins/. Out: `builtins`, total over BuiltinName.
import type { Builtin } from './builtin.ts';
import { arithmeticBuiltins } from './builtins/arithmetic.ts';
import { arrayBuiltins } from './builtins/arrays.ts';
import { elementwiseBuiltins } from './builtins/elementwise.ts';
import { linearAlgebraBuiltins } from './builtins/linear-algebra.ts';
import { normBuiltins } from './builtins/norms.ts';
import { reductionBuiltins } from './builtins/reductions.ts';

const families = {
  ...arithmeticBuiltins,
  ...elementwiseBuiltins,
  ...linearAlgebraBuiltins,
  ...reductionBuiltins,
  ...normBuiltins,
  ...arrayBuiltins,
};

export type BuiltinName = keyof typeof families;
export const builtins: Readonly<Record<BuiltinName, Builtin>> = families;
export const builtinNames = Object.keys(families) as readonly BuiltinName[];

/** Call spelling to builtin. `min` and `max` mean the reduction with one argument and minimum / maximum with more. */
const bySpelling: ReadonlyMap<string, readonly BuiltinName[]> = builtinNames.reduce((map, name) => {
  const spelling = builtins[name].spelling;
  return spelling === null ? map : map.set(spelling, [...(map.get(spelling) ?? []), name]);
}, new Map<string, readonly BuiltinName[]>());

/** The builtins a call `spelling(…)` may mean; empty when there is none. */
export const builtinsSpelled = (spelling: string): readonly BuiltinName[] => bySpelling.get(spelling) ?? [];
export const spellings: readonly string[] = [...bySpelling.keys()];

/** Named numbers. A model may declare a variable of the same name, except `inf`. */
export const namedNumbers: Readonly<Record<string, number>> = { pi: Math.PI, inf: Infinity, '∞': Infinity };
