// Runs a plan on a backend. In: a plan, bound data, options. Out: the result with its report (report.ts), or what is wrong.
// Energies at an assignment are recomputed in float64 on the reference backend, whatever ran the inference.
import { INFINITE } from '../tensor/energies.ts';
import type { ResultArray, RunOptions, RunResult } from '../api.ts';
import type { Backend, ModuleSpec, TensorData } from '../backend/backend.ts';
import { cautionsOf } from '../backend/caution.ts';
import { referenceBackend } from '../backend/reference.ts';
import type { Checked, Diagnostic } from '../diagnostics/diagnostic.ts';
import { diagnosePlanning } from '../diagnostics/messages/planning.ts';
import { dependsOn } from '../graph/expressions.ts';
import { declaredName } from '../plan/data-groups.ts';
import type { Plan } from '../plan/plan.ts';
import { lowerLetsModule } from '../plan/lower-energy.ts';
import type { BoundTask } from './bind-task.ts';
import { chooseFloat64 } from './choose-backend.ts';
import { resolved, valuesFound } from './check-precision.ts';
import { complete } from './complete.ts';
import { pick } from './inputs.ts';
import { learnParams, paramsIn, storyOf, withStory } from './learn-params.ts';
import type { Extent } from './result-arrays.ts';
import { resultArray } from './result-arrays.ts';
import { reportOf } from './report.ts';
import { escaping, runaways } from './runaways.ts';
import { surfaceOf } from './surface.ts';

type Arrays = Readonly<Record<string, TensorData>>;

/** A run under way. */
interface Run {
  readonly plan: Plan;
  readonly task: BoundTask;
  readonly spec: ModuleSpec;
  readonly backend: Backend;
  readonly options: RunOptions;
  readonly sizes: Readonly<Record<string, number>>;
}

export const execute = async (
  plan: Plan,
  task: BoundTask,
  spec: ModuleSpec,
  backend: Backend,
  options: RunOptions,
  compileSeconds: number,
): Promise<Checked<RunResult | null>> => {
  const started = performance.now();
  const { bound } = task;
  const sizes = Object.fromEntries(Object.entries(bound.sizes).map(([name, s]) => [name, s.value]));
  const run: Run = { plan, task, spec, backend, options, sizes };
  const extent: Extent = { lengths: bound.lengths, sizes };
  const learned = await learnedInputs(run);
  if (learned.value === null) return { value: null, diagnostics: learned.diagnostics };
  const { inputs, story } = learned.value;
  const { outputs, ran, cautions } = await answer(run, inputs, story);
  const away = runaways(plan, outputs) ?? escaping(plan, inputs, outputs);
  if (away !== null) return refused(diagnosePlanning('EBM508', away.span, { unknowns: away.names, why: away.why }));
  const assignment: Arrays = { ...inputs, ...valuesFound(plan, outputs) };
  const factors = await factorEnergies(plan, spec, assignment, outputs, sizes);
  const meaningless = fallen(plan, factors, outputs) ?? impossible(plan, factors, outputs);
  if (meaningless !== null) return refused(meaningless);
  const report = reportOf(plan, ran.name, outputs, extent, factors, {
    compile: compileSeconds,
    run: (performance.now() - started) / 1000,
  });
  const shown = await shownLets(plan, bound.consts, spec.source, options.show, assignment, extent);
  const surface = options.plot ? await surfaceOf(plan, bound.consts, assignment, outputs, sizes) : null;
  const points = outputs['point free energies'];
  const trace = outputs['trace'];
  return {
    value: {
      json: shown === null ? report : { ...report, shown },
      exitCode: report.converged ? 0 : 3,
      trace: trace === undefined ? null : traceOf(trace),
      traceStep: outputs['trace step']?.data[0] ?? 1,
      surface,
      pointFreeEnergies: points === undefined ? null : Float64Array.from(points.data),
    },
    diagnostics: cautions,
  };
};

/** Up to the last objective that there is. */
const traceOf = ({ data }: TensorData): readonly number[] => {
  const values = [...data].map((x) => (x < INFINITE ? x : NaN));
  return values.slice(0, values.findLastIndex((x) => Number.isFinite(x)) + 1);
};

const refused = (diagnostic: Diagnostic): Checked<null> => ({ value: null, diagnostics: [diagnostic] });

/** What `infer` is given: the data, and params that stochastic steps have learned; `story`: how these went. */
const learnedInputs = async ({
  plan,
  task,
  spec,
  backend,
  options,
}: Run): Promise<Checked<{ readonly inputs: Arrays; readonly story: Arrays | null } | null>> => {
  const { values } = task.bound;
  const given = [...plan.task.training].flatMap((name) =>
    values[name] === undefined ? [] : [[name, values[name]] as const],
  );
  const seed: TensorData = { shape: [], data: Float32Array.of(options.seed) };
  const inputs: Arrays = { seed, ...Object.fromEntries(given) };
  if (plan.fit?.kind !== 'train') return { value: { inputs, story: null }, diagnostics: [] };
  const { value: trained, diagnostics } = await learnParams(plan, plan.fit, task, spec, backend, options);
  if (trained === null) return { value: null, diagnostics };
  return { value: { inputs: { ...inputs, ...paramsIn(trained.state.arrays) }, story: storyOf(trained) }, diagnostics };
};

