// Nested JSON arrays of numbers to a Table, and plain nested arrays likewise. null (and NaN) is a missing cell.
// The scanner is our own because JSON.parse does not say where an error stands, and because it needs no tree of arrays.
import { diagnoseData } from '../diagnostics/messages/data.ts';
import { GrowingArray } from './growing-array.ts';
import { elementCount, failed, locateByIndex, missingCells, succeeded } from './table.ts';
import type { ReadResult, Table } from './table.ts';

/** Leaves in order, and for each depth the lengths of the arrays that close at it. */
interface Scanned {
  readonly leaves: GrowingArray;
  readonly lengths: readonly GrowingArray[];
}

class Malformed extends Error {
  constructor(
    readonly problem: string,
    readonly offset: number,
  ) {
    super(problem);
  }
}

type Expecting = 'a value' | 'a value or ]' | ', or ]' | 'the end';

const token = /\s*(?:([[\],])|(-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?)|(null|NaN)|(true|false))/y;
const anything = /\s*([^\s[\],]{1,40}|\S|$)/y;

/** Collects values and arrays in the order they are met, and holds them to one depth. */
class Collector implements Scanned {
  readonly leaves = new GrowingArray();
  readonly lengths: GrowingArray[] = [];
  readonly #open: number[] = [];
  #leafDepth: number | null = null;

  get depth(): number {
    return this.#open.length;
  }

