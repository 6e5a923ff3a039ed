// Values with named axes: a program value whose leading axes have names (plates, loop indices, states of an enumerated
// variable) and whose trailing axes are positional (the shape of the expression). Plates are axes: there is no batching pass.
import { InternalError } from '../diagnostics/diagnostic.ts';
import type { Builder, Value } from '../tensor/builder.ts';
import type { Dim } from '../tensor/dims.ts';
import * as dims from '../tensor/dims.ts';
import type { Elementwise } from '../tensor/elementwise.ts';

/** Position p along the axis of an index means index value `from + p`. */
export interface Axis {
  readonly id: string;
  readonly dim: Dim;
  readonly from: Dim;
}

/** Layout of `value`: the named axes, then `shape`. */
export interface NamedTensor {
  readonly value: Value;
  readonly axes: readonly Axis[];
  readonly shape: readonly Dim[];
}

export const scalar = (value: Value): NamedTensor => ({ value, axes: [], shape: [] });
export const positional = (value: Value): NamedTensor => ({ value, axes: [], shape: value.shape });

export const unionAxes = (...lists: readonly (readonly Axis[])[]): readonly Axis[] => {
  const seen = new Map<string, Axis>();
  for (const axis of lists.flat()) if (!seen.has(axis.id)) seen.set(axis.id, axis);
  return [...seen.values()];
};

const ONE = dims.constant(1);

/** The value with exactly `axes` leading, absent ones as length 1 (or full length when `expand`). */
export const aligned = (b: Builder, t: NamedTensor, axes: readonly Axis[], expand = false): Value => {
  const present = axes.filter((a) => t.axes.some((x) => x.id === a.id));
  if (present.length !== t.axes.length) throw new InternalError('aligned: an axis would be lost');
  const order = [
    ...present.map((a) => t.axes.findIndex((x) => x.id === a.id)),
    ...t.shape.map((_, i) => t.axes.length + i),
  ];
  let value = order.every((from, to) => from === to) ? t.value : b.transpose(t.value, order);
  if (present.length < axes.length) {
    const shape = [...axes.map((a) => (present.includes(a) ? a.dim : ONE)), ...t.shape];
    value = b.reshape(value, shape);
    if (expand) value = b.expand(value, [...axes.map((a) => a.dim), ...t.shape]);
  }
  return value;
};

/** An elementwise function of tensors; positional shapes must be equal, or scalar (which broadcasts). */
export const mapNamed = (b: Builder, fn: Elementwise, ...args: readonly NamedTensor[]): NamedTensor => {
  const axes = unionAxes(...args.map((a) => a.axes));
  const shape = args.find((a) => a.shape.length > 0)?.shape ?? [];
  const values = args.map((a) => {
    const value = aligned(b, a, axes);
    if (a.shape.length === shape.length || value.shape.length === 0) return value;
    return b.reshape(value, [...value.shape, ...shape.map(() => ONE)]);
  });
  return { value: b.map(fn, ...values), axes, shape };
};

export interface Operand {
  readonly tensor: NamedTensor;
  /** Names for the positional axes. */
  readonly labels: readonly string[];
}

/** A contraction by names: operands are matched on axis ids and labels; `keep` become the named axes of the result. */
export const contractNamed = (
  b: Builder,
  semiring: 'sum-product' | 'min-plus' | { readonly kind: 'soft-min'; readonly beta: Value },
  operands: readonly Operand[],
  keep: readonly Axis[],
): NamedTensor => {
  const numbers = new Map<string, number>();
  const number = (id: string): number => {
    if (!numbers.has(id)) numbers.set(id, numbers.size);
    return numbers.get(id)!;
  };
  const prepared = operands.map((o) => ({
    value: o.tensor.value,
    axes: [...o.tensor.axes.map((a) => number(a.id)), ...o.labels.map(number)],
  }));
  // An axis to keep that no operand has (a factor constant along it) needs an operand of its own.
  const missing = keep.filter((a) => !numbers.has(a.id));
  const kept = keep.filter((a) => numbers.has(a.id));
  const value = b.contract(
    semiring,
    prepared,
    kept.map((a) => number(a.id)),
  );
  const result: NamedTensor = { value, axes: kept, shape: [] };
  return missing.length === 0 ? result : { value: aligned(b, result, keep, true), axes: keep, shape: [] };
};

/** Renames one axis. */
export const renameAxis = (t: NamedTensor, from: string, to: Axis): NamedTensor => ({
  ...t,
  axes: t.axes.map((a) => (a.id === from ? to : a)),
});

/** Turns positional axes into named ones. */
export const nameShape = (t: NamedTensor, names: readonly Axis[]): NamedTensor => {
  const ids = [...t.axes, ...names].map((a) => a.id);
  if (names.length !== t.shape.length || new Set(ids).size !== ids.length)
    throw new InternalError(`nameShape: ${ids.join(', ')} do not name ${dims.printShape(t.shape)}`);
  return { value: t.value, axes: [...t.axes, ...names], shape: [] };
};

/** Turns named axes into leading positional ones, in this order; the tensor is expanded along those it lacks. */
export const unname = (b: Builder, t: NamedTensor, axes: readonly Axis[]): NamedTensor => {
  const rest = t.axes.filter((a) => !axes.some((x) => x.id === a.id));
  const all = [...rest, ...axes];
  return { value: aligned(b, t, all, true), axes: rest, shape: [...axes.map((a) => a.dim), ...t.shape] };
};