/** What `infer` finds, in float64 where float32 lost the meaning. */
const answer = async (
  { plan, task: { bound }, spec, backend, options, sizes }: Run,
  inputs: Arrays,
  story: Arrays | null,
): Promise<{ readonly outputs: Arrays; readonly ran: Backend; readonly cautions: readonly Diagnostic[] }> => {
  const { cancelled, onStep } = options;
  const hooks = {
    ...(cancelled === undefined ? {} : { cancelled }),
    ...(onStep === undefined
      ? {}
      : { onStep: (step: number) => onStep({ phase: 'fit', step, of: null, objective: null }) }),
  };
  const inferred = async (
    by: Backend,
  ): Promise<{ readonly values: Arrays; readonly cautions: readonly Diagnostic[] }> => {
    const runner = await by.load(spec);
    const values = await runner.call('infer', pick(spec, 'infer', inputs), { sizes, ...hooks });
    await runner.dispose();
    const whole = complete(withStory(values, story), plan.task.partial, bound);
    return { values: whole, cautions: cautionsOf(by.name, runner) };
  };
  const { values: first, cautions } = await inferred(backend);
  let exact: Backend = referenceBackend;
  const inFloat64 = async (): Promise<Arrays> => {
    exact = await chooseFloat64(plan, spec);
    return (await inferred(exact)).values;
  };
  // What has no digits left in float32 may have some in float64.
  const isExact = backend.precision === 'float64';
  const lost = !isExact && runaways(plan, first) !== null;
  const values = lost ? await inFloat64() : first;
  const again = lost || isExact ? null : inFloat64;
  const settled = await resolved(plan, spec, bound.consts, inputs, values, sizes, again);
  return { outputs: settled.outputs, ran: lost || settled.again ? exact : backend, cautions };
};

type Factors = Readonly<Record<string, number>>;

/** A factor whose energy has no least value: minus infinity, or no number. */
const fallen = (plan: Plan, factors: Factors, outputs: Arrays): Diagnostic | null => {
  const group = plan.groups.find((g) => g.filler !== true && !(factors[declaredName(g)]! > -INFINITE));
  if (group === undefined) return null;
  const lost = plan.model.variables.filter(
    (v) => outputs[v.name] !== undefined && dependsOn(group.energy, new Set([v.name])),
  );
  const why = `the energy of ${declaredName(group)} falls without end`;
  return diagnosePlanning('EBM508', lost[0]?.span ?? null, { unknowns: lost.map((v) => v.name), why });
};

/** The lets named by --show at the assignment, in float64. */
const shownLets = async (
  plan: Plan,
  consts: BoundTask['bound']['consts'],
  source: string,
  names: readonly string[],
  assignment: Arrays,
  extent: Extent,
): Promise<Readonly<Record<string, ResultArray>> | null> => {
  if (names.length === 0) return null;
  const spec = lowerLetsModule(plan, names, consts, source);
  const runner = await referenceBackend.load(spec);
  const values = await runner.call('lets', pick(spec, 'lets', assignment), { sizes: extent.sizes });
  const shown = plan.model.lets.filter((l) => names.includes(l.name));
  return Object.fromEntries(shown.map((l) => [l.name, resultArray(values[l.name]!, l, extent)] as const));
};

/** Factors that are infinite at every assignment: constraints that cannot be met, data of probability zero. */
const impossible = (plan: Plan, factors: Factors, outputs: Arrays): Diagnostic | null => {
  const infinite = Object.keys(factors).filter((name) => factors[name]! >= INFINITE);
  const possible = outputs['total free energy']!.data[0]! < INFINITE;
  if (infinite.length === 0 && possible) return null;
  const declared = plan.groups.filter((g) => g.filler !== true).map(declaredName);
  return diagnosePlanning('EBM514', null, { factors: infinite.length > 0 ? infinite : [...new Set(declared)] });
};

/** By factor: at the assignment in float64, or expected where an unknown is marginalised. */
const factorEnergies = async (
  plan: Plan,
  spec: ModuleSpec,
  assignment: Arrays,
  outputs: Arrays,
  sizes: Readonly<Record<string, number>>,
): Promise<Factors> => {
  const averaged = new Set(
    plan.query.flatMap((q) => [...q.decisions].filter(([, d]) => d.operation === 'marginalize').map(([name]) => name)),
  );
  const oracle = await referenceBackend.load(spec);
  const exact = await oracle.call('energy', pick(spec, 'energy', assignment), { sizes });
  await oracle.dispose();
  // A declared factor may have become several groups; it is averaged when one of them is.
  const names = [...new Set(plan.groups.filter((g) => g.filler !== true).map(declaredName))];
  return Object.fromEntries(
    names.map((name) => {
      const parts = plan.groups.filter((g) => declaredName(g) === name);
      const source = parts.some((g) => dependsOn(g.energy, averaged)) ? outputs : exact;
      return [name, source[`energy.${name}`]!.data[0]!] as const;
    }),
  );
};
