// Whole quotients of size polynomials, rounded down. In: intervals with sizes at their ends. Out: bounds of div(x, y).
import { add, constant, constantValue, equal, subtract, type Dim } from '../tensor/dims.ts';
import { isAtLeast, isNonNegative, isNonPositive } from './dim-sign.ts';
import type { Interval } from './bounds.ts';

/** floor(a / b) for a constant b ≥ 1 or a single size b; null where it is not a polynomial. */
const floorQuotient = (a: Dim, b: Dim): Dim | null => {
  const by = constantValue(b);
  if (by !== null) {
    if (by < 1) return null;
    const divisible = a.filter((t) => t.sizes.length > 0);
    if (divisible.some((t) => t.coef % by !== 0)) return null;
    const rest = a.find((t) => t.sizes.length === 0)?.coef ?? 0;
    return add(
      divisible.map((t) => ({ coef: t.coef / by, sizes: t.sizes })),
      constant(Math.floor(rest / by)),
    );
  }
  const name = b.length === 1 && b[0]!.coef === 1 && b[0]!.sizes.length === 1 ? b[0]!.sizes[0]! : null;
  if (name === null) return null;
  const whole = a.filter((t) => t.sizes.includes(name));
  const rest = a.filter((t) => !t.sizes.includes(name));
  const quotient = whole.map((t) => ({ coef: t.coef, sizes: t.sizes.toSpliced(t.sizes.indexOf(name), 1) }));
  // The rest r must satisfy 0 ≤ r < b, or be -1 (then floor(r / b) = -1, as b ≥ 1).
  if (constantValue(rest) === -1) return add(quotient, constant(-1));
  return isNonNegative(rest) && isAtLeast(subtract(b, rest), 1) ? add(quotient, []) : null;
};

/** div(x, y) for y ≥ 1; unbounded otherwise. Where no polynomial is known, |div(x, y)| ≤ |x| and the signs agree. */
export const divideDown = (x: Interval, y: Interval): Interval => {
  if (y.low === null || !isAtLeast(y.low, 1)) return { low: null, high: null };
  const divisor = y.high !== null && equal(y.high, y.low) ? y.low : null;
  const exact = (a: Dim): Dim | null => (divisor === null ? null : floorQuotient(a, divisor));
  const below = (a: Dim): Dim | null => (isNonNegative(a) ? [] : isNonPositive(a) ? a : null);
  const above = (a: Dim): Dim | null => (isNonNegative(a) ? a : isNonPositive(a) ? [] : null);
  return {
    low: x.low === null ? null : (exact(x.low) ?? below(x.low)),
    high: x.high === null ? null : (exact(x.high) ?? above(x.high)),
  };
};
