// Data to a model: which array belongs to which variable, what sizes that implies, and whether every value may be there.
// In: a typed model, tables by name, sizes and consts from flags. Out: dense arrays in the variables' own shapes, masks of
// missing cells, sizes; or diagnostics that name the file, line and column.
import { diagnoseData } from '../diagnostics/messages/data.ts';
import type { Checked, Diagnostic } from '../diagnostics/diagnostic.ts';
import type { Model, Role, Variable } from '../semantics/model.ts';
import { constantValue, evaluate, print, printShape, size as sizeDim, sizesOf, subtract } from '../tensor/dims.ts';
import { cellsPerValue } from './check-domain.ts';
import type { DomainFacts } from './check-domain.ts';
import { checkValues } from './check-values.ts';
import { domainBounds } from './domain-facts.ts';
import type { EvaluateConstant } from './domain-facts.ts';
import { fillEmpty } from './filler-values.ts';
import { fitShape } from './fit-shape.ts';
import type { ShapeFit } from './fit-shape.ts';
import { givenName, maskArray, missingName } from './given-cells.ts';
import { firstShortArray } from './json.ts';
import { lengthsName, paddingOf, raggedAxes } from './ragged-axes.ts';
import { findLengths } from './ragged-lengths.ts';
import { solveSizes } from './sizes.ts';
import type { CountBound, SizeEquation, SizeValue } from './sizes.ts';
import { elementCount } from './table.ts';
import type { ArrayData, Table } from './table.ts';
import { unknownNames } from './unknown-names.ts';
import { wholeShape } from '../semantics/whole-shape.ts';

export interface BindInput {
  /** By variable: from --data, or from --params (only params then). A ragged size stands among them by its lengths. */
  readonly data: Readonly<Record<string, Table>>;
  readonly params: Readonly<Record<string, Table>>;
  /** From --size: positive integers. */
  readonly sizes: Readonly<Record<string, number>>;
  /** From --set. */
  readonly consts: Readonly<Record<string, Table>>;
  /** Names that other flags speak of; those that the model lacks are reported with the rest. */
  readonly ask?: readonly string[];
  readonly show?: readonly string[];
  readonly minimize?: readonly string[];
  readonly marginalize?: readonly string[];
  /** The value of a scalar expression of consts and sizes, for bounds of domains; null where it cannot be told. */
  readonly evaluate?: EvaluateConstant;
}

export interface Bound {
  /** Row-major, of the variable's whole shape; the lengths of ragged sizes too, and what is given of arrays with
   *  missing cells, under names of their own (ragged-axes.ts, given-cells.ts). Missing and padding cells hold some value of the domain. */
  readonly values: Readonly<Record<string, ArrayData>>;
  /** 1 at missing cells; only variables that have some and not only such. They are targets and latents. */
  readonly missing: Readonly<Record<string, Uint8Array>>;
  /** Targets and latents of which every cell is missing: their data say sizes and nothing else. */
  readonly empty: readonly string[];
  readonly sizes: Readonly<Record<string, SizeValue>>;
  /** Sizes that neither data, flags nor defaults determine, in order of declaration. */
  readonly openSizes: readonly string[];
  /** For ragged sizes whose lengths are known: the lengths over the binders of the size. */
  readonly lengths: Readonly<Record<string, ArrayData>>;
  readonly consts: Readonly<Record<string, ArrayData>>;
}

const mayMiss: Readonly<Record<Role, boolean>> = {
  data: false,
  observed: false,
  target: true,
  latent: true,
  noise: false,
  param: false,
};

