// The sparsity of a quadratic form, read off its terms: which axes of the unknowns are independent (batch), which one is a
// chain (tridiagonal), which are dense. In: a polynomial of degree 2 per group. Out: a layout, or why there is none.
import type { FactorGroup } from '../../graph/factor-graph.ts';
import type { ExtractContext } from '../../graph/polynomial.ts';
import { extractPolynomial } from '../../graph/extract-polynomial.ts';
import { affineIndex } from '../../graph/expressions.ts';
import type { Occurrence, Polynomial, Position } from '../../graph/polynomial.ts';
import { isRefused, samePosition } from '../../graph/polynomial.ts';
import { slotAxisId } from '../../lower/environment.ts';
import type { Expr, Model, Variable } from '../../semantics/model.ts';
import type { Dim } from '../../tensor/dims.ts';
import * as dims from '../../tensor/dims.ts';
import { wholeShape } from '../../semantics/whole-shape.ts';
import { stateCount } from '../discrete/states.ts';

export interface GroupPolynomial {
  readonly group: string;
  readonly polynomial: Polynomial;
}

export interface Layout {
  /** Axis classes along which the form is block-diagonal. */
  readonly batch: readonly { readonly id: string; readonly dim: Dim }[];
  readonly chain: { readonly id: string; readonly dim: Dim; readonly name: string } | null;
  /** By variable: for each axis of its whole array, the batch or chain class, or null when dense. */
  readonly axes: ReadonlyMap<string, readonly (string | null)[]>;
  /** By variable: the dims of its whole array. */
  readonly shapes: ReadonlyMap<string, readonly Dim[]>;
}

/** Enumerated nodes (other than the block) are labels of the polynomial by their slots. */
export const extractContext = (
  model: Model,
  block: ReadonlySet<string>,
  enumerated: ReadonlySet<string>,
): ExtractContext => ({
  model,
  block,
  slot: (ref: Expr & { kind: 'ref' }) => {
    if (ref.of !== 'variable' || !enumerated.has(ref.name) || ref.at.some((a) => affineIndex(a) === null)) return null;
    const variable = model.variables.find((v) => v.name === ref.name)!;
    if (variable.domain.kind === 'spin') return null;
    if (variable.domain.kind === 'integer' && variable.domain.from.length > 0) return null;
    return { label: slotAxisId(ref.name, ref.at), count: stateCount(variable)! };
  },
});

/** Group energies as polynomials in the block, or the first reason why one is not. */
export const groupPolynomials = (
  context: ExtractContext,
  groups: readonly FactorGroup[],
): readonly GroupPolynomial[] | { readonly reason: string } => {
  const result: GroupPolynomial[] = [];
  for (const group of groups) {
    if (group.kind === 'constraint') return { reason: `${group.name} is a constraint` };
    const energy: Expr =
      group.where === null
        ? group.energy
        : {
            kind: 'call',
            fn: 'mul',
            args: [group.where, group.energy],
            type: group.energy.type,
            span: group.energy.span,
          };
    const polynomial = extractPolynomial(context, energy, group.binders);
    if (isRefused(polynomial)) return { reason: `${group.name} contains ${polynomial.reason}` };
    const outside = readsOutside(context.model, polynomial);
    if (outside !== null) return { reason: `${group.name} reads ${outside} beyond its ends (behind a condition)` };
    result.push({ group: group.name, polynomial });
  }
  return result;
};

/** The unknown that a term may read at a position outside its array, which only a condition can excuse. */
const readsOutside = (model: Model, { terms, ranges }: Polynomial): string | null => {
  for (const term of terms)
    for (const o of term.unknown) {
      const shape = wholeShape(model.variables.find((v) => v.name === o.variable)!);
      for (const [i, p] of o.positions.entries()) {
        const range = ranges.get(p.label)!;
        const first = dims.add(range.from, p.offset);
        const room = dims.subtract(shape[i]!, dims.add(first, range.dim));
        if (dims.isNegative(first) || dims.isNegative(room)) return o.variable;
      }
    }
  return null;
};

const STEP = dims.constant(1);

