// Energies without a minimum, told by where the unknowns have gone. In: a plan and what it computed. Out: which unknowns ran
// away and how, or null.
import type { TensorData } from '../backend/backend.ts';
import type { Plan } from '../plan/plan.ts';
import type { Variable } from '../semantics/model.ts';

type Arrays = Readonly<Record<string, TensorData>>;

export interface Runaways {
  readonly names: readonly string[];
  readonly span: Variable['span'];
  readonly why: string;
}

/** float32 overflows a little later: a coordinate this far out has run away. */
const FAR = 1e30;

/** Unknowns whose result is not a finite number: the energy has no minimum (or no integral). */
export const runaways = (plan: Plan, outputs: Arrays): Runaways | null => {
  const isLost = (array: TensorData | undefined): boolean =>
    array !== undefined && array.data.some((x) => !(Math.abs(x) < FAR));
  const broken = plan.model.variables.filter(({ name }) =>
    [name, `${name}.mean`, `${name}.sd`, `${name}.probabilities`].some((key) => isLost(outputs[key])),
  );
  if (broken.length === 0) return null;
  const quadratic = [...plan.query, ...(plan.fit?.kind === 'closed' ? plan.fit.steps : [])].some(
    (x) => broken.some((v) => x.unknowns.includes(v.name)) && /solve|integral|Kalman|squares/.test(x.chosen.method),
  );
  const why = quadratic
    ? 'its quadratic form is singular or indefinite: some direction costs no energy, or gains it'
    : 'its value grows beyond all numbers';
  return told(broken, why);
};

const told = (broken: readonly Variable[], why: string): Runaways => ({
  names: broken.map((v) => v.name),
  span: broken[0]!.span,
  why,
});

/** How far beyond the largest number given an unknown may lie, and how near to 0 a positive one, while a descent is under
 *  way: no model is written in such units, and a descent that gets there follows an energy that falls without end. */
const remote = 1e8;
const vanishing = 1e-30;

/** After a descent that did not converge: unknowns that are on their way to infinity, or to 0 where that is excluded. */
export const escaping = (plan: Plan, inputs: Arrays, outputs: Arrays): Runaways | null => {
  if ((outputs['converged']?.data[0] ?? 1) === 1) return null;
  const largest = Object.values(inputs).reduce((most, { data }) => Math.max(most, largestOf(data)), 1);
  const found = plan.model.variables.filter((v) => outputs[v.name] !== undefined);
  const outwards = found.filter((v) => outputs[v.name]!.data.some((x) => Math.abs(x) > remote * largest));
  if (outwards.length > 0) return told(outwards, 'the energy keeps falling as its value grows');
  const inwards = found.filter((v) => v.domain.kind === 'positive' && outputs[v.name]!.data.some((x) => x < vanishing));
  return inwards.length > 0 ? told(inwards, 'the energy keeps falling as its value goes to 0') : null;
};

const largestOf = (data: ArrayLike<number>): number => {
  let most = 0;
  for (let i = 0; i < data.length; i++) most = Math.max(most, Math.abs(data[i]!));
  return most;
};
