// `ebmc explain EBM301`: the long form of a message. In: a code. Out: text for a terminal, or null for an unknown code.
import { messages } from './messages.ts';

const WIDTH = 100;

const wrap = (paragraph: string): string =>
  paragraph
    .split(/\s+/)
    .reduce<string[]>((lines, word) => {
      const last = lines.at(-1);
      if (last !== undefined && last.length + 1 + word.length <= WIDTH) lines[lines.length - 1] = `${last} ${word}`;
      else lines.push(word);
      return lines;
    }, [])
    .join('\n');

/** Of a long example only the beginning. */
const LINES = 20;

const shortened = (text: string): string => {
  const lines = text.split('\n');
  return lines.length <= LINES ? text : [...lines.slice(0, LINES), '…'].join('\n');
};

/** Control characters in an example would not show. */
const visible = (text: string): string =>
  // oxlint-disable-next-line no-control-regex
  text.replace(/[\u0000-\u0008\u000b-\u001f\u007f]/g, (c) => `\\x${c.charCodeAt(0).toString(16).padStart(2, '0')}`);

/** The code may be written in any case. */
export const explainCode = (code: string): string | null => {
  const known = code.toUpperCase();
  const entry = Object.hasOwn(messages, known) ? messages[known] : undefined;
  if (entry === undefined) return null;
  const paragraphs = entry.explanation.split(/\n\s*\n/).map(wrap);
  const example = shortened(visible(entry.example.trimEnd())).replace(/^(?=.)/gm, '    ');
  return `${known}: ${entry.title} (${entry.severity})\n\n${paragraphs.join('\n\n')}\n\nFor example:\n\n${example}\n`;
};
