// What a convex method needs to know of a block: its energy split into smooth and simple parts, the set of each unknown, the
// rows, and the unknowns that a linear solve eliminates. In: block facts. Out: the problem, or why the block is not one.
import { additiveTerms } from '../../graph/additive-terms.ts';
import { hasBarrier } from '../../graph/barriers.ts';
import type { Composite, NormCore } from '../../graph/composite.ts';
import { compositeOf, isNotComposite } from '../../graph/composite.ts';
import { curvatureFinder } from '../../graph/curvature.ts';
import { dependsOn } from '../../graph/expressions.ts';
import type { FactorGroup } from '../../graph/factor-graph.ts';
import { isNonnegative } from '../../graph/value-range.ts';
import type { Model, Variable } from '../../semantics/model.ts';
import type { ConstraintSet } from '../continuous/constraint-set.ts';
import { constraintSetOf } from '../continuous/constraint-set.ts';
import type { Projection } from '../continuous/projections.ts';
import { projectionOf, readableIn } from '../continuous/projections.ts';
import type { BlockFacts } from '../method.ts';
import type { QuadraticWitness } from '../quadratic/method.ts';
import { denseCount, quadraticWitness } from '../quadratic/method.ts';
import type { Rows } from './rows.ts';
import { rowsOf } from './rows.ts';

/** What stands on one unknown besides the smooth part. */
export interface SimplePart {
  readonly variable: Variable;
  readonly set: ConstraintSet;
  readonly projection: Projection;
  /** It is nonnegative, so that Σ w|x| is Σ w x: a linear term. */
  readonly nonnegative: boolean;
  /** Terms of weighted absolute values of its entries. */
  readonly absolute: readonly FactorGroup[];
  /** Terms of weighted norms of groups of its entries, all along the same axes. */
  readonly norm: { readonly core: NormCore; readonly terms: readonly FactorGroup[] } | null;
}

export interface ConvexProblem {
  readonly composite: Composite;
  /** The smooth part is a polynomial of degree 2: its gradient is affine. */
  readonly quadratic: boolean;
  /** Smooth terms by kind: squares of something affine (≥ 0, its square homogeneous), affine ones, and all others. */
  readonly squares: readonly FactorGroup[];
  readonly linear: readonly FactorGroup[];
  readonly others: readonly FactorGroup[];
  /** No smooth term is ever negative, so that the penalties are at most the whole energy. */
  readonly smoothNonnegative: boolean;
  /** Some smooth term may be infinite, or without a slope, at the edge of the sets or within them: steps must stop before. */
  readonly barrier: boolean;
  readonly parts: readonly SimplePart[];
  /** Unknowns without a set or penalty, in which the energy is quadratic: minimised exactly given the others. */
  readonly free: { readonly facts: BlockFacts; readonly witness: QuadraticWitness } | null;
  readonly rows: Rows;
}

/** Unknown reals of the free unknowns that are eliminated by one dense system. */
const mostFree = 512;

/** `eliminate`: unknowns without sets and penalties may be minimised inside, by a linear solve. */
export const convexProblem = (facts: BlockFacts, eliminate = true): ConvexProblem | string => {
  const { model } = facts;
  const variables = facts.block.map((v) => v.variable);
  const block = new Set(variables.map((v) => v.name));
  const known = readableIn(model);
  const sets = new Map<string, { readonly set: ConstraintSet; readonly projection: Projection }>();
  for (const v of variables) {
    if (v.domain.kind === 'angle') return `${v.name} ranges over angle`;
    const set = constraintSetOf(v, known);
    if (typeof set === 'string') return set;
    const projection = projectionOf(v, known);
    if (typeof projection === 'string') return projection;
    if (!projection.convex) return `${v.name} ranges over ${projection.title}, which is not convex`;
    if (set.matrix !== null) return `${v.name} ranges over ${set.matrix}`;
    sets.set(v.name, { set, projection });
  }
  const composite = compositeOf(model, facts.groups, block);
  if (isNotComposite(composite)) return `factor ${composite.factor} ${composite.reason}`;
  const parts: SimplePart[] = [];
  for (const variable of variables) {
    const part = simplePart(variable, composite, sets.get(variable.name)!);
    if (typeof part === 'string') return part;
    parts.push(part);
  }
  const kinds = sorted(model, composite.smooth, block);
  const free = eliminate ? freeUnknowns(facts, composite, parts, kinds.quadratic) : null;
  const active = free === null ? parts : parts.filter((p) => !free.facts.block.some((v) => v.variable === p.variable));
  const terms = [...kinds.squares, ...kinds.linear, ...kinds.others, ...composite.penalties.map((p) => p.term)];
  // A free unknown that several rows share joins them.
  const rows = rowsOf(variables, terms);
  return { composite, ...kinds, parts: active, free, rows };
};

