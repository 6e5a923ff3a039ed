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
}

/** The given variable that holds ρ. */
export const weightName = 'split weight';

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
  const weight = givenVariable(facts, weightName, [], { scalar: { kind: 'real' }, shape: [] });
  const given = splits.map((s) => givenVariable(facts, s.name, s.binders, s.argument.type));
  const model: Model = { ...facts.model, variables: [...facts.model.variables, weight, ...given] };
  const smooth = [...problem.squares, ...problem.linear, ...problem.others];
  const form = (energyOf: (split: Split) => Expr): QuadraticWitness | string => {
    const extra = splits.map((s): FactorGroup => groupOf(s, energyOf(s)));
    return quadraticWitness({ ...facts, model, groups: [...smooth, ...extra] }, new Set());
  };
  const augmented = form((s) => distance(s));
  if (typeof augmented === 'string') return augmented;
  if (denseCount(facts, augmented.layout) > mostDense)
    return `its systems would have more than ${mostDense} unknowns each`;
  const lagrangian = form((s) => inner(s));
  return {
    problem,
    splits,
    variables,
    model,
    augmented,
    lagrangian: typeof lagrangian === 'string' ? null : lagrangian,
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

const groupOf = (split: Split, energy: Expr): FactorGroup => ({
  name: split.name,
  kind: 'factor',
  binders: split.binders,
  where: split.of.kind === 'penalty' ? split.of.penalty.term.where : null,
  slots: [],
  energy,
  distribution: null,
  span: energy.span,
});

const givenNode = ({ name, binders, argument }: Split): Expr => ({
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

/** ρ/2 ‖a - given‖². */
const distance = (split: Split): Expr => {
  const { argument } = split;
  const { span } = argument;
  const apart = callExpr('sub', [argument, givenNode(split)], span);
  const square =
    argument.type.shape.length === 0
      ? callExpr('pow', [apart, numberExpr(2, span)], span)
      : callExpr('squared-normF', [apart], span);
  const half = callExpr('div', [reference(weightName, argument), numberExpr(2, span)], span);
  return callExpr('mul', [half, square], span);
};

/** given'a. */
const inner = (split: Split): Expr => {
  const { argument } = split;
  const product = callExpr('mul', [givenNode(split), argument], argument.span);
  return argument.type.shape.length === 0 ? product : callExpr('sum', [product], argument.span);
};
