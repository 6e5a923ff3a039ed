// A line of the source with carets under the text at fault. In: a place in a text. Out: lines to print.
import type { Span } from './diagnostic.ts';
import { displayWidth, expandTabs } from './display-width.ts';
import type { SourceMap } from './source-map.ts';

/** Longer lines are cut around the place at fault. */
const WIDEST = 140;

export interface FrameStyle {
  readonly gutter: (text: string) => string;
  readonly carets: (text: string) => string;
}

/** Of a span over several lines its part in the first is underlined. An empty span has one caret. */
export const codeFrame = (source: SourceMap, span: Span, style: FrameStyle): readonly string[] => {
  const start = source.position(span.start);
  const text = source.lineText(start.line);
  const from = Math.min(start.column - 1, text.length);
  const to = Math.max(from, Math.min(text.length, from + (span.end - span.start)));
  const [left, right] = window(text, from, to);
  const before = (left > 0 ? '…' : '') + text.slice(left, from);
  const marked = text.slice(from, Math.min(to, right));
  // Tabs inside the marked text stand where the text before them puts them.
  const width = Math.max(1, displayWidth(before + marked) - displayWidth(before));
  const shown = expandTabs(before + text.slice(from, right) + (right < text.length ? '…' : ''));
  const number = String(start.line);
  const blank = ' '.repeat(number.length);
  return [
    style.gutter(` ${blank} |`),
    `${style.gutter(` ${number} |`)} ${shown}`.trimEnd(),
    `${style.gutter(` ${blank} |`)} ${' '.repeat(displayWidth(before))}${style.carets('^'.repeat(width))}`,
  ];
};

/** The part of a line to show, as offsets. */
const window = (text: string, from: number, to: number): readonly [number, number] => {
  if (text.length <= WIDEST) return [0, text.length];
  const left = Math.max(0, Math.min(from - 40, text.length - WIDEST));
  return [left, Math.min(text.length, Math.max(left + WIDEST, Math.min(to, from + WIDEST)))];
};
