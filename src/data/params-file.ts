// Learned params from a file: .safetensors (of a training, or of `run -o DIR`), .npz, or JSON: what `ebmc run --json` prints
// (its "params"), what `run -o DIR` writes (big arrays beside it as .npy), or a plain object of arrays.
// In: a path. Out: a table for each param.
import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { diagnoseData } from '../diagnostics/messages/data.ts';
import type { Checked, Diagnostic } from '../diagnostics/diagnostic.ts';
import { cannotRead, isText } from './cannot-read.ts';
import { formatOf } from './data-formats.ts';
import { tableOf } from './json.ts';
import type { NamedArrays } from './named-arrays.ts';
import { readNpz } from './npz.ts';
import { readTable } from './read-table.ts';
import { readSafetensors } from './safetensors-arrays.ts';
import type { ReadResult, Table } from './table.ts';

type Tables = Readonly<Record<string, Table>>;

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

type Nested = number | null | readonly Nested[];
const isNested = (value: unknown): value is Nested =>
  value === null || typeof value === 'number' || (Array.isArray(value) && value.every(isNested));

const noStdin = (): Promise<Buffer> => Promise.reject(new Error('a params file names files only'));

const readEntry = async (value: unknown, path: string, name: string): Promise<ReadResult | string> => {
  if (isObject(value) && typeof value['file'] === 'string')
    return readTable(join(dirname(path), value['file']), noStdin);
  if (!isNested(value)) return `${name} is not an array of numbers`;
  return tableOf(value, `${path} (${name})`);
};

/** A checkpoint also holds what a training needs to go on, under names with a `/`, which no param has. */
const isState = (name: string): boolean => name.includes('/');

const fromArrays = ({ names, read }: NamedArrays): Checked<Tables | null> => {
  const results = names.filter((name) => !isState(name)).map((name) => [name, read(name)] as const);
  const diagnostics = results.flatMap(([, result]) => result.diagnostics);
  const tables = results.flatMap(([name, { value }]) => (value === null ? [] : [[name, value] as const]));
  return { value: diagnostics.length > 0 ? null : Object.fromEntries(tables), diagnostics };
};

const fromJson = async (bytes: Buffer, path: string): Promise<Checked<Tables | null>> => {
  const fail = (problem: string): Checked<null> => {
    const parameters = { file: path, problem };
    return { value: null, diagnostics: [diagnoseData('EBM613', null, parameters)] };
  };
  let content: unknown;
  try {
    content = isText(bytes) ? JSON.parse(bytes.toString('utf8')) : undefined;
  } catch {
    content = undefined;
  }
  if (!isObject(content)) return fail('it is not a JSON object');
  const entries = isObject(content['params']) ? content['params'] : content;
  const tables: Record<string, Table> = {};
  const diagnostics: Diagnostic[] = [];
  for (const [name, value] of Object.entries(entries)) {
    const read = await readEntry(value, path, name);
    if (typeof read === 'string') return fail(read);
    diagnostics.push(...read.diagnostics);
    if (read.value !== null) tables[name] = read.value;
  }
  return { value: diagnostics.length > 0 ? null : tables, diagnostics };
};

export const readParams = async (path: string): Promise<Checked<Tables | null>> => {
  try {
    const bytes = await readFile(path);
    const { format } = formatOf(path);
    if (format !== 'npz' && format !== 'safetensors') return await fromJson(bytes, path);
    const { value, diagnostics } = format === 'npz' ? readNpz(bytes, path) : readSafetensors(bytes, path);
    return value === null ? { value, diagnostics } : fromArrays(value);
  } catch (error) {
    return { value: null, diagnostics: (await cannotRead(path, error)).diagnostics };
  }
};
