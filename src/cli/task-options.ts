// The task options of the command line to what compile.ts takes: data files are read, names given twice are refused.
import type { DataInput, RunOptions } from '../api.ts';
import type { Checked, Diagnostic } from '../diagnostics/diagnostic.ts';
import { hasErrors } from '../diagnostics/diagnostic.ts';
import { diagnoseData } from '../diagnostics/messages/data.ts';
import { readJson } from '../data/json.ts';
import { readParams } from '../data/params-file.ts';
import { readTable } from '../data/read-table.ts';
import type { ReadResult } from '../data/table.ts';
import type { NamedValue, TaskOptions } from './program.ts';
import { namesFile } from './input-files.ts';
import type { Context } from './terminal.ts';

const repeated = (flag: string, values: readonly NamedValue[]): readonly Diagnostic[] => {
  const seen = new Set<string>();
  const twice = new Set<string>();
  for (const { name } of values) (seen.has(name) ? twice : seen).add(name);
  return [...twice].map((name) => diagnoseData('EBM621', null, { flag, name }));
};

/** `0.1`, `[[1, 2]]`, or a data file. JSON writes no `+` and no number without a digit before the point. */
const readConst = (context: Context, { name, value }: NamedValue): Promise<ReadResult> =>
  namesFile(value)
    ? readTable(value, context.stdin, name)
    : Promise.resolve(readJson(value.replace(/^\+/, '').replace(/^(-?)\./, '$10.'), `--set ${name}`));

type Reader = (given: NamedValue) => Promise<ReadResult>;

const readAll = async (
  values: readonly NamedValue[],
  read: Reader,
  diagnostics: Diagnostic[],
): Promise<Record<string, DataInput>> => {
  const tables: Record<string, DataInput> = {};
  for (const given of values) {
    const { value, diagnostics: found } = await read(given);
    diagnostics.push(...found);
    if (value !== null) tables[given.name] = value;
  }
  return tables;
};

export const readTask = async (context: Context, options: TaskOptions): Promise<Checked<RunOptions | null>> => {
  const diagnostics: Diagnostic[] = [
    ...repeated('--data', options.data),
    ...repeated('--size', options.size),
    ...repeated('--set', options.set),
  ];
  if (hasErrors(diagnostics)) return { value: null, diagnostics };
  const data = await readAll(options.data, ({ name, value }) => readTable(value, context.stdin, name), diagnostics);
  const consts = await readAll(options.set, (given) => readConst(context, given), diagnostics);
  const params = options.params === null ? { value: {}, diagnostics: [] } : await readParams(options.params);
  diagnostics.push(...params.diagnostics);
  if (hasErrors(diagnostics) || params.value === null) return { value: null, diagnostics };
  const value: RunOptions = {
    data,
    consts,
    params: params.value,
    sizes: Object.fromEntries(options.size.map(({ name, value: text }) => [name, Number(text)])),
    ask: options.ask,
    show: options.show,
    query: options.query,
    beta: options.beta,
    minimize: options.minimize,
    marginalize: options.marginalize,
    withoutRegularizers: options.withoutRegularizers,
    seed: options.seed,
    backend: options.backend,
    budget: options.budget,
    restarts: options.restarts,
    plot: false,
  };
  return { value, diagnostics };
};
