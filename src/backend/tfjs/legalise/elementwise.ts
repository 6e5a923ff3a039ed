// Elementwise instructions. In: the function and its arguments as handles. Out: a handle. One table says how each function is
// made of tfjs operations; broadcasting is resolved before: natively for + - × ÷, else by repeating the smaller arguments,
// because the other broadcasting kernels of wasm take 60 ns an entry.
import { constant, isOne, product, shapesEqual, type Dim } from '../../../tensor/dims.ts';
import type { Elementwise } from '../../../tensor/elementwise.ts';
import type { DType } from '../../../tensor/program.ts';
import { dimText } from '../names.ts';
import type { HelperOperation, TfjsOperation } from '../operations.ts';
import type { Tensor, TensorType } from '../realisation.ts';
import { isSingle, repeatTo, type Handle } from './handle.ts';
import { broadcastRuns, keptShape, maximumRank } from './layout.ts';
import type { Realiser } from './realiser.ts';

/** Arguments of one shape, or scalars: makes the result. */
type Compose = (r: Realiser, args: readonly Tensor[], shape: readonly Dim[]) => Tensor;
interface Composition {
  readonly compose: Compose;
  /** The first operation on the arguments broadcasts natively at full speed. */
  readonly broadcasts?: true;
  /** The result is 0 or 1. */
  readonly truth?: true;
  /** Takes booleans as they are; otherwise they are made 0/1 floats first. */
  readonly booleans?: true;
  /** Takes ints as floats (exact below 2²⁴): comparing and repeating ints is slow on wasm. */
  readonly floats?: true;
}

const one = constant(1);

const unary = (operation: TfjsOperation | HelperOperation): Composition => ({
  compose: (r, [x], shape) => r.call(operation, [x!], [], shape, x!.type),
});
const areIntegers = (args: readonly Tensor[]): boolean => args.every((arg) => arg.type === 'int32');

const arithmetic = (operation: 'add' | 'sub' | 'mul' | 'div'): Composition => ({
  broadcasts: true,
  compose: (r, args, shape) =>
    operation !== 'div' && areIntegers(args)
      ? r.call('integers', args, [`'${operation}'`], shape, 'int32')
      : r.call(operation, args, [], shape, args[0]!.type),
});
const binary = (operation: TfjsOperation): Composition => ({
  compose: (r, args, shape) => r.call(operation, args, [], shape, args[0]!.type),
});
/** Of integers too. */
const choice = (operation: 'mod' | 'minimum' | 'maximum'): Composition => ({
  compose: (r, args, shape) =>
    areIntegers(args)
      ? r.call('integers', args, [`'${operation}'`], shape, 'int32')
      : r.call(operation, args, [], shape, args[0]!.type),
});
const comparison = (operation: TfjsOperation): Composition => ({
  truth: true,
  floats: true,
  compose: (r, args, shape) => r.call(operation, args, [], shape, 'bool'),
});

/** A 0/1 tensor of the same shape: booleans as floats, other numbers by ≠ 0. */
const truthOf = (r: Realiser, tensor: Tensor): Tensor => {
  if (tensor.type === 'bool') return tensor;
  return r.call('notEqual', [r.cast(tensor, 'float32'), r.scalar(0)], [], tensor.shape, 'bool');
};
const zeroOne = (r: Realiser, tensor: Tensor): Tensor => r.cast(truthOf(r, tensor), 'float32');

/** log(1 + x): log u + (x - (u - 1)) / u with u = 1 + x rounded, below ½ (Kahan's correction to first order): the log1p of
 *  wasm and WebGPU is log(1 + x), which is 0 for x = 1e-8. */
const log1p: Compose = (r, [x], shape) => {
  const one = r.scalar(1);
  const u = r.call('add', [x!, one], [], shape);
  const log = r.call('naturalLog', [u], [], shape);
  const lost = r.call('sub', [x!, r.call('sub', [u, one], [], shape)], [], shape);
  const corrected = r.call('add', [log, r.call('div', [lost, u], [], shape)], [], shape);
  const small = r.call('less', [r.call('abs', [x!], [], shape), r.scalar(0.5)], [], shape, 'bool');
  return r.call('where', [small, corrected, log], [], shape, 'float32');
};

/** max(x, 0) is relu, which keeps NaN too and takes 1 ns an entry on wasm, where maximum takes 3 to 9. */
const larger: Compose = (r, args, shape) => {
  const zero = args.find((x) => x.shape.length === 0 && r.numberOf(x) === 0);
  const other = args.find((x) => x !== zero);
  if (zero === undefined || other === undefined || shapesEqual(other.shape, []) || areIntegers(args))
    return choice('maximum').compose(r, args, shape);
  return r.call('relu', [other], [], shape, other.type);
};

