// Which table belongs to which variable, and what that says of sizes. In: a model, tables by name. Out: tables at their
// variables, equations and bounds for sizes, and the whole shapes once sizes are known; what does not fit goes to the diagnostics.
import { diagnoseData } from '../diagnostics/messages/data.ts';
import type { Checked, Diagnostic } from '../diagnostics/diagnostic.ts';
import type { Model, Variable } from '../semantics/model.ts';
import { wholeShape } from '../semantics/whole-shape.ts';
import { constantValue, evaluate, printShape, size as sizeDim, sizesOf, subtract } from '../tensor/dims.ts';
import { fitShape } from './fit-shape.ts';
import type { ShapeFit } from './fit-shape.ts';
import { firstShortArray } from './json.ts';
import { raggedAxes } from './ragged-axes.ts';
import type { GivenArray } from './ragged-lengths.ts';
import type { CountBound, SizeEquation } from './sizes.ts';
import { elementCount } from './table.ts';
import type { Table } from './table.ts';

export interface Placed {
  readonly variable: Variable;
  readonly table: Table;
  readonly fit: ShapeFit;
}

const place = (variable: Variable, table: Table): Checked<Placed | null> => {
  const expected = wholeShape(variable);
  const fit = fitShape(table.shape, expected);
  if (fit !== null) return { value: { variable, table, fit }, diagnostics: [] };
  return { value: null, diagnostics: [wrongRank(variable, table)] };
};

const wrongRank = (variable: Variable, table: Table): Diagnostic => {
  const expected = wholeShape(variable);
  const open = expected.length > table.shape.length ? [...new Set(expected.slice(1).flatMap(sizesOf))] : [];
  const hint =
    open.length === 0
      ? null
      : `give ${open.map((name) => `--size ${name}=…`).join(' ')} to read each row as one flattened node`;
  const parameters = { name: variable.name, found: table.shape, expected: printShape(expected), hint };
  return diagnoseData('EBM622', null, parameters, { place: { file: table.source.file } });
};

export const equationsOf = ({ variable, table, fit }: Placed): readonly SizeEquation[] => {
  const { lengths, dims } = fit;
  const [rows, columns] = [dims.length - 2, dims.length - 1];
  const transposed = (sizes: Readonly<Record<string, number>>): boolean => {
    if (dims.length < 2 || lengths[rows] === lengths[columns]) return false;
    const known = (dim: SizeEquation['dim']): boolean => sizesOf(dim).every((name) => sizes[name] !== undefined);
    if (!known(dims[rows]!) || !known(dims[columns]!)) return false;
    return evaluate(dims[rows]!, sizes) === lengths[columns] && evaluate(dims[columns]!, sizes) === lengths[rows];
  };
  return dims.map((dim, axis) => ({
    dim,
    length: lengths[axis]!,
    variable: variable.name,
    file: table.source.file,
    axis: dims.length === 1 ? 'the length' : `axis ${axis + 1}`,
    transposed,
  }));
};

export const boundsOf = ({ variable, table }: Placed): readonly CountBound[] => {
  const { domain } = variable;
  const dim = domain.kind === 'category' || domain.kind === 'index' ? domain.count : domain.kind === 'integer' ? domain.to : null; // prettier-ignore
  if (dim === null || constantValue(dim) !== null) return [];
  let largest = -Infinity;
  for (const value of table.data) if (Number.isInteger(value) && value > largest) largest = value;
  const origin = `the largest value of ${variable.name} (${table.source.file})`;
  return largest < 0 ? [] : [{ dim, atLeast: largest + 1, origin }];
};

/** Every table at its variable, where its number of dimensions fits. */
export const placeAll = (
  model: Model,
  given: Readonly<Record<string, Table>>,
  diagnostics: Diagnostic[],
): readonly Placed[] =>
  model.variables.flatMap((variable) => {
    const table = given[variable.name];
    if (table === undefined) return [];
    const short = firstShortArray(table, new Set(raggedAxes(variable).map((r) => r.axis)));
    if (short !== null) {
      const parameters = { first: short.first, found: short.length, where: short.where };
      diagnostics.push(diagnoseData('EBM611', null, parameters, { place: { file: table.source.file } }));
      return [];
    }
    const { value, diagnostics: wrong } = place(variable, table);
    diagnostics.push(...wrong);
    return value === null ? [] : [value];
  });

/** The whole shape of each array whose sizes are known and that has as many cells. */
export const shapeAll = (
  placed: readonly Placed[],
  sizes: Readonly<Record<string, number>>,
  diagnostics: Diagnostic[],
): readonly GivenArray[] =>
  placed.flatMap(({ variable, table, fit }) => {
    const expected = wholeShape(variable);
    if (!expected.flatMap(sizesOf).every((name) => sizes[name] !== undefined)) {
      if (fit.lengths.length !== expected.length) diagnostics.push(wrongRank(variable, table));
      return [];
    }
    const shape = expected.map((dim) => evaluate(dim, sizes));
    // Otherwise it is reported as a disagreement of sizes.
    return elementCount(shape) === table.data.length ? [{ variable, table, shape }] : [];
  });

/** The longest of given lengths, where no array says it. */
export const longestOf = (model: Model, data: Readonly<Record<string, Table>>): readonly CountBound[] =>
  model.sizes
    .filter((size) => size.ragged.length > 0 && data[size.name] !== undefined)
    .map((size) => {
      const { data: lengths, source } = data[size.name]!;
      const atLeast = lengths.reduce((most, n) => (n > most ? n : most), 0);
      return { dim: sizeDim(size.name), atLeast, origin: `the longest of ${size.name} (${source.file})` };
    });

/** Equations for the sizes that given lengths run over. */
export const rowsOfLengths = (model: Model, data: Readonly<Record<string, Table>>): readonly SizeEquation[] =>
  model.sizes
    .filter((size) => size.ragged.length > 0 && data[size.name]?.shape.length === size.ragged.length)
    .flatMap((size) =>
      size.ragged.map((b, axis) => ({
        dim: subtract(b.to, b.from),
        length: data[size.name]!.shape[axis]!,
        variable: size.name,
        file: data[size.name]!.source.file,
        axis: size.ragged.length === 1 ? 'the length' : `axis ${axis + 1}`,
        transposed: () => false,
      })),
    );