interface Placed {
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

const equationsOf = ({ variable, table, fit }: Placed): readonly SizeEquation[] => {
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

const boundsOf = ({ variable, table }: Placed): readonly CountBound[] => {
  const { domain } = variable;
  const dim = domain.kind === 'category' || domain.kind === 'index' ? domain.count : domain.kind === 'integer' ? domain.to : null; // prettier-ignore
  if (dim === null || constantValue(dim) !== null) return [];
  let largest = -Infinity;
  for (const value of table.data) if (Number.isInteger(value) && value > largest) largest = value;
  const origin = `the largest value of ${variable.name} (${table.source.file})`;
  return largest < 0 ? [] : [{ dim, atLeast: largest + 1, origin }];
};

/** The array in its final shape; what is missing or padding becomes a value of the domain. */
const settle = (table: Table, shape: readonly number[], facts: DomainFacts): ArrayData => {
  const { missing, padding } = table;
  const data = table.data.slice();
  if (missing !== null || padding !== null)
    fillEmpty(data, facts, shape, cellsPerValue(facts.kind, shape), (i) => missing?.[i] === 1 || padding?.[i] === 1);
  return { shape, data };
};

/** A table whose padding is what lies beyond the lengths; nothing is missing there. */
const padded = (table: Table, padding: Uint8Array | null): Table => {
  if (padding === null) return { ...table, padding: null };
  const missing = table.missing?.map((m, i) => (padding[i] === 1 ? 0 : m)) ?? null;
  return { ...table, padding, missing: missing?.includes(1) === true ? missing : null };
};

/** The longest of given lengths, where no array says it. */
const longestOf = (model: Model, data: Readonly<Record<string, Table>>): readonly CountBound[] =>
  model.sizes
    .filter((size) => size.ragged.length > 0 && data[size.name] !== undefined)
    .map((size) => {
      const { data: lengths, source } = data[size.name]!;
      const atLeast = lengths.reduce((most, n) => (n > most ? n : most), 0);
      return { dim: sizeDim(size.name), atLeast, origin: `the longest of ${size.name} (${source.file})` };
    });

const bindConsts = (
  model: Model,
  given: Readonly<Record<string, Table>>,
  diagnostics: Diagnostic[],
): Record<string, ArrayData> => {
  const consts: Record<string, ArrayData> = {};
  for (const symbol of model.consts) {
    const table = given[symbol.name];
    if (table === undefined) continue;
    const shape = symbol.type.shape.map((dim) => constantValue(dim));
    const fit = fitShape(table.shape, symbol.type.shape);
    if (
      fit === null ||
      fit.lengths.length !== shape.length ||
      fit.lengths.some((n, axis) => shape[axis] !== null && n !== shape[axis])
    ) {
      const parameters = { name: symbol.name, found: table.shape, expected: printShape(symbol.type.shape) };
      diagnostics.push(diagnoseData('EBM630', symbol.span, parameters));
    } else consts[symbol.name] = { shape: fit.lengths, data: table.data };
  }
  return consts;
};

export const bind = (model: Model, input: BindInput): Checked<Bound | null> => {
  const diagnostics: Diagnostic[] = [...unknownNames(model, input)];
  const given = { ...input.params, ...input.data };
  const placed: Placed[] = [];
  for (const variable of model.variables) {
    const table = given[variable.name];
    if (table === undefined) continue;
    const short = firstShortArray(table, new Set(raggedAxes(variable).map((r) => r.axis)));
    const found = place(variable, table);
    if (short !== null) {
      const parameters = { first: short.first, found: short.length, where: short.where };
      diagnostics.push(diagnoseData('EBM611', null, parameters, { place: { file: table.source.file } }));
    } else if (found.value !== null) placed.push(found.value);
    else diagnostics.push(...found.diagnostics);
  }
  const solved = solveSizes(
    model,
    input.sizes,
    [...placed.flatMap(equationsOf), ...rowsOfLengths(model, input.data)],
    [...placed.flatMap(boundsOf), ...longestOf(model, input.data)],
  );
  diagnostics.push(...solved.diagnostics);
  const consts = bindConsts(model, input.consts, diagnostics);
  const sizes = Object.fromEntries(Object.entries(solved.sizes).map(([name, { value }]) => [name, value]));
  const values: Record<string, ArrayData> = {};
  const missing: Record<string, Uint8Array> = {};
  const empty: string[] = [];
  const shaped: { readonly variable: Variable; readonly table: Table; readonly shape: readonly number[] }[] = [];
  for (const one of placed) {
    const { variable, table } = one;
    const expected = wholeShape(variable);
    if (!expected.flatMap(sizesOf).every((name) => sizes[name] !== undefined)) {
      if (one.fit.lengths.length !== expected.length) diagnostics.push(wrongRank(variable, table));
      continue;
    }
    const shape = expected.map((dim) => evaluate(dim, sizes));
    // Otherwise it is reported as a disagreement of sizes.
    if (elementCount(shape) === table.data.length) shaped.push({ variable, table, shape });
  }
  const { lengths, diagnostics: unequal } = findLengths(model, input.data, shaped, sizes);
  diagnostics.push(...unequal);
  for (const [size, array] of Object.entries(lengths)) values[lengthsName(size)] = array;
  for (const { variable, table: raw, shape } of shaped) {
    const table = padded(raw, paddingOf(variable, shape, lengths, sizes));
    const facts = domainBounds(variable.domain, sizes, input.evaluate ?? null);
    diagnostics.push(...checkValues(variable, table, shape, facts, mayMiss[variable.role]));
    values[variable.name] = settle(table, shape, facts);
    if (table.missing?.every((m, i) => m === 1 || table.padding?.[i] === 1) === true) empty.push(variable.name);
    else if (table.missing !== null) {
      missing[variable.name] = table.missing;
      values[givenName(variable.name)] = values[variable.name]!;
      values[missingName(variable.name)] = maskArray(table.missing, shape);
    }
  }
  if (diagnostics.some((d) => d.severity === 'error')) return { value: null, diagnostics };
  const openSizes = model.sizes.filter((size) => solved.sizes[size.name] === undefined).map((size) => size.name);
  return { value: { values, missing, empty, sizes: solved.sizes, openSizes, lengths, consts }, diagnostics };
};

/** Equations for the sizes that given lengths run over. */
const rowsOfLengths = (model: Model, data: Readonly<Record<string, Table>>): readonly SizeEquation[] =>
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

/** What a run needs and lacks: one error for each size that is open. */
export const requireSizes = (model: Model, openSizes: readonly string[]): readonly Diagnostic[] =>
  model.sizes
    .filter((size) => openSizes.includes(size.name))
    .map((size) => {
      const waits = size.default === null ? [] : sizesOf(size.default).filter((name) => openSizes.includes(name));
      const why = waits.length > 0 ? `: its default ${print(size.default!)} needs ${waits.join(', ')}` : '';
      return diagnoseData('EBM629', size.span, { size: size.name, why, ragged: size.ragged.length > 0 });
    });
