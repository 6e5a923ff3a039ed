// The elementwise functions as C. In: a function and its arguments as C expressions. Out: an expression. What the language has is
// written with its operators; everything else is a function of the runtime, `eb_` and its name.
import { InternalError } from '../../diagnostics/diagnostic.ts';
import { elementwiseTable } from '../../tensor/elementwise-table.ts';
import type { Elementwise } from '../../tensor/elementwise.ts';

/** Functions that give 0 or 1: rendered as tests. */
const comparisons = ['lt', 'le', 'gt', 'ge', 'eq', 'ne', 'and', 'or', 'not', 'is-nan'] as const;
export type Comparison = (typeof comparisons)[number];
export const isComparison = (fn: Elementwise): fn is Comparison => (comparisons as readonly Elementwise[]).includes(fn);

type Texts = readonly string[];
const operators: Partial<Record<Elementwise, (args: Texts) => string>> = {
  neg: ([a]) => `(-${a})`,
  add: ([a, b]) => `(${a} + ${b})`,
  sub: ([a, b]) => `(${a} - ${b})`,
  mul: ([a, b]) => `(${a} * ${b})`,
  div: ([a, b]) => `(${a} / ${b})`,
};

/** Of reals; `needs` is the function of the runtime that it calls. `cold`: where it runs once, and is not to be written out. */
export const realFunctions = (
  fn: Elementwise,
  args: Texts,
  cold: boolean,
): { readonly text: string; readonly needs: string | null } => {
  const operator = operators[fn];
  if (operator !== undefined) return { text: operator(args), needs: null };
  const name = `${cold && isLong(fn) ? coldPrefix : 'eb_'}${fn.replaceAll('-', '_')}`;
  return { text: `${name}(${args.join(', ')})`, needs: name };
};

const coldPrefix = 'eb_cold_';
/** Some tens of instructions. */
const isLong = (fn: Elementwise): boolean => elementwiseTable[fn].flops >= 10;

/** Calls of functions that are otherwise written out where they are used. */
export const coldFunctions = (Object.keys(elementwiseTable) as Elementwise[]).filter(isLong).map((fn) => {
  const name = fn.replaceAll('-', '_');
  const names = ['a', 'b', 'c'].slice(0, elementwiseTable[fn].arity);
  return {
    provides: [`${coldPrefix}${name}`],
    calls: [`eb_${name}`],
    text: `EB_COLD real ${coldPrefix}${name}(${names.map((n) => `real ${n}`).join(', ')}) { return eb_${name}(${names.join(', ')}); }\n`,
  };
});

const ints: ReadonlySet<Elementwise> = new Set<Elementwise>([
  'neg',
  'abs',
  'sign',
  'square',
  'add',
  'sub',
  'mul',
  'min',
  'max',
  'mod',
]);

/** Of ints, as a function of the runtime: they wrap. Throws InternalError for a function that has no meaning on them. */
export const intFunctions = (fn: Elementwise): string => {
  if (!ints.has(fn)) throw new InternalError(`${fn} of ints`);
  return `eb_int_${fn}`;
};
