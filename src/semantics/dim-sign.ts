// Signs of size polynomials, for sizes that are only known to be at least 1. In: Dims. Out: what holds for all such sizes.
import { add, constant, multiply, size, subtract, type Dim } from '../tensor/dims.ts';

/** The polynomial in u = size - 1 ≥ 0: one whose coefficients are all ≥ 0 is smallest at u = 0. */
const shifted = (dim: Dim): Dim =>
  dim.reduce<Dim>(
    (sum, term) =>
      add(
        sum,
        term.sizes.reduce<Dim>((power, name) => multiply(power, add(size(name), constant(1))), constant(term.coef)),
      ),
    [],
  );

/** dim ≥ bound for all sizes ≥ 1, by a sufficient test: the coefficients of the shifted polynomial. */
export const isAtLeast = (dim: Dim, bound: number): boolean => {
  const polynomial = subtract(shifted(dim), constant(bound));
  return polynomial.every((term) => term.coef >= 0);
};

export const isNonNegative = (dim: Dim): boolean => isAtLeast(dim, 0);
/** dim ≤ -1 for all sizes: the whole number is negative. */
export const isNegative = (dim: Dim): boolean => isAtLeast(subtract([], dim), 1);
export const isNonPositive = (dim: Dim): boolean => isAtLeast(subtract([], dim), 0);

/** The larger of two, where the sizes do not matter; null where they do. */
export const larger = (a: Dim, b: Dim): Dim | null =>
  isNonNegative(subtract(a, b)) ? a : isNonNegative(subtract(b, a)) ? b : null;
export const smaller = (a: Dim, b: Dim): Dim | null =>
  isNonNegative(subtract(a, b)) ? b : isNonNegative(subtract(b, a)) ? a : null;

/** The value at all sizes 1 where that is the least; null for a polynomial that is not known to grow. */
const least = (dim: Dim): number | null => {
  const polynomial = shifted(dim);
  const grows = polynomial.every((t) => t.sizes.length === 0 || t.coef >= 0);
  return grows ? (polynomial.find((t) => t.sizes.length === 0)?.coef ?? 0) : null;
};

/** Something below both: the smaller where that is known, else the smallest value that either takes. */
export const belowBoth = (a: Dim, b: Dim): Dim | null => {
  const known = smaller(a, b);
  if (known !== null) return known;
  const [x, y] = [least(a), least(b)];
  return x === null || y === null ? null : constant(Math.min(x, y));
};
/** Something above both. */
export const aboveBoth = (a: Dim, b: Dim): Dim | null => {
  const below = belowBoth(subtract([], a), subtract([], b));
  return below === null ? null : subtract([], below);
};
