// Coefficients of polynomial terms as tensors. In: terms of graph/polynomial.ts and an environment. Out: for a term, the
// contraction of its known factors (and posterior weights) over every label that is not kept.
import type { Label, LabelRange, Position, Term } from '../graph/polynomial.ts';
import type { Dim } from '../tensor/dims.ts';
import * as dims from '../tensor/dims.ts';
import type { Environment } from './environment.ts';
import { withAxes } from './environment.ts';
import { lowerExpression } from './expression.ts';
import { subscriptNamed } from './indexing.ts';
import type { Axis, NamedTensor, Operand } from './named-tensor.ts';
import { aligned, contractNamed, mapNamed, scalar, unionAxes } from './named-tensor.ts';

/** Posterior weights of a group: over some of its indices and slots, already summed over the indices in `covers`. */
export interface Weights {
  readonly tensor: NamedTensor;
  readonly covers: ReadonlySet<Label>;
}

export const labelAxis = (label: Label, ranges: ReadonlyMap<Label, LabelRange>): Axis => {
  const range = ranges.get(label)!;
  return { id: label, dim: range.dim, from: range.from };
};

/** Σ over all labels but `keep` of coefficient · Π known · weights. A kept label that no factor has is expanded. */
export const lowerTerm = (
  env: Environment,
  term: Term,
  ranges: ReadonlyMap<Label, LabelRange>,
  weights: Weights | null,
  keep: readonly Label[],
): NamedTensor => {
  const b = env.builder;
  const axes = [...ranges.keys()].map((l) => labelAxis(l, ranges));
  const inner = withAxes(env, axes);
  const operands: Operand[] = term.known.map((k) => {
    const tensor = lowerExpression(inner, k.expr);
    const subscripts = k.labels.map((l) => {
      const axis = labelAxis(l, ranges);
      return { kind: 'axis', axis, start: axis.from } as const;
    });
    return { tensor: subscripts.length === 0 ? tensor : subscriptNamed(b, tensor, subscripts), labels: [] };
  });
  if (weights !== null) operands.push({ tensor: weights.tensor, labels: [] });
  const present = new Set(unionAxes(...operands.map((o) => o.tensor.axes)).map((a) => a.id));
  const kept = keep.map((l) => labelAxis(l, ranges));
  const value: NamedTensor =
    operands.length === 0
      ? expandTo(env, scalar(b.constant(1)), kept)
      : contractNamed(b, 'sum-product', operands, kept);
  // A summed label that no factor mentions repeats the term; weights already summed over it count each repeat.
  const repeats = new Set(
    term.bound.filter((l) => !present.has(l) && !keep.includes(l) && !(weights?.covers.has(l) ?? false)),
  );
  const times = dims.product([...repeats].map((l) => ranges.get(l)!.dim));
  return mapNamed(b, 'mul', value, scalar(b.mul(b.constant(term.coefficient), b.dim(times))));
};

const expandTo = (env: Environment, t: NamedTensor, axes: readonly Axis[]): NamedTensor => ({
  value: aligned(env.builder, t, axes, true),
  axes,
  shape: [],
});

/** Moves label axes to whole array axes: entry of index value i goes to position i + offset, the rest is 0.
 *  `targets` has one entry per axis of `t`, in order. */
export const placeRows = (
  env: Environment,
  t: NamedTensor,
  targets: readonly { readonly position: Position; readonly axis: Axis }[],
  ranges: ReadonlyMap<Label, LabelRange>,
): NamedTensor => {
  const b = env.builder;
  const before: Dim[] = [];
  const after: Dim[] = [];
  targets.forEach(({ position, axis }) => {
    const range = ranges.get(position.label)!;
    const start = dims.add(range.from, position.offset);
    before.push(start);
    after.push(dims.subtract(dims.subtract(axis.dim, start), range.dim));
  });
  const value = aligned(
    b,
    t,
    targets.map(({ position }) => labelAxis(position.label, ranges)),
  );
  const padded = [...before, ...after].every((d) => d.length === 0) ? value : b.pad(value, before, after);
  return { value: padded, axes: targets.map(({ axis }) => axis), shape: [] };
};
