// Whether float32 kept the meaning of a descent: the free energy at the params it found, computed again in float64. Integrals
// over latents lose all digits where params make their systems badly conditioned, and a descent is drawn to such places when
// the errors make them look good. In: a plan, what it found. Out: whether the two free energies agree.
import type { TensorData } from '../backend/backend.ts';
import { referenceBackend } from '../backend/reference.ts';
import { lowerPlan } from '../plan/lower-plan.ts';
import type { Plan } from '../plan/plan.ts';
import type { ConstValues } from '../plan/program-environment.ts';
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

/** True where there is nothing to check: no descent, or no latents under it. */
export const agreesInFloat64 = async (
  plan: Plan,
  consts: ConstValues,
  assignment: Arrays,
  outputs: Arrays,
  sizes: Readonly<Record<string, number>>,
): Promise<boolean> => {
  if (plan.fit?.kind !== 'descend' || plan.query.length === 0) return true;
  const spec = lowerPlan(withParamsGiven(plan, assignment), consts, '', []);
  const runner = await referenceBackend.load(spec);
  const exact = await runner.call('infer', pick(spec, 'infer', assignment), { sizes });
  await runner.dispose();
  const [found, exactly] = [outputs, exact].map((arrays) => arrays['total free energy']!.data[0]!);
  return Math.abs(found! - exactly!) <= tolerance * Math.max(1, Math.abs(exactly!));
};
