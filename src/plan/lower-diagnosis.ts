// Which factor is to blame when learning leaves the finite numbers. In: a plan with a 'train' fit. Out: a program that takes what
// a step takes and gives, for each factor and each batch, its energy and the magnitude of its gradient in the params that move.
import type { FactorGroup } from '../graph/factor-graph.ts';
import { withBindings } from '../lower/environment.ts';
import type { Environment } from '../lower/environment.ts';
import { totalEnergy } from '../lower/group.ts';
import type { Value } from '../tensor/builder.ts';
import { gradient } from '../tensor/differentiate.ts';
import type { Program } from '../tensor/program.ts';
import { declaredName } from './data-groups.ts';
import { lowerBlocks } from './free-energy.ts';
import type { Plan, PlannedEnergy } from './plan.ts';
import type { ConstValues } from './program-environment.ts';
import { closed, openSite, overBatches, sceneOf, siteOf } from './training-site.ts';
import type { TrainFit } from './training-roster.ts';
import { withParams } from './training-step.ts';

export const diagnosisNames = (factor: string): { readonly energy: string; readonly slope: string } => ({
  energy: `energy.${factor}`,
  slope: `slope.${factor}`,
});

/** The factors that the diagnosis speaks of, in order of declaration. */
export const diagnosedFactors = (plan: Plan): readonly string[] => [
  ...new Set(plan.learning.groups.filter((g) => g.filler !== true).map(declaredName)),
];

export const lowerDiagnosis = (plan: Plan, fit: TrainFit, consts: ConstValues): Program => {
  const site = siteOf(plan, fit, consts);
  const outer = openSite(site, false);
  const factors = diagnosedFactors(plan);
  const loop = outer.b.scan({ ...overBatches(outer), carry: [] }, (c, _, [stepNumber, rows]) => {
    const moving = [...site.roster.moves.keys()].map((name) => [name, c.distinct(outer.arrays.get(name)!)] as const);
    const arrays = new Map([...outer.arrays, ...moving]);
    const env = withParams(site, sceneOf(site, outer, c, arrays, rows ?? null, stepNumber!));
    const points = moving.map(([, value]) => value);
    const energies = energiesOf(plan, fit, env, factors);
    const slopes = energies.map((e) =>
      gradient(c, e, points).reduce((sum, g) => c.add(sum, c.sum(c.abs(g))), c.constant(0)),
    );
    return { carry: [], ys: [...energies, ...slopes] };
  });
  const outputs = factors.flatMap((factor, i) => [
    [diagnosisNames(factor).energy, loop.ys[i]!] as const,
    [diagnosisNames(factor).slope, loop.ys[factors.length + i]!] as const,
  ]);
  return closed(outer.b, Object.fromEntries(outputs));
};

/** Each factor by itself: summed over the batch, and over the states of what is eliminated. */
const energiesOf = (plan: Plan, fit: TrainFit, env: Environment, factors: readonly string[]): readonly Value[] => {
  const b = env.builder;
  const energy = clampedEnergy(fit);
  const inBlocks = new Map<string, Value>();
  for (const { q, lowered } of energy === null ? [] : lowerBlocks(energy.blocks, env))
    for (const g of q.facts.groups) inBlocks.set(g.name, totalEnergy(withBindings(env, lowered.bindings), g).value);
  const of = (g: FactorGroup): Value => {
    const value = inBlocks.get(g.name) ?? totalEnergy(env, g).value;
    return value.shape.length === 0 ? value : b.sum(value);
  };
  const groups = energy?.groups ?? plan.learning.groups;
  return factors.map((factor) =>
    groups.filter((g) => declaredName(g) === factor).reduce((sum, g) => b.add(sum, of(g)), b.constant(0)),
  );
};

/** The free energy of the points as they are given, if a loss asks for it; else the first that one asks for. */
const clampedEnergy = (fit: TrainFit): PlannedEnergy | null => {
  const energies = fit.losses.flatMap((l) => l.energies);
  return energies.find((e) => e.kind === 'given' && e.replaced.length === 0) ?? energies[0] ?? null;
};
