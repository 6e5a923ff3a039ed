// What `ebmc run` prints. In: a plan, the outputs of its program, energies by factor. Out: the report as plain data.
import type { ResultArray, RunReport } from '../api.ts';
import type { TensorData } from '../backend/backend.ts';
import { dataGroups, declaredName } from '../plan/data-groups.ts';
import { planLines } from '../plan/explain.ts';
import type { Plan } from '../plan/plan.ts';
import type { Extent } from './result-arrays.ts';
import { resultArray } from './result-arrays.ts';

type Arrays = Readonly<Record<string, TensorData>>;

const finite = (x: number | undefined): number | null => (x === undefined || !Number.isFinite(x) ? null : x);

/** How far losses other than the energy, which the free energy tells of, came down. */
const objectiveOf = ({ fit }: Plan, outputs: Arrays): number | null => {
  if (fit === null || fit.kind === 'closed' || fit.kind === 'alternate') return null;
  const losses = fit.kind === 'descend' ? [fit.loss] : fit.losses;
  if (losses.every(({ loss }) => loss.name === 'energy')) return null;
  return finite(outputs['objective reached']?.data[0]);
};

/** Arrays of variables, params and marginals, in their own lengths. */
const arraysOf = (
  { model }: Plan,
  outputs: Arrays,
  extent: Extent,
): Pick<RunReport, 'variables' | 'params' | 'marginals'> => {
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
  return { variables, params, marginals };
};

/** The free energy of the data, and log Z where everything unknown is marginalised. */
const freeEnergies = (
  { model, groups, query, task }: Plan,
  outputs: Arrays,
  factors: Readonly<Record<string, number>>,
): Pick<RunReport, 'freeEnergy' | 'logPartition'> => {
  const decisions = query.flatMap((q) => [...q.decisions.values()]);
  const averaged = decisions.filter((d) => d.operation === 'marginalize');
  // With nothing marginalised the free energy is the energy itself, known in float64.
  const ofData = dataGroups(model, groups).filter((g) => g.filler !== true);
  const minimum = [...new Set(ofData.map(declaredName))].reduce((sum, name) => sum + factors[name]!, 0);
  const normalised = task.query !== 'map' && averaged.length > 0 && averaged.length === decisions.length;
  return {
    freeEnergy: averaged.length > 0 ? outputs['free energy']!.data[0]! : minimum,
    logPartition: normalised ? -averaged[0]!.beta * outputs['total free energy']!.data[0]! : null,
  };
};

/** `outputs`: what `infer` gave, with how learning went; `factors`: energies at the assignment, by declared factor. */
export const reportOf = (
  plan: Plan,
  backend: string,
  outputs: Arrays,
  extent: Extent,
  factors: Readonly<Record<string, number>>,
  seconds: RunReport['seconds'],
): RunReport => {
  const { freeEnergy, logPartition } = freeEnergies(plan, outputs, factors);
  return {
    model: plan.model.name,
    backend,
    task: plan.task.query,
    plan: planLines(plan),
    energy: { total: Object.values(factors).reduce((a, c) => a + c, 0), factors },
    freeEnergy,
    objective: objectiveOf(plan, outputs),
    logPartition,
    ...arraysOf(plan, outputs, extent),
    converged: (outputs['converged']?.data[0] ?? 1) === 1,
    iterations: outputs['iterations']?.data[0] ?? null,
    gap: finite(outputs['gap']?.data[0]),
    seconds,
  };
};
