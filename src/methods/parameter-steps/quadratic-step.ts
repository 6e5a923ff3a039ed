// Params in which the (expected) energy is quadratic: weighted least squares. k-means centres, mixture means, regression
// weights and the factors of a matrix factorisation are all this step.
import type { Builder, Value } from '../../tensor/builder.ts';
import type { BlockFacts, Candidate, ParameterStep, Refusal } from '../method.ts';
import { dimValue, refusal } from '../method.ts';
import { formatBytes } from '../discrete/regular.ts';
import type { QuadraticWitness } from '../quadratic/method.ts';
import { denseCount, quadraticWitness } from '../quadratic/method.ts';
import { splitUnknowns, solveQuadratic } from '../quadratic/solve.ts';
import { assemble } from '../quadratic/system.ts';

/** Smallest value that a clamped positive param takes. */
const LEAST_POSITIVE = 1e-6;

const propose = (facts: BlockFacts): Candidate<QuadraticWitness> | Refusal => {
  const name = 'least squares';
  const names = facts.block.map((v) => v.variable.name);
  const witness = quadraticWitness(facts, facts.enumerated);
  if (typeof witness === 'string') return refusal(name, witness);
  const n = denseCount(facts, witness.layout);
  for (const { variable } of facts.block) {
    if (variable.conditions.length > 0) return refusal(name, `${variable.name} has a condition`);
    const halfLine = ['positive', 'nonnegative'].includes(variable.domain.kind);
    if (variable.domain.kind !== 'real' && !(halfLine && n === 1))
      return refusal(
        name,
        `${variable.name} ranges over ${variable.domain.kind}${halfLine ? ' and its entries are coupled' : ''}`,
      );
  }
  if (witness.layout.chain !== null && facts.enumerated.size > 0)
    return refusal(name, 'a chain of params under latents');
  const copies = witness.layout.batch.reduce((m, c) => m * (dimValue(c.dim, facts.sizes) ?? 1), 1);
  if (n * n * copies * 4 > facts.budget)
    return refusal(name, `its matrix would take ${formatBytes(n * n * copies * 4)}, more than --budget`);
  return {
    kind: 'candidate',
    method: name,
    certificate: 'exact',
    cost: { operations: n ** 3 * copies, bytes: n * n * copies * 4 },
    summary:
      n === 1
        ? `quadratic and separable in ${names.join(', ')}: weighted means`
        : `quadratic in ${names.join(', ')}: normal equations`,
    witness,
  };
};

/** Where the system leaves an entry undetermined (no weight on it), the solution is NaN: the current value stays. */
export const orCurrent = (b: Builder, value: Value, current: Value | undefined): Value =>
  current === undefined ? value : b.select(b.isNan(value), current, value);

export const quadraticStep: ParameterStep<QuadraticWitness> = {
  name: 'least squares',
  documentation: 'Params in which the expected energy is quadratic: the normal equations, block by block. Exact.',
  propose,
  lower: (witness, facts, env, weightsOf, current) => {
    const b = env.builder;
    const variables = facts.block.map((v) => v.variable);
    const system = assemble(env, variables, witness.layout, witness.polynomials, weightsOf);
    const solved = splitUnknowns(env, witness.layout, variables, solveQuadratic(env, witness.layout, system).minimiser);
    return new Map(
      variables.map((v) => {
        const value = orCurrent(b, solved.get(v.name)!, current.get(v.name));
        if (v.domain.kind === 'positive') return [v.name, b.maximum(value, LEAST_POSITIVE)] as const;
        return [v.name, v.domain.kind === 'nonnegative' ? b.maximum(value, 0) : value] as const;
      }),
    );
  },
};
