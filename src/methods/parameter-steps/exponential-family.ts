// Params in which the (expected) energy is linear in one or two fixed functions of them: the maximum-likelihood updates of
// exponential families (Wainwright, Jordan 2008; Bishop 2006, 9.2). The table below lists each family by the domain and the
// functions ("atoms") that may occur, and its minimiser in terms of their coefficients.
import type { Atom, Occurrence, Polynomial } from '../../graph/polynomial.ts';
import { samePosition } from '../../graph/polynomial.ts';
import type { Environment } from '../../lower/environment.ts';
import type { Axis, NamedTensor } from '../../lower/named-tensor.ts';
import { aligned, mapNamed } from '../../lower/named-tensor.ts';
import { lowerTerm, placeRows } from '../../lower/polynomial.ts';
import type { Expr, Variable } from '../../semantics/model.ts';
import type { Builder, Value } from '../../tensor/builder.ts';
import * as dims from '../../tensor/dims.ts';
import type { BlockFacts, Candidate, ParameterStep, Refusal, WeightsOf } from '../method.ts';
import { refusal } from '../method.ts';
import { wholeShape } from '../../semantics/whole-shape.ts';
import type { GroupPolynomial } from '../quadratic/layout.ts';
import { extractContext, groupPolynomials } from '../quadratic/layout.ts';
import { orCurrent } from './quadratic-step.ts';

/** What may stand in a term: an atom, or the square of one. */
type Statistic = Atom | 'reciprocal²';

interface Family {
  readonly name: string;
  readonly domain: Variable['domain']['kind'];
  /** Needs the condition det(·) == 1. */
  readonly unitDeterminant?: true;
  readonly statistics: readonly Statistic[];
  /** Minimiser from the coefficients, in the order of `statistics`; each in the shape of the array (log_abs_det: less two
   *  axes). NaN where all are 0, NOWHERE where their signs leave the energy without a minimum. */
  readonly minimise: (b: Builder, coefficients: readonly Value[]) => Value;
}

const column = (b: Builder, v: Value, axes: number): Value =>
  b.reshape(v, [...v.shape, ...Array<dims.Dim>(axes).fill(dims.constant(1))]);
/** A value far outside any domain, which a run reports as an unknown that runs away. */
const NOWHERE = 1e30;
/** The stationary point where the signs of the coefficients make it a minimum; elsewhere the energy has none. NaN stays: an
 *  entry without any weight. */
const minimumWhere = (b: Builder, sound: Value, value: Value): Value =>
  b.select(b.or(sound, b.isNan(value)), value, NOWHERE);
/** Whether the diagonal of each matrix is positive, [..., 1, 1]. */
const positiveDiagonal = (b: Builder, m: Value): Value => {
  const n = m.shape.at(-1)!;
  const eye = b.reshape(b.eye(n), [...m.shape.slice(0, -2).map(() => dims.constant(1)), n, n]);
  return column(b, b.gt(b.min(b.sum(b.mul(m, eye), [-1]), [-1]), 0), 2);
};
const symmetric = (b: Builder, m: Value): Value => {
  const r = m.shape.length;
  const swap = [...Array(r - 2).keys(), r - 1, r - 2];
  return b.mul(b.constant(0.5), b.add(m, b.transpose(m, swap)));
};

