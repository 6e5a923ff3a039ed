// Sizes from the lengths of arrays. In: equations `dim = length`, one per axis of given data, and values from flags and
// the model's defaults. Out: every size that can be known, where it came from, and disagreements as diagnostics.
import { diagnoseData } from '../diagnostics/messages/data.ts';
import type { Diagnostic } from '../diagnostics/diagnostic.ts';
import type { DerivedSize, SizeRequirement, SizeSymbol } from '../semantics/model.ts';
import { constantValue, evaluate, print, sizesOf } from '../tensor/dims.ts';
import type { Dim } from '../tensor/dims.ts';

export interface SizeValue {
  readonly value: number;
  readonly source: 'data' | 'flag' | 'default' | 'derived';
  /** In words, for messages: `--size N=3`, `y (points.csv)`. */
  readonly origin: string;
}

export interface SizeEquation {
  readonly dim: Dim;
  readonly length: number;
  readonly variable: string;
  readonly file: string;
  /** `axis 2`, for messages about formulas. */
  readonly axis: string;
  /** True when the variable's last two axes would agree if they were exchanged. */
  readonly transposed: (sizes: Readonly<Record<string, number>>) => boolean;
}

/** A lower bound of a count from the largest value in data: `x : category(V)` needs V > max x. */
export interface CountBound {
  readonly dim: Dim;
  readonly atLeast: number;
  readonly origin: string;
}

export interface SolvedSizes {
  readonly sizes: Readonly<Record<string, SizeValue>>;
  readonly diagnostics: readonly Diagnostic[];
}

type Known = Map<string, SizeValue>;

const numbers = (known: Known): Record<string, number> =>
  Object.fromEntries([...known].map(([name, { value }]) => [name, value]));

const unknownsOf = (dim: Dim, known: Known): readonly string[] => sizesOf(dim).filter((name) => !known.has(name));

/** Solves `dim = length` for the one size that is unknown: undefined when it is not linear in it, null when no whole size fits. */
const solveFor = (dim: Dim, name: string, length: number, known: Known): number | null | undefined => {
  const degree = (sizes: readonly string[]): number => sizes.filter((size) => size === name).length;
  if (dim.some((term) => degree(term.sizes) > 1)) return undefined;
  const sizes = { ...numbers(known), [name]: 0 };
  const rest = evaluate(dim, sizes);
  const slope = evaluate(dim, { ...sizes, [name]: 1 }) - rest;
  if (slope === 0) return undefined;
  const value = (length - rest) / slope;
  return Number.isInteger(value) && value >= 0 ? value : null;
};

const originOf = (equation: SizeEquation): string => `${equation.variable} (${equation.file})`;

/** Whose word a dim's value is: the origin of the only size in it, or of all of them. */
const originsOf = (dim: Dim, known: Known): string => {
  const origins = sizesOf(dim).map((name) => known.get(name)!.origin);
  return origins.length === 0 ? 'the model' : [...new Set(origins)].join(' and ');
};

const disagreement = (equation: SizeEquation, value: number, known: Known): Diagnostic =>
  diagnoseData(
    'EBM623',
    null,
    {
      size: constantValue(equation.dim) === null ? print(equation.dim) : `${equation.axis} of ${equation.variable}`,
      here: originOf(equation),
      value: equation.length,
      there: originsOf(equation.dim, known),
      other: value,
      transposed: equation.transposed(numbers(known)),
    },
    { place: { file: equation.file } },
  );

