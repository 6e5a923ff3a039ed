// What stands for a value of the program while its realisation is made. A broadcast stays lazy: the tensor holds `stored`,
// with 1 where the value repeats it, until an operation needs the repeats.
import { isOne, product, shapesEqual, type Dim } from '../../../tensor/dims.ts';
import { shapeText } from '../names.ts';
import type { Tensor } from '../realisation.ts';
import { broadcastRuns, keptShape, maximumRank } from './layout.ts';
import type { Realiser } from './realiser.ts';

export interface Handle {
  /** Its numbers in row-major order of `stored`; its own shape may merge axes. */
  readonly tensor: Tensor;
  readonly stored: readonly Dim[];
  readonly shape: readonly Dim[];
  /** Known to be 0 or 1 everywhere. */
  readonly truth: boolean;
  /** The axis along which it counts 0, 1, 2, … and is otherwise constant; null when it is no such thing. */
  readonly iota: number | null;
}

export const handleOf = (tensor: Tensor, shape: readonly Dim[], truth = tensor.type === 'bool'): Handle => ({
  tensor,
  stored: shape,
  shape,
  truth,
  iota: null,
});

export const isSingle = (stored: readonly Dim[]): boolean => stored.every(isOne);

/** The tensor with its stored numbers repeated to the whole shape. Repeating is adding zeros: on wasm broadcasting additions
 *  are vectorised, tile is a hundred times slower, and broadcasting past four axes needs several passes. */
export const repeatTo = (r: Realiser, tensor: Tensor, stored: readonly Dim[], shape: readonly Dim[]): Tensor => {
  if (shapesEqual(stored, shape)) return tensor;
  const filled = isSingle(stored) ? r.filled(tensor, keptShape(shape)) : null;
  if (filled !== null) return filled;
  let runs = broadcastRuns([stored], shape);
  // [a, n, b]: one run of repeats at a time, from the left, until the rest fits one broadcast.
  while (runs.length > maximumRank) {
    const at = runs.findIndex((run) => !run.present[0]);
    const before = product(runs.slice(0, at).map((run) => run.dim));
    const after = product(runs.slice(at + 1).flatMap((run) => (run.present[0] ? [run.dim] : [])));
    tensor = addZeros(r, tensor, [before, one, after], [before, runs[at]!.dim, after]);
    runs = mergePresent(runs.map((run, i) => (i === at ? { ...run, present: [true] } : run)));
  }
  return addZeros(
    r,
    tensor,
    runs.map((run) => (run.present[0] ? run.dim : one)),
    runs.map((run) => run.dim),
  );
};

const one: Dim = product([]);

const mergePresent = (runs: ReturnType<typeof broadcastRuns>): ReturnType<typeof broadcastRuns> =>
  broadcastRuns(
    [runs.map((run) => (run.present[0] ? run.dim : one))],
    runs.map((run) => run.dim),
  );

const addZeros = (r: Realiser, tensor: Tensor, stored: readonly Dim[], shape: readonly Dim[]): Tensor => {
  if (shapesEqual(stored, shape)) return r.reshape(tensor, shape);
  const numbers = tensor.type === 'bool' ? r.cast(tensor, 'float32') : tensor;
  const repeats = r.zeros(
    shape.map((dim, i) => (isOne(stored[i]!) ? dim : one)),
    numbers.type,
  );
  const terms = [r.reshape(numbers, stored), repeats];
  return numbers.type === 'int32'
    ? r.call('integers', terms, ["'add'"], shape, 'int32', 'repeated')
    : r.call('add', terms, [], shape, numbers.type, 'repeated');
};

/** The whole value as a tensor of its own row-major numbers, floats (or ints) and not booleans. */
export const whole = (r: Realiser, handle: Handle): Tensor => {
  const tensor = repeatTo(r, handle.tensor, handle.stored, handle.shape);
  return tensor.type === 'bool' ? r.cast(tensor, 'float32') : tensor;
};

/** The whole value in this shape (which may merge or split axes). */
export const wholeAs = (r: Realiser, handle: Handle, shape: readonly Dim[]): Tensor =>
  r.reshape(whole(r, handle), shape);

/** A literal of any rank up to the maximum, or flat. */
export const literal = (
  r: Realiser,
  values: readonly number[],
  shape: readonly Dim[],
  type: 'float32' | 'int32',
): Tensor => {
  const kept = shape.length <= maximumRank ? shape : [product(shape)];
  const numbers = values.map((v) => (Object.is(v, -0) ? '-0' : String(v))).join(', ');
  return r.call('tensor', [], [`[${numbers}]`, shapeText(kept), `'${type}'`], kept, type);
};
