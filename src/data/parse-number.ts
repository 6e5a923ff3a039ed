// One cell of text to a number. NaN stands for a missing value; undefined for text that is no number.

const missingWords = new Set(['', 'nan', 'na']);
const infinity = /^([+-]?)inf(?:inity)?$/i;

/** Decimal numbers only: `Number` would also take 0x1F, 0b1 and 0o7. */
export const parseNumber = (text: string): number | undefined => {
  const value = Number(text);
  if (!Number.isNaN(value)) {
    if (value === 0 && text.trim() === '') return NaN;
    const second = text.length > 2 ? text.charCodeAt(1) | 32 : 0;
    return second === 120 || second === 98 || second === 111 ? undefined : value;
  }
  const trimmed = text.trim();
  if (missingWords.has(trimmed.toLowerCase())) return NaN;
  const signed = infinity.exec(trimmed);
  return signed === null ? undefined : signed[1] === '-' ? -Infinity : Infinity;
};
