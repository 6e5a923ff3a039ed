// Params in which the (expected) energy is quadratic: weighted least squares. k-means centres, mixture means, regression
// weights and the factors of a matrix factorisation are all this step.
import type { Builder, Value } from '../../tensor/builder.ts';
import * as dims from '../../tensor/dims.ts';
import type { BlockFacts, Candidate, ParameterStep, Refusal } from '../method.ts';
import { dimValue, refusal } from '../method.ts';
import { formatBytes } from '../discrete/regular.ts';
import { leastPositive } from '../continuous/constraint-set.ts';
import type { QuadraticWitness } from '../quadratic/method.ts';
import { denseCount, quadraticWitness } from '../quadratic/method.ts';
import { splitUnknowns, solveQuadratic } from '../quadratic/solve.ts';
import { assemble } from '../quadratic/system.ts';

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

/** A coordinate this far out is reported as an unknown that runs away. */
const NOWHERE = 1e30;

/** 1 where the form is negative along some coordinate (beyond rounding): it has no minimum there, and keeping the current
 *  value would hide that. */
const bendsDown = (b: Builder, hessian: Value): Value => {
  const n = hessian.shape.at(-1)!;
  const eye = b.reshape(b.eye(n), [...hessian.shape.slice(0, -2).map(() => dims.constant(1)), n, n]);
  const diagonal = b.sum(b.mul(hessian, eye), [-1]);
  return b.lt(b.min(diagonal), b.mul(-1e-5, b.max(b.abs(diagonal))));
};

/** For forms of single entries: the slope where the form is a line, 0 where it bends. */
const slopesOfLines = (
  b: Builder,
  { hessian, gradient }: { readonly hessian: Value; readonly gradient: Value },
): Value => b.select(b.eq(b.reshape(hessian, gradient.shape), 0), gradient, 0);

export const quadraticStep: ParameterStep<QuadraticWitness> = {
  name: 'least squares',
  documentation: 'Params in which the expected energy is quadratic: the normal equations, block by block. Exact.',
  propose,
  lower: (witness, facts, env, weightsOf, current) => {
    const b = env.builder;
    const variables = facts.block.map((v) => v.variable);
    const system = assemble(env, variables, witness.layout, witness.polynomials, weightsOf);
    const solved = splitUnknowns(env, witness.layout, variables, solveQuadratic(env, witness.layout, system).minimiser);
    const concave = bendsDown(b, system.hessian);
    const single = variables.some((v) => v.domain.kind !== 'real');
    const slopes = single
      ? splitUnknowns(env, witness.layout, variables, slopesOfLines(b, system))
      : new Map<string, Value>();
    return new Map(
      variables.map((v) => {
        const settled = orCurrent(b, solved.get(v.name)!, current.get(v.name));
        const bent = b.select(concave, NOWHERE, settled);
        const slope = slopes.get(v.name);
        // On a half-line a linear energy has its minimum at the end, or none.
        const value =
          slope === undefined || v.domain.kind === 'real'
            ? bent
            : b.select(b.gt(slope, 0), 0, b.select(b.lt(slope, 0), NOWHERE, bent));
        if (v.domain.kind === 'positive') return [v.name, b.maximum(value, leastPositive)] as const;
        return [v.name, v.domain.kind === 'nonnegative' ? b.maximum(value, 0) : value] as const;
      }),
    );
  },
};
