// Where an alternation starts. Any block of latents that is enumerated over plates or a chain can be seeded from data:
// states of a location param are placed on data points chosen far from those already chosen (k-means++, Arthur and
// Vassilvitskii 2007, with the energy in place of the squared distance); states of a regression get small random subsets.
// In: the planned blocks and steps. Out: which latent and steps can be seeded, and the program that does it.
import { FORBIDDEN } from '../../tensor/energies.ts';
import type { FactorGroup } from '../../graph/factor-graph.ts';
import { slotsOf } from '../../graph/regular.ts';
import { affineIndex } from '../../graph/expressions.ts';
import type { Environment, States } from '../../lower/environment.ts';
import { binderAxis, slotAxis, withBindings } from '../../lower/environment.ts';
import { lowerGroup, sumIndices } from '../../lower/group.ts';
import type { Axis, NamedTensor } from '../../lower/named-tensor.ts';
import { aligned, mapNamed, positional, unionAxes } from '../../lower/named-tensor.ts';
import { subscriptNamed } from '../../lower/indexing.ts';
import type { Weights } from '../../lower/polynomial.ts';
import type { Variable } from '../../semantics/model.ts';
import type { Value } from '../../tensor/builder.ts';
import * as dims from '../../tensor/dims.ts';
import { stateAt, stateCount, statesOf } from '../discrete/states.ts';
import type { WeightsOf } from '../method.ts';

/** Posterior weights of every group from one array of node weights per latent, [nodes…, states]: the product over slots. */
export const weightsFromNodes = (
  env: Environment,
  latents: ReadonlyMap<string, { readonly variable: Variable; readonly weights: Value }>,
  groups: readonly FactorGroup[],
): WeightsOf => {
  const names = new Set(latents.keys());
  return (name: string): Weights | null => {
    const group = groups.find((g) => g.name === name)!;
    const slots = slotsOf(group.energy, names);
    if (slots.length === 0) return null;
    const axes = new Map(group.binders.map((i) => [i.id, binderAxis(i)] as const));
    const parts = slots.map((ref): NamedTensor => {
      const { variable, weights } = latents.get(ref.name)!;
      const subscripts = ref.at.map((at) => {
        const affine = affineIndex(at)!;
        if (affine.index === null) return { kind: 'fixed', position: affine.offset } as const;
        const axis = axes.get(affine.index)!;
        return { kind: 'axis', axis, start: dims.add(axis.from, affine.offset) } as const;
      });
      const states = slotAxis(ref.name, ref.at, statesOf(env.builder, variable));
      return subscriptNamed(env.builder, positional(weights), [
        ...subscripts,
        { kind: 'axis', axis: states, start: [] },
      ]);
    });
    const keep = unionAxes(...parts.map((p) => p.axes));
    const tensor = parts.length === 1 ? parts[0]! : parts.reduce((p, q) => mapNamed(env.builder, 'mul', p, q));
    return { tensor: { ...tensor, value: aligned(env.builder, tensor, keep), axes: keep }, covers: new Set() };
  };
};

/** Equal weights for all states of all nodes. */
export const uniformWeights = (env: Environment, variable: Variable): Value => {
  const b = env.builder;
  const count = stateCount(variable)!;
  const nodes = variable.binders.map((i) => dims.subtract(i.to, i.from));
  return b.full([...nodes, count], b.reciprocal(b.dim(count)));
};

/** Energy of each node in each of these states from the groups that see this node alone: [nodes…, states]. */
export const unaryEnergies = (
  env: Environment,
  latent: Variable,
  groups: readonly FactorGroup[],
  states: States,
): Value | null => {
  const b = env.builder;
  const names = new Set([latent.name]);
  const inner = withBindings(env, [[latent.name, { kind: 'states', states }]]);
  const nodes: readonly Axis[] = latent.binders.map((i) => ({
    id: `node ${i.id}`,
    dim: dims.subtract(i.to, i.from),
    from: [],
  }));
  const stateAxis: Axis = { id: 'state', dim: states.count, from: [] };
  let total: NamedTensor | null = null;
  for (const group of groups) {
    const slots = slotsOf(group.energy, names);
    if (slots.length !== 1 || slots[0]!.at.length !== latent.binders.length) continue;
    const [slot] = slots;
    const indices = slot!.at.map((at) => affineIndex(at));
    const plain = indices.every((a, i) => a?.index != null && covers(group, a.index, a.offset, latent, i));
    if (!plain || new Set(indices.map((a) => a!.index)).size < indices.length) continue;
    const used = new Set(indices.map((a) => a!.index!));
    const table = sumIndices(
      inner,
      group,
      lowerGroup(inner, group),
      new Set(group.binders.map((i) => i.id).filter((id) => !used.has(id))),
    );
    const id = slotAxis(latent.name, slot!.at, states).id;
    const renamed = table.axes.map((a) =>
      a.id === id ? stateAxis : nodes[indices.findIndex((x) => x!.index === a.id)]!,
    );
    const named: NamedTensor = { ...table, axes: renamed };
    total = total === null ? named : mapNamed(b, 'add', total, named);
  }
  return total === null ? null : aligned(b, total, [...nodes, stateAxis], true);
};

