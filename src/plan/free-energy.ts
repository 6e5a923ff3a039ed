// A free energy as values of a program: blocks eliminated, everything else at its given values. In: groups, the blocks that
// touch some of them, an environment with all other variables bound. Out: the total over the data, and F by point.
import type { FreeEnergy } from '../losses/loss.ts';
import type { Environment } from '../lower/environment.ts';
import { binderAxis } from '../lower/environment.ts';
import { lowerGroup, sumIndices, totalEnergy } from '../lower/group.ts';
import { aligned } from '../lower/named-tensor.ts';
import type { Lowered } from '../methods/method.ts';
import type { Value } from '../tensor/builder.ts';
import * as dims from '../tensor/dims.ts';
import { dataGroups } from './data-groups.ts';
import type { PlannedBlock, Scenery } from './plan.ts';

export interface LoweredBlock {
  readonly q: PlannedBlock;
  readonly lowered: Lowered;
}

export const lowerBlocks = (blocks: readonly PlannedBlock[], env: Environment): readonly LoweredBlock[] =>
  blocks.map((q) => ({ q, lowered: q.method.lower(q.chosen.witness, q.facts, env) }));

/** Σ of the energy of the data with the blocks eliminated, without the terms that touch params alone. */
export const lowerFreeEnergy = (scenery: Scenery, blocks: readonly PlannedBlock[], env: Environment): FreeEnergy => {
  const b = env.builder;
  const lowered = lowerBlocks(blocks, env);
  const rest = freeGroups(scenery, blocks).map((g) => totalEnergy(env, g).value);
  const total = [...lowered.map((l) => l.lowered.value), ...rest].reduce((x, y) => b.add(x, y), b.constant(0));
  return { total, points: pointFreeEnergies(scenery, lowered, env) };
};

/** Groups of the data that no block touches. */
const freeGroups = ({ model, groups }: Scenery, blocks: readonly PlannedBlock[]) => {
  const inBlocks = new Set(blocks.flatMap((q) => q.facts.groups.map((g) => g.name)));
  return dataGroups(model, groups).filter((g) => !inBlocks.has(g.name));
};

/** F of each point of the one plate that all energy of data runs along; null when there is no such plate. */
export const pointFreeEnergies = (
  scenery: Scenery,
  blocks: readonly LoweredBlock[],
  env: Environment,
): Value | null => {
  const b = env.builder;
  const parts: Value[] = [];
  const plates = new Set<string>();
  for (const { q, lowered } of blocks) {
    if (lowered.pointwise === null) return null;
    parts.push(lowered.pointwise);
    for (const { variable } of q.facts.block) plates.add(variable.binders[0]!.id);
  }
  const free = freeGroups(
    scenery,
    blocks.map(({ q }) => q),
  );
  for (const g of free) {
    if (g.binders.length === 0) return null;
    plates.add(g.binders[0]!.id);
    const inner = new Set(g.binders.slice(1).map((i) => i.id));
    const table = sumIndices(env, g, lowerGroup(env, g), inner);
    parts.push(aligned(b, table, [binderAxis(g.binders[0]!)], true));
  }
  const first = parts[0];
  // Two plates of one length are still two plates.
  if (first === undefined || plates.size > 1 || parts.some((p) => !dims.shapesEqual(p.shape, first.shape))) return null;
  return parts.reduce((sum, p) => b.add(sum, p));
};
