// A plan as tensor programs: `infer` (params fitted where unknown, then every block of the query eliminated) and `energy`
// (each factor's energy of a full assignment). In: a plan and the values of consts set from outside. Out: a ModuleSpec.
// Output names: a variable's own name; `z.probabilities`, `z.mean`, `z.sd`; `energy.<factor>`; and the scalars below.
import type { ModuleSpec } from '../backend/backend.ts';
import { dependsOn } from '../graph/expressions.ts';
import type { FactorGroup } from '../graph/factor-graph.ts';
import type { Binding, Environment } from '../lower/environment.ts';
import { withBindings } from '../lower/environment.ts';
import { totalEnergy } from '../lower/group.ts';
import { lowerAlternate } from '../methods/alternate/alternate.ts';
import { lowerFitByDescent } from '../methods/continuous/fit-by-descent.ts';
import type { Lowered } from '../methods/method.ts';
import { wholeShape } from '../methods/quadratic/layout.ts';
import type { Model, Variable } from '../semantics/model.ts';
import type { Value } from '../tensor/builder.ts';
import { Builder } from '../tensor/builder.ts';
import { optimise } from '../tensor/passes/index.ts';
import type { Program } from '../tensor/program.ts';
import type { FitPlan, Plan } from './plan.ts';

/** Numbers for consts that a flag replaced: flat, with their shape. */
export type ConstValues = Readonly<
  Record<string, { readonly shape: readonly number[]; readonly data: ArrayLike<number> }>
>;

/** Scalars that `infer` returns beside arrays. */
export const scalarOutputs = ['free energy', 'total free energy', 'iterations', 'converged'] as const;

const environment = (b: Builder, model: Model, consts: ConstValues, beta: number): Environment => ({
  builder: b,
  model,
  axes: new Map(),
  bindings: new Map(),
  consts: new Map(
    Object.entries(consts).map(
      ([name, c]) =>
        [name, c.shape.length === 0 ? b.constant(c.data[0]!) : b.literal([...Array.from(c.data)], c.shape)] as const,
    ),
  ),
  beta: b.constant(beta),
});

const readBy = (groups: readonly FactorGroup[], v: Variable): boolean => {
  const name = new Set([v.name]);
  return groups.some((g) => dependsOn(g.energy, name) || (g.where !== null && dependsOn(g.where, name)));
};

const inputs = (b: Builder, variables: readonly Variable[]): readonly (readonly [string, Binding])[] =>
  variables.map((v) => [v.name, { kind: 'given', value: b.input(v.name, wholeShape(v)) }] as const);

export const lowerPlan = (
  plan: Plan,
  consts: ConstValues,
  source: string,
  description: readonly string[],
): ModuleSpec => {
  const { model } = plan;
  return {
    name: model.name,
    source,
    description,
    sizes: model.sizes.map((s) => ({
      name: s.name,
      default:
        plan.task.sizes[s.name]?.source === 'default' || plan.task.sizes[s.name]?.source === 'flag'
          ? plan.task.sizes[s.name]!.value
          : null,
    })),
    variables: Object.fromEntries(
      model.variables.map(
        (v) => [v.name, { role: v.role, domain: v.domain.kind, shape: wholeShape(v), dtype: 'float' }] as const,
      ),
    ),
    entries: {
      infer: lowerInfer(plan, consts),
      energy: lowerEnergy(model, plan.groups, consts, plan.task.beta ?? plan.beta ?? 1),
    },
  };
};

const lowerInfer = (plan: Plan, consts: ConstValues): Program => {
  const b = new Builder();
  const given = plan.model.variables.filter((v) => plan.task.given.has(v.name) && readBy(plan.groups, v));
  const bound = inputs(b, given);
  const env = withBindings(environment(b, plan.model, consts, plan.task.beta ?? plan.beta ?? 1), bound);
  const outputs: Record<string, Value> = {};
  const learned = plan.fit === null ? new Map<string, Value>() : lowerFit(plan, plan.fit, env, outputs);
  for (const [name, value] of learned) outputs[name] = value;
  const fitted = withBindings(
    env,
    [...learned].map(([name, value]) => [name, { kind: 'given', value: b.distinct(value) }] as const),
  );
  const blocks = plan.query.map((q) => ({ q, lowered: q.method.lower(q.chosen.witness, q.facts, fitted) }));
  collect(plan, fitted, blocks, outputs);
  return optimise(b.finish(outputs));
};

