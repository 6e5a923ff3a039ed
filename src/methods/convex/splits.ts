// A convex problem split for ADMM: min f(x) + Σ_j g_j(v_j) subject to v_j = a_j(x), f quadratic, a_j affine, each g_j with a proximal
// map in closed form. In: block facts. Out: the splits with quadratic forms for the two solves that ADMM and its dual bound need,
// in a model that has the v_j (and a multiplier) as given variables; or why the block is no such problem.
import type { AffinePenalty } from '../../graph/composite.ts';
import type { FactorGroup } from '../../graph/factor-graph.ts';
import { positionOf } from '../../graph/small-expressions.ts';
import { callExpr, numberExpr } from '../../semantics/make.ts';
import type { Binder, Expr, Model, Variable } from '../../semantics/model.ts';
import type { BlockFacts } from '../method.ts';
import type { QuadraticWitness } from '../quadratic/method.ts';
import { denseCount, quadraticWitness } from '../quadratic/method.ts';
import type { ConvexProblem, SimplePart } from './problem.ts';
import { convexProblem } from './problem.ts';

export interface Split {
  /** Name of the given variable that stands for v_j - u_j in one solve and for the multiplier in the other. */
  readonly name: string;
  readonly binders: readonly Binder[];
  /** a_j. */
  readonly argument: Expr;
  /** The penalty, or the unknown with its set and simple terms of which a_j is the identity. */
  readonly of:
    | { readonly kind: 'penalty'; readonly penalty: AffinePenalty }
    | { readonly kind: 'part'; readonly part: SimplePart };
}

export interface SplitProblem {
  readonly problem: ConvexProblem;
  readonly splits: readonly Split[];
  readonly variables: readonly Variable[];
  /** The block's model with the given variables added. */
  readonly model: Model;
  /** f(x) + Σ ρ/2 ‖a_j(x) - given_j‖². */
  readonly augmented: QuadraticWitness;
  /** f(x) + Σ given_j'a_j(x); null where f alone does not determine x. */
  readonly lagrangian: QuadraticWitness | null;
  /** f(x) + Σ [½ Σ weight (a_j(x) - target)² + multiplier'a_j(x)], weights, targets and multipliers entry by entry; null where
   *  some g_j is not piecewise linear. */
  readonly pinned: QuadraticWitness | null;
}

/** The given variables of the last form, for each split. */
export const pinnedNames = ({ name }: Split) => ({
  weight: `${name} weights`,
  target: `${name} targets`,
  multiplier: `${name} multipliers`,
});

/** The given variable that holds ρ. */
export const weightName = 'split weight';
/** Those that hold the weight of a proximal term ½ weight ‖x - x_before‖², which keeps systems regular where the energy does not
 *  determine its unknowns, and x_before. */
export const ridgeName = 'split ridge';
export const beforeName = ({ name }: Variable): string => `${name} before`;

/** Unknown reals of one dense system. */
const mostDense = 2048;

export const splitProblem = (facts: BlockFacts): SplitProblem | string => {
  const problem = convexProblem(facts, false);
  if (typeof problem === 'string') return problem;
  if (!problem.quadratic) return 'the smooth part is not quadratic, so that ADMM has no linear systems';
  const variables = facts.block.map((v) => v.variable);
  const isSplit = (p: SimplePart): boolean => !p.projection.trivial || p.absolute.length > 0 || p.norm !== null;
  const splits: readonly Split[] = [
    ...problem.composite.affine.map((penalty, i): Split => ({
      name: `split ${i}`,
      binders: penalty.term.binders,
      argument: penalty.argument,
      of: { kind: 'penalty', penalty },
    })),
    ...problem.parts.filter(isSplit).map((part, i): Split => ({
      name: `split part ${i}`,
      binders: part.variable.binders,
      argument: wholeNode(part.variable),
      of: { kind: 'part', part },
    })),
  ];
  const scalars = [weightName, ridgeName].map((name) =>
    givenVariable(facts, name, [], { scalar: { kind: 'real' }, shape: [] }),
  );
  const before = variables.map((v) => givenVariable(facts, beforeName(v), v.binders, v.type));
  const given = splits.flatMap((s) =>
    [s.name, ...Object.values(pinnedNames(s))].map((name) => givenVariable(facts, name, s.binders, s.argument.type)),
  );
  const model: Model = { ...facts.model, variables: [...facts.model.variables, ...scalars, ...before, ...given] };
  const smooth = [...problem.squares, ...problem.linear, ...problem.others];
  const form = (energyOf: (split: Split) => Expr, proximal: boolean): QuadraticWitness | string => {
    const extra = splits.map((s) => groupOf(s, energyOf(s), penaltyWhere(s)));
    const near = proximal ? variables.map(proximalTerm) : [];
    return quadraticWitness({ ...facts, model, groups: [...smooth, ...extra, ...near] }, new Set());
  };
  const augmented = form((s) => distance(s, weightName), true);
  if (typeof augmented === 'string') return augmented;
  if (denseCount(facts, augmented.layout) > mostDense)
    return `its systems would have more than ${mostDense} unknowns each`;
  const lagrangian = form((s) => inner(s), false);
  const pinned = splits.every(isPiecewiseLinear) ? form((s) => pinnedDistance(s), true) : 'a norm is curved';
  return {
    problem,
    splits,
    variables,
    model,
    augmented,
    lagrangian: typeof lagrangian === 'string' ? null : lagrangian,
    pinned: typeof pinned === 'string' ? null : pinned,
  };
};

