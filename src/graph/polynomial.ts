// An energy as a polynomial in chosen unknowns: a sum of tensor-network terms, each a number times known expressions times
// occurrences of unknowns, all labelled by axis and summed over the labels that are not kept. Degree 2 in the values is a
// quadratic form; linear in atoms such as log π or S⁻¹ and log det S is an exponential family. The labels shared by two
// occurrences are what makes a quadratic form diagonal, block-diagonal or tridiagonal: structure is read off, not searched.
import type { Expr, Model } from '../semantics/model.ts';
import type { Dim } from '../tensor/dims.ts';
import * as dims from '../tensor/dims.ts';

/** An axis name: an index id, the slot of an enumerated node, or a fresh name for a positional axis. */
export type Label = string;

/** The index values that a label runs through: from, …, from + dim - 1. A fixed index is a label with dim 1. */
export interface LabelRange {
  readonly dim: Dim;
  readonly from: Dim;
}

/** Array position = index value of the label + offset. */
export interface Position {
  readonly label: Label;
  readonly offset: Dim;
}

/** Functions of an unknown in which energies are often linear. Matrix atoms consume (log_abs_det) or keep the last two axes. */
export type Atom = 'value' | 'log' | 'log-complement' | 'reciprocal' | 'inverse' | 'log_abs_det' | 'log_softmax';

export interface Occurrence {
  readonly variable: string;
  readonly atom: Atom;
  /** One per axis of the variable's whole array: index axes first, then the axes of a node (less two for log_abs_det). */
  readonly positions: readonly Position[];
}

/** An expression free of the unknowns; `labels` name its positional axes, its free indices are labels by themselves. */
export interface Known {
  readonly expr: Expr;
  readonly labels: readonly Label[];
}

export interface Term {
  readonly coefficient: number;
  readonly known: readonly Known[];
  readonly unknown: readonly Occurrence[];
  /** Labels summed over; one that no factor mentions multiplies the term by its length. */
  readonly bound: readonly Label[];
}

export interface Polynomial {
  readonly terms: readonly Term[];
  readonly ranges: ReadonlyMap<Label, LabelRange>;
}

export interface ExtractContext {
  readonly model: Model;
  /** The unknowns of the polynomial. */
  readonly block: ReadonlySet<string>;
  /** For a reference to a node enumerated over the states 0, 1, 2 …: its slot label and count; else null. */
  readonly slot: (ref: Expr & { kind: 'ref' }) => { readonly label: Label; readonly count: Dim } | null;
}

/** Why an expression is not such a polynomial: the smallest part at fault. */
export interface NotPolynomial {
  readonly kind: 'not-polynomial';
  readonly expr: Expr;
  readonly reason: string;
}

export const isRefused = (x: Polynomial | NotPolynomial): x is NotPolynomial => 'kind' in x;

export const multiplyTerms = (a: readonly Term[], b: readonly Term[]): readonly Term[] =>
  a.flatMap((s) =>
    b.map((t) => ({
      coefficient: s.coefficient * t.coefficient,
      known: [...s.known, ...t.known],
      unknown: [...s.unknown, ...t.unknown],
      bound: [...s.bound, ...t.bound],
    })),
  );

export const scaleTerms = (a: readonly Term[], by: number): readonly Term[] =>
  a.map((t) => ({ ...t, coefficient: t.coefficient * by }));

/** Two positions that are always the same array entry. */
export const samePosition = (ranges: ReadonlyMap<Label, LabelRange>, a: Position, b: Position): boolean => {
  if (a.label === b.label) return dims.equal(a.offset, b.offset);
  const [r, s] = [ranges.get(a.label)!, ranges.get(b.label)!];
  return dims.isOne(r.dim) && dims.isOne(s.dim) && dims.equal(dims.add(r.from, a.offset), dims.add(s.from, b.offset));
};

/** Σ_d W[d,k] W[d,l] = δ(k,l) for orthonormal W: removes such pairs wherever the shared label occurs nowhere else. */
export const contractOrthonormal = (
  polynomial: Polynomial,
  orthonormal: ReadonlySet<string>,
  freeOf: (k: Known) => ReadonlySet<Label>,
): Polynomial => {
  const reduce = (term: Term): Term => {
    for (let i = 0; i < term.unknown.length; i++)
      for (let j = i + 1; j < term.unknown.length; j++) {
        const [a, c] = [term.unknown[i]!, term.unknown[j]!];
        if (a.variable !== c.variable || !orthonormal.has(a.variable) || a.atom !== 'value' || c.atom !== 'value')
          continue;
        const rank = a.positions.length;
        const [rowA, rowC] = [a.positions[rank - 2]!, c.positions[rank - 2]!];
        const batchEqual = a.positions
          .slice(0, rank - 2)
          .every((p, n) => samePosition(polynomial.ranges, p, c.positions[n]!));
        const elsewhere = term.unknown.some(
          (o, n) => n !== i && n !== j && o.positions.some((p) => p.label === rowA.label),
        );
        const inKnown = term.known.some((k) => k.labels.includes(rowA.label) || freeOf(k).has(rowA.label));
        if (rowA.label !== rowC.label || !batchEqual || elsewhere || inKnown) continue;
        const [from, to] = [c.positions[rank - 1]!.label, a.positions[rank - 1]!.label];
        const rest = term.unknown.filter((_, n) => n !== i && n !== j);
        const bound = term.bound.filter((l) => l !== rowA.label && (l !== from || from === to));
        return reduce(renameLabel({ ...term, unknown: rest, bound }, from, to));
      }
    return term;
  };
  return { ...polynomial, terms: polynomial.terms.map(reduce) };
};

/** Renames a positional label (one that no known expression has as a free index). */
const renameLabel = (term: Term, from: Label, to: Label): Term => ({
  ...term,
  known: term.known.map((k) => ({ ...k, labels: k.labels.map((l) => (l === from ? to : l)) })),
  unknown: term.unknown.map((o) => ({
    ...o,
    positions: o.positions.map((p) => (p.label === from ? { ...p, label: to } : p)),
  })),
});
