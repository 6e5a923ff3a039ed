// What every reader of a data file gives back: a dense array of numbers that still knows where each cell was written,
// so that a bad value can be shown at its file, line and column.
import { diagnoseData } from '../diagnostics/messages/data.ts';
import type { Checked, Diagnostic } from '../diagnostics/diagnostic.ts';
import type { NumberArray } from './element-types.ts';

/** A dense row-major array. */
export interface ArrayData {
  readonly shape: readonly number[];
  readonly data: Float64Array | Float32Array | Int32Array;
  /** Of a ragged array, by axis: how many cells each row (over the axes before it) has. What lies beyond them is NaN. */
  readonly cells?: Readonly<Record<number, Float64Array>>;
}

export interface Table {
  readonly shape: readonly number[];
  /** Row-major; NaN where a cell is missing, 0 in padding. */
  readonly data: Float64Array;
  /** 1 where a cell was empty, NaN or null; null when nothing is missing. */
  readonly missing: Uint8Array | null;
  /** 1 where a cell exists only to make sequences of unequal length rectangular; null when none were. */
  readonly padding: Uint8Array | null;
  readonly source: DataSource;
}

export interface DataSource {
  /** The path as the user gave it, `<stdin>`, or words such as `--set P`. */
  readonly file: string;
  /** Where the cell at this flat index stands: 1-based line and column for text, words (`[3][0]`) for the other formats. */
  readonly locate: (index: number) => CellPlace;
}

export interface CellPlace {
  readonly line?: number;
  /** 1-based number of the cell in its line. */
  readonly column?: number;
  /** The place in words, for messages: `line 3, column 2`, `[2][1]`. */
  readonly words: string;
}

export type ReadResult = Checked<Table | null>;

export const failed = (...diagnostics: readonly Diagnostic[]): ReadResult => ({ value: null, diagnostics });
export const succeeded = (value: Table): ReadResult => ({ value, diagnostics: [] });

export const elementCount = (shape: readonly number[]): number => shape.reduce((n, d) => n * d, 1);

/** `[2][1]`: the multi-index of a flat row-major position. */
export const subscripts = (shape: readonly number[], index: number): readonly number[] => {
  const at: number[] = [];
  let rest = index;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    const length = shape[axis]!;
    at.unshift(length === 0 ? 0 : rest % length);
    rest = length === 0 ? 0 : Math.floor(rest / length);
  }
  return at;
};

export const locateByIndex =
  (shape: readonly number[]) =>
  (index: number): CellPlace => ({
    words:
      shape.length === 0
        ? 'the value'
        : `entry ${subscripts(shape, index)
            .map((i) => `[${i}]`)
            .join('')}`,
  });

/** Marks the NaN cells of an array as missing; null when there are none. */
export const missingCells = (data: Float64Array): Uint8Array | null => {
  let missing: Uint8Array | null = null;
  for (let i = 0; i < data.length; i++) {
    if (Number.isNaN(data[i]!)) {
      missing ??= new Uint8Array(data.length);
      missing[i] = 1;
    }
  }
  return missing;
};

/** A table of numbers from a binary file, whose cells have no lines: one element of `numbers` for each place of `shape`. */
export const tableOfNumbers = (shape: readonly number[], numbers: NumberArray, file: string): ReadResult => {
  if (numbers.length === 0)
    return failed(diagnoseData('EBM602', null, { file, what: 'holds no numbers' }, { place: { file } }));
  const data = numbers instanceof Float64Array ? numbers : Float64Array.from(numbers);
  return succeeded({
    shape,
    data,
    missing: missingCells(data),
    padding: null,
    source: { file, locate: locateByIndex(shape) },
  });
};
