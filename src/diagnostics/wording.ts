// Small parts of sentences that several messages use. In: names and numbers of one occurrence. Out: text.

/** What the user typed, short enough and printable: control characters escaped. */
export const quote = (text: string): string => JSON.stringify(text.length > 40 ? `${text.slice(0, 40)}…` : text);

export const didYouMean = (nearest: string | null): string[] => (nearest === null ? [] : [`did you mean ${nearest}?`]);

export const list = (names: readonly string[]): string =>
  names.length === 0 ? 'none' : names.slice(0, 12).join(', ') + (names.length > 12 ? ', …' : '');

export const plural = (n: number, word: string): string => `${n} ${word}${n === 1 ? '' : 's'}`;
