// Small pieces of Markdown. In: text and rows. Out: Markdown that GitHub and plain readers show alike.

/** Code in a table cell: bars would end the cell. */
export const code = (text: string): string => (text === '' ? '' : `\`${text.replaceAll('|', '\\|')}\``);

/** Prose in a table cell. Bars inside and outside of code are escaped alike. */
export const prose = (text: string): string => text.replaceAll('|', '\\|').replaceAll('\n', ' ');

export const table = (head: readonly string[], rows: readonly (readonly string[])[]): string =>
  [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');

const mark = (name: string): string => `<!-- generated: ${name} -->`;
const end = '<!-- end -->';

/** The names of the sections that a text has places for, in their order. */
export const markedSections = (text: string): readonly string[] =>
  [...text.matchAll(/^<!-- generated: (.+) -->$/gm)].map((match) => match[1]!);

/** The text with the part between `<!-- generated: name -->` and the next `<!-- end -->` replaced. */
export const replaceSection = (text: string, name: string, content: string): string => {
  const from = text.indexOf(mark(name));
  const to = text.indexOf(end, from);
  if (from < 0 || to < 0) return text;
  return `${text.slice(0, from)}${mark(name)}\n\n${content}\n\n${text.slice(to)}`;
};
