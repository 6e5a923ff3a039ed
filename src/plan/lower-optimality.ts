// Whether what a plan calls globally optimal is, as a program: the gap at the values found, or where a method has none some of its
// steps from there. In: a plan, and whether its fit or its query is asked. Out: a module with the entry `optimality`, whose inputs
// are data and the values found, or null where nothing is claimed. Its outputs are scalars: `before` and `after`, the energy at the
// values and after the steps; `start`, a size of energies to compare with; `gap` where all that is claimed has one.
import type { ModuleSpec } from '../backend/backend.ts';
import type { Environment } from '../lower/environment.ts';
import { givenValue, withBindings } from '../lower/environment.ts';
import { sumOfEnergies } from '../lower/group.ts';
import { startValue } from '../methods/alternate/start.ts';
import { bindArrays } from '../methods/continuous/joint-transform.ts';
import { forSweep } from '../methods/continuous/optimizer.ts';
import { descendFromStarts } from '../methods/continuous/starts.ts';
import type { BlockFacts, Candidate, GapAt } from '../methods/method.ts';
import type { Variable } from '../semantics/model.ts';
import type { Value } from '../tensor/builder.ts';
import { Builder } from '../tensor/builder.ts';
import { optimise } from '../tensor/passes/index.ts';
import { bareModule, inputBindings, isRead } from './lower-energy.ts';
import { scalesCoordinates } from './lower-fit.ts';
import { lowerLoss, paramOnlyEnergy } from './lower-loss.ts';
import type { Plan } from './plan.ts';
import type { ConstValues } from './program-environment.ts';
import { programEnvironment } from './program-environment.ts';

type Arrays = ReadonlyMap<string, Value>;

/** A part of the plan that claims to be globally optimal by an iteration. */
interface Claim {
  readonly unknowns: readonly Variable[];
  /** With the unknowns bound. */
  readonly energy: (env: Environment) => Value;
  readonly test:
    | { readonly kind: 'gap'; readonly evaluations: number; readonly at: (env: Environment, found: Arrays) => Value }
    /** Steps from the arrays that the environment has as starts. */
    | { readonly kind: 'steps'; readonly goOn: (env: Environment) => Arrays };
}

/** Steps from a minimum are few. */
const stepEvaluations = 20;

/** What is asked: all claims, or of values that float64 found those alone that their methods do not prove themselves. */
export interface Question {
  readonly part: 'fit' | 'query';
  readonly inFloat64: boolean;
}

const claimsOf = (plan: Plan, { part, inFloat64 }: Question): readonly Claim[] =>
  (part === 'fit' ? fitClaims(plan) : queryClaims(plan)).filter((c) => !inFloat64 || c.test.kind === 'steps');

/** What is claimed, in evaluations of the energy that a test takes; 0 where nothing is. */
export const effortOf = (plan: Plan, question: Question): number =>
  claimsOf(plan, question).reduce(
    (sum, { test }) => sum + (test.kind === 'gap' ? test.evaluations : stepEvaluations),
    0,
  );

/** `known`: names of the variables that have values. */
export const lowerOptimality = (
  plan: Plan,
  question: Question,
  known: ReadonlySet<string>,
  consts: ConstValues,
  source: string,
): ModuleSpec | null => {
  const claims = claimsOf(plan, question);
  if (claims.length === 0) return null;
  const b = new Builder();
  const { model, groups } = question.part === 'fit' ? plan.learning : plan;
  const used = model.variables.filter((v) => known.has(v.name) && isRead(groups, v));
  const env = withBindings(
    programEnvironment(b, model, consts, plan.task.beta ?? plan.beta ?? 1),
    inputBindings(b, used),
  );
  const totals: Record<string, Value> = { before: b.constant(0), after: b.constant(0), start: b.constant(0) };
  const add = (name: string, value: Value): void => {
    totals[name] = b.add(totals[name]!, value);
  };
  let gap: Value = b.constant(0);
  for (const { unknowns, energy, test } of claims) {
    const found = new Map(unknowns.map((v) => [v.name, givenValue(env, v.name)] as const));
    const origin = new Map(unknowns.map((v) => [v.name, startValue(env, v, env.seed(), b.constant(0))] as const));
    const before = energy(bindArrays(env, found));
    add('before', before);
    add('start', b.abs(energy(bindArrays(env, origin))));
    if (test.kind === 'gap') gap = b.add(gap, test.at(env, found));
    add('after', test.kind === 'gap' ? before : energy(bindArrays(env, test.goOn({ ...env, starts: found }))));
  }
  const silent = claims.some((c) => c.test.kind === 'steps');
  const outputs = silent ? totals : { ...totals, gap };
  return { ...bareModule(model, source), entries: { optimality: optimise(b.finish(outputs)) } };
};

const variablesOf = ({ block }: BlockFacts): readonly Variable[] => block.map((v) => v.variable);

const isClaimed = ({ certificate }: Candidate): boolean => certificate === 'globally optimal';

const queryClaims = (plan: Plan): readonly Claim[] =>
  plan.query.flatMap(({ facts, method, chosen }): readonly Claim[] => {
    if (!isClaimed(chosen)) return [];
    const { gapAt, resumes, lower } = method;
    const common = { unknowns: variablesOf(facts), energy: (env: Environment) => sumOfEnergies(env, facts.groups) };
    if (gapAt !== undefined) return [{ ...common, test: gapTest(gapAt, chosen.witness, facts) }];
    if (resumes !== true) return [];
    return [{ ...common, test: { kind: 'steps', goOn: (env) => lower(chosen.witness, facts, env).assignment() } }];
  });

const gapTest = (
  { evaluations, of }: GapAt<unknown>,
  witness: unknown,
  facts: BlockFacts,
): Claim['test'] & { readonly kind: 'gap' } => ({
  kind: 'gap',
  evaluations,
  at: (env, found) => of(witness, facts, env, found),
});

const fitClaims = (plan: Plan): readonly Claim[] => {
  const { fit } = plan;
  if (fit?.kind === 'closed')
    return fit.steps.flatMap(({ facts, step, chosen }): readonly Claim[] => {
      const { gapAt } = step;
      if (gapAt === undefined) return [];
      return [
        {
          unknowns: variablesOf(facts),
          energy: (env) => sumOfEnergies(env, facts.groups),
          test: gapTest(gapAt, chosen.witness, facts),
        },
      ];
    });
  if (fit?.kind !== 'descend' || fit.certificate !== 'globally optimal') return [];
  const energy = (env: Environment): Value => env.builder.add(lowerLoss(fit.loss, env), paramOnlyEnergy(plan, env));
  const unknowns = plan.learning.model.variables.filter((v) => fit.params.includes(v.name));
  const descent = {
    unknowns,
    restarts: 1,
    optimizer: forSweep(fit.optimizer),
    equilibrate: scalesCoordinates(fit),
    objective: energy,
  };
  return [{ unknowns, energy, test: { kind: 'steps', goOn: (env) => descendFromStarts(descent, env).arrays } }];
};
