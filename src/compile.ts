// The table of contents of the compiler: every phase, in the order in which a model passes through them. src/README.md shows
// the same picture. In: text and what the user gave. Out: values and diagnostics; nothing here prints or exits.
import type { Analysis, Compiler, EnergyReport, GraphFormat, RunOptions, RunResult, Stage } from './api.ts';
import type { TrainOptions, TrainResult } from './api.ts';
import type { Backend, ModuleSpec } from './backend/backend.ts';
import { emitCLibrary } from './backend/c/emit.ts';
import { benchNative } from './backend/native/tuning/measure.ts';
import { detectBackends } from './backend/registry.ts';
import { emitDeclarations } from './backend/tfjs/emit/declarations.ts';
import { emitModule } from './backend/tfjs/emit/module.ts';
import type { Checked } from './diagnostics/diagnostic.ts';
import { hasErrors } from './diagnostics/diagnostic.ts';
import { drawDot, drawJson, drawSvg } from './graph/draw/draw.ts';
import { buildFactorGraph } from './graph/build-graph.ts';
import { check } from './semantics/check.ts';
import { parse } from './syntax/parse.ts';
import { format as formatSource } from './syntax/format.ts';
import { unaffected } from './syntax/unaffected.ts';
import { summarisePlan } from './plan/explain.ts';
import { lowerPlan } from './plan/lower-plan.ts';
import type { Plan } from './plan/plan.ts';
import { planTask as makePlan } from './plan/plan-task.ts';
import type { BoundTask } from './run/bind-task.ts';
import { bindTask } from './run/bind-task.ts';
import { caught } from './run/caught.ts';
import { chooseBackend, requireBackend } from './run/choose-backend.ts';
import { emitStage } from './run/emit-stage.ts';
import { energyReport } from './run/energy.ts';
import { execute } from './run/execute.ts';
import { explainRun } from './run/explain-run.ts';
import { trainToFile } from './run/train.ts';

// ---------------------------------------------------------------- text to factor graph

/** grammar → syntax → semantics → graph: all diagnostics of a file. */
export const analyse = (source: string, file: string): Analysis => {
  const parsed = parse(source);
  const checked = check(parsed.tree);
  const broken = hasErrors(parsed.diagnostics);
  const later = broken ? unaffected(source, parsed.diagnostics, checked.diagnostics) : checked.diagnostics;
  const diagnostics = [...parsed.diagnostics, ...later];
  if (checked.model === null || broken)
    return { source, file, tree: parsed.tree, model: null, graph: null, diagnostics };
  const { graph } = buildFactorGraph(checked.model);
  return { source, file, tree: parsed.tree, model: checked.model, graph, diagnostics };
};

export const format = (source: string, _file: string): Checked<string | null> => {
  const { text, diagnostics } = formatSource(source);
  return { value: text, diagnostics };
};

export const draw = async (
  analysis: Analysis,
  how: GraphFormat,
  _options: RunOptions,
): Promise<Checked<string | null>> => {
  // Building says what the drawing alone has to warn about: plates that do not nest.
  const { graph, diagnostics } = buildFactorGraph(analysis.model!);
  const text =
    how === 'svg'
      ? await drawSvg(graph)
      : how === 'dot'
        ? drawDot(graph)
        : `${JSON.stringify(drawJson(graph), null, 2)}\n`;
  return { value: text, diagnostics };
};

// ---------------------------------------------------------------- graph to plan

interface Planned {
  readonly plan: Plan;
  readonly bound: BoundTask;
  readonly analysis: Analysis;
  readonly options: RunOptions;
}

const planned = (analysis: Analysis, options: RunOptions, assume: boolean): Checked<Planned | null> => {
  const task = bindTask(analysis, options, assume);
  if (task.value === null) return { value: null, diagnostics: task.diagnostics };
  const plan = makePlan(analysis.graph!, task.value.task, task.value.beta);
  const diagnostics = [...task.diagnostics, ...plan.diagnostics];
  if (plan.value === null) return { value: null, diagnostics };
  return { value: { plan: plan.value, bound: task.value, analysis, options }, diagnostics };
};

/** Without data the plan assumes that observed and target variables will be given. */
export const planTask = (analysis: Analysis, options: RunOptions): Checked<object | null> =>
  planned(analysis, options, true);

// ---------------------------------------------------------------- plan to programs to modules

const moduleOf = ({ plan, bound, analysis }: Planned): ModuleSpec =>
  lowerPlan(plan, bound.bound.consts, analysis.file, summarisePlan(plan));

export const compileModule = (value: object): { readonly js: string; readonly dts: string } => {
  const spec = moduleOf(value as Planned);
  return { js: emitModule(spec), dts: emitDeclarations(spec) };
};

export const compileLibrary = (value: object, header: string): { readonly c: string; readonly h: string } =>
  emitCLibrary(moduleOf(value as Planned), (value as Planned).plan.task.sizes, header);

export const emit = (stage: Stage, analysis: Analysis, options: RunOptions): Checked<string | null> =>
  emitStage(stage, analysis, () => planned(analysis, options, true), moduleOf);

// ---------------------------------------------------------------- running

/** The plan in words, and where it would be carried out. */
export const explain = (value: object): Promise<Checked<string | null>> => {
  const { plan, options } = value as Planned;
  return caught(() => explainRun(plan, moduleOf(value as Planned), options));
};

/** Plans, compiles and finds the backend; `work` does the rest. */
const running = <T>(
  analysis: Analysis,
  options: RunOptions,
  work: (made: Planned, spec: ModuleSpec, backend: Backend, seconds: number) => Promise<Checked<T | null>>,
): Promise<Checked<T | null>> =>
  caught(async () => {
    const started = performance.now();
    requireBackend(options.backend);
    const { value, diagnostics } = planned(analysis, options, false);
    if (value === null) return { value: null, diagnostics };
    const spec = moduleOf(value);
    const { backend } = await chooseBackend(options, value.plan, spec);
    const result = await work(value, spec, backend, (performance.now() - started) / 1000);
    return { value: result.value, diagnostics: [...diagnostics, ...result.diagnostics] };
  });

export const run = (analysis: Analysis, options: RunOptions): Promise<Checked<RunResult | null>> =>
  running(analysis, options, ({ plan, bound }, spec, backend, seconds) =>
    execute(plan, bound, spec, backend, options, seconds),
  );

export const train = (analysis: Analysis, options: TrainOptions): Promise<Checked<TrainResult | null>> =>
  running(analysis, options, ({ plan, bound }, spec, backend) =>
    trainToFile(analysis, plan, bound, spec, backend, { ...options, backend: backend.name }),
  );

export const energy = (analysis: Analysis, options: RunOptions): Promise<Checked<EnergyReport | null>> =>
  caught(() => energyReport(analysis, options));

export const backends: Compiler['backends'] = detectBackends;
export const bench: Compiler['bench'] = (tune, told) =>
  caught(async () => ({ value: await benchNative(tune, told), diagnostics: [] }));