  begin(offset: number): void {
    if (this.#leafDepth !== null && this.depth >= this.#leafDepth)
      throw new Malformed('an array stands where the others are numbers', offset);
    this.#open.push(0);
  }

  end(): void {
    const length = this.#open.pop()!;
    (this.lengths[this.depth] ??= new GrowingArray(4)).push(length);
    this.#count();
  }

  leaf(value: number, offset: number): void {
    this.#leafDepth ??= this.depth;
    if (this.#leafDepth !== this.depth || this.lengths.length > this.depth)
      throw new Malformed('a number stands where the others are arrays', offset);
    this.leaves.push(value);
    this.#count();
  }

  #count(): void {
    if (this.depth > 0) this.#open[this.depth - 1]!++;
  }
}

const scan = (text: string): Scanned => {
  const collected = new Collector();
  let expecting: Expecting = 'a value';
  let position = 0;
  const malformed = (): never => {
    anything.lastIndex = position;
    const found = anything.exec(text)?.[1] ?? '';
    const offset = anything.lastIndex - found.length;
    throw new Malformed(
      `expected ${expecting}, found ${found === '' ? 'the end of the file' : JSON.stringify(found)}`,
      offset,
    );
  };
  for (;;) {
    token.lastIndex = position;
    const match = token.exec(text);
    if (match === null) {
      if (expecting === 'the end' && text.slice(position).trim() === '') return collected;
      return malformed();
    }
    const [whole, mark, number, missing, truth] = match;
    const start = token.lastIndex - whole.trimStart().length;
    const takesValue = expecting === 'a value' || expecting === 'a value or ]';
    if (mark === undefined) {
      if (!takesValue) return malformed();
      collected.leaf(
        number !== undefined ? Number(number) : missing !== undefined ? NaN : truth === 'true' ? 1 : 0,
        start,
      );
    } else if (mark === '[') {
      if (!takesValue) return malformed();
      collected.begin(start);
    } else if (mark === ']') {
      if (collected.depth === 0 || !(expecting === ', or ]' || expecting === 'a value or ]')) return malformed();
      collected.end();
    } else if (expecting !== ', or ]') return malformed();
    expecting = mark === '[' ? 'a value or ]' : mark === ',' ? 'a value' : collected.depth === 0 ? 'the end' : ', or ]';
    position = token.lastIndex;
  }
};

const constantLength = (lengths: GrowingArray): boolean => {
  for (let i = 1; i < lengths.length; i++) if (lengths.at(i) !== lengths.at(0)) return false;
  return true;
};

const greatest = (lengths: GrowingArray): number => lengths.toArray().reduce((a, b) => Math.max(a, b), 0);

/** Spreads the leaves over the rectangular hull; what no array reaches is padding (0, marked 1). */
const pad = ({ leaves, lengths }: Scanned, shape: readonly number[]): { data: Float64Array; padding: Uint8Array } => {
  const data = new Float64Array(elementCount(shape));
  const padding = new Uint8Array(data.length).fill(1);
  const arrays = lengths.map(() => 0);
  let leaf = 0;
  const fill = (depth: number, at: number): void => {
    if (depth === shape.length) {
      data[at] = leaves.at(leaf++);
      padding[at] = 0;
      return;
    }
    const length = lengths[depth]!.at(arrays[depth]!++);
    for (let i = 0; i < length; i++) fill(depth + 1, at * shape[depth]! + i);
  };
  fill(0, 0);
  return { data, padding };
};

const build = (scanned: Scanned, file: string): ReadResult => {
  const { leaves, lengths } = scanned;
  if (leaves.length === 0)
    return failed(diagnoseData('EBM602', null, { file, what: 'holds no numbers' }, { place: { file } }));
  const shape = lengths.map(greatest);
  const source = { file, locate: locateByIndex(shape) };
  const ragged = !lengths.every(constantLength);
  const { data, padding } = ragged ? pad(scanned, shape) : { data: leaves.toArray(), padding: null };
  return succeeded({ shape, data, missing: missingCells(data), padding, source });
};

const lineAndColumn = (text: string, offset: number): { line: number; column: number } => {
  const before = text.slice(0, offset);
  return { line: before.split('\n').length, column: offset - before.lastIndexOf('\n') };
};

export const readJson = (text: string, file: string): ReadResult => {
  try {
    if (text.trim() === '')
      return failed(diagnoseData('EBM602', null, { file, what: 'is empty' }, { place: { file } }));
    return build(scan(text), file);
  } catch (error) {
    if (!(error instanceof Malformed)) throw error;
    const place = { file, ...lineAndColumn(text, error.offset) };
    return failed(diagnoseData('EBM607', null, { problem: error.problem }, { place }));
  }
};

type Nested = number | null | readonly Nested[];

const collect = (value: Nested, into: Collector): Collector => {
  if (value === null || typeof value === 'number') into.leaf(value ?? NaN, 0);
  else {
    into.begin(0);
    for (const element of value) collect(element, into);
    into.end();
  }
  return into;
};

/** A table of plain nested arrays (from a program, not a file); `name` says where they came from. */
export const tableOf = (value: Nested, name: string): ReadResult => {
  try {
    return build(collect(value, new Collector()), name);
  } catch (error) {
    if (!(error instanceof Malformed)) throw error;
    return failed(diagnoseData('EBM607', null, { problem: error.problem }, { place: { file: name } }));
  }
};

/** The first array whose length differs from its siblings' along an axis that is not ragged, for messages: `entry [2]`.
 *  Meaningful for padded tables. Rows that an outer ragged axis leaves empty are no siblings. */
export const firstShortArray = (
  table: Table,
  ragged: ReadonlySet<number> = new Set(),
): { where: string; length: number; first: number; axis: number } | null => {
  const { padding, shape } = table;
  if (padding === null) return null;
  for (let axis = 1; axis < shape.length; axis++) {
    if (ragged.has(axis)) continue;
    const inner = elementCount(shape.slice(axis + 1));
    const rows = elementCount(shape.slice(0, axis));
    const lengthOf = (row: number): number => {
      let n = 0;
      while (n < shape[axis]! && padding[(row * shape[axis]! + n) * inner] === 0) n++;
      return n;
    };
    let first: number | null = null;
    for (let row = 0; row < rows; row++) {
      const length = lengthOf(row);
      if (ragged.size > 0 && length === 0) continue;
      first ??= length;
      if (length !== first) return { where: locateByIndex(shape.slice(0, axis))(row).words, length, first, axis };
    }
  }
  return null;
};