const covers = (group: FactorGroup, index: string, offset: dims.Dim, latent: Variable, axis: number): boolean => {
  const [binder, own] = [group.binders.find((i) => i.id === index), latent.binders[axis]!];
  if (binder === undefined) return false;
  const first = dims.add(binder.from, offset);
  return first.length === 0 && dims.equal(dims.subtract(binder.to, binder.from), dims.subtract(own.to, own.from));
};

/** One draw of a node per state, far from those drawn before. `place` computes the params from weights; `energies` those of
 *  all nodes in one state under params. A node's distance to a state is taken when that state is placed. */
export const spreadSeeds = (
  env: Environment,
  latent: Variable,
  seed: Value,
  restart: Value,
  params: readonly Value[],
  place: (env: Environment, weights: Value, params: readonly Value[]) => readonly Value[],
  energies: (env: Environment, params: readonly Value[], states: States) => Value,
): { readonly params: readonly Value[] } => {
  const b = env.builder;
  const count = stateCount(latent)!;
  const nodes = latent.binders.map((i) => dims.subtract(i.to, i.from));
  const flat = dims.product(nodes);
  const start = b.zeros([flat, count]);
  const iota = b.iota([count], 0, 'float');
  const { carry } = b.scan(
    { length: count, carry: [start, b.full([flat], FORBIDDEN), ...params], xs: [iota] },
    (inner, [weights, nearest, ...current], [k]) => {
      const here: Environment = { ...env, builder: inner };
      const gap = inner.sub(nearest!, inner.min(nearest!));
      const distance = inner.select(inner.lt(k!, 0.5), inner.full([flat], 1), inner.add(gap, 1e-20));
      // Gumbel-max: argmax of log weight + Gumbel noise is a draw in proportion to the weights.
      const step = inner.add(inner.mul(restart, inner.dim(dims.add(count, dims.constant(1)))), k!);
      const uniform = inner.random('uniform', [flat], seed, step);
      const gumbel = inner.neg(inner.log(inner.neg(inner.log(uniform))));
      const drawn = inner.argmax(inner.add(inner.log(distance), gumbel), 0);
      const row = inner.reshape(inner.oneHot(drawn, flat), [flat, dims.constant(1)]);
      const column = inner.reshape(inner.eq(inner.iota([count], 0, 'float'), k!), [dims.constant(1), count]);
      const next = inner.add(weights!, inner.mul(row, column));
      const placed = place(here, inner.reshape(next, [...nodes, count]), current);
      const distances = inner.reshape(energies(here, placed, stateAt(inner, latent, k!)), [flat]);
      return { carry: [next, inner.minimum(nearest!, distances), ...placed] };
    },
  );
  return { params: carry.slice(2) };
};

/** Weights that give each state a random subset of about `wanted` nodes, and everything else a trace. */
export const randomSubsets = (
  env: Environment,
  latent: Variable,
  wanted: number,
  seed: Value,
  restart: Value,
): Value => {
  const b = env.builder;
  const count = stateCount(latent)!;
  const nodes = latent.binders.map((i) => dims.subtract(i.to, i.from));
  const uniform = b.random('uniform', [...nodes, count], seed, restart);
  // At most half of them: subsets of everything would start all states alike, which no step undoes.
  const share = b.minimum(b.div(wanted, b.dim(dims.product(nodes))), 0.5);
  return b.add(b.lt(uniform, share), 1e-3);
};

/** One-hot weights of the best state of each node, blurred a little so that every state sees all data. */
export const hardWeights = (env: Environment, energies: Value, blur: number): Value => {
  const b = env.builder;
  const count = energies.shape.at(-1)!;
  const best = b.oneHot(b.argmin(energies, -1), count);
  return b.add(b.mul(best, 1 - blur), b.div(b.constant(blur), b.dim(count)));
};
