// Continuous unknowns in which the energy is quadratic: the minimum is a linear solve, the free energy a Gaussian integral.
import type { Environment } from '../../lower/environment.ts';
import type { Weights } from '../../lower/polynomial.ts';
import type { Builder, Value } from '../../tensor/builder.ts';
import { gradient } from '../../tensor/differentiate.ts';
import type { BlockFacts, BlockVariable, Candidate, Lowered, Marginal, Method, Refusal } from '../method.ts';
import { dimValue, refusal } from '../method.ts';
import type { GroupPolynomial, Layout } from './layout.ts';
import { quadraticByPoint } from './by-point.ts';
import { extractContext, groupPolynomials, layoutOf } from './layout.ts';
import { splitUnknowns, solveQuadratic } from './solve.ts';
import { assemble, coordinates } from './system.ts';
import { formatBytes } from '../discrete/regular.ts';

export interface QuadraticWitness {
  readonly layout: Layout;
  readonly polynomials: readonly GroupPolynomial[];
}

interface BlockWitness extends QuadraticWitness {
  /** Where some unknowns are marginalised and others minimised: the form of the marginalised ones with the others held. */
  readonly inner: QuadraticWitness | null;
}

const isAveraged = (v: BlockVariable): boolean => v.operation === 'marginalize' && v.beta !== Infinity;

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

/** The terms that join two marginalised unknowns: all that their curvature depends on. */
const innerWitness = (facts: BlockFacts, witness: QuadraticWitness): QuadraticWitness | string | null => {
  const averaged = facts.block.filter(isAveraged).map((v) => v.variable);
  if (averaged.length === 0 || averaged.length === facts.block.length) return null;
  const names = new Set(averaged.map((v) => v.name));
  const polynomials = witness.polynomials.map(({ group, polynomial }) => ({
    group,
    polynomial: {
      ...polynomial,
      terms: polynomial.terms.filter((t) => t.unknown.length === 2 && t.unknown.every((o) => names.has(o.variable))),
    },
  }));
  const layout = layoutOf(averaged, polynomials);
  return 'reason' in layout ? layout.reason : { layout, polynomials };
};

const propose = (facts: BlockFacts): Candidate<BlockWitness> | Refusal => {
  const marginalize = facts.block.some(isAveraged);
  const name = marginalize ? 'Gaussian integral' : 'linear solve';
  if (new Set(facts.block.filter(isAveraged).map((v) => v.beta)).size > 1)
    return refusal(name, 'unknowns of the block are marginalised at different temperatures');
  const bad = facts.block.find((v) => v.variable.domain.kind !== 'real' || v.variable.conditions.length > 0);
  if (bad !== undefined)
    return refusal(
      name,
      `${bad.variable.name} ranges over ${bad.variable.domain.kind}${bad.variable.conditions.length > 0 ? ' with a condition' : ''}, not over all reals`,
    );
  const witness = quadraticWitness(facts, new Set());
  if (typeof witness === 'string') return refusal(name, witness);
  const inner = innerWitness(facts, witness);
  if (typeof inner === 'string') return refusal(name, inner);
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
    witness: { ...witness, inner },
  };
};

const lower = (witness: BlockWitness, facts: BlockFacts, env: Environment): Lowered => {
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
  const averaged = facts.block.filter(isAveraged);
  const bindings = new Map(
    [...split(solved.minimiser)].map(([name, value]) => [name, { kind: 'given', value } as const] as const),
  );
  // A Gaussian's mean is its mode, so the joint minimiser is right for both operations: only log det H and the variances
  // are those of the marginalised unknowns alone, with the minimised ones held.
  const { inner } = witness;
  const own = averaged.map((v) => v.variable);
  const spread =
    inner === null
      ? solved
      : solveQuadratic(env, inner.layout, assemble(env, own, inner.layout, inner.polynomials, weightsOf));
  const layout = inner === null ? witness.layout : inner.layout;
  const value =
    averaged.length === 0
      ? solved.minimum
      : freeEnergy(b, solved.minimum, spread.logDet, spread.count, averaged[0]!.beta);
  return {
    value,
    assignment: () => split(solved.minimiser),
    marginals: () => {
      if (averaged.length === 0) return new Map();
      const means = split(solved.minimiser);
      const sds = splitUnknowns(env, layout, own, b.sqrt(b.div(spread.variance(), averaged[0]!.beta)));
      return new Map(
        own.map(
          (v) => [v.name, { kind: 'moments', mean: means.get(v.name)!, sd: sds.get(v.name)! } as Marginal] as const,
        ),
      );
    },
    posterior: null,
    bindings,
    expectedEnergy: (group) => (scales.has(group) ? gradient(b, value, [scales.get(group)!])[0]! : null),
    pointwise: quadraticByPoint(
      env,
      facts,
      witness.layout,
      witness.polynomials,
      solved,
      averaged.length === 0 ? null : { layout, solution: spread, beta: averaged[0]!.beta },
    ),
    convergence: null,
  };
};

/** F = min E + (log det H + n log(β/2π)) / 2β. */
const freeEnergy = (b: Builder, minimum: Value, logDet: Value, count: Value, beta: number): Value =>
  b.add(minimum, b.div(b.add(logDet, b.mul(count, Math.log(beta / (2 * Math.PI)))), 2 * beta));

export const quadratic: Method<BlockWitness> = {
  name: 'quadratic',
  documentation:
    'Real unknowns with a quadratic energy: Cholesky solve per independent system, block-tridiagonal along a chain in O(T); ' +
    'marginalised, the Gaussian integral with its log-determinant and variances; or some of each. Exact.',
  serves: ['quadratic'],
  enumerates: () => false,
  propose,
  lower,
};