export const families: readonly Family[] = [
  {
    // Σ -c_k log p_k on the simplex: p = c / Σ c.
    name: 'counts on a simplex',
    domain: 'simplex',
    statistics: ['log'],
    minimise: (b, [c]) => {
      const total = b.sum(c!, [-1]);
      return minimumWhere(b, column(b, b.le(b.max(c!, [-1]), 0), 1), b.div(c!, column(b, total, 1)));
    },
  },
  {
    // -a log p - b log(1 - p): p = a / (a + b).
    name: 'counts of two outcomes',
    domain: 'unit',
    statistics: ['log', 'log-complement'],
    minimise: (b, [a, c]) => minimumWhere(b, b.le(b.maximum(a!, c!), 0), b.div(a!, b.add(a!, c!))),
  },
  {
    // tr(C S⁻¹) + n log det S: S = C / n.
    name: 'covariance',
    domain: 'spd',
    statistics: ['inverse', 'log_abs_det'],
    minimise: (b, [c, n]) => {
      const sound = b.and(positiveDiagonal(b, c!), column(b, b.gt(n!, 0), 2));
      return minimumWhere(b, sound, b.div(symmetric(b, c!), column(b, n!, 2)));
    },
  },
  {
    // tr(C M) - n log det M: M = n C⁻¹.
    name: 'precision',
    domain: 'spd',
    statistics: ['value', 'log_abs_det'],
    minimise: (b, [c, n]) => {
      const sound = b.and(positiveDiagonal(b, c!), column(b, b.lt(n!, 0), 2));
      return minimumWhere(b, sound, b.mul(b.routine('inverse', symmetric(b, c!))[0]!, column(b, b.neg(n!), 2)));
    },
  },
  {
    // tr(C M) with det M = 1: M = det(C)^{1/D} C⁻¹.
    name: 'precision of unit determinant',
    domain: 'spd',
    unitDeterminant: true,
    statistics: ['value'],
    minimise: (b, [c]) => {
      const s = symmetric(b, c!);
      const logDet = b.routine('log-abs-det', s)[0]!;
      const scale = b.exp(b.div(logDet, b.dim(s.shape.at(-1)!)));
      return minimumWhere(b, positiveDiagonal(b, s), b.mul(b.routine('inverse', s)[0]!, column(b, scale, 2)));
    },
  },
  {
    // a / s² + n log s: s² = 2a / n.
    name: 'scale',
    domain: 'positive',
    statistics: ['reciprocal²', 'log'],
    minimise: (b, [a, n]) =>
      minimumWhere(b, b.and(b.ge(a!, 0), b.gt(n!, 0)), b.sqrt(b.div(b.mul(b.constant(2), a!), n!))),
  },
  {
    // a r - n log r: r = n / a.
    name: 'rate',
    domain: 'positive',
    statistics: ['value', 'log'],
    minimise: (b, [a, n]) => minimumWhere(b, b.and(b.gt(a!, 0), b.lt(n!, 0)), b.div(b.neg(n!), a!)),
  },
];

export interface FamilyWitness {
  readonly family: number;
  readonly polynomials: readonly GroupPolynomial[];
}

const propose = (facts: BlockFacts): Candidate<FamilyWitness> | Refusal => {
  const name = 'exponential family';
  if (facts.block.length !== 1) return refusal(name, 'several params at once');
  const { variable } = facts.block[0]!;
  const polynomials = groupPolynomials(
    extractContext(facts.model, new Set([variable.name]), facts.enumerated),
    facts.groups,
  );
  if ('reason' in polynomials) return refusal(name, polynomials.reason);
  const seen = new Set<Statistic>();
  for (const { group, polynomial } of polynomials)
    for (const term of polynomial.terms) {
      const statistic = statisticOf(term.unknown, polynomial);
      if (statistic === null) return refusal(name, `${group} is not linear in one function of ${variable.name}`);
      if (term.unknown.some((o) => readsDiagonal(o, polynomial)))
        return refusal(name, `${group} reads a diagonal of ${variable.name}`);
      if (statistic !== 'none') seen.add(statistic);
    }
  const index = families.findIndex((f) => matches(f, variable, seen));
  if (index < 0)
    return refusal(
      name,
      `no family has ${[...seen].join(' and ') || 'no function'} of a ${variable.domain.kind} param`,
    );
  return {
    kind: 'candidate',
    method: name,
    certificate: 'exact',
    cost: { operations: 1, bytes: 0 },
    summary: `${families[index]!.name}: linear in ${[...seen].map((s) => printStatistic(s, variable.name)).join(' and ')}`,
    witness: { family: index, polynomials },
  };
};