export const layoutOf = (
  variables: readonly Variable[],
  polynomials: readonly GroupPolynomial[],
): Layout | { readonly reason: string } => {
  const pairs: { readonly a: Occurrence; readonly c: Occurrence; readonly polynomial: Polynomial }[] = [];
  for (const { group, polynomial } of polynomials)
    for (const term of polynomial.terms) {
      if (term.unknown.length > 2 || term.unknown.some((o) => o.atom !== 'value'))
        return {
          reason: `${group} is not quadratic in ${[...new Set(term.unknown.map((o) => o.variable))].join(', ')}`,
        };
      for (const o of term.unknown) {
        const labels = o.positions.map((p) => p.label).filter((l) => !dims.isOne(polynomial.ranges.get(l)!.dim));
        if (new Set(labels).size < labels.length) return { reason: `${group} reads a diagonal of ${o.variable}` };
      }
      if (term.unknown.length === 2) pairs.push({ a: term.unknown[0]!, c: term.unknown[1]!, polynomial });
    }
  for (const v of variables)
    if (!pairs.some((p) => p.a.variable === v.name || p.c.variable === v.name))
      return { reason: `the energy is linear in ${v.name}: it has no minimum` };
  return classes(variables, pairs);
};

const classes = (
  variables: readonly Variable[],
  pairs: readonly { readonly a: Occurrence; readonly c: Occurrence; readonly polynomial: Polynomial }[],
): Layout => {
  const parent = new Map<string, string>();
  const key = (variable: string, i: number): string => `${variable}.${i}`;
  const find = (x: string): string => (parent.get(x) === x ? x : find(parent.get(x)!));
  for (const v of variables) wholeShape(v).forEach((_, i) => parent.set(key(v.name, i), key(v.name, i)));
  for (const { a, c } of pairs)
    a.positions.forEach((p, i) =>
      c.positions.forEach((q, j) => {
        if (p.label === q.label) parent.set(find(key(a.variable, i)), find(key(c.variable, j)));
      }),
    );
  const ids = [...new Set([...parent.keys()].map(find))];
  const at = (o: Occurrence, id: string): Position | null => {
    const found = o.positions.filter((_, i) => find(key(o.variable, i)) === id);
    return found.length === 1 ? found[0]! : null;
  };
  const steps = (id: string): readonly (number | null)[] =>
    pairs.map(({ a, c, polynomial }) => {
      const [p, q] = [at(a, id), at(c, id)];
      if (p === null || q === null) return null;
      if (samePosition(polynomial.ranges, p, q)) return 0;
      return p.label === q.label ? dims.constantValue(dims.subtract(p.offset, q.offset)) : null;
    });
  const dimOf = (id: string): Dim | null => {
    const members = variables.flatMap((v) => wholeShape(v).flatMap((d, i) => (find(key(v.name, i)) === id ? [d] : [])));
    const everyone = variables.every((v) => wholeShape(v).some((_, i) => find(key(v.name, i)) === id));
    return everyone && members.every((d) => dims.equal(d, members[0]!)) ? members[0]! : null;
  };
  const usable = ids.filter((id) => dimOf(id) !== null);
  const batch = usable.filter((id) => steps(id).every((s) => s === 0)).map((id) => ({ id, dim: dimOf(id)! }));
  const nameOf = (id: string): string => {
    for (const v of variables) {
      const i = wholeShape(v).findIndex((_, n) => find(key(v.name, n)) === id);
      if (i >= 0 && i < v.binders.length) return v.binders[i]!.name;
    }
    return 'an axis';
  };
  const chains = usable
    .filter((id) => !batch.some((c) => c.id === id))
    .filter((id) => steps(id).every((s) => s !== null && Math.abs(s) <= dims.constantValue(STEP)!));
  const chain = chains.length === 0 ? null : { id: chains[0]!, dim: dimOf(chains[0]!)!, name: nameOf(chains[0]!) };
  const named = new Set([...batch.map((c) => c.id), ...(chain === null ? [] : [chain.id])]);
  const axes = new Map(
    variables.map((v) => {
      const own = wholeShape(v).map((_, i) => find(key(v.name, i)));
      return [v.name, own.map((id) => (named.has(id) ? id : null))] as const;
    }),
  );
  const shapes = new Map(variables.map((v) => [v.name, wholeShape(v)] as const));
  return { batch, chain, axes, shapes };
};
