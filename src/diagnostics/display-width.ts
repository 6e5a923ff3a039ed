// How wide text stands in a terminal. In: text. Out: columns. Tabs go to the next multiple of four; combining marks take
// no column, East Asian wide characters and emoji two (Unicode Standard Annex 11, the blocks in use).

const TAB = 4;

const wide: readonly (readonly [number, number])[] = [
  [0x1100, 0x115f],
  [0x2e80, 0x303e],
  [0x3041, 0x33ff],
  [0x3400, 0x4dbf],
  [0x4e00, 0x9fff],
  [0xa000, 0xa4cf],
  [0xac00, 0xd7a3],
  [0xf900, 0xfaff],
  [0xfe30, 0xfe6f],
  [0xff00, 0xff60],
  [0xffe0, 0xffe6],
  [0x1f300, 0x1f64f],
  [0x1f680, 0x1f6ff],
  [0x1f900, 0x1f9ff],
  [0x20000, 0x3fffd],
];

const characterWidth = (character: string): number => {
  const code = character.codePointAt(0)!;
  if (/^[\p{Mn}\p{Me}\p{Cf}]/u.test(character)) return 0;
  return wide.some(([from, to]) => code >= from && code <= to) ? 2 : 1;
};

/** Tabs as spaces, so that a line of carets below can be aligned with it. Control characters become `·`. */
export const expandTabs = (text: string): string => {
  let expanded = '';
  let column = 0;
  for (const character of text) {
    const shown = character === '\t' ? ' '.repeat(TAB - (column % TAB)) : /^\p{Cc}/u.test(character) ? '·' : character;
    expanded += shown;
    column += character === '\t' ? shown.length : characterWidth(shown);
  }
  return expanded;
};

export const displayWidth = (text: string): number =>
  [...expandTabs(text)].reduce((width, character) => width + characterWidth(character), 0);
