// Tiny cases of every tfjs operation at any rank, with what plain arithmetic gives for them. In: an operation and a rank.
// Out: the call and the expected numbers, or null where the operation has no such rank.
import type * as Tfjs from '@tensorflow/tfjs-core';
import { elementwiseTable } from '../../src/tensor/elementwise-table.ts';
import type { Elementwise } from '../../src/tensor/elementwise.ts';
import type { TfjsBackendName } from '../../src/backend/tfjs/devices/device.ts';
import type { TfjsOperation } from '../../src/backend/tfjs/operations.ts';
import { devices } from '../../src/backend/tfjs/start.ts';

export interface Probe {
  readonly run: (tf: typeof Tfjs) => Tfjs.Tensor;
  readonly shape: readonly number[];
  readonly expected: readonly number[];
}
type Tf = typeof Tfjs;
type Make = (rank: number) => Probe | null;

const sizeOf = (shape: readonly number[]): number => shape.reduce((a, b) => a * b, 1);
/** Row-major indices of a shape. */
const indices = (shape: readonly number[]): number[][] =>
  Array.from({ length: sizeOf(shape) }, (_, flat) => {
    const index: number[] = [];
    for (let axis = shape.length - 1, rest = flat; axis >= 0; axis--) {
      index.unshift(rest % shape[axis]!);
      rest = Math.floor(rest / shape[axis]!);
    }
    return index;
  });
const flat = (shape: readonly number[], index: readonly number[]): number =>
  shape.reduce((at, n, axis) => at * n + (n === 1 ? 0 : index[axis]!), 0);

/** Lengths 2, 3, 2, 1, … of a shape of this rank, small at high ranks. */
const shapeOf = (rank: number): number[] =>
  Array.from({ length: rank }, (_, axis) => (axis % 4 === 1 && rank < 8 ? 3 : 2));
const values = (shape: readonly number[], from: number): number[] =>
  Array.from({ length: sizeOf(shape) }, (_, i) => from + ((i * 7) % 11) / 4);
const tensor = (
  tf: Tf,
  data: number[],
  shape: number[],
  dtype: 'float32' | 'int32' | 'bool' = 'float32',
): Tfjs.Tensor => tf.tensor(data, shape, dtype);

const unary =
  (name: TfjsOperation, fn: Elementwise, from = 0.25): Make =>
  (rank) => {
    const shape = shapeOf(rank);
    const x = values(shape, from);
    const value = elementwiseTable[fn].value;
    return {
      shape,
      expected: x.map((v) => value(v, 0, 0)),
      run: (tf) => (tf[name as 'exp'] as (x: Tfjs.Tensor) => Tfjs.Tensor)(tensor(tf, x, shape)),
    };
  };

/** Arguments that broadcast against each other along alternating axes. */
const binary =
  (name: TfjsOperation, fn: Elementwise): Make =>
  (rank) => {
    const shape = shapeOf(rank);
    const [p, q] = [0, 1].map((side) => shape.map((n, axis) => (rank > 1 && axis % 2 === side ? 1 : n))) as [
      number[],
      number[],
    ];
    const [x, y] = [values(p, 0.5), values(q, 1)];
    const value = elementwiseTable[fn].value;
    return {
      shape,
      expected: indices(shape).map((index) => value(x[flat(p, index)]!, y[flat(q, index)]!, 0)),
      run: (tf) =>
        (tf[name as 'add'] as (a: Tfjs.Tensor, b: Tfjs.Tensor) => Tfjs.Tensor)(tensor(tf, x, p), tensor(tf, y, q)),
    };
  };

const reduction =
  (run: (tf: Tf, x: Tfjs.Tensor, axis: number) => Tfjs.Tensor, reduce: (x: readonly number[]) => number): Make =>
  (rank) => {
    const shape = shapeOf(rank);
    const axis = Math.floor(rank / 2);
    const x = values(shape, 1);
    const out = shape.toSpliced(axis, 1);
    return {
      shape: out,
      expected: indices(out).map((index) =>
        reduce(Array.from({ length: shape[axis]! }, (_, k) => x[flat(shape, index.toSpliced(axis, 0, k))]!)),
      ),
      run: (tf) => run(tf, tensor(tf, x, shape), axis),
    };
  };

