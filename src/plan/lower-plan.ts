// A plan as tensor programs: `infer` (params fitted where unknown, then every block of the query eliminated), `energy`
// (each factor's energy of a full assignment), and for learning step by step `init`, `step` and `evaluate`. In: a plan and the
// values of consts set from outside. Out: a ModuleSpec.
// Output names: a variable's own name; `z.probabilities`, `z.mean`, `z.sd`; `energy.<factor>`; and the scalars below.
import type { ModuleSpec } from '../backend/backend.ts';
import { givenName, missingName } from '../data/given-cells.ts';
import { dependsOn } from '../graph/expressions.ts';
import type { Binding, Environment } from '../lower/environment.ts';
import { givenValue, withBindings } from '../lower/environment.ts';
import { totalEnergy } from '../lower/group.ts';
import type { Variable } from '../semantics/model.ts';
import { wholeShape } from '../semantics/whole-shape.ts';
import type { Value } from '../tensor/builder.ts';
import { Builder } from '../tensor/builder.ts';
import { optimise } from '../tensor/passes/index.ts';
import type { Program } from '../tensor/program.ts';
import { addEnergy, inputBindings, isRead, lowerEnergy } from './lower-energy.ts';
import type { LoweredBlock } from './free-energy.ts';
import { lowerBlocks, pointFreeEnergies } from './free-energy.ts';
import { lowerFit, lowerKept } from './lower-fit.ts';
import { dataGroups } from './data-groups.ts';
import { trainingSizes } from './batch-rows.ts';
import { lowerTraining, trainingVariables, trainingWords } from './lower-training.ts';
import { allConverged, mergeConvergence } from './merge-convergence.ts';
import type { Plan } from './plan.ts';
import { blocksOf } from './plan.ts';
import type { ConstValues } from './program-environment.ts';
import { programEnvironment } from './program-environment.ts';

export const lowerPlan = (
  plan: Plan,
  consts: ConstValues,
  source: string,
  description: readonly string[],
): ModuleSpec => {
  const { model, fit } = plan;
  const sizes = model.sizes.map((s) => ({
    name: s.name,
    default:
      plan.task.sizes[s.name]?.source === 'default' || plan.task.sizes[s.name]?.source === 'flag'
        ? plan.task.sizes[s.name]!.value
        : null,
  }));
  const stepwise = fit?.kind === 'train' ? trainingSizes(fit.batch) : [];
  return {
    name: model.name,
    source,
    description: fit?.kind === 'train' ? [...description, ...trainingWords(fit)] : description,
    sizes: [...sizes, ...stepwise.map((name) => ({ name, default: null }))],
    derivedSizes: model.derivedSizes,
    variables: {
      ...Object.fromEntries(
        model.variables.map(
          (v) => [v.name, { role: v.role, domain: v.domain.kind, shape: wholeShape(v), dtype: 'float' }] as const,
        ),
      ),
      ...(fit?.kind === 'train' ? trainingVariables(plan, fit) : {}),
    },
    entries: {
      infer: lowerInfer(plan, consts),
      energy: lowerEnergy(model, plan.groups, consts, plan.task.beta ?? plan.beta ?? 1),
      ...(fit?.kind === 'train' ? lowerTraining(plan, fit, consts) : {}),
    },
    madeFor: madeFor(plan),
  };
};

const madeFor = (plan: Plan): NonNullable<ModuleSpec['madeFor']> => {
  const { sizes, indexData, given } = plan.task;
  const latents = plan.fit === null ? [] : blocksOf(plan.fit);
  const fixed = [...plan.query, ...latents].flatMap((q) => (q.chosen.madeFor === undefined ? [] : [q.chosen.madeFor]));
  const names = (of: 'sizes' | 'data'): readonly string[] => [...new Set(fixed.flatMap((f) => f[of]))];
  const data = names('data').filter((name) => given.has(name) && indexData[name] !== undefined);
  return {
    sizes: Object.fromEntries(names('sizes').map((name) => [name, sizes[name]!.value])),
    data: Object.fromEntries(data.map((name) => [name, Array.from(indexData[name]!.data)])),
  };
};

