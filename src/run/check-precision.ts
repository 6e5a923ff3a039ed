// Whether float32 kept the meaning. Of a fit: the free energy at the params it found, computed again in float64. Integrals
// over latents lose all digits where params make their systems badly conditioned, and a descent is drawn to such places when
// the errors make them look good; distances to data far from 0 lose theirs by cancellation. Linear systems are solved again:
// a regression on years has a condition number beyond float32. In: a plan, what it found. Out: what is to be believed.
import type { ModuleSpec, TensorData } from '../backend/backend.ts';
import { referenceBackend } from '../backend/reference.ts';
import { lowerPlan } from '../plan/lower-plan.ts';
import type { Plan } from '../plan/plan.ts';
import { blocksOf } from '../plan/plan.ts';
import type { ConstValues } from '../plan/program-environment.ts';
import type { Verdict } from './check-optimality.ts';
import { checkOptimality } from './check-optimality.ts';
import { pick } from './inputs.ts';

type Arrays = Readonly<Record<string, TensorData>>;

/** Relative difference of the two free energies that rounding explains. */
const tolerance = 1e-3;

/** The query of a plan with its params as given as they were found: nothing is learned. */
export const withParamsGiven = (plan: Plan, assignment: Arrays): Plan => {
  const params = plan.model.variables.filter((v) => v.role === 'param' && assignment[v.name] !== undefined);
  const given = new Set([...plan.task.given, ...params.map((v) => v.name)]);
  return { ...plan, fit: null, task: { ...plan.task, given } };
};

/** Whether the whole answer comes from linear systems, which float64 solves again in no more time. */
const isLinearAlgebra = ({ fit, query }: Plan): boolean =>
  (fit === null ? query.length > 0 : fit.kind === 'closed' && fit.steps.every((s) => s.step.solve === undefined)) &&
  query.every((q) => q.method.name === 'quadratic');

/** Entries that rounding explains: near in themselves, or next to the largest of their array or, for energies, of all
 *  energies: a total of 0 is a difference of its parts. */
const near = (found: TensorData, exact: TensorData, scale: number): boolean => {
  const [a, b] = [Array.from(found.data), Array.from(exact.data)];
  const largest = Math.max(largestOf(exact), scale);
  return a.every((x, i) => Math.abs(x - b[i]!) <= tolerance * Math.abs(b[i]!) + 1e-5 * largest);
};

const largestOf = ({ data }: TensorData): number =>
  Array.from(data).reduce((most, x) => Math.max(most, Math.abs(x)), 0);

const isEnergy = (name: string): boolean => /energy|energies/.test(name);

const allNear = (found: Arrays, exact: Arrays): boolean => {
  const energies = Object.keys(exact).filter(isEnergy);
  const scale = energies.reduce((most, name) => Math.max(most, largestOf(exact[name]!)), 0);
  return Object.keys(exact).every((name) => near(found[name]!, exact[name]!, isEnergy(name) ? scale : 0));
};

export interface Resolved {
  readonly outputs: Arrays;
  /** They were computed again, in float64. */
  readonly again: boolean;
}

/** `outputs` as they are, or those of float64 where float32 lost the meaning. `converged` and `gap` are what float64 says of a
 *  minimum that is called global. `inFloat64`: null where they are of float64 already. */
export const resolved = async (
  plan: Plan,
  spec: ModuleSpec,
  consts: ConstValues,
  inputs: Arrays,
  outputs: Arrays,
  sizes: Readonly<Record<string, number>>,
  inFloat64: (() => Promise<Arrays>) | null,
): Promise<Resolved> => {
  const assignment = { ...inputs, ...valuesFound(plan, outputs) };
  if (isLinearAlgebra(plan)) {
    if (inFloat64 === null) return { outputs, again: false };
    const exact = await inFloat64();
    return allNear(outputs, exact) ? { outputs, again: false } : { outputs: exact, again: true };
  }
  if (inFloat64 !== null && !(await agreesInFloat64(plan, consts, assignment, outputs, sizes)))
    return { outputs: await inFloat64(), again: true };
  const judge = (values: Arrays, exact: boolean): Promise<Verdict | null> =>
    checkOptimality(plan, consts, spec, inputs, valuesFound(plan, values), sizes, exact);
  const verdict = await judge(outputs, inFloat64 === null);
  if (verdict === null) return { outputs, again: false };
  const arrived = verdict.sharp && isTrue(outputs['converged']);
  if (arrived || inFloat64 === null || !verdict.repeatable) return { outputs: judged(outputs, verdict), again: false };
  const exact = await inFloat64();
  const second = await judge(exact, true);
  return { outputs: second === null ? exact : judged(exact, second), again: true };
};

const isTrue = (converged: TensorData | undefined): boolean => converged === undefined || converged.data[0] === 1;

const judged = (outputs: Arrays, { holds, gap }: Verdict): Arrays => ({
  ...outputs,
  ...(holds ? {} : { converged: scalar(0) }),
  ...(gap === null || outputs['gap'] === undefined ? {} : { gap: scalar(gap) }),
});

const scalar = (x: number): TensorData => ({ shape: [], data: Float64Array.of(x) });

/** What was found, by variable. */
export const valuesFound = (plan: Plan, outputs: Arrays): Arrays =>
  Object.fromEntries(
    plan.model.variables.filter((v) => outputs[v.name] !== undefined).map((v) => [v.name, outputs[v.name]!] as const),
  );

/** Alternations whose steps are dearer than this are not computed again. */
const affordable = 1e8;

/** True where there is nothing to check: nothing iterates, or no latents are under it. */
const agreesInFloat64 = async (
  plan: Plan,
  consts: ConstValues,
  assignment: Arrays,
  outputs: Arrays,
  sizes: Readonly<Record<string, number>>,
): Promise<boolean> => {
  if (plan.fit === null || plan.fit.kind === 'closed' || plan.fit.kind === 'train') return true;
  if (plan.query.length === 0) return true;
  if (blocksOf(plan.fit).some((l) => l.chosen.cost.operations > affordable)) return true;
  const spec = lowerPlan(withParamsGiven(plan, assignment), consts, '', []);
  const runner = await referenceBackend.load(spec);
  const exact = await runner.call('infer', pick(spec, 'infer', assignment), { sizes });
  await runner.dispose();
  const [found, exactly] = [outputs, exact].map((arrays) => arrays['total free energy']!.data[0]!);
  return Math.abs(found! - exactly!) <= tolerance * Math.max(1, Math.abs(exactly!));
};
