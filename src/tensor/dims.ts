// Symbolic sizes. A Dim is an integer polynomial over size names in canonical form: terms sorted, no zero coefficients;
// so two dims are equal exactly when they print alike. An unknown 1 never broadcasts: equality is syntactic.

export interface DimTerm {
  readonly coef: number;
  /** Size names, sorted, repeated for powers: N² is ['N', 'N']. */
  readonly sizes: readonly string[];
}
export type Dim = readonly DimTerm[];

const keyOf = (term: DimTerm): string => term.sizes.join('·');

const canonical = (terms: readonly DimTerm[]): Dim => {
  const sums = new Map<string, { coef: number; sizes: readonly string[] }>();
  for (const term of terms) {
    const key = keyOf(term);
    const seen = sums.get(key);
    sums.set(key, { coef: (seen?.coef ?? 0) + term.coef, sizes: term.sizes });
  }
  return [...sums.values()]
    .filter((term) => term.coef !== 0)
    .sort((a, b) => b.sizes.length - a.sizes.length || (keyOf(a) < keyOf(b) ? -1 : 1));
};

export const constant = (value: number): Dim => (value === 0 ? [] : [{ coef: value, sizes: [] }]);
export const size = (name: string): Dim => [{ coef: 1, sizes: [name] }];
// Constants, which are most dims of an unrolled program, take a short way through the arithmetic.
export const add = (a: Dim, b: Dim): Dim => {
  if (a.length === 0) return b;
  if (b.length === 0) return a;
  const [x, y] = [constantValue(a), constantValue(b)];
  return x !== null && y !== null ? constant(x + y) : canonical([...a, ...b]);
};
export const scale = (a: Dim, by: number): Dim => canonical(a.map((t) => ({ coef: t.coef * by, sizes: t.sizes })));
export const subtract = (a: Dim, b: Dim): Dim => add(a, scale(b, -1));
export const multiply = (a: Dim, b: Dim): Dim => {
  const [x, y] = [constantValue(a), constantValue(b)];
  if (x !== null && y !== null) return constant(x * y);
  if (x === 1) return b;
  if (y === 1) return a;
  return canonical(a.flatMap((s) => b.map((t) => ({ coef: s.coef * t.coef, sizes: [...s.sizes, ...t.sizes].sort() }))));
};
export const product = (dims: readonly Dim[]): Dim => dims.reduce(multiply, constant(1));

/** The value of a dim that mentions no size, else null. */
export const constantValue = (a: Dim): number | null =>
  a.length === 0 ? 0 : a.length === 1 && a[0]!.sizes.length === 0 ? a[0]!.coef : null;
/** Below 0 whatever the sizes, which are at least 1. */
export const isNegative = (a: Dim): boolean => a.length > 0 && a.every((t) => t.coef < 0);
export const isOne = (a: Dim): boolean => constantValue(a) === 1;
export const sizesOf = (a: Dim): readonly string[] => [...new Set(a.flatMap((t) => t.sizes))];

const sameNames = (a: readonly string[], b: readonly string[]): boolean =>
  a.length === b.length && a.every((name, i) => name === b[i]);

export const equal = (a: Dim, b: Dim): boolean =>
  a === b || (a.length === b.length && a.every((t, i) => t.coef === b[i]!.coef && sameNames(t.sizes, b[i]!.sizes)));

/** Value under known sizes. Throws RangeError naming the first size that is missing. */
export const evaluate = (a: Dim, sizes: Readonly<Record<string, number>>): number => {
  let total = 0;
  for (const term of a) {
    let value = term.coef;
    for (const name of term.sizes) {
      const known = sizes[name];
      if (known === undefined) throw new RangeError(`size ${name} has no value`);
      value *= known;
    }
    total += value;
  }
  return total;
};

const printTerm = (term: DimTerm): string => {
  const names = term.sizes.join('*');
  const magnitude = Math.abs(term.coef);
  return names === '' ? String(magnitude) : magnitude === 1 ? names : `${magnitude}*${names}`;
};

/** `2*N*K + 1`; a lone size prints as itself, so shapes read `[N, D]`. */
export const print = (a: Dim): string => {
  if (a.length === 0) return '0';
  return a
    .map((term, i) => (i === 0 ? (term.coef < 0 ? '-' : '') : term.coef < 0 ? ' - ' : ' + ') + printTerm(term))
    .join('');
};

export const printShape = (shape: readonly Dim[]): string => `[${shape.map(print).join(', ')}]`;
export const shapesEqual = (a: readonly Dim[], b: readonly Dim[]): boolean =>
  a === b || (a.length === b.length && a.every((d, i) => equal(d, b[i]!)));
