// Views, concatenation and index instructions within the axis limit. In: handles. Out: handles.
// A row-major tensor is seen as [before, n, after] around the one axis that matters, whatever its rank.
import {
  add,
  constant,
  constantValue,
  equal,
  isOne,
  multiply,
  product,
  shapesEqual,
  type Dim,
} from '../../../tensor/dims.ts';
import type { View } from '../../../tensor/program.ts';
import { dimText, mayBeZero, numberText, shapeText } from '../names.ts';
import type { Tensor } from '../realisation.ts';
import { handleOf, whole, wholeAs, type Handle } from './handle.ts';
import { keptShape, maximumRank, permutationRuns } from './layout.ts';
import type { Realiser } from './realiser.ts';

const around = (shape: readonly Dim[], axis: number): readonly [Dim, Dim, Dim] => [
  product(shape.slice(0, axis)),
  shape[axis]!,
  product(shape.slice(axis + 1)),
];

/** The tensor (row-major numbers of `shape`) with axes permuted. Beyond four merged axes several transposes of four each
 *  move one run of axes to its place: [done, skipped, run, rest] → [done, run, skipped, rest]. */
export const transposeTensor = (
  r: Realiser,
  tensor: Tensor,
  shape: readonly Dim[],
  permutation: readonly number[],
): Tensor => {
  const groups = permutationRuns(shape, permutation);
  // In source order, each group named by its first axis.
  const source = [...groups].sort((a, b) => a[0]! - b[0]!);
  const dim = (group: readonly number[]): Dim => product(group.map((axis) => shape[axis]!));
  const transposed = permutation.map((axis) => shape[axis]!);
  if (groups.length <= 1) return r.reshape(tensor, keptShape(transposed));
  const permute = shape.some(mayBeZero) ? 'permuteAxes' : 'transpose';
  if (groups.length <= maximumRank) {
    const order = groups.map((group) => source.indexOf(group));
    const seen = r.reshape(tensor, source.map(dim));
    return r.call(permute, [seen], [`[${order.join(', ')}]`], groups.map(dim));
  }
  let order = source;
  for (let done = 0; done < groups.length; done++) {
    const from = order.indexOf(groups[done]!);
    if (from === done) continue;
    let length = 1;
    while (done + length < groups.length && order[from + length] === groups[done + length]) length++;
    const parts = [
      order.slice(0, done),
      order.slice(done, from),
      order.slice(from, from + length),
      order.slice(from + length),
    ];
    const dims = parts.map((part) => product(part.map(dim)));
    const moved = dims.with(1, dims[2]!).with(2, dims[1]!);
    tensor = r.call(permute, [r.reshape(tensor, dims)], ['[0, 2, 1, 3]'], moved);
    order = [...parts[0]!, ...parts[2]!, ...parts[1]!, ...parts[3]!];
  }
  return tensor;
};

/** The entries start..start+length along one axis. */
const sliceAxis = (
  r: Realiser,
  tensor: Tensor,
  shape: readonly Dim[],
  axis: number,
  start: Dim,
  length: Dim,
): Tensor => {
  const [before, n, after] = around(shape, axis);
  // Everything after a sliced axis is one piece of memory: [before, n · after].
  const out = [before, multiply(length, after)];
  const view = r.reshape(tensor, [before, multiply(n, after)]);
  const from = multiply(start, after);
  if (isOne(before)) {
    const flat = r.reshape(tensor, [multiply(n, after)]);
    return r.call('slice', [flat], [`[${dimText(from)}]`, `[${dimText(out[1]!)}]`], [out[1]!]);
  }
  return r.call('slice', [view], [`[0, ${dimText(from)}]`, shapeText(out)], out);
};

const padAxis = (
  r: Realiser,
  tensor: Tensor,
  shape: readonly Dim[],
  axis: number,
  before: Dim,
  after: Dim,
  value: number,
): Tensor => {
  const [outer, n, inner] = around(shape, axis);
  const view = r.reshape(tensor, [outer, multiply(n, inner)]);
  const [left, right] = [multiply(before, inner), multiply(after, inner)];
  const out = [outer, add(multiply(n, inner), add(left, right))];
  return r.call('pad', [view], [`[[0, 0], [${dimText(left)}, ${dimText(right)}]]`, numberText(value)], out);
};

