// Runs a plan on a backend and makes the report of it. In: a plan, bound data, options. Out: what `ebmc run` prints.
// Energies at an assignment are recomputed in float64 on the reference backend, whatever ran the inference.
import type { PlanLine, ResultArray, RunOptions, RunReport, RunResult } from '../api.ts';
import type { Backend, ModuleSpec, TensorData } from '../backend/backend.ts';
import { cautionsOf } from '../backend/caution.ts';
import { referenceBackend } from '../backend/reference.ts';
import type { Checked } from '../diagnostics/diagnostic.ts';
import { diagnosePlanning } from '../diagnostics/messages/planning.ts';
import { dependsOn } from '../graph/expressions.ts';
import { dataGroups, declaredName } from '../plan/data-groups.ts';
import type { Plan } from '../plan/plan.ts';
import { planLines } from '../plan/explain.ts';
import { lowerLetsModule } from '../plan/lower-energy.ts';
import type { BoundTask } from './bind-task.ts';
import { resolved, valuesFound } from './check-precision.ts';
import { complete } from './complete.ts';
import { pick } from './inputs.ts';
import { learnParams, paramsIn, storyOf, withStory } from './learn-params.ts';
import type { Extent } from './result-arrays.ts';
import { resultArray } from './result-arrays.ts';
import { escaping, runaways } from './runaways.ts';
import { surfaceOf } from './surface.ts';

/** Energies from here on stand for infinity. */
const IMPOSSIBLE = 1e29;

type Arrays = Readonly<Record<string, TensorData>>;

export const execute = async (
  plan: Plan,
  { bound, ...rest }: BoundTask,
  spec: ModuleSpec,
  backend: Backend,
  options: RunOptions,
  compileSeconds: number,
): Promise<Checked<RunResult | null>> => {
  const started = performance.now();
  const sizes = Object.fromEntries(Object.entries(bound.sizes).map(([name, s]) => [name, s.value]));
  const extent: Extent = { lengths: bound.lengths, sizes };
  const inputs: Record<string, TensorData> = { seed: { shape: [], data: Float32Array.of(options.seed) } };
  for (const name of plan.task.training) if (bound.values[name] !== undefined) inputs[name] = bound.values[name];
  let story: Arrays | null = null;
  if (plan.fit?.kind === 'train') {
    const { value: trained, diagnostics } = await learnParams(
      plan,
      plan.fit,
      { bound, ...rest },
      spec,
      backend,
      options,
    );
    if (trained === null) return { value: null, diagnostics };
    Object.assign(inputs, paramsIn(trained.state.arrays));
    story = storyOf(trained);
  }
  const hooks = {
    ...(options.cancelled === undefined ? {} : { cancelled: options.cancelled }),
    ...(options.onStep === undefined
      ? {}
      : { onStep: (step: number) => options.onStep!({ phase: 'fit', step, of: null, objective: null }) }),
  };
  const inferred = async (by: Backend): Promise<{ readonly values: Arrays; readonly caution: string | null }> => {
    const runner = await by.load(spec);
    const values = await runner.call('infer', pick(spec, 'infer', inputs), { sizes, ...hooks });
    await runner.dispose();
    const whole = complete(withStory(values, story), plan.task.partial, bound);
    return { values: whole, caution: runner.caution };
  };
  const { values: first, caution } = await inferred(backend);
  const inFloat64 = async (): Promise<Arrays> => (await inferred(referenceBackend)).values;
  // What has no digits left in float32 may have some in float64.
  const lost = backend !== referenceBackend && runaways(plan, first) !== null;
  const values = lost ? await inFloat64() : first;
  const again = lost || backend === referenceBackend ? null : inFloat64;
  const settled = await resolved(plan, spec, bound.consts, inputs, values, sizes, again);
  const { outputs } = settled;
  const ran = lost || settled.again ? referenceBackend : backend;
  const away = runaways(plan, outputs) ?? escaping(plan, inputs, outputs);
  if (away !== null)
    return {
      value: null,
      diagnostics: [diagnosePlanning('EBM508', away.span, { unknowns: away.names, why: away.why })],
    };

  const assignment = assignmentOf(plan, inputs, outputs);
  const factors = await factorEnergies(plan, spec, assignment, outputs, sizes);
  const fallen = plan.groups.find((g) => g.filler !== true && !(factors[g.part ?? g.name]! > -IMPOSSIBLE));
  if (fallen !== undefined) {
    const lost = plan.model.variables.filter(
      (v) => outputs[v.name] !== undefined && dependsOn(fallen.energy, new Set([v.name])),
    );
    const parameters = {
      unknowns: lost.map((v) => v.name),
      why: `the energy of ${fallen.part ?? fallen.name} falls without end`,
    };
    return { value: null, diagnostics: [diagnosePlanning('EBM508', lost[0]?.span ?? null, parameters)] };
  }
  const broken = impossible(plan, factors, outputs);
  if (broken.length > 0) return { value: null, diagnostics: [diagnosePlanning('EBM514', null, { factors: broken })] };
  const report = reportOf(plan, ran.name, outputs, extent, factors, {
    compile: compileSeconds,
    run: (performance.now() - started) / 1000,
  });
  const shown = await shownLets(plan, bound.consts, spec.source, options.show, assignment, extent);
  const surface = options.plot ? await surfaceOf(plan, bound.consts, assignment, outputs, sizes) : null;
  const points = outputs['point free energies'];
  const trace = outputs['trace'] === undefined ? null : [...outputs['trace'].data].filter((x) => x < 1e29);
  return {
    value: {
      json: shown === null ? report : { ...report, shown },
      exitCode: report.converged ? 0 : 3,
      trace,
      surface,
      pointFreeEnergies: points === undefined ? null : Float64Array.from(points.data),
    },
    diagnostics: cautionsOf(backend.name, caution),
  };
};

