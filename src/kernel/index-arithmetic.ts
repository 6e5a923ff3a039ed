// Arithmetic of indices: integers that are affine in loop variables and in computed atoms. In and out: Index values in canonical
// form, so that two are equal exactly when they print alike.
import { add as addDims, constant as constantDim, equal as equalDims, isOne, multiply, type Dim } from '../tensor/dims.ts'; // prettier-ignore
import type { Access, Atom, Index, LoopId } from './kernel.ts';
import { printAtom } from './print-expressions.ts';

type Term = Index['terms'][number];

const canonical = (constant: Dim, terms: readonly Term[]): Index => {
  const sums = new Map<string, Term>();
  for (const { coef, atom } of terms) {
    const key = printAtom(atom);
    const seen = sums.get(key);
    sums.set(key, { atom, coef: seen === undefined ? coef : addDims(seen.coef, coef) });
  }
  const kept = [...sums].filter(([, term]) => term.coef.length > 0).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
  return { constant, terms: kept.map(([, term]) => term) };
};

export const constantIndex = (dim: Dim): Index => ({ constant: dim, terms: [] });
export const zero: Index = constantIndex([]);
export const ofAtom = (atom: Atom): Index => ({ constant: [], terms: [{ coef: constantDim(1), atom }] });
export const ofLoop = (loop: LoopId): Index => ofAtom({ kind: 'loop', loop });

export const addIndex = (a: Index, b: Index): Index =>
  canonical(addDims(a.constant, b.constant), [...a.terms, ...b.terms]);

export const scaleIndex = (a: Index, by: Dim): Index =>
  isOne(by) ? a : canonical(multiply(a.constant, by), a.terms.map(({ coef, atom }) => ({ coef: multiply(coef, by), atom }))); // prettier-ignore

export const subtractIndex = (a: Index, b: Index): Index => addIndex(a, scaleIndex(b, constantDim(-1)));

export const equalIndex = (a: Index, b: Index): boolean =>
  equalDims(a.constant, b.constant) &&
  a.terms.length === b.terms.length &&
  a.terms.every(
    (term, i) => equalDims(term.coef, b.terms[i]!.coef) && printAtom(term.atom) === printAtom(b.terms[i]!.atom),
  );

/** The loop that an index is, with coefficient 1 and nothing added; null where it is anything else. */
export const asLoop = (index: Index): LoopId | null => {
  const [term] = index.terms;
  if (index.terms.length !== 1 || index.constant.length > 0 || !isOne(term!.coef) || term!.atom.kind !== 'loop')
    return null;
  return term!.atom.loop;
};

/** Row-major strides of a shape. */
export const stridesOfShape = (shape: readonly Dim[]): readonly Dim[] => {
  const strides = shape.map(() => constantDim(1));
  for (let i = shape.length - 2; i >= 0; i--) strides[i] = multiply(strides[i + 1]!, shape[i + 1]!);
  return strides;
};

/** Where in its buffer an access is: Σ at · stride. */
export const offsetOf = (access: Access): Index =>
  access.at.reduce((sum, index, axis) => addIndex(sum, scaleIndex(index, access.strides[axis]!)), zero);