export const compositions: Readonly<Record<Elementwise, Composition>> = {
  neg: unary('neg'),
  abs: unary('abs'),
  sign: unary('sign'),
  square: unary('square'),
  reciprocal: unary('reciprocal'),
  sqrt: unary('sqrt'),
  exp: unary('exp'),
  expm1: unary('expMinusOne'),
  log: unary('naturalLog'),
  log1p: { compose: log1p },
  sin: unary('sine'),
  cos: unary('cosine'),
  tan: unary('tangent'),
  sinh: unary('sinh'),
  cosh: unary('cosh'),
  tanh: unary('tanh'),
  sigmoid: unary('sigmoid'),
  softplus: unary('softplus'),
  relu: unary('relu'),
  floor: unary('floor'),
  round: unary('round'),
  erf: unary('erf'),
  lgamma: unary('mapLgamma'),
  digamma: unary('mapDigamma'),
  'log-bessel-i0': unary('mapLogBesselI0'),
  not: {
    truth: true,
    booleans: true,
    compose: (r, [x], shape) => r.call('sub', [r.scalar(1), zeroOne(r, x!)], [], shape),
  },
  'is-nan': { truth: true, compose: (r, [x], shape) => r.call('isNaN', [x!], [], shape, 'bool') },
  'stop-gradient': { booleans: true, compose: (_r, [x]) => x! },
  add: arithmetic('add'),
  sub: arithmetic('sub'),
  mul: arithmetic('mul'),
  div: arithmetic('div'),
  pow: binary('pow'),
  min: choice('minimum'),
  max: { compose: larger },
  mod: choice('mod'),
  atan2: binary('atan2'),
  lt: comparison('less'),
  le: comparison('lessEqual'),
  gt: comparison('greater'),
  ge: comparison('greaterEqual'),
  eq: comparison('equal'),
  ne: comparison('notEqual'),
  and: {
    truth: true,
    booleans: true,
    compose: (r, [a, b], shape) => r.call('mul', [zeroOne(r, a!), zeroOne(r, b!)], [], shape),
  },
  or: {
    truth: true,
    booleans: true,
    compose: (r, [a, b], shape) => {
      const [x, y] = [zeroOne(r, a!), zeroOne(r, b!)];
      return r.call('sub', [r.call('add', [x, y], [], shape), r.call('mul', [x, y], [], shape)], [], shape);
    },
  },
  select: {
    booleans: true,
    compose: (r, [condition, a, b], shape) => {
      const [yes, no] = [a!, b!].map((x) => (x.type === 'bool' ? r.cast(x, 'float32') : x)) as [Tensor, Tensor];
      // Select takes arguments of one shape only.
      const full = [truthOf(r, condition!), yes, no].map((x) =>
        shapesEqual(x.shape, shape) ? x : spread(r, x, shape),
      );
      return r.call('where', full, [], shape, yes.type);
    },
  },
};

/** A scalar repeated to a shape. */
const spread = (r: Realiser, scalar: Tensor, shape: readonly Dim[]): Tensor => {
  const repeated = r.reshape(
    repeatTo(
      r,
      scalar,
      shape.map(() => one),
      shape,
    ),
    shape,
  );
  return scalar.type === 'bool' ? r.cast(repeated, 'bool') : repeated;
};

interface Entry {
  readonly tensor: Tensor;
  readonly stored: readonly Dim[];
  readonly scalar: boolean;
}

/** The shape that tensors of equal numbers of entries already share, else their value's own, else flat. */
const commonShape = (tensors: readonly Tensor[], shape: readonly Dim[]): readonly Dim[] => {
  const first = tensors[0]!.shape;
  if (first.length <= maximumRank && tensors.every((t) => shapesEqual(t.shape, first))) return first;
  return keptShape(shape);
};

