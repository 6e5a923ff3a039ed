// CSV and TSV text to a table of numbers, as a stream: memory grows with the numbers, not with the text.
// In: chunks of bytes. Out: a Table of shape [rows, columns], or one diagnostic with its line.
import { parse } from 'csv-parse';
import type { CsvError } from 'csv-parse';
import { diagnoseData } from '../diagnostics/messages/data.ts';
import type { Diagnostic } from '../diagnostics/diagnostic.ts';
import { GrowingArray } from './growing-array.ts';
import { nearestName } from '../diagnostics/nearest-name.ts';
import { parseNumber } from './parse-number.ts';
import { failed, missingCells, succeeded } from './table.ts';
import type { CellPlace, ReadResult } from './table.ts';

export interface CsvOptions {
  readonly file: string;
  /** Names from the header, or 1-based numbers; null takes all columns. */
  readonly columns: readonly string[] | null;
  readonly delimiters: readonly string[];
}

/** A line is held whole, as text and as cells, at about twenty times its length. */
const longestLine = 16 * 2 ** 20;

/** Raised inside the stream to end it at the first mistake. */
class Stop extends Error {
  constructor(readonly diagnostic: Diagnostic) {
    super(diagnostic.message);
  }
}

const csvProblems: Readonly<Record<string, string>> = {
  CSV_QUOTE_NOT_CLOSED: 'a quote is not closed',
  CSV_INVALID_CLOSING_QUOTE: 'a quoted cell goes on after its closing quote',
  INVALID_OPENING_QUOTE: 'a quote opens in the middle of a cell',
};

/** Where rows stand: row r is on line r + offset, with a new entry whenever the offset changes (blank lines, quotes). */
class RowLines {
  readonly #from: number[] = [];
  readonly #offset: number[] = [];

  note(row: number, line: number): void {
    if (this.#offset.at(-1) !== line - row) {
      this.#from.push(row);
      this.#offset.push(line - row);
    }
  }

  lineOf(row: number): number {
    return row + (this.#offset[this.#from.findLastIndex((from) => from <= row)] ?? 1);
  }
}

/** `1,5` names no column: it is a number that is not written so here. */
const isDecimalComma = (cell: string): boolean => /^[-+]?\d+,\d+$/.test(cell);

/** Collects records into numbers. One instance reads one file. */
class TableReader {
  readonly #numbers = new GrowingArray();
  readonly #lines = new RowLines();
  #rows = 0;
  #width = 0;
  #firstLine = 0;
  #header: readonly string[] | null = null;
  /** Positions of the chosen columns in a record; null until the first record, or when all are taken. */
  #chosen: readonly number[] | null = null;
  #pendingBlank: number[] = [];

  constructor(readonly options: CsvOptions) {}