const lowerInfer = (plan: Plan, consts: ConstValues): Program => {
  const b = new Builder();
  const { fit, task } = plan;
  // What was learned outside comes in like data.
  const queried = new Set(plan.query.flatMap((q) => q.unknowns));
  const outside = new Set(
    fit?.kind === 'train'
      ? plan.model.variables.filter((v) => v.role === 'param' && !queried.has(v.name)).map((v) => v.name)
      : [],
  );
  const read = [...plan.groups, ...plan.predicted.flatMap((q) => q.facts.groups)];
  const companions = new Set([...task.partial].flatMap((name) => [givenName(name), missingName(name)]));
  const given = plan.model.variables.filter(
    (v) =>
      outside.has(v.name) ||
      companions.has(v.name) ||
      (task.given.has(v.name) && (isRead(read, v) || isInStart(plan, v))),
  );
  const bound = inputBindings(b, given);
  const start = withBindings(programEnvironment(b, plan.model, consts, task.beta ?? plan.beta ?? 1), bound);
  const outputs: Record<string, Value> = {};
  for (const v of given)
    if (outside.has(v.name) && !task.given.has(v.name)) outputs[v.name] = givenValue(start, v.name);
  const kept = outside.size > 0 ? new Map<string, Value>() : lowerKept(plan, start);
  const env = withBindings(start, givenBindings(kept));
  const { params: learned, starts } =
    fit === null || fit.kind === 'train'
      ? { params: new Map<string, Value>(), starts: new Map<string, Value>() }
      : lowerFit(plan, fit, inLearning(plan, env), outputs);
  for (const [name, value] of [...kept, ...learned]) outputs[name] = value;
  const distinct = new Map([...learned].map(([name, value]) => [name, b.distinct(value)] as const));
  const fitted = { ...withBindings(env, givenBindings(distinct)), starts };
  collect(plan, fitted, lowerBlocks(plan.query, fitted), outputs);
  predict(plan, fitted, outputs);
  completeGiven(plan, fitted, outputs);
  return optimise(b.finish(outputs));
};

/** Whether the written start of an unknown reads the variable. */
const isInStart = (plan: Plan, v: Variable): boolean =>
  plan.model.variables.some(
    (u) => u.start !== null && !plan.task.given.has(u.name) && dependsOn(u.start, new Set([v.name])),
  );

/** Missing cells that wait for the other unknowns: whatever these came to is given now. */
const predict = (plan: Plan, env: Environment, outputs: Record<string, Value>): void => {
  const found = plan.query.flatMap((q) => q.unknowns).map((name) => [name, outputs[name]!] as const);
  for (const { lowered } of lowerBlocks(plan.predicted, withBindings(env, givenBindings(new Map(found)))))
    for (const [name, value] of lowered.assignment()) outputs[name] = value;
};

/** Arrays that are given in part are whole in the results. */
const completeGiven = (plan: Plan, env: Environment, outputs: Record<string, Value>): void => {
  const b = env.builder;
  for (const name of plan.task.partial) {
    const [given, missing] = [givenValue(env, givenName(name)), givenValue(env, missingName(name))];
    for (const key of [name, `${name}.mean`])
      if (outputs[key] !== undefined) outputs[key] = b.select(missing, outputs[key], given);
    const sd = `${name}.sd`;
    if (outputs[sd] !== undefined) outputs[sd] = b.mul(missing, outputs[sd]);
  }
};

const givenBindings = (values: ReadonlyMap<string, Value>): readonly (readonly [string, Binding])[] =>
  [...values].map(([name, value]) => [name, { kind: 'given', value }] as const);

/** The query's environment with the values of targets that learning has and the query asks for. */
const inLearning = (plan: Plan, env: Environment): Environment => {
  const { learning, task } = plan;
  const more = learning.model.variables.filter(
    (v) => task.training.has(v.name) && !env.bindings.has(v.name) && isRead(learning.groups, v),
  );
  return withBindings(env, inputBindings(env.builder, more));
};

const collect = (
  plan: Plan,
  env: Environment,
  blocks: readonly LoweredBlock[],
  outputs: Record<string, Value>,
): void => {
  const b = env.builder;
  const data = dataGroups(plan.model, plan.groups);
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
      if (expected !== null) addEnergy(b, outputs, g, expected);
    }
  }
  const inBlocks = new Set(blocks.flatMap(({ q }) => q.facts.groups.map((g) => g.name)));
  for (const g of plan.groups.filter((x) => !inBlocks.has(x.name))) {
    const value = totalEnergy(env, g).value;
    addEnergy(b, outputs, g, value);
    total = b.add(total, value);
    if (data.includes(g)) dataTotal = b.add(dataTotal, value);
  }
  const points = pointFreeEnergies(plan, blocks, env);
  if (points !== null) outputs['point free energies'] = points;
  const solved = blocks.map(({ q, lowered }) => ({ lowered, certificate: q.chosen.certificate }));
  if (plan.fit === null) mergeConvergence(b, solved, outputs);
  else {
    // Iterations and gap stay those of what is learned. Latents that go on from where a fit left them take a few steps more,
    // and the fit has said whether they had converged.
    const own = solved.filter((_, i) => !blocks[i]!.q.unknowns.some((name) => env.starts?.has(name) === true));
    const converged = allConverged(b, own);
    if (converged !== null)
      outputs['converged'] = outputs['converged'] === undefined ? converged : b.and(outputs['converged'], converged);
  }
  outputs['free energy'] = dataTotal;
  outputs['total free energy'] = total;
};
