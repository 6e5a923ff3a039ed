// The (free) energy of one point over a grid, for --plot: the query is planned again with the params given and run with the
// grid points in place of the data. In: a plan and its result. Out: a surface, or null when the model has no single
// unconditional target of one or two reals in one plate.
import type { Surface } from '../api.ts';
import type { TensorData } from '../backend/backend.ts';
import { referenceBackend } from '../backend/reference.ts';
import { lowerPlan } from '../plan/lower-plan.ts';
import type { Plan } from '../plan/plan.ts';
import type { ConstValues } from '../plan/program-environment.ts';
import type { Variable } from '../semantics/model.ts';
import * as dims from '../tensor/dims.ts';
import { withParamsGiven } from './check-precision.ts';
import { pick } from './inputs.ts';

type Arrays = Readonly<Record<string, TensorData>>;

/** Grid points per axis. */
const resolution = { 1: 400, 2: 90 } as const;
/** Room around the data, as a share of their range. */
const margin = 0.15;

export const surfaceOf = async (
  plan: Plan,
  consts: ConstValues,
  assignment: Arrays,
  outputs: Arrays,
  sizes: Readonly<Record<string, number>>,
): Promise<Surface | null> => {
  const target = plottedTarget(plan, sizes);
  const given = target === null ? undefined : assignment[target.name];
  if (target === null || given === undefined || outputs['point free energies'] === undefined) return null;
  const plate = target.binders[0]!;
  const plateSize = dims.sizesOf(plate.to)[0];
  if (plateSize === undefined) return null;
  const dimension = given.shape.length === 1 ? 1 : (given.shape[1]! as 1 | 2);
  const axes = gridAxes(given, dimension);
  const grid = gridPoints(axes);
  const count = grid.length / dimension;
  const others = plan.model.variables.filter((v) => v.role === 'param' && assignment[v.name] !== undefined);
  const spec = lowerPlan(withParamsGiven(plan, assignment), consts, '', []);
  const runner = await referenceBackend.load(spec);
  const arrays = { ...assignment, [target.name]: { shape: [count, ...given.shape.slice(1)], data: grid } };
  const found = await runner.call('infer', pick(spec, 'infer', arrays), { sizes: { ...sizes, [plateSize]: count } });
  const latents = plan.query.flatMap((q) => [...q.decisions.values()]);
  return {
    variable: target.name,
    quantity: latents.some((d) => d.operation === 'marginalize') ? 'free energy' : 'energy',
    axes,
    values: Float64Array.from(found['point free energies']!.data),
    points: rowsOf(given, dimension),
    groups: groupsOf(plan, target, outputs),
    centres: centresOf(others, target, assignment, dimension),
  };
};

/** The one target, in one plate, of one or two reals, with nothing to condition on. */
const plottedTarget = (plan: Plan, sizes: Readonly<Record<string, number>>): Variable | null => {
  const { model } = plan;
  const targets = model.variables.filter((v) => v.role === 'target');
  const conditional = model.variables.some((v) => v.role === 'observed' || v.role === 'data');
  const target = targets[0];
  if (targets.length !== 1 || conditional || target === undefined || target.binders.length !== 1) return null;
  if (!['real', 'nonnegative', 'positive', 'unit', 'interval'].includes(target.domain.kind)) return null;
  const shape = target.type.shape.map((d) => dims.evaluate(d, sizes));
  return shape.length === 0 || (shape.length === 1 && shape[0]! <= 2) ? target : null;
};

const rowsOf = ({ data }: TensorData, dimension: number): readonly (readonly number[])[] =>
  Array.from({ length: data.length / dimension }, (_, i) => [...data.slice(i * dimension, (i + 1) * dimension)]);

const gridAxes = (given: TensorData, dimension: 1 | 2): readonly (readonly number[])[] =>
  Array.from({ length: dimension }, (_, axis) => {
    let [least, most] = [Infinity, -Infinity];
    for (let i = axis; i < given.data.length; i += dimension) {
      least = Math.min(least, given.data[i]!);
      most = Math.max(most, given.data[i]!);
    }
    const room = margin * (most - least || 1);
    const n = resolution[dimension];
    return Array.from({ length: n }, (__, i) => least - room + ((most - least + 2 * room) * i) / (n - 1));
  });

/** Row-major, y outer and x inner. */
const gridPoints = (axes: readonly (readonly number[])[]): Float64Array => {
  const [x, y] = axes;
  return Float64Array.from(y === undefined ? x! : y.flatMap((v) => x!.flatMap((u) => [u, v])));
};

/** The state of the one discrete latent that lives in the target's plate. */
const groupsOf = (plan: Plan, target: Variable, outputs: Arrays): readonly number[] | null => {
  const latents = plan.model.variables.filter(
    (v) => v.role === 'latent' && v.binders.length === 1 && v.binders[0]!.id === target.binders[0]!.id,
  );
  const latent = latents[0];
  const value = latent === undefined ? undefined : outputs[latent.name];
  if (latents.length !== 1 || latent === undefined || value === undefined) return null;
  if (latent.domain.kind === 'category' || latent.domain.kind === 'binary') return [...value.data];
  if (latent.domain.kind !== 'onehot') return null;
  const states = value.shape[1]!;
  return Array.from({ length: value.shape[0]! }, (_, n) => value.data.slice(n * states, (n + 1) * states).indexOf(1));
};

/** Real params that are a list of points of the target's space: one axis is the target's, the other counts them. */
const centresOf = (
  params: readonly Variable[],
  target: Variable,
  values: Arrays,
  dimension: number,
): Surface['centres'] =>
  params.flatMap((v) => {
    const { shape, data } = values[v.name]!;
    const symbolic = [...v.binders.map((b) => b.to), ...v.type.shape];
    if (v.domain.kind !== 'real' || symbolic.length !== target.type.shape.length + 1) return [];
    const axis =
      dimension === 1 && target.type.shape.length === 0
        ? -1
        : symbolic.findIndex((d) => dims.equal(d, target.type.shape[0]!));
    if (axis < 0 && target.type.shape.length > 0) return [];
    const count = axis === 0 ? shape[1]! : shape[0]!;
    return Array.from({ length: count }, (_, k) => ({
      label: `${v.name}[${k}]`,
      at: Array.from({ length: dimension }, (__, d) => data[axis === 0 ? d * count + k : k * dimension + d]!),
    }));
  });
