// Numbers as WGSL writes them. In: a number. Out: its text. WGSL has no literals for NaN and infinity, nor may a constant
// expression give them: their bits pass through a word that no compiler knows.
import type { Call } from './elementwise-text.ts';

export const realText = (value: number, call: Call): string => {
  const rounded = Math.fround(value);
  if (Number.isNaN(rounded)) return `${call('from_bits')}(0x7fc00000u)`;
  if (!Number.isFinite(rounded)) return `${call('from_bits')}(${rounded > 0 ? '0x7f800000u' : '0xff800000u'})`;
  if (Object.is(rounded, -0)) return `${call('from_bits')}(0x80000000u)`;
  return rounded < 0 ? `(${rounded}f)` : `${rounded}f`;
};

export const intText = (value: number): string => {
  if (value === -(2 ** 31)) return '(-2147483647i - 1i)';
  return value < 0 ? `(${value}i)` : `${value}i`;
};
