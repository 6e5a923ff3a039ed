// Numbers and sizes as C. In: a number or a Dim. Out: an expression of C of type `real`, int32_t, int64_t or double.
import { constantValue, type Dim } from '../../tensor/dims.ts';

/** What `real` is. */
export type Real = 'float' | 'double';

/** A literal of the type; what it cannot hold is infinite or 0, as rounding would have it. */
export const realLiteral = (value: number, real: Real): string => {
  const held = real === 'float' ? Math.fround(value) : value;
  if (Number.isNaN(held)) return '(real)NAN';
  if (!Number.isFinite(held)) return held > 0 ? '(real)INFINITY' : '(-(real)INFINITY)';
  // Shortest text of the number as it was given: reading it rounds once, to `real`. Float's own subnormals print as held.
  const shown = Math.abs(held) < 1.2e-38 ? held : value;
  const text = Object.is(shown, -0) ? '-0.0' : String(shown);
  const withPoint = /[.e]/.test(text) ? text : `${text}.0`;
  const suffixed = real === 'float' ? `${withPoint}f` : withPoint;
  return text.startsWith('-') ? `(${suffixed})` : suffixed;
};

export const int32Literal = (value: number): string =>
  value === -2147483648 ? 'INT32_MIN' : value < 0 ? `(${value})` : String(value);

const power = (coef: number, names: readonly string[]): string => {
  const magnitude = Math.abs(coef);
  if (names.length === 0) return int64Literal(magnitude);
  return (magnitude === 1 ? names : [int64Literal(magnitude), ...names]).join(' * ');
};

export const int64Literal = (value: number): string =>
  Math.abs(value) < 2 ** 31 ? String(value) : `INT64_C(${BigInt(value)})`;

/** The value as int64_t, in parentheses where it is more than a name or a number. `nameOf` gives the variable of a size. */
export const int64Of = (dim: Dim, nameOf: (size: string) => string): string => {
  if (dim.length === 0) return '0';
  const text = dim
    .map(({ coef, sizes }, i) => {
      const sign = i === 0 ? (coef < 0 ? '-' : '') : coef < 0 ? ' - ' : ' + ';
      return sign + power(coef, sizes.map(nameOf));
    })
    .join('');
  return /^\w+$/.test(text) ? text : `(${text})`;
};

/** An upper bound of the magnitude of the value and of everything computed on the way to it, as double. */
export const magnitudeOf = (dim: Dim, nameOf: (size: string) => string): string => {
  if (constantValue(dim) !== null) return `${Math.abs(constantValue(dim)!)}.0`;
  return dim
    .map(({ coef, sizes }) => [`${Math.abs(coef)}.0`, ...sizes.map((name) => `(double)${nameOf(name)}`)].join(' * '))
    .join(' + ');
};
