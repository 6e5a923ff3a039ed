// What reshapes need to know of symbolic sizes: exact division, and which of two is never larger. In: dims. Out: dims or null.
import { add, constant, multiply, product, size, subtract, type Dim } from '../../tensor/dims.ts';

/** `names` without one occurrence of each of `gone`; null where one is missing. */
const without = (names: readonly string[], gone: readonly string[]): readonly string[] | null => {
  const rest = [...names];
  for (const name of gone) {
    const at = rest.indexOf(name);
    if (at < 0) return null;
    rest.splice(at, 1);
  }
  return rest;
};

/** The dim that times `by` is `dim`; null where no polynomial with whole coefficients is. Long division by leading terms. */
export const divideExactly = (dim: Dim, by: Dim): Dim | null => {
  const divisor = by[0];
  if (divisor === undefined) return null;
  let [rest, quotient]: [Dim, Dim] = [dim, []];
  for (let steps = 2 * dim.length + 8; rest.length > 0; steps--) {
    const lead = rest[0]!;
    const sizes = without(lead.sizes, divisor.sizes);
    const coef = lead.coef / divisor.coef;
    if (sizes === null || !Number.isInteger(coef) || steps === 0) return null;
    const term: Dim = [{ coef, sizes }];
    quotient = add(quotient, term);
    rest = subtract(rest, multiply(term, by));
  }
  return quotient;
};

/** At least 0 whatever the sizes, which are at least 1: written in how much each exceeds 1, no term is negative. */
const isNeverNegative = (dim: Dim): boolean =>
  dim
    .reduce<Dim>((sum, { coef, sizes }) => {
      const factors = sizes.map((name) => add(size(name), constant(1)));
      return add(sum, multiply(constant(coef), product(factors)));
    }, [])
    .every(({ coef }) => coef > 0);

export const isAtMost = (a: Dim, b: Dim): boolean => isNeverNegative(subtract(b, a));
