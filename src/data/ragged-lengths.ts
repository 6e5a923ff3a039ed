// The lengths of ragged sizes: read off the padding of data, given outright (`--data T=lengths.json`), or all the same where
// only the longest is known (`--size T=5`). In: the placed arrays. Out: for each ragged size its lengths over its own indices.
import { diagnoseData } from '../diagnostics/messages/data.ts';
import type { Diagnostic } from '../diagnostics/diagnostic.ts';
import type { Model, SizeSymbol, Variable } from '../semantics/model.ts';
import * as dims from '../tensor/dims.ts';
import { lengthIndex, raggedAxes } from './ragged-axes.ts';
import type { RaggedAxis } from './ragged-axes.ts';
import { elementCount, locateByIndex } from './table.ts';
import type { ArrayData, Table } from './table.ts';

export interface GivenArray {
  readonly variable: Variable;
  readonly table: Table;
  readonly shape: readonly number[];
}

type Sizes = Readonly<Record<string, number>>;

/** Cells of a row that are no padding. Padding comes last in a row. */
const cellsOfRow = (table: Table, shape: readonly number[], axis: number, row: number): number => {
  const inner = elementCount(shape.slice(axis + 1));
  const length = shape[axis]!;
  let n = 0;
  while (n < length && table.padding![(row * length + n) * inner] === 0) n++;
  return n;
};

/** Whether nothing is written in a row from a cell on: rectangular files may be padded with empty cells. */
const emptyFrom = (table: Table, shape: readonly number[], axis: number, row: number, cell: number): boolean => {
  const inner = elementCount(shape.slice(axis + 1));
  const length = shape[axis]!;
  for (let i = (row * length + cell) * inner; i < (row + 1) * length * inner; i++)
    if (table.missing?.[i] !== 1) return false;
  return true;
};

const lengthsShape = (size: SizeSymbol, sizes: Sizes): readonly number[] =>
  size.ragged.map((b) => dims.evaluate(dims.subtract(b.to, b.from), sizes));

/** Whether the sizes that an array of lengths runs over are known. */
const isCountable = (size: SizeSymbol, sizes: Sizes): boolean =>
  size.ragged.every((b) => dims.sizesOf(dims.subtract(b.to, b.from)).every((name) => sizes[name] !== undefined));

const checkGiven = (size: SizeSymbol, table: Table, sizes: Sizes): readonly Diagnostic[] => {
  const shape = lengthsShape(size, sizes);
  const most = sizes[size.name] ?? Infinity;
  const { file } = table.source;
  if (elementCount(shape) !== table.data.length || shape.length !== table.shape.length) {
    const expected = `[${size.ragged.map((b) => dims.print(dims.subtract(b.to, b.from))).join(', ')}]`;
    const parameters = { name: size.name, found: table.shape, expected, hint: null };
    return [diagnoseData('EBM622', null, parameters, { place: { file } })];
  }
  const wrong = table.data.findIndex((n) => !(Number.isInteger(n) && n >= 0 && n <= most));
  if (wrong < 0) return [];
  const { line, column, words } = table.source.locate(wrong);
  const place = { file, ...(line === undefined ? {} : { line }), ...(column === undefined ? {} : { column }) };
  const domain = most === Infinity ? 'lengths: whole numbers from 0' : `lengths: whole numbers from 0 to ${most}`;
  const where = line === undefined ? words : null;
  const parameters = { name: size.name, value: table.data[wrong]!, domain, where, hint: null };
  return [diagnoseData('EBM625', null, parameters, { place })];
};

export interface FoundLengths {
  readonly lengths: Readonly<Record<string, ArrayData>>;
  readonly diagnostics: readonly Diagnostic[];
}

/** `given`: arrays of lengths by size. They are believed: what a rectangular file holds beyond them is padding. Otherwise
 *  nested arrays say their lengths and must agree, and a rectangular array says that all are full, unless its surplus
 *  cells are empty. */
