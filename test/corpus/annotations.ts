// Errors written into the models that have them. A comment of carets below a line says what is wrong there:
//
//     factor f = (y - 1
//     //               ^ EBM103 never closed
//
// The carets stand under the first line of the span (one caret for an empty span); a code and, optionally, a part of the
// message follow. Several comment lines may speak of the same line. Where the span begins under the `//` itself, the
// form `//@COLUMN-COLUMN` gives its 1-based first and last column instead; `//@0 EBM601 …` expects a diagnostic without place.
import type { Diagnostic } from '../../src/diagnostics/diagnostic.ts';
import { sourceMap } from '../../src/diagnostics/source-map.ts';

export interface Expected {
  readonly code: string;
  /** 1-based; null: no place. */
  readonly line: number | null;
  readonly columns: readonly [first: number, last: number] | null;
  /** Part of the message; may be empty. */
  readonly fragment: string;
}

const CARETS = /^(\s*\/\/\s*)(\^+)\s+(EBM\d+)\s*(.*)$/;
const COLUMNS = /^\s*\/\/@(\d+)(?:-(\d+))?\s+(EBM\d+)\s*(.*)$/;

export const readAnnotations = (source: string): readonly Expected[] => {
  let annotated = 0;
  return source.split(/\r\n|\n|\r/).flatMap((text, i): Expected[] => {
    const carets = CARETS.exec(text);
    if (carets !== null) {
      const first = carets[1]!.length + 1;
      const columns = [first, first + carets[2]!.length - 1] as const;
      return [{ code: carets[3]!, line: annotated, columns, fragment: carets[4]!.trim() }];
    }
    const numbers = COLUMNS.exec(text);
    if (numbers !== null) {
      const [first, last] = [Number(numbers[1]), Number(numbers[2] ?? numbers[1])];
      const nowhere = first === 0;
      const place = { line: nowhere ? null : annotated, columns: nowhere ? null : ([first, last] as const) };
      return [{ code: numbers[3]!, ...place, fragment: numbers[4]!.trim() }];
    }
    annotated = i + 1;
    return [];
  });
};

const place = (line: number | null, columns: readonly [number, number] | null): string =>
  line === null || columns === null ? 'nowhere' : `${line}:${columns[0]}-${columns[1]}`;

/** One line each, for comparing: `4:12-14 EBM301`. A span over several lines is taken as its part in the first. */
export const describeFound = (source: string, d: Diagnostic): string => {
  if (d.span === null) return `nowhere ${d.code}`;
  const map = sourceMap(source);
  const start = map.position(d.span.start);
  const lineEnd = map.lineText(start.line).length;
  const last = Math.max(start.column, Math.min(lineEnd, start.column + (d.span.end - d.span.start) - 1));
  return `${place(start.line, [start.column, last])} ${d.code}`;
};

export const describeExpected = (e: Expected): string => `${place(e.line, e.columns)} ${e.code}`;

/** A diagnostic as it is compared: `described` as `describeFound` writes it. */
export interface Found {
  readonly described: string;
  readonly code: string;
  readonly message: string;
}

/** What differs between the annotations of a model and its diagnostics; nothing when they agree. */
export const disagreements = (source: string, found: readonly Found[]): readonly string[] => {
  const left = [...found];
  const missing = readAnnotations(source).flatMap((e) => {
    const at = left.findIndex((f) => f.described === describeExpected(e) && f.message.includes(e.fragment));
    if (at < 0) return [`not found: ${describeExpected(e)} ${e.fragment}`];
    left.splice(at, 1);
    return [];
  });
  return [...missing, ...left.map((f) => `not annotated: ${f.described} ${f.message}`)];
};
