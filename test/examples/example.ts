// Runs an example as its command line would, through compile.ts, and compares with examples/<name>.expected.json. In: a name,
// flags, a backend. Out: the result, or assertions.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import type { QueryName, RunOptions, RunResult } from '../../src/api.ts';
import { analyse, run } from '../../src/compile.ts';
import type { Table } from '../../src/data/table.ts';
import { isArrayData, nest } from '../../src/data/nest.ts';
import { readParams } from '../../src/data/params-file.ts';
import { readTable } from '../../src/data/read-table.ts';
import { hasCompiler } from '../backend/native/compiler.ts';

const root = join(import.meta.dirname, '..', '..');
const read = (path: string): string => readFileSync(join(root, path), 'utf8');

export type BackendName = 'wasm' | 'native' | 'reference';
/** Those that this machine has: native takes a C compiler. */
export const backends: readonly BackendName[] = hasCompiler ? ['wasm', 'native', 'reference'] : ['wasm', 'reference'];

/** A number, an array of numbers, or a truth value at a dotted path of the report, as near as `within` to `value`. */
interface Check {
  readonly path: string;
  readonly value: unknown;
  readonly within: number;
  readonly source: string;
}

interface Expected {
  readonly model: string;
  readonly runs: readonly { readonly flags: string; readonly checks: readonly Check[] }[];
}

const noStdin = (): Promise<Buffer> => Promise.reject(new Error('nothing on standard input'));

const tableAt = async (path: string): Promise<Table> => {
  const { value, diagnostics } = await readTable(join(root, path), noStdin);
  if (value === null) throw new Error(diagnostics.map((d) => d.message).join());
  return value;
};

/** The flags of `ebmc run` that examples use. */
const optionsOf = async (flags: string, backend: string): Promise<RunOptions> => {
  const words = flags.split(' ').filter((w) => w !== '');
  const given = (flag: string): readonly string[] => words.filter((_, i) => i > 0 && words[i - 1] === flag);
  const pairs = (flag: string) => given(flag).map((text) => text.split('=') as [string, string]);
  const last = (flag: string): string | null => given(flag).at(-1) ?? null;
  const data: Record<string, Table> = {};
  for (const [name, path] of pairs('--data')) data[name] = await tableAt(path);
  const file = last('--params');
  const params = file === null ? {} : (await readParams(join(root, file))).value!;
  const beta = last('--beta');
  return {
    data,
    params,
    consts: Object.fromEntries(pairs('--set').map(([name, value]) => [name, Number(value)])),
    ask: [],
    show: given('--show'),
    sizes: Object.fromEntries(pairs('--size').map(([name, value]) => [name, Number(value)])),
    query: (last('--query') ?? 'map') as QueryName,
    beta: beta === null ? null : beta === 'inf' ? Infinity : Number(beta),
    minimize: given('--minimize'),
    marginalize: given('--marginalize'),
    withoutRegularizers: false,
    seed: 0,
    backend,
    budget: 2 ** 30,
    restarts: null,
    plot: false,
  };
};

/** Runs with other values in place of files where `changes` has some, and the text as `edit` leaves it. */
export const runExample = async (
  name: string,
  flags: string,
  backend: string,
  changes: Partial<RunOptions> = {},
  edit: (text: string) => string = (text) => text,
): Promise<RunResult> => {
  const analysis = analyse(edit(read(`examples/${name}.ebm`)), `examples/${name}.ebm`);
  expect(analysis.diagnostics).toEqual([]);
  const { value, diagnostics } = await run(analysis, { ...(await optionsOf(flags, backend)), ...changes });
  expect(diagnostics.filter((d) => d.severity === 'error')).toEqual([]);
  return value!;
};

/** The value at a dotted path, arrays nested. */
const at = (value: unknown, path: readonly string[]): unknown => {
  const plain = isArrayData(value) ? nest(value) : value;
  if (path.length === 0) return plain;
  return at((plain as Readonly<Record<string, unknown>>)[path[0]!], path.slice(1));
};

export const valueAt = (result: RunResult, path: string): unknown => at(result.json, path.split('.'));
export const numberAt = (result: RunResult, path: string): number => valueAt(result, path) as number;

const leaves = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value.flatMap(leaves) : [value]);

const compare = (result: RunResult, { path, value, within }: Check): void => {
  const [found, wanted] = [leaves(valueAt(result, path)), leaves(value)];
  expect(found.length, path).toBe(wanted.length);
  wanted.forEach((w, i) => {
    if (typeof w !== 'number') return expect(found[i], path).toBe(w);
    const miss = Math.abs((found[i] as number) - w);
    expect(miss <= within, `${path} is ${found[i]}, expected ${w} within ${within}`).toBe(true);
  });
};

const expectedOf = (name: string): Expected => JSON.parse(read(`examples/${name}.expected.json`)) as Expected;

/** The flags of every run that is written down for an example. */
export const expectedRuns = (name: string): readonly string[] => expectedOf(name).runs.map(({ flags }) => flags);

/** One run as it is written down, compared with what is expected of it. */
export const runExpected = async (name: string, flags: string, backend: string): Promise<RunResult> => {
  const { checks } = expectedOf(name).runs.find((run) => run.flags === flags)!;
  const result = await runExample(name, flags, backend);
  for (const check of checks) compare(result, check);
  return result;
};

/** One test per run of examples/<name>.expected.json and backend; `also` looks at each result further, `changes` are options of a
 *  backend. */
export const testExpected = (
  name: string,
  also: (result: RunResult, flags: string, backend: BackendName) => void = () => {},
  changes: (backend: BackendName) => Partial<RunOptions> = () => ({}),
): void => {
  const { model, runs } = expectedOf(name);
  for (const backend of backends)
    for (const { flags, checks } of runs)
      it(`${model} ${flags} on ${backend}`, { timeout: 180_000 }, async () => {
        expect(model).toBe(`examples/${name}.ebm`);
        expect(checks.length).toBeGreaterThan(0);
        const result = await runExample(name, flags, backend, changes(backend));
        for (const check of checks) {
          expect(check.source.length).toBeGreaterThan(0);
          compare(result, check);
        }
        also(result, flags, backend);
      });
};

/** Rows of a data file of the examples. */
export const rowsOf = (path: string): readonly (readonly number[])[] =>
  read(path)
    .trim()
    .split('\n')
    .map((line) => line.split(',').map(Number));

/** The const that `--set` in the flags gives, else `otherwise`. */
export const constIn = (flags: string, name: string, otherwise: number): number =>
  Number(new RegExp(`--set ${name}=(\\S+)`).exec(flags)?.[1] ?? otherwise);

/** A descent may rise by no more than rounding. */
export const expectDescending = (trace: readonly number[], rounding: number): void => {
  expect(trace.length).toBeGreaterThan(2);
  const rises = trace.slice(1).map((value, i) => value - trace[i]!);
  expect(Math.max(...rises)).toBeLessThanOrEqual(rounding * Math.max(1, Math.abs(trace.at(-1)!)));
};

/** Relative rounding of a sum over the data on each backend, float32 and float64: a thousand terms added one by one. */
export const rounding: Readonly<Record<BackendName, number>> = { wasm: 5e-6, native: 5e-6, reference: 1e-12 };