export const findLengths = (
  model: Model,
  given: Readonly<Record<string, Table>>,
  arrays: readonly GivenArray[],
  sizes: Sizes,
): FoundLengths => {
  const lengths: Record<string, ArrayData> = {};
  const says = new Map<string, string>();
  const diagnostics: Diagnostic[] = [];
  const symbols = model.sizes.filter((s) => s.ragged.length > 0 && isCountable(s, sizes));
  for (const size of symbols) {
    const table = given[size.name];
    if (table === undefined) continue;
    diagnostics.push(...checkGiven(size, table, sizes));
    lengths[size.name] = { shape: table.shape, data: table.data };
    says.set(size.name, `${size.name} (${table.source.file})`);
  }
  if (diagnostics.length > 0) return { lengths, diagnostics };
  const nested = (a: GivenArray): number => (a.table.padding === null ? 1 : 0);
  for (const array of arrays.toSorted((a, b) => nested(a) - nested(b)))
    for (const ragged of raggedAxes(array.variable)) {
      const size = symbols.find((s) => s.name === ragged.size);
      if (size === undefined || (array.table.padding === null && given[size.name] !== undefined)) continue;
      diagnostics.push(...readLengths(array, ragged, lengthsShape(size, sizes), sizes, lengths, says));
    }
  for (const size of symbols) {
    const most = sizes[size.name];
    if (lengths[size.name] !== undefined || most === undefined) continue;
    const shape = lengthsShape(size, sizes);
    lengths[size.name] = { shape, data: new Float64Array(elementCount(shape)).fill(most) };
  }
  return { lengths, diagnostics };
};

/** Adds what one axis of one array says about the lengths of its size, or tells the first row that disagrees. */
const readLengths = (
  { variable, table, shape }: GivenArray,
  ragged: RaggedAxis,
  over: readonly number[],
  sizes: Sizes,
  lengths: Record<string, ArrayData>,
  says: Map<string, string>,
): readonly Diagnostic[] => {
  const { axis, size } = ragged;
  const offset = dims.evaluate(ragged.offset, sizes);
  const known = lengths[size]?.data;
  const found = Float64Array.from(known ?? new Float64Array(elementCount(over)).fill(NaN));
  const here = `${variable.name} (${table.source.file})`;
  for (let row = 0; row < elementCount(shape.slice(0, axis)); row++) {
    // A row that is itself padding says nothing.
    const inside = table.padding === null || isPresent(table, variable, shape, axis, row);
    if (!inside) continue;
    const at = lengthIndex(ragged, shape, over, row);
    const cells = table.padding === null ? shape[axis]! : cellsOfRow(table, shape, axis, row);
    const value = cells - offset;
    if (Number.isNaN(found[at]!)) found[at] = value;
    else if (found[at] !== value) {
      const surplus = table.padding === null && found[at]! < value;
      if (surplus && emptyFrom(table, shape, axis, row, found[at]! + offset)) continue;
      const entry = locateByIndex(over)(at).words.replace('entry ', '');
      const there = known === undefined ? `another row of ${here}` : says.get(size)!;
      const parameters = { size: size + entry, here, value, there, other: found[at]!, transposed: false };
      return [diagnoseData('EBM623', null, parameters, { place: { file: table.source.file } })];
    }
  }
  // Rows that no array has (of an outer length shorter than the longest) have length 0.
  lengths[size] = { shape: over, data: found.map((n) => (Number.isNaN(n) ? 0 : n)) };
  if (!says.has(size)) says.set(size, here);
  return [];
};

/** Whether a row over the axes before `axis` lies within the outer ragged axes of nested arrays. */
const isPresent = (table: Table, variable: Variable, shape: readonly number[], axis: number, row: number): boolean =>
  raggedAxes(variable)
    .filter((outer) => outer.axis < axis)
    .every((outer) => {
      const below = elementCount(shape.slice(outer.axis + 1, axis));
      const at = Math.floor(row / below) % shape[outer.axis]!;
      const outerRow = Math.floor(row / below / shape[outer.axis]!);
      return at < cellsOfRow(table, shape, outer.axis, outerRow);
    });
