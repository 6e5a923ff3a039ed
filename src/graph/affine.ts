// In: an index expression. Out: its linear form Σ coef·index + offset, the offset a polynomial of sizes; null when it has none.
import type { Expr } from '../semantics/model.ts';
import { add, constant, constantValue, scale } from '../tensor/dims.ts';
import type { Dim } from '../tensor/dims.ts';

export interface Affine {
  /** By binder id; no zero coefficients. */
  readonly terms: ReadonlyMap<string, number>;
  readonly offset: Dim;
}

const of = (terms: Iterable<readonly [string, number]>, offset: Dim): Affine => ({ terms: new Map(terms), offset });

const plus = (a: Affine, b: Affine): Affine => {
  const terms = new Map(a.terms);
  for (const [id, coef] of b.terms) terms.set(id, (terms.get(id) ?? 0) + coef);
  return of(
    [...terms].filter(([, coef]) => coef !== 0),
    add(a.offset, b.offset),
  );
};
const times = (a: Affine, by: number): Affine =>
  by === 0
    ? of([], [])
    : of(
        [...a.terms].map(([id, coef]) => [id, coef * by] as const),
        scale(a.offset, by),
      );

export const affineOf = (expr: Expr): Affine | null => {
  switch (expr.kind) {
    case 'number':
      return Number.isInteger(expr.value) ? of([], constant(expr.value)) : null;
    case 'dim':
      return of([], expr.dim);
    case 'index':
      return of([[expr.id, 1]], []);
    case 'call': {
      const args = expr.args.map(affineOf);
      const [a, b] = args;
      if (a === undefined || a === null || b === null) return null;
      if (expr.fn === 'neg' && b === undefined) return times(a, -1);
      if (b === undefined || args.length !== 2) return null;
      if (expr.fn === 'add') return plus(a, b);
      if (expr.fn === 'sub') return plus(a, times(b, -1));
      if (expr.fn === 'mul') {
        const [ka, kb] = [a, b].map((x) => (x.terms.size === 0 ? constantValue(x.offset) : null));
        if (ka !== null && ka !== undefined) return times(b, ka);
        return kb !== null && kb !== undefined ? times(a, kb) : null;
      }
      return null;
    }
    default:
      return null;
  }
};
