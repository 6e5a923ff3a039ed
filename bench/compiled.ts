// A model text made ready to run again and again: compiled once, its data uploaded by each call, as `ebmc run` does it; or a
// tensor program of ours alone, whose data stay where they are. In: text or program, arrays, options. Out: a function that runs
// it once. Throws Error with the diagnostics of a model that fails.
import { performance } from 'node:perf_hooks';
import type { RunOptions } from '../src/api.ts';
import type { Backend, CallOptions, ModuleSpec, Runner, TensorData } from '../src/backend/backend.ts';
import { findBackend } from '../src/backend/registry.ts';
import { analyse } from '../src/compile.ts';
import type { Table } from '../src/data/table.ts';
import { locateByIndex } from '../src/data/table.ts';
import type { Diagnostic } from '../src/diagnostics/diagnostic.ts';
import { lowerPlan } from '../src/plan/lower-plan.ts';
import type { Plan } from '../src/plan/plan.ts';
import { planTask } from '../src/plan/plan-task.ts';
import { bindTask, type BoundTask } from '../src/run/bind-task.ts';
import { pick } from '../src/run/inputs.ts';
import type { Program } from '../src/tensor/program.ts';
import type { BenchArray } from './arrays.ts';
import type { Setting, Taken } from './workload.ts';

export interface Compiled {
  readonly run: (setting?: Setting) => Promise<Taken & { readonly outputs: Readonly<Record<string, TensorData>> }>;
  readonly dispose: () => Promise<void>;
}

/** Bytes that one array may take. */
const budget = 2 ** 31;

const tableOf = ({ shape, data }: BenchArray): Table => ({
  shape,
  data,
  missing: null,
  padding: null,
  source: { file: 'bench', locate: locateByIndex(shape) },
});

const tables = (arrays: Readonly<Record<string, BenchArray>>): Readonly<Record<string, Table>> =>
  Object.fromEntries(Object.entries(arrays).map(([name, a]) => [name, tableOf(a)] as const));

const must = <T>(value: T | null, diagnostics: readonly Diagnostic[]): T => {
  if (value === null) throw new Error(diagnostics.map((d) => `${d.code}: ${d.message}`).join('\n'));
  return value;
};

const float32 = ({ shape, data }: BenchArray | TensorData): TensorData => ({ shape, data: Float32Array.from(data) });

export const backendNamed = (name: string): Backend => {
  const backend = findBackend(name);
  if (backend === null) throw new Error(`no backend ${name}`);
  return backend;
};

/** Calls of a runner, each with the time it took. Results hold until the next call, which takes their memory, as numpy's own
 *  memory is taken again. */
export const timedCalls = (runner: Runner) => {
  let last: readonly TensorData[] = [];
  return async (
    entry: string,
    inputs: Readonly<Record<string, TensorData>>,
    options: CallOptions,
  ): ReturnType<Compiled['run']> => {
    const [started, before] = [performance.now(), process.cpuUsage()];
    const outputs = await runner.call(entry, inputs, { budget, recycle: last, ...options });
    const { user, system } = process.cpuUsage(before);
    last = Object.values(outputs);
    return { ms: performance.now() - started, cpuMs: (user + system) / 1000, outputs };
  };
};

export interface Planned {
  readonly plan: Plan;
  readonly spec: ModuleSpec;
  readonly bound: BoundTask['bound'];
  readonly sizes: Readonly<Record<string, number>>;
  /** Everything that has a value. */
  readonly data: Readonly<Record<string, TensorData>>;
}

/** A model with its data, planned as `ebmc run` does it. */
export const planned = (
  source: string,
  arrays: Readonly<Record<string, BenchArray>>,
  backend: string,
  change: Partial<RunOptions> = {},
): Planned => {
  const analysis = analyse(source, 'bench.ebm');
  if (analysis.model === null) must(null, analysis.diagnostics);
  const options: RunOptions = {
    data: tables(arrays),
    ask: [],
    show: [],
    sizes: {},
    consts: {},
    query: 'map',
    params: {},
    beta: null,
    minimize: [],
    marginalize: [],
    withoutRegularizers: false,
    seed: 0,
    backend,
    budget,
    restarts: 1,
    plot: false,
    ...change,
  };
  const task = bindTask(analysis, options, false);
  const { task: asked, beta, bound } = must(task.value, task.diagnostics);
  const found = planTask(analysis.graph!, asked, beta);
  const plan = must(found.value, found.diagnostics);
  return {
    plan,
    spec: lowerPlan(plan, bound.consts, 'bench.ebm', []),
    bound,
    sizes: Object.fromEntries(Object.entries(bound.sizes).map(([name, s]) => [name, s.value])),
    data: Object.fromEntries(Object.entries(bound.values).map(([name, a]) => [name, float32(a)])),
  };
};

export const compiled = async (
  source: string,
  arrays: Readonly<Record<string, BenchArray>>,
  backend: string,
  change: Partial<RunOptions> = {},
): Promise<Compiled> => {
  const { spec, sizes, data } = planned(source, arrays, backend, change);
  const inputs = { seed: { shape: [], data: Float32Array.of(0) }, ...data };
  const runner = await backendNamed(backend).load(spec);
  const call = timedCalls(runner);
  return {
    run: (setting = {}) => call('infer', pick(spec, 'infer', inputs), { sizes, ...setting }),
    dispose: runner.dispose,
  };
};

export const compiledProgram = async (
  program: Program,
  arrays: Readonly<Record<string, BenchArray>>,
  backend: string,
): Promise<Compiled> => {
  const spec: ModuleSpec = {
    name: 'bench',
    source: 'bench',
    description: [],
    sizes: [],
    variables: {},
    entries: { infer: program },
  };
  const inputs = Object.fromEntries(Object.entries(arrays).map(([name, a]) => [name, float32(a)]));
  const runner = await backendNamed(backend).load(spec);
  const call = timedCalls(runner);
  return {
    run: (setting = {}) => call('infer', inputs, { keep: Object.keys(inputs), ...setting }),
    dispose: runner.dispose,
  };
};
