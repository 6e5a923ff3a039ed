// Names and arithmetic of the module's text. In: size names, dims, numbers. Out: JavaScript identifiers and expressions.
import { constantValue, type Dim } from '../../tensor/dims.ts';

/** Words that no variable of ours may be called: JavaScript's own and those that every emitted entry uses. */
const taken: ReadonlySet<string> = new Set(
  (
    'await break case catch class const continue debugger default delete do else enum export extends false finally for function ' +
    'if import in instanceof let new null return static super switch this throw true try typeof var void while with yield ' +
    'async of get set arguments eval undefined NaN Infinity Math Number Array Object Set Map Promise Error Symbol Date ' +
    'Float32Array Float64Array Int32Array Uint32Array RangeError TypeError globalThis ' +
    'tf own drop call inputs options signature interface package private protected public implements'
  ).split(' '),
);

/** A JavaScript identifier close to the given name; never one of the taken words. */
export const identifier = (name: string): string => {
  const cleaned = name.replace(/[^\p{ID_Continue}$]/gu, '_').replace(/^(?!\p{ID_Start}|_|\$)/u, '_');
  return taken.has(cleaned) ? `${cleaned}_` : cleaned;
};

/** `2 * N * K + 1`, with sizes as variables of the entry. */
export const dimText = (dim: Dim): string => {
  if (dim.length === 0) return '0';
  const term = (coef: number, sizes: readonly string[]): string =>
    [...(Math.abs(coef) === 1 && sizes.length > 0 ? [] : [String(Math.abs(coef))]), ...sizes.map(identifier)].join(
      ' * ',
    );
  return dim
    .map(({ coef, sizes }, i) => (i === 0 ? (coef < 0 ? '-' : '') : coef < 0 ? ' - ' : ' + ') + term(coef, sizes))
    .join('');
};

export const shapeText = (shape: readonly Dim[]): string => `[${shape.map(dimText).join(', ')}]`;

export const numberText = (value: number): string => (Object.is(value, -0) ? '-0' : String(value));

/** A name for a constant: one, minus_half, c0_25, c1e30. */
export const constantStem = (value: number): string => {
  const known: Readonly<Record<string, string>> = {
    '0': 'zero',
    '1': 'one',
    '-1': 'minusOne',
    '2': 'two',
    '0.5': 'half',
  };
  const text = numberText(value);
  return known[text] ?? `c${text.replace('-', 'minus').replace('+', '').replace('.', '_').replace(/[^\w]/g, '')}`;
};

/** Makes names unique within one function: sum, sum2, sum3. */
export const namer = (reserved: Iterable<string>): ((stem: string) => string) => {
  const used = new Set(reserved);
  const counts = new Map<string, number>();
  return (stem) => {
    const base = identifier(stem);
    for (let count = (counts.get(base) ?? 0) + 1; ; count++) {
      const name = count === 1 ? base : `${base}${/\d$/.test(base) ? '_' : ''}${count}`;
      if (used.has(name)) continue;
      counts.set(base, count);
      used.add(name);
      return name;
    }
  };
};

/** Whether a dim may exceed `limit`: not a constant, or a bigger one. */
export const mayExceed = (dim: Dim, limit: number): boolean => (constantValue(dim) ?? Infinity) > limit;
/** Whether a dim may be zero. */
export const mayBeZero = (dim: Dim): boolean => (constantValue(dim) ?? 0) === 0;