const printStatistic = (s: Statistic, name: string): string =>
  ({
    value: name,
    log: `log ${name}`,
    'log-complement': `log(1 - ${name})`,
    reciprocal: `1/${name}`,
    'reciprocal²': `1/${name}²`,
    inverse: `inverse(${name})`,
    log_abs_det: `log det ${name}`,
    log_softmax: `log_softmax(${name})`,
  })[s];

/** Two axes of the array walked by one label: its coefficient would be a diagonal, not an array of its own. */
const readsDiagonal = ({ positions }: Occurrence, { ranges }: Polynomial): boolean => {
  const labels = positions.map((p) => p.label).filter((l) => !dims.isOne(ranges.get(l)!.dim));
  return new Set(labels).size < labels.length;
};

const statisticOf = (unknown: readonly Occurrence[], polynomial: Polynomial): Statistic | 'none' | null => {
  if (unknown.length === 0) return 'none';
  if (unknown.length === 1) return unknown[0]!.atom;
  const [a, c] = unknown as [Occurrence, Occurrence];
  const square =
    unknown.length === 2 &&
    a.atom === 'reciprocal' &&
    c.atom === 'reciprocal' &&
    a.positions.every((p, i) => samePosition(polynomial.ranges, p, c.positions[i]!));
  return square ? 'reciprocal²' : null;
};

const matches = (family: Family, variable: Variable, seen: ReadonlySet<Statistic>): boolean =>
  family.domain === variable.domain.kind &&
  seen.size === family.statistics.length &&
  family.statistics.every((s) => seen.has(s)) &&
  (family.unitDeterminant === true
    ? variable.conditions.length === 1 && isUnitDeterminant(variable.conditions[0]!)
    : variable.conditions.length === 0);

/** `det(M) == 1` in either order. */
export const isUnitDeterminant = (condition: Expr): boolean => {
  if (condition.kind !== 'call' || condition.fn !== 'eq') return false;
  const det = condition.args.find((a) => a.kind === 'call' && a.fn === 'det');
  const one = condition.args.find((a) => a.kind === 'number' && a.value === 1);
  return det !== undefined && one !== undefined;
};

/** The coefficient of one statistic over the whole array. */
const coefficientOf = (
  env: Environment,
  variable: Variable,
  polynomials: readonly GroupPolynomial[],
  statistic: Statistic,
  weightsOf: WeightsOf,
): Value => {
  const b = env.builder;
  const drop = statistic === 'log_abs_det' ? 2 : 0;
  const shape = wholeShape(variable);
  const axes: readonly Axis[] = shape
    .slice(0, shape.length - drop)
    .map((dim, i) => ({ id: `${variable.name}.${i}`, dim, from: [] }));
  let sum: NamedTensor | null = null;
  for (const { group, polynomial } of polynomials)
    for (const term of polynomial.terms) {
      if (statisticOf(term.unknown, polynomial) !== statistic) continue;
      const targets = term.unknown[0]!.positions.map((position, i) => ({ position, axis: axes[i]! }));
      const raw = lowerTerm(
        env,
        term,
        polynomial.ranges,
        weightsOf(group),
        targets.map((t) => t.position.label),
      );
      const placed = placeRows(env, raw, targets, polynomial.ranges);
      sum = sum === null ? placed : mapNamed(b, 'add', sum, placed);
    }
  return aligned(b, sum!, axes, true);
};

export const exponentialFamilyStep: ParameterStep<FamilyWitness> = {
  name: 'exponential family',
  documentation:
    'Params in which the expected energy is linear in log p, S⁻¹ and log det S, 1/s² and log s, …: the closed-form ' +
    'maximum-likelihood update. Exact.',
  propose,
  lower: (witness, facts, env, weightsOf, current) => {
    const family = families[witness.family]!;
    const { variable } = facts.block[0]!;
    const coefficients = family.statistics.map((s) => coefficientOf(env, variable, witness.polynomials, s, weightsOf));
    const value = orCurrent(env.builder, family.minimise(env.builder, coefficients), current.get(variable.name));
    return new Map([[variable.name, value]]);
  },
};
