// Every answer about a small discrete model by enumerating all assignments, with plain numbers: the oracle of the exact
// methods. In: a model as a function. Out: energies, minima, free energies, marginals.
import type { Assignment, DiscreteModel, ModelFactor, Unknown } from './discrete-model.ts';
import { nodesOf } from './discrete-model.ts';

export interface Enumerated {
  readonly assignments: readonly Assignment[];
  /** Total energy of each assignment; Infinity where a constraint is broken. */
  readonly energies: readonly number[];
  /** By factor, of each assignment. */
  readonly factors: ReadonlyMap<string, readonly number[]>;
}

const energyOf = (factor: ModelFactor, states: Assignment): number => {
  let total = 0;
  const at: Record<string, number> = {};
  const descend = (k: number): void => {
    const binder = factor.binders[k];
    if (binder === undefined) {
      if (factor.where !== null && factor.where.value(states, at) === 0) return;
      const value = factor.energy.value(states, at);
      total += factor.constraint ? (value === 0 ? Infinity : 0) : value;
      return;
    }
    for (let i = binder.from; i < binder.to; i++) {
      at[binder.index] = i;
      descend(k + 1);
    }
  };
  descend(0);
  return total;
};

export const enumerate = (model: DiscreteModel): Enumerated => {
  const assignments: Assignment[] = [];
  const cells = model.unknowns.flatMap((u) => Array.from({ length: nodesOf(u) }, (_, node) => ({ u, node })));
  const current: Record<string, Int32Array> = Object.fromEntries(
    model.unknowns.map((u) => [u.name, new Int32Array(nodesOf(u))]),
  );
  const descend = (k: number): void => {
    const cell = cells[k];
    if (cell === undefined) {
      assignments.push(Object.fromEntries(Object.entries(current).map(([n, a]) => [n, a.slice()])));
      return;
    }
    for (let s = 0; s < cell.u.states; s++) {
      current[cell.u.name]![cell.node] = s;
      descend(k + 1);
    }
  };
  descend(0);
  const factors = new Map(model.factors.map((f) => [f.name, assignments.map((a) => energyOf(f, a))] as const));
  const energies = assignments.map((_, i) => [...factors.values()].reduce((sum, list) => sum + list[i]!, 0));
  return { assignments, energies, factors };
};

export const minimum = (list: readonly number[]): number => list.reduce((a, b) => Math.min(a, b), Infinity);

/** -1/β log Σ exp(-β e). */
export const freeEnergy = (energies: readonly number[], beta: number): number => {
  const least = minimum(energies);
  if (least === Infinity) return Infinity;
  return least - Math.log(energies.reduce((sum, e) => sum + Math.exp(-beta * (e - least)), 0)) / beta;
};

/** exp(-β e) / Z. */
export const probabilities = (energies: readonly number[], beta: number): readonly number[] => {
  const f = freeEnergy(energies, beta);
  return energies.map((e) => Math.exp(-beta * (e - f)));
};

/** Probability of each state of each node, [nodes × states]. */
export const marginal = (e: Enumerated, u: Unknown, p: readonly number[]): readonly number[] => {
  const result = Array<number>(nodesOf(u) * u.states).fill(0);
  e.assignments.forEach((a, i) => a[u.name]!.forEach((s, node) => (result[node * u.states + s]! += p[i]!)));
  return result;
};

/** Σ p · energy, broken constraints having probability 0. */
export const expectation = (list: readonly number[], p: readonly number[]): number =>
  list.reduce((sum, x, i) => sum + ((p[i] ?? 0) === 0 ? 0 : p[i]! * x), 0);

/** Assignments in groups that agree on the given unknowns: their free energies, by the first member. */
export const byTargets = (
  e: Enumerated,
  targets: readonly Unknown[],
  beta: number,
): readonly { readonly members: readonly number[]; readonly free: number }[] => {
  const groups = new Map<string, number[]>();
  e.assignments.forEach((a, i) => {
    const key = targets.map((u) => a[u.name]!.join()).join(';');
    const list = groups.get(key);
    if (list === undefined) groups.set(key, [i]);
    else list.push(i);
  });
  return [...groups.values()].map((members) => ({
    members,
    free: freeEnergy(
      members.map((i) => e.energies[i]!),
      beta,
    ),
  }));
};