/** The arguments in the few merged axes that they need: scalars as rank 0, the others to be broadcast or of one shape. */
const align = (
  r: Realiser,
  args: readonly Handle[],
  shape: readonly Dim[],
  broadcasts: boolean,
): { readonly tensors: readonly Tensor[]; readonly shape: readonly Dim[] } => {
  const entry = (h: Handle): Entry => ({ tensor: h.tensor, stored: fit(h.stored, shape), scalar: isSingle(h.stored) });
  let entries = args.map(entry);
  const wide = entries.filter((e) => !e.scalar);
  if (wide.length === 0) return { tensors: entries.map((e) => r.reshape(e.tensor, [])), shape: [] };
  if (!broadcasts || wide.every((e) => shapesEqual(e.stored, shape))) {
    const full = entries.map((e) => (e.scalar ? e.tensor : repeatTo(r, e.tensor, e.stored, shape)));
    const common = commonShape(
      full.filter((_, i) => !entries[i]!.scalar),
      shape,
    );
    return { tensors: full.map((t, i) => r.reshape(t, entries[i]!.scalar ? [] : common)), shape: common };
  }
  const runsOf = () =>
    broadcastRuns(
      entries.map((e) => e.stored),
      shape,
    );
  if (shape.length > maximumRank) {
    // Repeat the smallest argument run by run until few axes remain.
    while (runsOf().length > maximumRank) {
      const runs = runsOf();
      const count = (i: number): number => runs.filter((run) => run.present[i]).length;
      const candidates = entries
        .map((e, i) => ({ e, i }))
        .filter(({ e }) => !e.scalar && !shapesEqual(e.stored, shape));
      const { i } = candidates.reduce((a, b) => (count(b.i) < count(a.i) ? b : a));
      const absent = entries[i]!.stored.findIndex((dim, axis) => isOne(dim) && !isOne(shape[axis]!));
      let end = absent;
      while (end < shape.length && isOne(entries[i]!.stored[end]!)) end++;
      const target = entries[i]!.stored.map((dim, axis) => (axis >= absent && axis < end ? shape[axis]! : dim));
      const tensor = repeatTo(r, entries[i]!.tensor, entries[i]!.stored, target);
      entries = entries.map((e, k) => (k === i ? { ...e, tensor, stored: target } : e));
    }
    const runs = runsOf();
    const merged = runs.map((run) => run.dim);
    const tensors = entries.map((e, i) =>
      e.scalar
        ? r.reshape(e.tensor, [])
        : r.reshape(
            e.tensor,
            runs.map((run) => (run.present[i] ? run.dim : one)),
          ),
    );
    return { tensors, shape: merged };
  }
  return { tensors: entries.map((e) => r.reshape(e.tensor, e.scalar ? [] : e.stored)), shape };
};

/** A stored shape of the rank of `shape`: rank 0 joins anything. */
const fit = (stored: readonly Dim[], shape: readonly Dim[]): readonly Dim[] =>
  stored.length === 0 ? shape.map(() => one) : stored;

const resultType = (dtype: DType): TensorType => (dtype === 'int' ? 'int32' : 'float32');

/** Indices compared with 0, 1, 2, … along a last axis that they lack: a one-hot encoding, which tfjs writes without comparing.
 *  Null when the arguments are anything else. */
const oneHot = (r: Realiser, args: readonly Handle[], shape: readonly Dim[], held: readonly Dim[]): Tensor | null => {
  const counts = args.find((h) => h.iota !== null && h.tensor.type === 'int32');
  const indices = args.find((h) => h !== counts && h.tensor.type === 'int32');
  const axis = counts?.iota ?? null;
  if (counts === undefined || indices === undefined || axis === null || isSingle(indices.stored)) return null;
  const last = shape.slice(axis + 1).every(isOne) && !isOne(shape[axis]!);
  if (!last || indices.stored.length !== shape.length || !isOne(indices.stored[axis]!)) return null;
  const flat = r.reshape(indices.tensor, [product(indices.stored)]);
  const hot = r.call('oneHotRows', [flat], [dimText(shape[axis]!)], [flat.shape[0]!, shape[axis]!], 'float32');
  return r.reshape(hot, keptShape(held));
};

/** In: the function, handles (equal ranks or rank 0), the result's shape and dtype. */
export const realiseMap = (
  r: Realiser,
  fn: Elementwise,
  args: readonly Handle[],
  shape: readonly Dim[],
  dtype: DType,
): Handle => {
  const composition = compositions[fn];
  const prepared = args.map((h): Handle => {
    if (h.tensor.type === 'bool' ? composition.booleans === true : composition.floats !== true) return h;
    return { ...h, tensor: r.cast(h.tensor, 'float32') };
  });
  // Along axes that no argument holds the result repeats too: computed once, repeated lazily.
  const held = shape.map((dim, axis) =>
    prepared.some((h) => h.stored.length > 0 && !isOne(h.stored[axis]!)) ? dim : one,
  );
  const hot = fn === 'eq' ? oneHot(r, args, shape, held) : null;
  if (hot !== null) return { tensor: hot, stored: held, shape, truth: true, iota: null };
  const aligned = align(r, prepared, held, composition.broadcasts === true);
  const tensor = composition.compose(r, aligned.tensors, aligned.shape);
  const typed = tensor.type === 'bool' || dtype === 'float' ? tensor : r.cast(tensor, resultType(dtype));
  const truth = composition.truth === true || (fn === 'stop-gradient' && args[0]!.truth);
  return { tensor: typed, stored: held, shape, truth, iota: null };
};
