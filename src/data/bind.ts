// Data to a model: which array belongs to which variable, what sizes that implies, and whether every value may be there.
// In: a typed model, tables by name, sizes and consts from flags. Out: dense arrays in the variables' own shapes, masks of
// missing cells, sizes; or diagnostics that name the file, line and column.
import { diagnoseData } from '../diagnostics/messages/data.ts';
import type { Checked, Diagnostic } from '../diagnostics/diagnostic.ts';
import type { Model, Role, Variable } from '../semantics/model.ts';
import { constantValue, evaluate, print, printShape, sizesOf } from '../tensor/dims.ts';
import { checkValues } from './check-values.ts';
import { domainBounds } from './domain-facts.ts';
import type { EvaluateConstant } from './domain-facts.ts';
import { fitShape } from './fit-shape.ts';
import type { ShapeFit } from './fit-shape.ts';
import { firstShortArray } from './json.ts';
import { raggedLengths } from './ragged-lengths.ts';
import { solveSizes } from './sizes.ts';
import type { CountBound, SizeEquation, SizeValue } from './sizes.ts';
import { elementCount } from './table.ts';
import type { ArrayData, Table } from './table.ts';
import { unknownNames } from './unknown-names.ts';
import { wholeShape } from '../semantics/whole-shape.ts';

export interface BindInput {
  /** By variable: from --data, or from --params (only params then). */
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
  /** Row-major, of the variable's whole shape. Missing and padding cells hold 0. */
  readonly values: Readonly<Record<string, ArrayData>>;
  /** 1 at missing cells; only variables that have some. They are targets and latents. */
  readonly missing: Readonly<Record<string, Uint8Array>>;
  readonly sizes: Readonly<Record<string, SizeValue>>;
  /** Sizes that neither data, flags nor defaults determine, in order of declaration. */
  readonly openSizes: readonly string[];
  /** For ragged sizes met in data: the lengths over the binders of the size. */
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

/** The array in its final shape; NaN (missing) becomes 0. */
const settle = ({ table }: Placed, shape: readonly number[]): ArrayData => {
  const data = table.data.slice();
  if (table.missing !== null) for (let i = 0; i < data.length; i++) if (table.missing[i] === 1) data[i] = 0;
  return { shape, data };
};

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

const hasRaggedAxis = (model: Model, variable: Variable): boolean => {
  const ragged = new Set(model.sizes.filter((size) => size.ragged.length > 0).map((size) => size.name));
  return variable.binders.some((binder) => sizesOf(binder.to).some((name) => ragged.has(name)));
};

export const bind = (model: Model, input: BindInput): Checked<Bound | null> => {
  const diagnostics: Diagnostic[] = [...unknownNames(model, input)];
  const given = { ...input.params, ...input.data };
  const placed: Placed[] = [];
  for (const variable of model.variables) {
    const table = given[variable.name];
    if (table === undefined) continue;
    const short = hasRaggedAxis(model, variable) ? null : firstShortArray(table);
    const found = place(variable, table);
    if (short !== null) {
      const parameters = { first: short.first, found: short.length, where: short.where };
      diagnostics.push(diagnoseData('EBM611', null, parameters, { place: { file: table.source.file } }));
    } else if (found.value !== null) placed.push(found.value);
    else diagnostics.push(...found.diagnostics);
  }
  const solved = solveSizes(model, input.sizes, placed.flatMap(equationsOf), placed.flatMap(boundsOf));
  diagnostics.push(...solved.diagnostics);
  const consts = bindConsts(model, input.consts, diagnostics);
  const sizes = Object.fromEntries(Object.entries(solved.sizes).map(([name, { value }]) => [name, value]));
  const lengths: Record<string, ArrayData> = {};
  const values: Record<string, ArrayData> = {};
  const missing: Record<string, Uint8Array> = {};
  for (const one of placed) {
    const { variable, table } = one;
    const expected = wholeShape(variable);
    if (!expected.flatMap(sizesOf).every((name) => sizes[name] !== undefined)) {
      if (one.fit.lengths.length !== expected.length) diagnostics.push(wrongRank(variable, table));
      continue;
    }
    const shape = expected.map((dim) => evaluate(dim, sizes));
    if (elementCount(shape) !== table.data.length) continue; // reported as a disagreement of sizes
    const bounds = domainBounds(variable.domain, sizes, input.evaluate ?? null);
    diagnostics.push(...checkValues(variable, table, shape, bounds, mayMiss[variable.role]));
    if (table.missing !== null) missing[variable.name] = table.missing;
    values[variable.name] = settle(one, shape);
    const ragged = raggedLengths(model, variable, table, shape, lengths);
    diagnostics.push(...ragged.diagnostics);
    Object.assign(lengths, ragged.value);
  }
  if (diagnostics.some((d) => d.severity === 'error')) return { value: null, diagnostics };
  const openSizes = model.sizes.filter((size) => solved.sizes[size.name] === undefined).map((size) => size.name);
  return { value: { values, missing, sizes: solved.sizes, openSizes, lengths, consts }, diagnostics };
};

/** What a run needs and lacks: one error for each size that is open. */
export const requireSizes = (model: Model, openSizes: readonly string[]): readonly Diagnostic[] =>
  model.sizes
    .filter((size) => openSizes.includes(size.name))
    .map((size) => {
      const waits = size.default === null ? [] : sizesOf(size.default).filter((name) => openSizes.includes(name));
      const why = waits.length > 0 ? `: its default ${print(size.default!)} needs ${waits.join(', ')}` : '';
      return diagnoseData('EBM629', size.span, { size: size.name, why });
    });
