// The loss of a model at given params, on the reference backend. In: a text with a train block, data, params. Out: Σ over the
// points of each loss without the terms that touch params alone, those terms, and derivatives in the params.
import type { NestedData } from '../../src/api.ts';
import type { TensorData } from '../../src/backend/backend.ts';
import { runProgram } from '../../src/backend/reference.ts';
import { analyse } from '../../src/compile.ts';
import { withBindings } from '../../src/lower/environment.ts';
import { inputBindings } from '../../src/plan/lower-energy.ts';
import { lowerLoss, paramOnlyEnergy } from '../../src/plan/lower-loss.ts';
import type { Plan } from '../../src/plan/plan.ts';
import { planTask } from '../../src/plan/plan-task.ts';
import { programEnvironment } from '../../src/plan/program-environment.ts';
import { bindTask } from '../../src/run/bind-task.ts';
import { Builder } from '../../src/tensor/builder.ts';
import { gradient } from '../../src/tensor/differentiate.ts';
import { optimise } from '../../src/tensor/passes/index.ts';
import { defaults } from '../methods/run-model.ts';

export type Params = Readonly<Record<string, NestedData>>;

export interface Evaluated {
  readonly loss: number;
  readonly paramEnergy: number;
  /** Of the loss, by param, row-major. */
  readonly gradient: Readonly<Record<string, readonly number[]>>;
}

const shapeOf = (data: NestedData): readonly number[] =>
  typeof data === 'number'
    ? []
    : [(data as readonly NestedData[]).length, ...shapeOf((data as readonly NestedData[])[0]!)];
const numbersOf = (data: NestedData): readonly number[] =>
  typeof data === 'number' ? [data] : (data as readonly NestedData[]).flatMap(numbersOf);
export const tensor = (data: NestedData): TensorData => ({
  shape: shapeOf(data),
  data: Float64Array.from(numbersOf(data)),
});

/** The plan of learning from the data, and the loss with the given number as a function of the params. */
export const lossOf = (
  source: string,
  data: Params,
  which = 0,
): { readonly plan: Plan; readonly at: (params: Params, seed?: number) => Evaluated } => {
  const analysis = analyse(source, 'model.ebm');
  const errors = analysis.diagnostics.filter((d) => d.severity === 'error');
  if (errors.length > 0) throw new Error(errors.map((d) => `${d.code} ${d.message}`).join('\n'));
  const bound = bindTask(analysis, { ...defaults, data }, false);
  if (bound.value === null) throw new Error(bound.diagnostics.map((d) => `${d.code} ${d.message}`).join('\n'));
  const { value: plan, diagnostics } = planTask(analysis.graph!, bound.value.task, bound.value.beta);
  if (plan === null) throw new Error(diagnostics.map((d) => `${d.code} ${d.message}`).join('\n'));
  const { fit } = plan;
  const losses = fit?.kind === 'train' ? fit.losses : fit?.kind === 'descend' ? [fit.loss] : [];
  const { variables } = plan.learning.model;
  const params = variables.filter((v) => v.role === 'param');
  const b = new Builder();
  const env = withBindings(
    programEnvironment(b, plan.learning.model, {}, plan.beta ?? 1),
    inputBindings(
      b,
      variables.filter((v) => v.role === 'param' || plan.task.training.has(v.name)),
    ),
  );
  const loss = lowerLoss(losses[which]!, env);
  const wrt = params.map((v) => {
    const binding = env.bindings.get(v.name);
    if (binding?.kind !== 'given') throw new Error(`${v.name} is not bound`);
    return binding.value;
  });
  const slopes = gradient(b, loss, wrt);
  const outputs = Object.fromEntries(params.map((v, i) => [`gradient ${v.name}`, slopes[i]!] as const));
  const program = optimise(b.finish({ loss, paramEnergy: paramOnlyEnergy(plan, env), ...outputs }));
  const sizes = Object.fromEntries(Object.entries(bound.value.task.sizes).map(([n, s]) => [n, s.value]));
  const inputs = { ...bound.value.bound.values };
  return {
    plan,
    at: (values, seed = 0) => {
      const given = Object.fromEntries(Object.entries(values).map(([n, d]) => [n, tensor(d)] as const));
      const found = runProgram(program, { seed: tensor(seed), ...inputs, ...given }, { sizes });
      return {
        loss: found['loss']!.data[0]!,
        paramEnergy: found['paramEnergy']!.data[0]!,
        gradient: Object.fromEntries(params.map((v) => [v.name, [...found[`gradient ${v.name}`]!.data]] as const)),
      };
    },
  };
};

/** Largest difference of the gradient from central differences of the loss, relative to the larger of 1 and the gradient. */
export const gradientError = (at: (params: Params) => Evaluated, params: Params, step = 1e-5): number => {
  const { gradient: exact } = at(params);
  let most = 0;
  for (const [name, value] of Object.entries(params)) {
    const flat = numbersOf(value);
    flat.forEach((x, i) => {
      const moved = (by: number): number => {
        const next = flat.map((y, j) => (i === j ? x + by : y));
        return at({ ...params, [name]: nest(next, shapeOf(value)) }).loss;
      };
      const slope = (moved(step) - moved(-step)) / (2 * step);
      const found = exact[name]![i]!;
      most = Math.max(most, Math.abs(slope - found) / Math.max(1, Math.abs(found)));
    });
  }
  return most;
};

const nest = (flat: readonly number[], shape: readonly number[]): NestedData => {
  if (shape.length === 0) return flat[0]!;
  const [count, ...rest] = shape;
  const size = flat.length / count!;
  return Array.from({ length: count! }, (_, i) => nest(flat.slice(i * size, (i + 1) * size), rest)) as NestedData;
};

/** Numbers of order one that are the same in every run: fractions of multiples of √2, in no order. */
export const scattered = (count: number, offset = 0): readonly number[] =>
  Array.from({ length: count }, (_, i) => {
    const x = (i + 1 + offset) * Math.SQRT2 * 7.3;
    return 2 * (x - Math.floor(x)) - 1;
  });

export const matrix = (rows: number, columns: number, offset = 0): readonly (readonly number[])[] =>
  Array.from({ length: rows }, (_, i) => scattered(columns, offset + i * columns));
