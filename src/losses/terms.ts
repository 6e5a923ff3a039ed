// A loss of each point as a function of free energies, summed over the points. In: the free energies with their replacements
// and the function that joins them. Out: the sum; how negatives are drawn is said in negatives.ts.
import { curvatureFinder } from '../graph/curvature.ts';
import { exprKey, indexExpr, mapChildren, visit } from '../graph/expressions.ts';
import { definitionExpander } from '../graph/nets/expand.ts';
import type { Environment } from '../lower/environment.ts';
import { withBindings } from '../lower/environment.ts';
import type { NamedTensor } from '../lower/named-tensor.ts';
import { aligned, contractNamed, mapNamed, scalar } from '../lower/named-tensor.ts';
import { FORBIDDEN } from '../tensor/energies.ts';
import type { Expr } from '../semantics/model.ts';
import type { Builder, Value } from '../tensor/builder.ts';
import * as dims from '../tensor/dims.ts';
import type { LossSubject, LossView } from './loss.ts';
import type { Term } from './negatives.ts';
import { givenPoints, ofAllPoints, pointAxes, sumOverPoints } from './values.ts';

/** The loss of each point from the free energies of the terms, in their order. */
export type Combine = (view: LossView, energies: readonly NamedTensor[]) => NamedTensor;

type Negatives = Expr & { readonly kind: 'negatives' };

/** `written`: what `combine` reads besides the terms, as far as it has negatives in it. */
export const lowerTerms = (
  view: LossView,
  terms: readonly Term[],
  combine: Combine,
  written: readonly Expr[] = [],
): Value => {
  const values = terms.flatMap((t) => t.replaced).flatMap((s) => (s.kind === 'value' ? [s.value] : []));
  const all = negativesIn([...values, ...written]);
  const shuffled = all.filter((n) => n.how === 'shuffled');
  const others = all.filter((n) => n.how === 'others');
  const outer = shuffled.length === 0 ? view : bindShifted(view, shuffled, drawnShift(view));
  if (others.length === 0) return once(outer, terms, combine);
  const { builder } = view.env;
  const length = dims.subtract(pointCount(view), dims.constant(1));
  const { ys } = builder.scan({ length, carry: [], xs: [builder.iota([length], 0, 'int')] }, (b, _, [step]) => {
    const inner = outer.within({ ...outer.env, builder: b });
    return { carry: [], ys: [once(bindShifted(inner, others, b.add(step!, 1)), terms, combine)] };
  });
  return builder.div(builder.sum(ys[0]!), builder.maximum(builder.dim(length), 1));
};

const once = (view: LossView, terms: readonly Term[], combine: Combine): Value => {
  const loss = combine(
    view,
    terms.map((t) => energyOf(view, t)),
  );
  const search = terms.flatMap((t) => t.replaced).find((s) => s.kind === 'violator');
  return search?.kind === 'violator' ? firstViolators(view, search.target, loss) : sumOverPoints(view, loss);
};

const energyOf = (view: LossView, { replaced }: Term): NamedTensor => {
  const [first] = replaced;
  if (first === undefined) return givenPoints(view);
  if (first.kind === 'value') {
    const arrays = replaced.flatMap((s) =>
      s.kind === 'value' ? [[s.name, ofAllPoints(view, asReferences(view, s.value))] as const] : [],
    );
    return givenPoints(view, new Map(arrays));
  }
  const { energy, given } = view.states(first.target);
  if (first.kind === 'violator') return energy;
  const b = view.env.builder;
  const elsewhere = mapNamed(b, 'select', given, scalar(b.constant(FORBIDDEN)), energy);
  return contractNamed(b, 'min-plus', [{ tensor: elsewhere, labels: [] }], pointAxes(view));
};

/** Σ over the points of the loss at the state that is met first in random order among those with a loss above 0. */
const firstViolators = (view: LossView, target: string, loss: NamedTensor): Value => {
  const b = view.env.builder;
  const { axis, given } = view.states(target);
  const axes = [...pointAxes(view), axis];
  const [table, taken] = [loss, given].map((t) => aligned(b, t, axes, true)) as [Value, Value];
  const violates = b.and(b.gt(table, 0), b.not(taken));
  const order = b.select(violates, b.random('uniform', table.shape, view.env.seed(), 0), 2);
  const first = b.mul(b.oneHot(b.argmin(order, -1), axis.dim), violates);
  return b.sum(b.mul(b.stopGradient(first), table));
};

