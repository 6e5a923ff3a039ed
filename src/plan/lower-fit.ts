// Learning as part of a program. In: a fit plan and an environment with the data bound. Out: the params, and where latents that
// have only local minima were left; how it went is added to the outputs (`iterations`, `converged`, `trace`, `objective reached`).
import type { Environment } from '../lower/environment.ts';
import { startValue } from '../methods/alternate/start.ts';
import { sumOfEnergies } from '../lower/group.ts';
import { lowerAlternate } from '../methods/alternate/alternate.ts';
import { descendFromStarts } from '../methods/continuous/starts.ts';
import type { Value } from '../tensor/builder.ts';
import { lowerLoss, paramOnlyEnergy } from './lower-loss.ts';
import type { FitPlan, Plan } from './plan.ts';
import type { TrainFit } from './training-roster.ts';
import { addTrace, mergeConvergence } from './merge-convergence.ts';

export interface Fitted {
  readonly params: ReadonlyMap<string, Value>;
  /** Whole arrays: the query goes on from there, lest it end in a worse minimum than the fit. */
  readonly starts: ReadonlyMap<string, Value>;
}

const only = (params: ReadonlyMap<string, Value>): Fitted => ({ params, starts: new Map() });

/** Of all fits but those that go step by step, which are run from outside. */
export const lowerFit = (
  plan: Plan,
  fit: Exclude<FitPlan, TrainFit>,
  env: Environment,
  outputs: Record<string, Value>,
): Fitted => {
  switch (fit.kind) {
    case 'closed': {
      const result = new Map<string, Value>();
      const solved = fit.steps.flatMap((s) => {
        const lowered = s.step.solve?.(s.chosen.witness, s.facts, env) ?? null;
        const arrays = lowered?.assignment() ?? s.step.lower(s.chosen.witness, s.facts, env, () => null, new Map());
        for (const [name, value] of arrays) result.set(name, value);
        return lowered === null ? [] : [{ lowered, certificate: s.chosen.certificate }];
      });
      mergeConvergence(env.builder, solved, outputs);
      return only(result);
    }
    case 'alternate': {
      const params = fit.steps.flatMap((s) => s.facts.block.map((v) => v.variable));
      const inLatents = new Set(fit.latents.flatMap((l) => l.facts.groups.map((g) => g.name)));
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
          groups: plan.learning.groups,
          rungs: fit.rungs,
          remaining: (inner) => remaining(plan, inLatents, inner),
        },
        env,
        env.seed(),
      );
      outputs['iterations'] = result.iterations;
      outputs['converged'] = result.converged;
      addTrace(env.builder, { values: result.trace, every: 1 }, outputs);
      const local = new Set(fit.latents.filter((l) => l.chosen.certificate === 'local').flatMap((l) => l.unknowns));
      return { params: result.params, starts: new Map([...result.latents].filter(([name]) => local.has(name))) };
    }
    case 'descend': {
      const params = plan.model.variables.filter((v) => fit.params.includes(v.name));
      const result = descendFromStarts(
        {
          unknowns: params,
          restarts: fit.restarts,
          optimizer: fit.optimizer,
          equilibrate: scalesCoordinates(fit),
          objective: (inner) => inner.builder.add(lowerLoss(fit.loss, inner), paramOnlyEnergy(plan, inner)),
        },
        env,
      );
      outputs['iterations'] = result.iterations;
      outputs['converged'] = result.converged;
      outputs['objective reached'] = result.value;
      addTrace(env.builder, result.trace, outputs);
      return only(result.arrays);
    }
  }
};

/** Convex objectives over all reals. */
export const scalesCoordinates = (fit: FitPlan & { readonly kind: 'descend' }): boolean =>
  fit.certificate === 'globally optimal' && fit.optimizer.name === 'lbfgs';

/** Σ of the groups that no latent block touches. */
const remaining = (plan: Plan, inLatents: ReadonlySet<string>, env: Environment): Value =>
  sumOfEnergies(
    env,
    plan.learning.groups.filter((g) => !inLatents.has(g.name)),
  );

/** Params that nothing learns, at their starts. */
export const lowerKept = (plan: Plan, env: Environment): ReadonlyMap<string, Value> =>
  new Map(
    plan.model.variables
      .filter((v) => plan.kept.includes(v.name))
      .map((v) => [v.name, startValue(env, v, env.seed(), env.builder.constant(0))] as const),
  );