  take(record: readonly string[], line: number): void {
    // A blank line is a missing cell in a table of one column, else nothing; at the end of a file it is always nothing.
    if (record.length === 1 && record[0]!.trim() === '') {
      if (this.#rows > 0 && this.#width === 1) this.#pendingBlank.push(line);
      return;
    }
    if (this.#firstLine === 0) {
      this.#firstLine = line;
      this.#width = record.length;
      if (this.#begin(record, line)) return;
    }
    if (record.length !== this.#width)
      this.#stop('EBM603', line, { found: record.length, expected: this.#width, firstLine: this.#firstLine });
    for (const blank of this.#pendingBlank) this.#addRow([''], blank);
    this.#pendingBlank = [];
    this.#addRow(record, line);
  }

  finish(): ReadResult {
    const { file } = this.options;
    if (this.#rows === 0) {
      const what = this.#header === null ? 'is empty' : 'has a header and no rows';
      return failed(diagnoseData('EBM602', null, { file, what }, { place: { file } }));
    }
    const columns = this.#chosen?.length ?? this.#width;
    const data = this.#numbers.toArray();
    const chosen = this.#chosen;
    const lines = this.#lines;
    const locate = (index: number): CellPlace => {
      const line = lines.lineOf(Math.floor(index / columns));
      const column = (chosen?.[index % columns] ?? index % columns) + 1;
      return { line, column, words: `line ${line}, column ${column}` };
    };
    return succeeded({
      shape: [this.#rows, columns],
      data,
      missing: missingCells(data),
      padding: null,
      source: { file, locate },
    });
  }

  /** Chooses columns at the first record. True when that record is a header. */
  #begin(record: readonly string[], line: number): boolean {
    const { columns } = this.options;
    const trimmed = record.map((cell) => cell.trim());
    const position = (column: string): number => {
      const named = trimmed.indexOf(column);
      const number = /^[1-9]\d*$/.test(column) ? Number(column) - 1 : -1;
      return named >= 0 && parseNumber(column) === undefined ? named : number < record.length ? number : -1;
    };
    const chosen = columns?.map(position) ?? null;
    const relevant = chosen === null ? trimmed : chosen.map((at) => trimmed[at] ?? '');
    const isHeader =
      relevant.every((cell) => cell === '' || parseNumber(cell) === undefined) &&
      relevant.some((cell) => cell !== '') &&
      !relevant.some(isDecimalComma);
    const unknown = chosen?.indexOf(-1) ?? -1;
    if (unknown >= 0) {
      const names = trimmed.every((cell) => parseNumber(cell) === undefined) ? trimmed : [];
      const column = columns![unknown]!;
      const nearest = nearestName(column, names);
      this.#stop('EBM605', line, { column, columns: names, count: record.length, nearest });
    }
    this.#chosen = chosen;
    if (isHeader) this.#header = trimmed;
    return isHeader;
  }

  #addRow(record: readonly string[], line: number): void {
    this.#lines.note(this.#rows, line);
    const chosen = this.#chosen;
    const count = chosen?.length ?? record.length;
    for (let j = 0; j < count; j++) {
      const at = chosen === null ? j : chosen[j]!;
      const value = parseNumber(record[at]!);
      if (value === undefined) {
        const parameters = {
          text: record[at]!.trim(),
          column: this.#header?.[at] ?? null,
          header: this.#rows === 0 && this.#header === null,
        };
        this.#stop('EBM604', line, parameters, at + 1);
      }
      this.#numbers.push(value);
    }
    this.#rows++;
  }

  #stop<C extends 'EBM603' | 'EBM604' | 'EBM605'>(
    code: C,
    line: number,
    parameters: Parameters<typeof diagnoseData<C>>[2],
    column?: number,
  ): never {
    const { file } = this.options;
    const place = column === undefined ? { file, line } : { file, line, column };
    throw new Stop(diagnoseData(code, null, parameters, { place }));
  }
}

/** Watches for a line without end: chunks are shorter than a line may be, so what stands after the last break counts. */
class LineLength {
  #length = 0;

  /** Whether the line in which the chunk ends is still bearable. */
  take(chunk: Buffer): boolean {
    const end = Math.max(chunk.lastIndexOf(0x0a), chunk.lastIndexOf(0x0d));
    this.#length = end < 0 ? this.#length + chunk.length : chunk.length - end - 1;
    return this.#length <= longestLine;
  }
}

/** Rows of numbers; the first row is a header when none of its (chosen) cells is a number. */
export const readCsv = (chunks: NodeJS.ReadableStream, options: CsvOptions): Promise<ReadResult> => {
  const reader = new TableReader(options);
  const parser = parse({
    bom: true,
    delimiter: [...options.delimiters],
    // Given, because looking for it costs 40 times the parsing on one long line.
    record_delimiter: ['\r\n', '\n', '\r'],
    relax_column_count: true,
    skip_empty_lines: false,
    info: true,
  });
  return new Promise((resolve, reject) => {
    const end = (error: unknown): void => {
      chunks.unpipe(parser);
      if (error instanceof Stop) resolve(failed(error.diagnostic));
      else if (isCsvError(error)) {
        const place =
          typeof error.lines === 'number' ? { file: options.file, line: error.lines } : { file: options.file };
        const problem = csvProblems[error.code] ?? error.message;
        resolve(failed(diagnoseData('EBM610', null, { problem }, { place })));
      } else reject(error);
      parser.destroy();
    };
    parser.on('data', ({ record, info }: { record: string[]; info: { lines: number } }) => {
      try {
        reader.take(record, info.lines);
      } catch (error) {
        parser.pause();
        end(error);
      }
    });
    parser.on('error', end);
    parser.on('end', () => resolve(reader.finish()));
    const length = new LineLength();
    chunks.on('data', (chunk: Buffer) => {
      if (length.take(chunk)) return;
      const place = { file: options.file, line: parser.info.lines };
      end(new Stop(diagnoseData('EBM618', null, { limit: longestLine }, { place })));
    });
    chunks.on('error', reject);
    chunks.pipe(parser);
  });
};

const isCsvError = (error: unknown): error is CsvError & { readonly lines?: number } =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' && error.code.startsWith('CSV_');