// ---------------------------------------------------------------- negatives that are values of other points

/** Distinct ones, of values of other points. */
const negativesIn = (values: readonly Expr[]): readonly Negatives[] => {
  const found = new Map<string, Negatives>();
  for (const value of values)
    visit(value, (e) => {
      if (e.kind === 'negatives') found.set(nameOf(e), e);
    });
  return [...found.values()];
};

const nameOf = (n: Negatives): string => `${n.how}(${n.of})`;
const pointCount = (view: LossView): dims.Dim => pointAxes(view)[0]!.dim;

const atPoint = (subject: LossSubject, like: Expr): readonly Expr[] =>
  subject.plate === null ? [] : [indexExpr(subject.plate.id, like)];

/** Negatives as references to arrays that are bound under their names. */
export const asReferences = (subject: LossSubject, expr: Expr): Expr =>
  expr.kind === 'negatives'
    ? { ...reference(subject, expr, nameOf(expr)), of: 'variable' }
    : mapChildren(expr, (child) => asReferences(subject, child));

/** Whether what a loss reads besides free energies has no kinks in params, nor in the `energies` that are bound by name. */
export const readsSmoothly = (
  subject: LossSubject,
  exprs: readonly Expr[],
  energies: readonly string[] = [],
): boolean => {
  const params = subject.model.variables.filter((v) => v.role === 'param').map((v) => v.name);
  const names = new Set([...params, ...energies]);
  const { behaviour } = curvatureFinder(subject.model);
  return exprs.every((e) => behaviour(asReferences(subject, e), names).smooth);
};

const reference = (subject: LossSubject, like: Expr, name: string): Expr & { readonly kind: 'ref' } => ({
  kind: 'ref',
  of: subject.model.lets.some((l) => l.name === name) ? 'let' : 'variable',
  name,
  at: atPoint(subject, like),
  type: like.type,
  span: like.span,
});

/** Binds each of the negatives to its variable's values, `shift` points on around the batch. */
const bindShifted = (view: LossView, negatives: readonly Negatives[], shift: Value): LossView => {
  const b = view.env.builder;
  const expand = definitionExpander(view.model);
  const bindings = negatives.map((n) => {
    const array = ofAllPoints(view, expand(reference(view, n, n.of)));
    return [nameOf(n), { kind: 'given', value: shifted(b, array, shift) }] as const;
  });
  return view.within(withBindings(view.env, bindings));
};

/** Row i becomes row (i + shift) mod N, 0 ≤ shift < N. */
const shifted = (b: Builder, array: Value, shift: Value): Value => {
  const count = array.shape[0]!;
  const ahead = b.add(b.iota([count], 0, 'int'), b.broadcast(shift, [count]));
  const length = b.cast(b.dim(count), 'int');
  return b.gather(array, b.select(b.ge(ahead, length), b.sub(ahead, length), ahead), 0);
};

/** 1 … N-1, all alike probable; 0 in a batch of one point. */
const drawnShift = (view: LossView): Value => {
  const b = view.env.builder;
  const others = b.sub(b.dim(pointCount(view)), 1);
  const drawn = b.floor(b.mul(b.random('uniform', [], view.env.seed(), 0), others));
  return b.cast(b.minimum(b.add(drawn, 1), others), 'int');
};

/** Free energies inside an expression as nodes of their own, and the expression that reads them. */
export const extractEnergies = (
  subject: LossSubject,
  expr: Expr,
): { readonly energies: readonly (Expr & { readonly kind: 'free-energy' })[]; readonly reading: Expr } => {
  const found = new Map<string, Expr & { readonly kind: 'free-energy' }>();
  const rewrite = (e: Expr): Expr => {
    if (e.kind !== 'free-energy') return mapChildren(e, rewrite);
    const key = exprKey(e);
    if (!found.has(key)) found.set(key, e);
    return reference(subject, e, energyName([...found.keys()].indexOf(key)));
  };
  return { reading: rewrite(expr), energies: [...found.values()] };
};

export const energyName = (i: number): string => `F ${i}`;

/** Free energies bound under their names, over the axis of the points and that of the states. */
export const bindEnergies = (view: LossView, energies: readonly NamedTensor[]): Environment => {
  const indices = pointAxes(view).map((a) => a.id);
  return withBindings(
    view.env,
    energies.map((tensor, i) => [energyName(i), { kind: 'node', tensor, indices }] as const),
  );
};
