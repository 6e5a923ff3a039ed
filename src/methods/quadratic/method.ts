// Continuous unknowns in which the energy is quadratic: the minimum is a linear solve, the free energy a Gaussian integral.
import type { Environment } from '../../lower/environment.ts';
import type { Weights } from '../../lower/polynomial.ts';
import type { Builder, Value } from '../../tensor/builder.ts';
import { gradient } from '../../tensor/differentiate.ts';
import type { BlockFacts, Candidate, Lowered, Marginal, Method, Refusal } from '../method.ts';
import { dimValue, refusal } from '../method.ts';
import type { GroupPolynomial, Layout } from './layout.ts';
import { extractContext, groupPolynomials, layoutOf } from './layout.ts';
import { splitUnknowns, solveQuadratic } from './solve.ts';
import { assemble, coordinates } from './system.ts';
import { formatBytes } from '../discrete/regular.ts';

export interface QuadraticWitness {
  readonly layout: Layout;
  readonly polynomials: readonly GroupPolynomial[];
}

/** The witness, or why the block is not quadratic. `enumerated`: other unknowns that are enumerated around it. */
export const quadraticWitness = (facts: BlockFacts, enumerated: ReadonlySet<string>): QuadraticWitness | string => {
  const variables = facts.block.map((v) => v.variable);
  const block = new Set(variables.map((v) => v.name));
  const polynomials = groupPolynomials(extractContext(facts.model, block, enumerated), facts.groups);
  if ('reason' in polynomials) return polynomials.reason;
  const layout = layoutOf(variables, polynomials);
  return 'reason' in layout ? layout.reason : { layout, polynomials };
};

/** Unknown reals per independent system, or null when a size is unknown. */
export const denseCount = (facts: BlockFacts, layout: Layout): number => {
  const variables = facts.block.map((v) => v.variable);
  const { count } = coordinates(layout, variables);
  return variables.reduce((n, v) => n + (dimValue(count(v.name), facts.sizes) ?? 1), 0);
};

const propose = (facts: BlockFacts): Candidate<QuadraticWitness> | Refusal => {
  const marginalize = facts.block[0]!.operation === 'marginalize' && facts.block[0]!.beta !== Infinity;
  const name = marginalize ? 'Gaussian integral' : 'linear solve';
  if (new Set(facts.block.map((v) => `${v.operation} ${v.beta}`)).size > 1)
    return refusal(name, 'unknowns of the block are eliminated in different ways');
  const bad = facts.block.find((v) => v.variable.domain.kind !== 'real' || v.variable.conditions.length > 0);
  if (bad !== undefined)
    return refusal(
      name,
      `${bad.variable.name} ranges over ${bad.variable.domain.kind}${bad.variable.conditions.length > 0 ? ' with a condition' : ''}, not over all reals`,
    );
  const witness = quadraticWitness(facts, new Set());
  if (typeof witness === 'string') return refusal(name, witness);
  const { layout } = witness;
  const n = denseCount(facts, layout);
  const copies = [...layout.batch, ...(layout.chain === null ? [] : [layout.chain])].reduce(
    (m, c) => m * (dimValue(c.dim, facts.sizes) ?? 1),
    1,
  );
  const bytes = n * n * copies * 4;
  if (bytes > facts.budget) return refusal(name, `its matrix would take ${formatBytes(bytes)}, more than --budget`);
  const shape =
    layout.chain === null ? `${n} × ${n} systems` : `block-tridiagonal along ${layout.chain.name}, blocks of ${n}`;
  const algorithm = marginalize
    ? layout.chain === null
      ? name
      : 'Kalman smoother'
    : layout.chain === null
      ? name
      : 'block-tridiagonal solve';
  return {
    kind: 'candidate',
    method: algorithm,
    certificate: 'exact',
    cost: { operations: n ** 3 * copies, bytes },
    summary: `quadratic in ${facts.block.map((v) => v.variable.name).join(', ')}: ${layout.batch.length > 0 && layout.chain === null ? `independent ${shape}` : shape}`,
    witness,
  };
};

const lower = (witness: QuadraticWitness, facts: BlockFacts, env: Environment): Lowered => {
  const b = env.builder;
  const variables = facts.block.map((v) => v.variable);
  // Each group's energy times a 1 of its own: the derivative of F with respect to it is the group's expected energy.
  const scales = new Map(facts.groups.map((g) => [g.name, b.distinct(b.constant(1))] as const));
  const weightsOf = (group: string): Weights => ({
    tensor: { value: scales.get(group)!, axes: [], shape: [] },
    covers: new Set(),
  });
  const system = assemble(env, variables, witness.layout, witness.polynomials, weightsOf);
  const solved = solveQuadratic(env, witness.layout, system);
  const split = (joint: Value): ReadonlyMap<string, Value> => splitUnknowns(env, witness.layout, variables, joint);
  const { operation, beta } = facts.block[0]!;
  const integral = operation === 'marginalize' && beta !== Infinity;
  const bindings = new Map(
    [...split(solved.minimiser)].map(([name, value]) => [name, { kind: 'given', value } as const] as const),
  );
  const value = integral ? freeEnergy(b, solved.minimum, solved.logDet, solved.count, beta) : solved.minimum;
  return {
    value,
    assignment: () => split(solved.minimiser),
    marginals: () => {
      if (!integral) return new Map();
      const sd = b.sqrt(b.div(solved.variance(), beta));
      const [means, sds] = [split(solved.minimiser), split(sd)];
      return new Map(
        [...means].map(([name, mean]) => [name, { kind: 'moments', mean, sd: sds.get(name)! } as Marginal] as const),
      );
    },
    posterior: null,
    bindings,
    expectedEnergy: (group) => (scales.has(group) ? gradient(b, value, [scales.get(group)!])[0]! : null),
    pointwise: null,
    convergence: null,
  };
};

/** F = min E + (log det H + n log(β/2π)) / 2β. */
const freeEnergy = (b: Builder, minimum: Value, logDet: Value, count: Value, beta: number): Value =>
  b.add(minimum, b.div(b.add(logDet, b.mul(count, Math.log(beta / (2 * Math.PI)))), 2 * beta));

export const quadratic: Method<QuadraticWitness> = {
  name: 'quadratic',
  documentation:
    'Real unknowns with a quadratic energy: Cholesky solve per independent system, block-tridiagonal along a chain in O(T); ' +
    'marginalised, the Gaussian integral with its log-determinant and variances. Exact.',
  serves: ['quadratic'],
  enumerates: () => false,
  propose,
  lower,
};
