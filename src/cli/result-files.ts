// A run's result as files and as JSON. Arrays stay nested in the JSON, or, where a directory is given, those of more than
// ten thousand numbers become .npy files beside it and appear as {"file": …, "shape": …}. A ragged array is padded with NaN
// there, and its entry says how many cells each row has along each ragged axis: {"file": …, "shape": …, "lengths": {"1": …}}.
import { join } from 'node:path';
import type { ResultArray, RunReport, RunResult } from '../api.ts';
import { flatten, isArrayData, nest } from '../data/nest.ts';
import type { Nested } from '../data/nest.ts';
import { writeNpy } from '../data/npy.ts';
import { formatSafetensors } from '../data/safetensors.ts';
import { elementCount } from '../data/table.ts';
import type { ArrayData } from '../data/table.ts';
import type { OutputFile } from './write-files.ts';

const largestInline = 10_000;

type Json = null | boolean | number | string | readonly Json[] | { readonly [name: string]: Json };

const isPlainArray = (value: unknown): value is Nested[] =>
  Array.isArray(value) && (value.length === 0 || isNumeric(value));
const isNumeric = (value: unknown): boolean =>
  Array.isArray(value) ? isNumeric(value[0]) : typeof value === 'number' || value === null;

/** Walks a report; `place` decides what becomes of an array. */
const convert = (
  value: unknown,
  path: readonly string[],
  place: (value: Nested | ArrayData, path: readonly string[]) => Json,
): Json => {
  if (isArrayData(value) || isPlainArray(value)) return place(value, path);
  if (Array.isArray(value)) return value.map((element, i) => convert(element, [...path, String(i)], place));
  if (typeof value === 'number') return Number.isFinite(value) ? value : null;
  if (typeof value === 'object' && value !== null)
    return Object.fromEntries(
      Object.entries(value).map(([name, part]) => [name, convert(part, [...path, name], place)]),
    );
  return typeof value === 'string' || typeof value === 'boolean' ? value : null;
};

const shapeOf = (value: Nested): readonly number[] => (Array.isArray(value) ? [value.length, ...shapeOf(value[0] ?? null)] : []); // prettier-ignore

/** The object that --json prints. */
export const jsonReport = (report: RunReport): string => JSON.stringify(convert(report, [], nested));

const nested = (value: Nested | ArrayData): Nested => (isArrayData(value) ? nest(value) : value);

/** Cells per row of each ragged axis, by axis. */
const lengthsOf = ({ shape, cells = {} }: ArrayData): Json =>
  Object.fromEntries(
    Object.entries(cells).map(([axis, data]) => [axis, nest({ shape: shape.slice(0, Number(axis)), data })]),
  );

const dense = (value: ResultArray): ArrayData => (isArrayData(value) ? value : flatten(value));

/** What `--params` reads again, and other programs too; nothing when the model has none. */
const paramFiles = ({ model, params }: RunReport, directory: string): readonly OutputFile[] => {
  const tensors = Object.fromEntries(Object.entries(params).map(([name, value]) => [name, dense(value)]));
  if (Object.keys(tensors).length === 0) return [];
  return [{ path: join(directory, 'params.safetensors'), content: formatSafetensors(tensors, { model }) }];
};

/** `result.json`, big arrays, the params once more for `--params`, and the free energy of each point. */
export const resultFiles = (result: RunResult, directory: string): readonly OutputFile[] => {
  const files: OutputFile[] = [];
  const report = convert(result.json, [], (value, path) => {
    const shape = isArrayData(value) ? value.shape : shapeOf(value);
    if (elementCount(shape) <= largestInline) return nested(value);
    const file = `${path.join('.')}.npy`;
    const array = dense(value);
    files.push({ path: join(directory, file), content: writeNpy(array) });
    return array.cells === undefined ? { file, shape } : { file, shape, lengths: lengthsOf(array) };
  });
  if (result.pointFreeEnergies !== null) {
    const data = result.pointFreeEnergies;
    files.push({ path: join(directory, 'free-energy.npy'), content: writeNpy({ shape: [data.length], data }) });
  }
  files.push(...paramFiles(result.json, directory));
  return [...files, { path: join(directory, 'result.json'), content: `${JSON.stringify(report, null, 1)}\n` }];
};