/** What was given and what was found, by variable. */
const assignmentOf = (plan: Plan, inputs: Arrays, outputs: Arrays): Arrays => {
  return { ...inputs, ...valuesFound(plan, outputs) };
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
const impossible = (plan: Plan, factors: Readonly<Record<string, number>>, outputs: Arrays): readonly string[] => {
  const infinite = Object.keys(factors).filter((name) => factors[name]! >= IMPOSSIBLE);
  if (infinite.length > 0) return infinite;
  const total = outputs['total free energy']!.data[0]!;
  const declared = plan.groups.filter((g) => g.filler !== true);
  return total < IMPOSSIBLE ? [] : [...new Set(declared.map(declaredName))];
};

/** By factor: at the assignment in float64, or expected where an unknown is marginalised. */
const factorEnergies = async (
  plan: Plan,
  spec: ModuleSpec,
  assignment: Arrays,
  outputs: Arrays,
  sizes: Readonly<Record<string, number>>,
): Promise<Readonly<Record<string, number>>> => {
  const averaged = new Set(
    plan.query.flatMap((q) => [...q.decisions].filter(([, d]) => d.operation === 'marginalize').map(([name]) => name)),
  );
  const oracle = await referenceBackend.load(spec);
  const exact = await oracle.call('energy', pick(spec, 'energy', assignment), { sizes });
  await oracle.dispose();
  // A declared factor may have become several groups; it is averaged when one of them is.
  const names = [...new Set(plan.groups.filter((g) => g.filler !== true).map((g) => g.part ?? g.name))];
  return Object.fromEntries(
    names.map((name) => {
      const parts = plan.groups.filter((g) => (g.part ?? g.name) === name);
      const source = parts.some((g) => dependsOn(g.energy, averaged)) ? outputs : exact;
      return [name, source[`energy.${name}`]!.data[0]!] as const;
    }),
  );
};

const finite = (x: number | undefined): number | null => (x === undefined || !Number.isFinite(x) ? null : x);

/** How far losses other than the energy, which the free energy tells of, came down. */
const objectiveOf = ({ fit }: Plan, outputs: Arrays): number | null => {
  if (fit === null || fit.kind === 'closed' || fit.kind === 'alternate') return null;
  const losses = fit.kind === 'descend' ? [fit.loss] : fit.losses;
  if (losses.every(({ loss }) => loss.name === 'energy')) return null;
  return finite(outputs['trace']?.data.at(-1));
};

const reportOf = (
  plan: Plan,
  backend: string,
  outputs: Arrays,
  extent: Extent,
  factors: Readonly<Record<string, number>>,
  seconds: RunReport['seconds'],
): RunReport => {
  const { model, task } = plan;
  const variables: Record<string, ResultArray> = {};
  const params: Record<string, ResultArray> = {};
  const marginals: Record<string, RunReport['marginals'][string]> = {};
  for (const v of model.variables) {
    const plain = (t: TensorData): ResultArray => resultArray(t, v, extent);
    const value = outputs[v.name];
    if (value !== undefined) (v.role === 'param' ? params : variables)[v.name] = plain(value);
    const probabilities = outputs[`${v.name}.probabilities`];
    if (probabilities !== undefined) marginals[v.name] = plain(probabilities);
    const mean = outputs[`${v.name}.mean`];
    if (mean !== undefined) marginals[v.name] = { mean: plain(mean), sd: plain(outputs[`${v.name}.sd`]!) };
  }
  const decisions = plan.query.flatMap((q) => [...q.decisions.values()]);
  const averaged = decisions.filter((d) => d.operation === 'marginalize');
  const everything = Object.values(factors).reduce((a, c) => a + c, 0);
  // With nothing marginalised the free energy is the energy itself, known in float64.
  const ofData = dataGroups(model, plan.groups).filter((g) => g.filler !== true);
  const minimum = [...new Set(ofData.map(declaredName))].reduce((sum, name) => sum + factors[name]!, 0);
  const freeEnergy = averaged.length > 0 ? outputs['free energy']!.data[0]! : minimum;
  const normalised = task.query !== 'map' && averaged.length > 0 && averaged.length === decisions.length;
  const lines: readonly PlanLine[] = planLines(plan);
  return {
    model: model.name,
    backend,
    task: task.query,
    plan: lines,
    energy: { total: everything, factors },
    freeEnergy,
    objective: objectiveOf(plan, outputs),
    logPartition: normalised ? -averaged[0]!.beta * outputs['total free energy']!.data[0]! : null,
    variables,
    marginals,
    params,
    converged: (outputs['converged']?.data[0] ?? 1) === 1,
    iterations: outputs['iterations']?.data[0] ?? null,
    gap: finite(outputs['gap']?.data[0]),
    seconds,
  };
};