export const realiseView = (r: Realiser, given: Handle, view: View, shape: readonly Dim[]): Handle => {
  const moves = view.kind !== 'reshape' && view.kind !== 'expand';
  const tensor = moves && given.tensor.type === 'bool' ? r.cast(given.tensor, 'float32') : given.tensor;
  const arg: Handle = { ...given, tensor, iota: view.kind === 'expand' ? given.iota : null };
  switch (view.kind) {
    case 'reshape': {
      if (shapesEqual(arg.stored, arg.shape)) return { ...arg, stored: shape, shape };
      return handleOf(whole(r, arg), shape, arg.truth);
    }
    case 'expand':
      return { ...arg, shape };
    case 'transpose': {
      const stored = view.permutation.map((axis) => arg.stored[axis]!);
      return { ...arg, tensor: transposeTensor(r, arg.tensor, arg.stored, view.permutation), stored, shape };
    }
    case 'slice': {
      // A slice of repeats is fewer repeats.
      let { tensor, stored } = arg;
      for (const [axis, dim] of arg.shape.entries()) {
        if (equal(dim, view.length[axis]!)) continue;
        if (isOne(stored[axis]!) && !isOne(dim)) continue;
        tensor = sliceAxis(r, tensor, stored, axis, view.start[axis]!, view.length[axis]!);
        stored = stored.with(axis, view.length[axis]!);
      }
      return { ...arg, tensor, stored, shape };
    }
    case 'reverse': {
      const { stored } = arg;
      if (isOne(stored[view.axis]!)) return arg;
      const [before, n, after] = around(stored, view.axis);
      const dims = [before, n, after];
      return { ...arg, tensor: r.call('reverse', [r.reshape(arg.tensor, dims)], ['1'], dims) };
    }
    case 'pad': {
      let tensor = whole(r, arg);
      let current = arg.shape;
      for (const [axis, dim] of shape.entries()) {
        if (constantValue(view.before[axis]!) === 0 && constantValue(view.after[axis]!) === 0) continue;
        tensor = padAxis(r, tensor, current, axis, view.before[axis]!, view.after[axis]!, view.value);
        current = current.with(axis, dim);
      }
      return handleOf(tensor, shape, false);
    }
  }
};

export const realiseConcat = (r: Realiser, args: readonly Handle[], axis: number, shape: readonly Dim[]): Handle => {
  const [before, , after] = around(shape, axis);
  const parts = args.map((h) => wholeAs(r, h, [before, multiply(h.shape[axis]!, after)]));
  if (parts.length === 1) return handleOf(parts[0]!, shape, args[0]!.truth);
  const joined = r.call('concat', parts, ['1'], [before, multiply(shape[axis]!, after)], parts[0]!.type);
  return handleOf(
    joined,
    shape,
    args.every((h) => h.truth),
  );
};

/** 0, 1, 2, … along one axis, repeated lazily along the others. */
export const realiseIota = (r: Realiser, shape: readonly Dim[], axis: number, type: 'float32' | 'int32'): Handle => {
  const n = shape[axis]!;
  const tensor = r.call('range', [], ['0', dimText(n), '1', `'${type}'`], [n], type);
  return { tensor, stored: shape.map((dim, i) => (i === axis ? dim : constant(1))), shape, truth: false, iota: axis };
};

export const realiseGather = (
  r: Realiser,
  data: Handle,
  indices: Handle,
  axis: number,
  shape: readonly Dim[],
): Handle => {
  const [before, n, after] = around(data.shape, axis);
  const count = product(indices.shape);
  const flat = wholeAs(r, indices, [count]);
  const tensor = r.call('gatherAxis', [wholeAs(r, data, [before, n, after]), flat], [], [before, count, after]);
  return handleOf(tensor, shape, data.truth);
};

export const realiseScatterAdd = (
  r: Realiser,
  updates: Handle,
  indices: Handle,
  axis: number,
  shape: readonly Dim[],
): Handle => {
  const [before, n, after] = around(shape, axis);
  const count = product(indices.shape);
  const flat = wholeAs(r, indices, [count]);
  const tensor = r.call(
    'scatterAdd',
    [wholeAs(r, updates, [before, count, after]), flat],
    [dimText(n)],
    [before, n, after],
    'float32',
  );
  return handleOf(tensor, shape, false);
};

/** tfjs alone starts from the first entry: of a row that begins with NaN it gives 0, where others pass over it. */
export const realiseArgmin = (r: Realiser, arg: Handle, axis: number, shape: readonly Dim[]): Handle => {
  const [before, n, after] = around(arg.shape, axis);
  const seen = isOne(after) ? [before, n] : [before, n, after];
  const tensor = r.call(
    seen.some(mayBeZero) ? 'argminAxis' : 'argMin',
    [wholeAs(r, arg, seen)],
    ['1'],
    seen.toSpliced(1, 1),
    'int32',
  );
  return handleOf(tensor, shape, false);
};
