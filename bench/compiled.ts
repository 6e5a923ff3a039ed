// A model text made ready to run again and again: compiled once, its data uploaded by each call, as `ebmc run` does it.
// In: text, arrays, options. Out: a function that runs `infer` once. Throws Error with the diagnostics of a model that fails.
import { performance } from 'node:perf_hooks';
import type { RunOptions } from '../src/api.ts';
import type { TensorData } from '../src/backend/backend.ts';
import { findBackend } from '../src/backend/registry.ts';
import { analyse } from '../src/compile.ts';
import type { Table } from '../src/data/table.ts';
import { locateByIndex } from '../src/data/table.ts';
import type { Diagnostic } from '../src/diagnostics/diagnostic.ts';
import { lowerPlan } from '../src/plan/lower-plan.ts';
import { planTask } from '../src/plan/plan-task.ts';
import { bindTask } from '../src/run/bind-task.ts';
import { pick } from '../src/run/inputs.ts';
import type { Taken } from './workload.ts';

export interface Compiled {
  readonly run: () => Promise<Taken & { readonly outputs: Readonly<Record<string, TensorData>> }>;
  readonly dispose: () => Promise<void>;
}

export interface BenchArray {
  readonly shape: readonly number[];
  readonly data: Float64Array;
}

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

export const compiled = async (
  source: string,
  data: Readonly<Record<string, BenchArray>>,
  backendName: string,
  change: Partial<RunOptions> = {},
): Promise<Compiled> => {
  const analysis = analyse(source, 'bench.ebm');
  if (analysis.model === null) must(null, analysis.diagnostics);
  const options: RunOptions = {
    data: tables(data),
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
    backend: backendName,
    budget: 2 ** 31,
    restarts: 1,
    plot: false,
    ...change,
  };
  const bound = bindTask(analysis, options, false);
  const { task, beta, bound: values } = must(bound.value, bound.diagnostics);
  const planned = planTask(analysis.graph!, task, beta);
  const plan = must(planned.value, planned.diagnostics);
  const spec = lowerPlan(plan, values.consts, 'bench.ebm', []);
  const sizes = Object.fromEntries(Object.entries(values.sizes).map(([name, s]) => [name, s.value]));
  const inputs: Record<string, TensorData> = { seed: { shape: [], data: Float32Array.of(0) } };
  for (const [name, a] of Object.entries(values.values))
    inputs[name] = { shape: a.shape, data: Float32Array.from(a.data) };
  const backend = findBackend(backendName);
  if (backend === null) throw new Error(`no backend ${backendName}`);
  const runner = await backend.load(spec);
  return {
    run: async () => {
      const [started, before] = [performance.now(), process.cpuUsage()];
      const outputs = await runner.call('infer', pick(spec, 'infer', inputs), { sizes, budget: 2 ** 31 });
      const { user, system } = process.cpuUsage(before);
      return { ms: performance.now() - started, cpuMs: (user + system) / 1000, outputs };
    },
    dispose: runner.dispose,
  };
};