const collect = (
  plan: Plan,
  env: Environment,
  blocks: readonly { readonly q: Plan['query'][number]; readonly lowered: Lowered }[],
  outputs: Record<string, Value>,
): void => {
  const b = env.builder;
  const params = new Set(plan.model.variables.filter((v) => v.role !== 'param').map((v) => v.name));
  let dataTotal: Value = b.constant(0);
  let total: Value = b.constant(0);
  for (const { q, lowered } of blocks) {
    for (const [name, value] of lowered.assignment()) outputs[name] = value;
    for (const [name, marginal] of lowered.marginals()) {
      if (marginal.kind === 'probabilities') outputs[`${name}.probabilities`] = marginal.value;
      else {
        outputs[`${name}.mean`] = marginal.mean;
        outputs[`${name}.sd`] = marginal.sd;
      }
    }
    dataTotal = b.add(dataTotal, lowered.value);
    total = b.add(total, lowered.value);
    for (const g of q.facts.groups) {
      const expected = lowered.expectedEnergy?.(g.name) ?? null;
      if (expected !== null) outputs[`energy.${g.name}`] = expected;
    }
  }
  const inBlocks = new Set(blocks.flatMap(({ q }) => q.facts.groups.map((g) => g.name)));
  for (const g of plan.groups.filter((x) => !inBlocks.has(x.name))) {
    const value = totalEnergy(env, g).value;
    outputs[`energy.${g.name}`] = value;
    total = b.add(total, value);
    if (dependsOn(g.energy, params)) dataTotal = b.add(dataTotal, value);
  }
  outputs['free energy'] = dataTotal;
  outputs['total free energy'] = total;
};

const lowerFit = (
  plan: Plan,
  fit: FitPlan,
  env: Environment,
  outputs: Record<string, Value>,
): ReadonlyMap<string, Value> => {
  const b = env.builder;
  switch (fit.kind) {
    case 'closed': {
      const result = new Map<string, Value>();
      for (const s of fit.steps)
        for (const [name, value] of s.step.lower(s.chosen.witness, s.facts, env, () => null, new Map()))
          result.set(name, value);
      return result;
    }
    case 'alternate': {
      const params = fit.steps.flatMap((s) => s.facts.block.map((v) => v.variable));
      const inLatents = new Set(fit.latents.flatMap((l) => l.facts.groups.map((g) => g.name)));
      const seed = b.input('seed', []);
      const result = lowerAlternate(
        {
          params,
          latents: fit.latents.map((l) => ({
            facts: l.facts,
            method: l.method,
            witness: l.chosen.witness,
            enumerates: l.method.enumerates(l.facts),
          })),
          steps: fit.steps.map((s) => ({ facts: s.facts, step: s.step, witness: s.chosen.witness })),
          groups: plan.groups,
          restarts: fit.restarts,
          remaining: (inner) => remaining(plan, inLatents, inner),
        },
        env,
        seed,
      );
      outputs['iterations'] = result.iterations;
      outputs['converged'] = result.converged;
      outputs['trace'] = result.trace;
      return result.params;
    }
    case 'descend': {
      const inLatents = new Set(fit.latents.flatMap((l) => l.facts.groups.map((g) => g.name)));
      const params = plan.model.variables.filter((v) => fit.params.includes(v.name));
      const result = lowerFitByDescent(
        {
          params,
          restarts: fit.restarts,
          objective: (inner) => {
            const start = remaining(plan, inLatents, inner);
            return fit.latents.reduce(
              (sum, l) => inner.builder.add(sum, l.method.lower(l.chosen.witness, l.facts, inner).value),
              start,
            );
          },
        },
        env,
        b.input('seed', []),
      );
      outputs['iterations'] = result.iterations;
      outputs['converged'] = result.converged;
      return result.params;
    }
  }
};

/** Σ of the groups that no latent block touches. */
const remaining = (plan: Plan, inLatents: ReadonlySet<string>, env: Environment): Value =>
  plan.groups
    .filter((g) => !inLatents.has(g.name))
    .reduce((sum, g) => env.builder.add(sum, totalEnergy(env, g).value), env.builder.constant(0));

/** The energy of each factor at a full assignment. */
const lowerEnergy = (model: Model, groups: readonly FactorGroup[], consts: ConstValues, beta: number): Program => {
  const b = new Builder();
  const used = model.variables.filter((v) => readBy(groups, v));
  const env = withBindings(environment(b, model, consts, beta), inputs(b, used));
  return optimise(
    b.finish(Object.fromEntries(groups.map((g) => [`energy.${g.name}`, totalEnergy(env, g).value] as const))),
  );
};

/** A module with the entry `energy` alone. */
export const lowerEnergyModule = (
  model: Model,
  groups: readonly FactorGroup[],
  consts: ConstValues,
  beta: number,
  source: string,
): ModuleSpec => ({
  name: model.name,
  source,
  description: [],
  sizes: model.sizes.map((s) => ({ name: s.name, default: null })),
  variables: {},
  entries: { energy: lowerEnergy(model, groups, consts, beta) },
});
