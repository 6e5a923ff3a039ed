// Offsets into a text as lines and columns. In: the text. Out: 1-based positions, and the lines without their ends.
// Lines end with \n, \r\n or \r. Columns count UTF-16 code units, as editors and the language server protocol do.

export interface Position {
  readonly line: number;
  readonly column: number;
}

export interface SourceMap {
  readonly lineCount: number;
  /** An offset beyond the text is taken as its end. */
  readonly position: (offset: number) => Position;
  /** The text of a 1-based line; empty where there is none. */
  readonly lineText: (line: number) => string;
  readonly lineStart: (line: number) => number;
}

export const sourceMap = (text: string): SourceMap => {
  const starts = [0, ...Array.from(text.matchAll(/\r\n|\n|\r/g), (end) => end.index + end[0].length)];
  const position = (offset: number): Position => {
    const at = Math.max(0, Math.min(offset, text.length));
    let [low, high] = [0, starts.length - 1];
    while (low < high) {
      const middle = Math.ceil((low + high) / 2);
      if (starts[middle]! <= at) low = middle;
      else high = middle - 1;
    }
    return { line: low + 1, column: at - starts[low]! + 1 };
  };
  const lineStart = (line: number): number => starts[line - 1] ?? text.length;
  return {
    lineCount: starts.length,
    position,
    lineStart,
    lineText: (line) => text.slice(lineStart(line), starts[line] ?? text.length).replace(/[\r\n]+$/, ''),
  };
};
