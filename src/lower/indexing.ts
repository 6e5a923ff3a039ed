// Subscripts on named tensors: an index that runs along an axis only renames it; a number computed from data or states
// becomes one flat gather. In: a base tensor and one subscript per leading positional axis. Out: a named tensor.
import type { Builder, Value } from '../tensor/builder.ts';
import type { Dim } from '../tensor/dims.ts';
import * as dims from '../tensor/dims.ts';
import type { Axis, NamedTensor } from './named-tensor.ts';
import { aligned, mapNamed, scalar, unionAxes } from './named-tensor.ts';

export type Subscript =
  | { readonly kind: 'all' }
  | { readonly kind: 'slice'; readonly start: Dim; readonly length: Dim }
  | { readonly kind: 'fixed'; readonly position: Dim }
  /** Positions start … start + axis.dim - 1 become the named axis. */
  | { readonly kind: 'axis'; readonly axis: Axis; readonly start: Dim }
  /** A scalar position per entry of its axes. */
  | { readonly kind: 'at'; readonly position: NamedTensor };

const ZERO = dims.constant(0);

export const subscriptNamed = (b: Builder, base: NamedTensor, subscripts: readonly Subscript[]): NamedTensor => {
  const { tensor, positions } = takeRegular(b, base, subscripts);
  return positions.size === 0 ? tensor : gatherAt(b, tensor, positions);
};

/** Slices and renames; what is left are the positional axes to gather along, by their number in the result. */
const takeRegular = (
  b: Builder,
  base: NamedTensor,
  subscripts: readonly Subscript[],
): { tensor: NamedTensor; positions: Map<number, NamedTensor> } => {
  const named = base.axes.length;
  const start: Dim[] = base.value.shape.map(() => ZERO);
  const length: Dim[] = [...base.value.shape];
  const axes: Axis[] = [...base.axes];
  const dropped = new Set<number>();
  const becomes = new Map<number, Axis>();
  const gathers = new Map<number, NamedTensor>();
  subscripts.forEach((s, i) => {
    const at = named + i;
    if (s.kind === 'slice') [start[at], length[at]] = [s.start, s.length];
    if (s.kind === 'fixed') {
      [start[at], length[at]] = [s.position, dims.constant(1)];
      dropped.add(at);
    }
    // Data used as an index was checked on load; under a condition a computed one may still leave the array.
    if (s.kind === 'at') gathers.set(at, clamped(b, s.position, base.value.shape[at]!));
    if (s.kind === 'axis') {
      const outside = leavesRange(s.axis, s.start, base.value.shape[at]!);
      if (outside || axes.some((a) => a.id === s.axis.id)) {
        const positions = positionsAlong(b, s.axis, s.start);
        gathers.set(at, outside ? clamped(b, positions, base.value.shape[at]!) : positions);
      } else {
        [start[at], length[at]] = [s.start, s.axis.dim];
        axes.push(s.axis);
        becomes.set(at, s.axis);
      }
    }
  });
  const whole = start.every((d) => d.length === 0) && dims.shapesEqual(length, base.value.shape);
  let value = whole ? base.value : b.slice(base.value, start, length);
  const order = [...base.axes.keys(), ...becomes.keys()];
  const rest = length.map((_, i) => i).filter((i) => i >= named && !becomes.has(i) && !dropped.has(i));
  const all = [...order, ...rest];
  const permutation = [...all, ...dropped];
  if (!permutation.every((from, to) => from === to)) value = b.transpose(value, permutation);
  if (dropped.size > 0)
    value = b.reshape(
      value,
      all.map((i) => length[i]!),
    );
  const positions = new Map([...gathers].map(([at, t]) => [rest.indexOf(at), t] as const));
  return { tensor: { value, axes, shape: rest.map((i) => length[i]!) }, positions };
};

/** Entries behind a condition may lie beyond the ends: what is read there is never used, but it must be read inside. */
const leavesRange = (axis: Axis, start: Dim, length: Dim): boolean =>
  dims.isNegative(start) || dims.isNegative(dims.subtract(length, dims.add(start, axis.dim)));
const clamped = (b: Builder, positions: NamedTensor, length: Dim): NamedTensor => ({
  ...positions,
  value: b.minimum(b.maximum(positions.value, 0), b.sub(b.dim(length), 1)),
});

const positionsAlong = (b: Builder, axis: Axis, start: Dim): NamedTensor => {
  const iota = b.iota([axis.dim], 0, 'float');
  return { value: start.length === 0 ? iota : b.add(iota, b.dim(start)), axes: [axis], shape: [] };
};

/** One gather for all computed positions at once: the gathered axes and the axes shared with the positions are
 *  flattened into one, and the flat index is the mixed-radix number of the positions. */
const gatherAt = (b: Builder, base: NamedTensor, positions: ReadonlyMap<number, NamedTensor>): NamedTensor => {
  const indexAxes = unionAxes(...[...positions.values()].map((p) => p.axes));
  const shared = base.axes.filter((a) => indexAxes.some((x) => x.id === a.id));
  const others = base.axes.filter((a) => !shared.includes(a));
  const at = [...positions.keys()];
  const rest = base.shape.map((_, i) => i).filter((i) => !positions.has(i));
  const axisNumber = (a: Axis): number => base.axes.indexOf(a);
  const order = [
    ...shared.map(axisNumber),
    ...at.map((i) => base.axes.length + i),
    ...others.map(axisNumber),
    ...rest.map((i) => base.axes.length + i),
  ];
  const moved = b.transpose(base.value, order);
  const flatDims = [...shared.map((a) => a.dim), ...at.map((i) => base.shape[i]!)];
  const restDims = [...others.map((a) => a.dim), ...rest.map((i) => base.shape[i]!)];
  const data = b.reshape(moved, [dims.product(flatDims), ...restDims]);
  // In integers: a flat position beyond 2^24 has no exact float32.
  const whole = (t: NamedTensor): NamedTensor => ({ ...t, value: b.cast(t.value, 'int') });
  const parts = [...shared.map((a) => positionsAlong(b, a, ZERO)), ...positions.values()].map(whole);
  let flat: NamedTensor = parts[0]!;
  parts.slice(1).forEach((part, i) => {
    const radix = whole(scalar(b.dim(flatDims[i + 1]!)));
    flat = mapNamed(b, 'add', mapNamed(b, 'mul', flat, radix), part);
  });
  const index: Value = aligned(b, flat, indexAxes, true);
  const value = b.gather(data, index, 0);
  return { value, axes: [...indexAxes, ...others], shape: rest.map((i) => base.shape[i]!) };
};
