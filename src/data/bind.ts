// Data to a model: which array belongs to which variable, what sizes that implies, and whether every value may be there.
// In: a typed model, tables by name, sizes and consts from flags. Out: dense arrays in the variables' own shapes, masks of
// missing cells, sizes; or diagnostics that name the file, line and column.
import { diagnoseData } from '../diagnostics/messages/data.ts';
import type { Checked, Diagnostic } from '../diagnostics/diagnostic.ts';
import type { Model, Role } from '../semantics/model.ts';
import { constantValue, print, printShape, sizesOf } from '../tensor/dims.ts';
import { cellsPerValue } from './check-domain.ts';
import type { DomainFacts } from './check-domain.ts';
import { checkValues } from './check-values.ts';
import { domainBounds } from './domain-facts.ts';
import type { EvaluateConstant } from './domain-facts.ts';
import { fillEmpty } from './filler-values.ts';
import { fitShape } from './fit-shape.ts';
import { givenName, maskArray, missingName } from './given-cells.ts';
import { boundsOf, equationsOf, longestOf, placeAll, rowsOfLengths, shapeAll } from './place.ts';
import { lengthsName, paddingOf } from './ragged-axes.ts';
import { findLengths } from './ragged-lengths.ts';
import type { GivenArray } from './ragged-lengths.ts';
import { solveSizes } from './sizes.ts';
import type { SizeValue } from './sizes.ts';
import type { ArrayData, Table } from './table.ts';
import { unknownNames } from './unknown-names.ts';

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

type Settled = Pick<Bound, 'values' | 'missing' | 'empty'>;

/** Every value checked, and what is missing or padding told apart from what is given. */
const settleAll = (
  shaped: readonly GivenArray[],
  lengths: Bound['lengths'],
  sizes: Readonly<Record<string, number>>,
  evaluateConstant: EvaluateConstant | null,
  diagnostics: Diagnostic[],
): Settled => {
  const values: Record<string, ArrayData> = {};
  const missing: Record<string, Uint8Array> = {};
  const empty: string[] = [];
  for (const { variable, table: raw, shape } of shaped) {
    const table = padded(raw, paddingOf(variable, shape, lengths, sizes));
    const facts = domainBounds(variable.domain, sizes, evaluateConstant);
    diagnostics.push(...checkValues(variable, table, shape, facts, mayMiss[variable.role]));
    const value = settle(table, shape, facts);
    values[variable.name] = value;
    if (table.missing === null) continue;
    if (table.missing.every((m, i) => m === 1 || table.padding?.[i] === 1)) empty.push(variable.name);
    else {
      missing[variable.name] = table.missing;
      values[givenName(variable.name)] = value;
      values[missingName(variable.name)] = maskArray(table.missing, shape);
    }
  }
  return { values, missing, empty };
};

export const bind = (model: Model, input: BindInput): Checked<Bound | null> => {
  const diagnostics: Diagnostic[] = [...unknownNames(model, input)];
  const placed = placeAll(model, { ...input.params, ...input.data }, diagnostics);
  const solved = solveSizes(
    model,
    input.sizes,
    [...placed.flatMap(equationsOf), ...rowsOfLengths(model, input.data)],
    [...placed.flatMap(boundsOf), ...longestOf(model, input.data)],
  );
  diagnostics.push(...solved.diagnostics);
  const consts = bindConsts(model, input.consts, diagnostics);
  const sizes = Object.fromEntries(Object.entries(solved.sizes).map(([name, { value }]) => [name, value]));
  const shaped = shapeAll(placed, sizes, diagnostics);
  const { lengths, diagnostics: unequal } = findLengths(model, input.data, shaped, sizes);
  diagnostics.push(...unequal);
  const settled = settleAll(shaped, lengths, sizes, input.evaluate ?? null, diagnostics);
  if (diagnostics.some((d) => d.severity === 'error')) return { value: null, diagnostics };
  const named = Object.entries(lengths).map(([size, array]) => [lengthsName(size), array] as const);
  const values = { ...Object.fromEntries(named), ...settled.values };
  const openSizes = model.sizes.filter((size) => solved.sizes[size.name] === undefined).map((size) => size.name);
  return { value: { ...settled, values, sizes: solved.sizes, openSizes, lengths, consts }, diagnostics };
};

/** What a run needs and lacks: one error for each size that is open. */
export const requireSizes = (model: Model, openSizes: readonly string[]): readonly Diagnostic[] =>
  model.sizes
    .filter((size) => openSizes.includes(size.name))
    .map((size) => {
      const waits = size.default === null ? [] : sizesOf(size.default).filter((name) => openSizes.includes(name));
      const why = waits.length > 0 ? `: its default ${print(size.default!)} needs ${waits.join(', ')}` : '';
      return diagnoseData('EBM629', size.span, { size: size.name, why, ragged: size.ragged.length > 0 });
    });