const givenVariable = (
  facts: BlockFacts,
  name: string,
  binders: readonly Binder[],
  type: Variable['type'],
): Variable => {
  const { span } = facts.block[0]!.variable;
  const plain = { scalar: type.scalar, shape: type.shape };
  return {
    name,
    role: 'data',
    domain: { kind: 'real', shape: type.shape, span },
    type: plain,
    conditions: [],
    start: null,
    net: null,
    binders,
    where: null,
    span,
  };
};

const wholeNode = (v: Variable): Expr => ({
  kind: 'ref',
  of: 'variable',
  name: v.name,
  at: v.binders.map((b) => positionOf(b, v.span)),
  type: v.type,
  span: v.span,
});

type Node = Pick<Split, 'name' | 'binders' | 'argument'>;

const groupOf = ({ name, binders }: Node, energy: Expr, where: Expr | null): FactorGroup => ({
  name,
  kind: 'factor',
  binders,
  where,
  slots: [],
  energy,
  distribution: null,
  span: energy.span,
});

const penaltyWhere = ({ of }: Split): Expr | null => (of.kind === 'penalty' ? of.penalty.term.where : null);

/** ½ ridge ‖x - x_before‖² of each node. */
const proximalTerm = (v: Variable): FactorGroup => {
  const node: Node = { name: beforeName(v), binders: v.binders, argument: wholeNode(v) };
  return groupOf(node, distance(node, ridgeName), null);
};

const givenNode = ({ binders, argument }: Node, name: string): Expr => ({
  kind: 'ref',
  of: 'variable',
  name,
  at: binders.map((b) => positionOf(b, argument.span)),
  type: argument.type,
  span: argument.span,
});

const reference = (name: string, like: Expr): Expr => ({
  kind: 'ref',
  of: 'variable',
  name,
  at: [],
  type: { scalar: { kind: 'real' }, shape: [] },
  span: like.span,
});

/** weight/2 ‖a - given‖². */
const distance = (split: Node, weight: string): Expr => {
  const { argument } = split;
  const { span } = argument;
  const apart = callExpr('sub', [argument, givenNode(split, split.name)], span);
  const square =
    argument.type.shape.length === 0
      ? callExpr('pow', [apart, numberExpr(2, span)], span)
      : callExpr('squared-normF', [apart], span);
  const half = callExpr('div', [reference(weight, argument), numberExpr(2, span)], span);
  return callExpr('mul', [half, square], span);
};

/** given'a. */
const inner = (split: Split): Expr => {
  const { argument } = split;
  return summed(callExpr('mul', [givenNode(split, split.name), argument], argument.span));
};

const summed = (entries: Expr): Expr =>
  entries.type.shape.length === 0 ? entries : callExpr('sum', [entries], entries.span);

/** ½ Σ weight (a - target)² + multiplier'a. */
const pinnedDistance = (split: Split): Expr => {
  const { argument } = split;
  const { span } = argument;
  const names = pinnedNames(split);
  const apart = callExpr('sub', [argument, givenNode(split, names.target)], span);
  const square = callExpr('pow', [apart, numberExpr(2, span)], span);
  const half = callExpr('div', [givenNode(split, names.weight), numberExpr(2, span)], span);
  return callExpr(
    'add',
    [
      summed(callExpr('mul', [half, square], span)),
      summed(callExpr('mul', [givenNode(split, names.multiplier), argument], span)),
    ],
    span,
  );
};

/** Made of pieces on which it is linear: absolute values, positive parts, bounds on entries. */
const isPiecewiseLinear = ({ of }: Split): boolean =>
  of.kind === 'penalty'
    ? of.penalty.norm !== 'l2'
    : of.part.norm === null && of.part.set.norm === null && of.part.set.sum === null;