/** Domains from 0 upwards, and lower bounds that are written numbers ≥ 0. */
const isNonnegativeSet = (set: ConstraintSet): boolean => set.lower.some((l) => typeof l === 'number' && l >= 0);

const simplePart = (
  variable: Variable,
  { penalties }: Composite,
  { set, projection }: { readonly set: ConstraintSet; readonly projection: Projection },
): SimplePart | string => {
  const { name } = variable;
  const nonnegative = isNonnegativeSet(set);
  const absolute = penalties.flatMap((p) =>
    p.core.kind === 'entries' && p.core.variables.includes(name) ? [p.term] : [],
  );
  const norms = penalties.flatMap((p) =>
    p.core.kind === 'norm' && p.core.variable === name ? [{ core: p.core, term: p.term }] : [],
  );
  const [first] = norms;
  if (norms.some((n) => String(n.core.over) !== String(first!.core.over)))
    return `${name} has norms of overlapping groups of its entries`;
  const bounded = set.norm !== null || set.sum !== null;
  // The proximal map of the sum is that of the parts in turn for bounds and for balls around 0 (Yu 2013), not beyond.
  const awayFromZero = (set.lower.length > 0 || set.upper.length > 0) && !nonnegative;
  const isCone = set.upper.length === 0 && set.lower.every((l) => l === 0);
  if (first !== undefined && (set.sum !== null || !isCone || set.norm?.order === 1))
    return `${name} has a norm and ranges over ${projection.title}: no closed proximal map`;
  if (absolute.length > 0 && !nonnegative && (set.sum !== null || (bounded && (awayFromZero || set.norm?.order === 1))))
    return `${name} has absolute values and ranges over ${projection.title}: no closed proximal map`;
  const norm = first === undefined ? null : { core: first.core, terms: norms.map((n) => n.term) };
  return { variable, set, projection, nonnegative, absolute, norm };
};

/** Smooth terms by what a dual bound can make of them. */
const sorted = (
  model: Model,
  smooth: readonly FactorGroup[],
  block: ReadonlySet<string>,
): Pick<ConvexProblem, 'quadratic' | 'squares' | 'linear' | 'others' | 'smoothNonnegative' | 'barrier'> => {
  const { behaviour, range } = curvatureFinder(model);
  const judged = (term: FactorGroup) => ({ term, ...behaviour(term.energy, block) });
  // A convex quadratic that is never negative is a square of something affine plus a constant ≥ 0.
  const isSquare = (t: ReturnType<typeof judged>): boolean => t.degree === 2 && isNonnegative(range(t.term.energy));
  // (x - m)² / 2 + log s: the square by itself, where the whole may be negative.
  const all = smooth.flatMap((term) => {
    const whole = judged(term);
    if (whole.degree !== 2 || isSquare(whole)) return [whole];
    const terms = additiveTerms(term, () => [])
      .map(judged)
      .filter((t) => t.degree > 0);
    return terms.every((t) => t.convexity === 'convex' || t.convexity === 'affine') ? terms : [whole];
  });
  const squares = all.filter(isSquare).map((t) => t.term);
  const linear = all.filter((t) => t.degree === 1).map((t) => t.term);
  const others = all.filter((t) => t.degree > 1 && !isSquare(t)).map((t) => t.term);
  return {
    quadratic: all.every((t) => t.degree <= 2),
    squares,
    linear,
    others,
    smoothNonnegative: [...linear, ...others].every((t) => isNonnegative(range(t.energy))),
    barrier: others.some((t) => hasBarrier(t.energy, block, range)),
  };
};

const freeUnknowns = (
  facts: BlockFacts,
  { smooth, penalties }: Composite,
  parts: readonly SimplePart[],
  isQuadratic: boolean,
): ConvexProblem['free'] => {
  if (!isQuadratic) return null;
  const isFree = (p: SimplePart): boolean => p.projection.trivial && p.absolute.length === 0 && p.norm === null;
  const names = new Set(parts.filter(isFree).map((p) => p.variable.name));
  if (names.size === 0 || names.size === parts.length) return null;
  if (penalties.some((p) => dependsOn(p.term.energy, names))) return null;
  const own: BlockFacts = {
    ...facts,
    block: facts.block.filter((v) => names.has(v.variable.name)),
    groups: smooth.filter((g) => dependsOn(g.energy, names)),
  };
  const witness = quadraticWitness(own, new Set());
  if (typeof witness === 'string' || denseCount(own, witness.layout) > mostFree) return null;
  return { facts: own, witness };
};
