// Compiles a model text and runs it on plain arrays, as a person would with `ebmc run`. In: text, data, options. Out: the
// report, or the codes of the diagnostics that stopped it.
import type { Analysis, NestedData, RunOptions, RunReport, RunResult } from '../../src/api.ts';
import { analyse, planTask, run } from '../../src/compile.ts';
import type { Diagnostic } from '../../src/diagnostics/diagnostic.ts';
import { findBackend } from '../../src/backend/registry.ts';
import { methods } from '../../src/methods/index.ts';
import { explainPlan } from '../../src/plan/explain.ts';
import { lowerPlan } from '../../src/plan/lower-plan.ts';
import type { Plan } from '../../src/plan/plan.ts';
import { planTask as makePlan } from '../../src/plan/plan-task.ts';
import { bindTask } from '../../src/run/bind-task.ts';
import { execute } from '../../src/run/execute.ts';

export const defaults: RunOptions = {
  data: {},
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
  backend: 'reference',
  budget: 2 ** 30,
  restarts: null,
  plot: false,
};

export interface Outcome {
  /** null when diagnostics stopped it. */
  readonly result: RunResult | null;
  readonly diagnostics: readonly Diagnostic[];
}

/** The outcome of a run, whatever it is. With `method`, each block is eliminated by that method where it offers itself. */
export const tryModel = async (
  source: string,
  data: Readonly<Record<string, NestedData>> = {},
  options: Partial<RunOptions> = {},
  method: string | null = null,
): Promise<Outcome> => {
  const analysis = analyse(source, 'model.ebm');
  const errors = analysis.diagnostics.filter((d) => d.severity === 'error');
  if (errors.length > 0)
    throw new Error(`the model has errors:\n${errors.map((d) => `${d.code} ${d.message}`).join('\n')}\n${source}`);
  const all = { ...defaults, ...options, data };
  if (method !== null) return runBy(method, analysis, all);
  const { value, diagnostics } = await run(analysis, all);
  return { result: value, diagnostics };
};

/** The plan with its blocks handed to another method; without a result when no block is one for it. */
const runBy = async (name: string, analysis: Analysis, options: RunOptions): Promise<Outcome> => {
  const { value: bound, diagnostics } = bindTask(analysis, options, false);
  if (bound === null) return { result: null, diagnostics };
  const { value: plan, diagnostics: more } = makePlan(analysis.graph!, bound.task, bound.beta);
  if (plan === null) return { result: null, diagnostics: more };
  const method = methods.find((m) => m.name === name)!;
  let taken = 0;
  const query = plan.query.map((q) => {
    const chosen = method.propose(q.facts);
    if (chosen.kind === 'refusal') return q;
    taken++;
    return { ...q, method, chosen };
  });
  if (taken === 0) return { result: null, diagnostics: [] };
  const changed = { ...plan, query };
  const spec = lowerPlan(changed, bound.bound.consts, analysis.file, []);
  const ran = await execute(changed, bound, spec, findBackend(options.backend)!, options, 0);
  return { result: ran.value, diagnostics: ran.diagnostics };
};

/** A run that must succeed. */
export const runFully = async (
  source: string,
  data: Readonly<Record<string, NestedData>> = {},
  options: Partial<RunOptions> = {},
): Promise<RunResult> => {
  const { result, diagnostics } = await tryModel(source, data, options);
  if (result === null) {
    const text = diagnostics.map((d) => [`${d.code} ${d.message}`, ...d.hints].join('\n  ')).join('\n');
    throw new Error(`the run stopped:\n${text}\n${source}`);
  }
  return result;
};

export const runModel = async (
  source: string,
  data: Readonly<Record<string, NestedData>> = {},
  options: Partial<RunOptions> = {},
): Promise<RunReport> => (await runFully(source, data, options)).json;

/** What `ebmc explain` prints of the plan for this task. */
export const explainModel = (
  source: string,
  data: Readonly<Record<string, NestedData>> = {},
  options: Partial<RunOptions> = {},
): string => {
  const { value, diagnostics } = planTask(analyse(source, 'model.ebm'), { ...defaults, ...options, data });
  if (value === null) throw new Error(diagnostics.map((d) => `${d.code} ${d.message}`).join('\n'));
  return explainPlan((value as { readonly plan: Plan }).plan);
};

/** All numbers of a value of a report, row-major. */
export const flat = (value: unknown): readonly number[] => {
  if (typeof value === 'number') return [value];
  if (Array.isArray(value)) return value.flatMap((v) => [...flat(v)]);
  if (typeof value === 'object' && value !== null && 'data' in value)
    return Array.from((value as { data: ArrayLike<number> }).data);
  throw new Error(`not an array of numbers: ${JSON.stringify(value)}`);
};

/** Largest absolute difference of two lists, which must be equally long. */
export const largestDifference = (a: readonly number[], b: readonly number[]): number => {
  if (a.length !== b.length) return Infinity;
  return a.reduce((most, x, i) => {
    const d = Math.abs(x - b[i]!);
    return Number.isNaN(d) ? Infinity : Math.max(most, d);
  }, 0);
};
