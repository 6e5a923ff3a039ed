// From an eliminated block to what is asked of it: marginals are the gradient of the free energy with respect to unary
// energies, decoding is the gradient of the minimum, posteriors of factors are gradients with respect to their tables.
// In: the total, the unary probes, the raw tables. Out: Lowered.
import type { Environment } from '../../lower/environment.ts';
import { FORBIDDEN } from '../../tensor/energies.ts';
import type { NamedTensor } from '../../lower/named-tensor.ts';
import { contractNamed } from '../../lower/named-tensor.ts';
import type { Variable } from '../../semantics/model.ts';
import type { Value } from '../../tensor/builder.ts';
import * as dims from '../../tensor/dims.ts';
import { gradient } from '../../tensor/differentiate.ts';
import type { BlockFacts, Lowered, Marginal } from '../method.ts';
import { statesOf } from './states.ts';

export interface Probe {
  readonly variable: string;
  /** Zeros [to - from of each binder …, states], distinct. */
  readonly value: Value;
}

/** A table under its own identity, so that its gradient is its own; an impossible entry (-log 0) is the finite FORBIDDEN. */
export const distinctTable = (env: Environment, t: NamedTensor): NamedTensor => ({
  ...t,
  value: env.builder.distinct(env.builder.minimum(t.value, FORBIDDEN)),
});

export const solution = (
  facts: BlockFacts,
  env: Environment,
  value: Value,
  probes: readonly Probe[],
  raws: ReadonlyMap<string, NamedTensor>,
  bindings: Lowered['bindings'],
  pointwise: Value | null = null,
): Lowered => {
  const b = env.builder;
  let memo: { readonly weights: readonly Value[]; readonly tables: ReadonlyMap<string, NamedTensor> } | null = null;
  const gradients = (): NonNullable<typeof memo> => {
    if (memo === null) {
      const names = [...raws.keys()];
      const tables = [...raws.values()];
      const all = gradient(b, value, [...probes.map((p) => p.value), ...tables.map((t) => t.value)]);
      const posteriors = tables.map((t, i) => ({ ...t, value: all[probes.length + i]! }));
      memo = { weights: all.slice(0, probes.length), tables: new Map(names.map((n, i) => [n, posteriors[i]!])) };
    }
    return memo;
  };
  const assignment = (): ReadonlyMap<string, Value> =>
    new Map(probes.map((p, i) => [p.variable, modeOf(facts, env, p.variable, gradients().weights[i]!)] as const));
  const marginals = (): ReadonlyMap<string, Marginal> =>
    new Map(
      probes
        .map((p, i) => {
          const { variable } = facts.block.find((v) => v.variable.name === p.variable)!;
          const value = probabilities(env, variable, gradients().weights[i]!);
          return [p.variable, { kind: 'probabilities', value } as Marginal] as const;
        })
        .filter(([name]) => facts.block.find((v) => v.variable.name === name)!.operation === 'marginalize'),
    );
  const posterior = (group: string): NamedTensor | null => gradients().tables.get(group) ?? null;
  return {
    value,
    assignment,
    marginals,
    posterior,
    bindings,
    expectedEnergy: (group) => {
      const [weights, table] = [posterior(group), raws.get(group)];
      if (weights === null || table === undefined) return null;
      const operands = [weights, table].map((tensor) => ({ tensor, labels: [] }));
      return contractNamed(b, 'sum-product', operands, []).value;
    },
    pointwise,
    convergence: null,
  };
};

/** One number for binary and spin (the probability of 1), a vector for the others. */
const probabilities = (env: Environment, variable: Variable, weights: Value): Value => {
  if (variable.domain.kind !== 'binary' && variable.domain.kind !== 'spin') return weights;
  const second = env.builder.sliceAxis(weights, -1, dims.constant(1), dims.constant(1));
  return env.builder.reshape(second, weights.shape.slice(0, -1));
};

/** The most probable state (the first of equals) as a value of the variable's domain. */
const modeOf = (facts: BlockFacts, env: Environment, name: string, weights: Value): Value => {
  const b = env.builder;
  const { variable } = facts.block.find((v) => v.variable.name === name)!;
  const states = statesOf(b, variable);
  const index = b.argmax(weights, -1);
  if (states.kind === 'onehot') return b.oneHot(index, states.count);
  return states.kind === 'number' ? b.cast(index, 'float') : b.gather(states.values!, index, 0);
};