/** Operations that move entries: each result entry is one entry of the argument, or a fixed number. */
const movement =
  (
    shapeFrom: (shape: number[]) => number[],
    from: (index: readonly number[], shape: readonly number[]) => readonly number[] | number,
    run: (tf: Tf, x: Tfjs.Tensor) => Tfjs.Tensor,
  ): Make =>
  (rank) => {
    const shape = shapeOf(rank);
    const x = values(shape, 1);
    const out = shapeFrom(shape);
    return {
      shape: out,
      expected: indices(out).map((index) => {
        const source = from(index, shape);
        return typeof source === 'number' ? source : x[flat(shape, source)]!;
      }),
      run: (tf) => run(tf, tensor(tf, x, shape)),
    };
  };

const made =
  (run: (tf: Tf, shape: number[]) => Tfjs.Tensor, value: (flatIndex: number) => number): Make =>
  (rank) => {
    const shape = shapeOf(rank);
    return { shape, expected: Array.from({ length: sizeOf(shape) }, (_, i) => value(i)), run: (tf) => run(tf, shape) };
  };

const matMul: Make = (rank) => {
  if (rank < 2) return null;
  const batch = shapeOf(rank - 2);
  const [p, q, out] = [
    [...batch, 2, 3],
    [...batch, 3, 2],
    [...batch, 2, 2],
  ];
  const [x, y] = [values(p, 1), values(q, 2)];
  return {
    shape: out,
    expected: indices(out).map((index) => {
      const [head, i, j] = [index.slice(0, -2), index.at(-2)!, index.at(-1)!];
      return [0, 1, 2].reduce((sum, k) => sum + x[flat(p, [...head, i, k])]! * y[flat(q, [...head, k, j])]!, 0);
    }),
    run: (tf) => tf.matMul(tensor(tf, x, p), tensor(tf, y, q)),
  };
};

const where: Make = (rank) => {
  const shape = shapeOf(rank);
  const [x, y] = [values(shape, 1), values(shape, 7)];
  return {
    shape,
    expected: x.map((v, i) => (i % 3 === 0 ? v : y[i]!)),
    run: (tf) =>
      tf.where(
        tensor(
          tf,
          x.map((_, i) => (i % 3 === 0 ? 1 : 0)),
          shape,
          'bool',
        ),
        tensor(tf, x, shape),
        tensor(tf, y, shape),
      ),
  };
};

const last = (rank: number): number => Math.floor(rank / 2);