/** Uses every equation with one unknown, over and over; checks those without; returns the ones left open. */
const propagate = (equations: readonly SizeEquation[], known: Known, diagnostics: Diagnostic[]): SizeEquation[] => {
  let open = [...equations];
  for (let progress = true; progress;) {
    progress = false;
    const still: SizeEquation[] = [];
    for (const equation of open) {
      const unknowns = unknownsOf(equation.dim, known);
      if (unknowns.length === 0) {
        const value = evaluate(equation.dim, numbers(known));
        if (value !== equation.length) diagnostics.push(disagreement(equation, value, known));
        progress = true;
        continue;
      }
      const name = unknowns[0]!;
      const solution = unknowns.length === 1 ? solveFor(equation.dim, name, equation.length, known) : undefined;
      if (solution === undefined) {
        still.push(equation);
        continue;
      }
      if (solution === null) {
        const { variable, axis, length, file } = equation;
        const parameters = { name: variable, dim: print(equation.dim), found: length, where: axis };
        diagnostics.push(diagnoseData('EBM624', null, parameters, { place: { file } }));
      } else known.set(name, { value: solution, source: 'data', origin: originOf(equation) });
      progress = true;
    }
    open = still;
  }
  return open;
};

const fromDefaults = (symbols: readonly SizeSymbol[], known: Known): boolean => {
  for (const symbol of symbols) {
    if (known.has(symbol.name) || symbol.default === null || unknownsOf(symbol.default, known).length > 0) continue;
    const value = evaluate(symbol.default, numbers(known));
    known.set(symbol.name, { value, source: 'default', origin: 'its default in the model' });
    return true;
  }
  return false;
};

const fromFormulas = (derived: readonly DerivedSize[], known: Known): boolean => {
  for (const { name, numerator, denominator } of derived) {
    if (known.has(name) || unknownsOf(numerator, known).length > 0) continue;
    const value = Math.floor(evaluate(numerator, numbers(known)) / denominator);
    known.set(name, { value, source: 'derived', origin: originsOf(numerator, known) });
    return true;
  }
  return false;
};

const fromCounts = (bounds: readonly CountBound[], known: Known): boolean => {
  const found = new Map<string, SizeValue>();
  for (const { dim, atLeast, origin } of bounds) {
    const [name, another] = unknownsOf(dim, known);
    if (name === undefined || another !== undefined) continue;
    const value = solveFor(dim, name, atLeast, known);
    if (typeof value === 'number' && value > (found.get(name)?.value ?? -1))
      found.set(name, { value, source: 'data', origin });
  }
  for (const [name, value] of found) known.set(name, value);
  return found.size > 0;
};

/** What had to wait until sizes were numbers, and then turns out false. */
const brokenRequirements = (requirements: readonly SizeRequirement[], known: Known): readonly Diagnostic[] =>
  requirements.flatMap(({ left, relation, right, why, span }) => {
    if (unknownsOf(left, known).length + unknownsOf(right, known).length > 0) return [];
    const [a, b] = [evaluate(left, numbers(known)), evaluate(right, numbers(known))];
    if (relation === '==' ? a === b : a <= b) return [];
    const parameters = { left: print(left), relation, right: print(right), leftValue: a, rightValue: b, why };
    return [diagnoseData('EBM631', span, parameters)];
  });

export interface SizeFacts {
  readonly sizes: readonly SizeSymbol[];
  readonly derivedSizes: readonly DerivedSize[];
  readonly requirements: readonly SizeRequirement[];
}

/** Flags first, then lengths of data, then formulas, then the model's defaults one at a time, then the largest value of
 *  categories; each new size may make another equation solvable. */
export const solveSizes = (
  { sizes, derivedSizes, requirements }: SizeFacts,
  flags: Readonly<Record<string, number>>,
  equations: readonly SizeEquation[],
  bounds: readonly CountBound[],
): SolvedSizes => {
  const known: Known = new Map();
  const diagnostics: Diagnostic[] = [];
  for (const [name, value] of Object.entries(flags))
    known.set(name, { value, source: 'flag', origin: `--size ${name}=${value}` });
  let open = propagate(equations, known, diagnostics);
  while (fromFormulas(derivedSizes, known) || fromDefaults(sizes, known) || fromCounts(bounds, known))
    open = propagate(open, known, diagnostics);
  return {
    sizes: Object.fromEntries(known),
    diagnostics: [...diagnostics, ...brokenRequirements(requirements, known)],
  };
};