export const probes: Readonly<Record<TfjsOperation, Make>> = {
  scalar: (rank) => (rank > 0 ? null : { shape: [], expected: [2.5], run: (tf) => tf.scalar(2.5) }),
  range: (rank) =>
    rank !== 1 ? null : { shape: [4], expected: [0, 1, 2, 3], run: (tf) => tf.range(0, 4, 1, 'int32') },
  tensor: made(
    (tf, shape) => tensor(tf, values(shape, 1), shape),
    (i) => 1 + ((i * 7) % 11) / 4,
  ),
  zeros: made(
    (tf, shape) => tf.zeros(shape),
    () => 0,
  ),
  fill: made(
    (tf, shape) => tf.fill(shape, 1.5),
    () => 1.5,
  ),
  zerosLike: made(
    (tf, shape) => tf.zerosLike(tensor(tf, values(shape, 1), shape)),
    () => 0,
  ),
  clone: movement(
    (s) => s,
    (i) => i,
    (tf, x) => tf.clone(x),
  ),
  cast: (rank) => {
    const shape = shapeOf(rank);
    const x = values(shape, 0).map(Math.floor);
    return { shape, expected: x, run: (tf) => tf.cast(tensor(tf, x, shape), 'int32') };
  },
  reshape: (rank) => {
    const shape = shapeOf(rank);
    const x = values(shape, 1);
    return { shape: [sizeOf(shape)], expected: x, run: (tf) => tf.reshape(tensor(tf, x, shape), [sizeOf(shape)]) };
  },
  neg: unary('neg', 'neg'),
  abs: unary('abs', 'abs', -1),
  sign: unary('sign', 'sign', -1),
  square: unary('square', 'square'),
  reciprocal: unary('reciprocal', 'reciprocal'),
  sqrt: unary('sqrt', 'sqrt'),
  exp: unary('exp', 'exp'),
  log: unary('log', 'log'),
  sinh: unary('sinh', 'sinh'),
  cosh: unary('cosh', 'cosh'),
  tanh: unary('tanh', 'tanh'),
  sigmoid: unary('sigmoid', 'sigmoid', -1),
  softplus: unary('softplus', 'softplus', -1),
  relu: unary('relu', 'relu', -1),
  floor: unary('floor', 'floor', -1),
  round: unary('round', 'round', -1),
  erf: unary('erf', 'erf', -1),
  isNaN: unary('isNaN', 'is-nan'),
  add: binary('add', 'add'),
  sub: binary('sub', 'sub'),
  mul: binary('mul', 'mul'),
  div: binary('div', 'div'),
  pow: binary('pow', 'pow'),
  minimum: binary('minimum', 'min'),
  maximum: binary('maximum', 'max'),
  mod: binary('mod', 'mod'),
  atan2: binary('atan2', 'atan2'),
  less: binary('less', 'lt'),
  lessEqual: binary('lessEqual', 'le'),
  greater: binary('greater', 'gt'),
  greaterEqual: binary('greaterEqual', 'ge'),
  equal: binary('equal', 'eq'),
  notEqual: binary('notEqual', 'ne'),
  where,
  matMul,
  sum: reduction(
    (tf, x, axis) => tf.sum(x, axis),
    (x) => x.reduce((a, b) => a + b, 0),
  ),
  min: reduction(
    (tf, x, axis) => tf.min(x, axis),
    (x) => Math.min(...x),
  ),
  // Of a vector, WebGPU gives shape [1].
  argMin: (rank) =>
    rank < 2
      ? null
      : reduction(
          (tf, x, axis) => tf.argMin(x, axis),
          (x) => x.indexOf(Math.min(...x)),
        )(rank),
  transpose: movement(
    (s) => s.toReversed(),
    (i) => i.toReversed(),
    (tf, x) => tf.transpose(x),
  ),
  slice: movement(
    (s) => s.map((n, axis) => (axis === last(s.length) ? 1 : n)),
    (i, s) => i.map((k, axis) => (axis === last(s.length) ? 1 : k)),
    (tf, x) =>
      tf.slice(
        x,
        x.shape.map((_, axis) => (axis === last(x.rank) ? 1 : 0)),
        x.shape.map((n, axis) => (axis === last(x.rank) ? 1 : n)),
      ),
  ),
  reverse: movement(
    (s) => s,
    (i, s) => i.map((k, axis) => (axis === last(s.length) ? s[axis]! - 1 - k : k)),
    (tf, x) => tf.reverse(x, last(x.rank)),
  ),
  pad: movement(
    (s) => s.map((n, axis) => (axis === last(s.length) ? n + 1 : n)),
    (i, s) => (i[last(s.length)] === 0 ? 9 : i.map((k, axis) => (axis === last(s.length) ? k - 1 : k))),
    (tf, x) =>
      tf.pad(
        x,
        x.shape.map((_, axis): [number, number] => [axis === last(x.rank) ? 1 : 0, 0]),
        9,
      ),
  ),
  concat: movement(
    (s) => s.map((n, axis) => (axis === last(s.length) ? 2 * n : n)),
    (i, s) => i.map((k, axis) => (axis === last(s.length) ? k % s[axis]! : k)),
    (tf, x) => tf.concat([x, x], last(x.rank)),
  ),
  oneHot: (rank) => {
    if (rank < 2) return null;
    const shape = shapeOf(rank - 1);
    const x = Array.from({ length: sizeOf(shape) }, (_, i) => i % 3);
    return {
      shape: [...shape, 3],
      expected: x.flatMap((k) => [0, 1, 2].map((j) => (j === k ? 1 : 0))),
      run: (tf) => tf.oneHot(tensor(tf, x, shape, 'int32'), 3, 1, 0, 'int32'),
    };
  },
  gather: movement(
    (s) => s.map((n, axis) => (axis === last(s.length) ? 3 : n)),
    (i, s) => i.map((k, axis) => (axis === last(s.length) ? [1, 0, 1][k]! : k)),
    (tf, x) => tf.gather(x, tf.tensor1d([1, 0, 1], 'int32'), last(x.rank)),
  ),
};

/** Whether the operation gives what it should at this rank; an exception is a no, and so is an error of the device. */
export const holds = async (
  tf: Tf,
  device: TfjsBackendName,
  operation: TfjsOperation,
  rank: number,
): Promise<boolean | null> => {
  const probe = probes[operation](rank);
  if (probe === null) return null;
  try {
    return await devices[device].guard(tf, async () => {
      const result = tf.tidy(() => probe.run(tf));
      const data = [...(await result.data())];
      result.dispose();
      return (
        result.shape.join() === probe.shape.join() &&
        data.length === probe.expected.length &&
        data.every((x, i) => Math.abs(x - probe.expected[i]!) <= 2e-5 * Math.max(1, Math.abs(probe.expected[i]!)))
      );
    });
  } catch {
    return false;
  }
};
