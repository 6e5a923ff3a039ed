// Random small valid tensor programs for property tests, with shrinking. In: options. Out: a fast-check arbitrary of programs
// with inputs and sizes. A recipe is a list of steps, each a few small numbers that pick an operation and its operands among
// the values so far; dropping or lowering numbers (what fast-check does to shrink) always leaves a valid program.
import * as fc from 'fast-check';
import type { TensorData } from '../../src/backend/backend.ts';
import { Builder, type Value } from '../../src/tensor/builder.ts';
import { add, constant, equal, evaluate, isOne, product, size, subtract, type Dim } from '../../src/tensor/dims.ts';
import type { Elementwise } from '../../src/tensor/elementwise.ts';
import { gradient } from '../../src/tensor/differentiate.ts';
import { optimise } from '../../src/tensor/passes/index.ts';
import type { Program } from '../../src/tensor/program.ts';
import { fillRandom } from '../../src/tensor/threefry.ts';

export interface RandomProgram {
  readonly program: Program;
  readonly inputs: Readonly<Record<string, TensorData>>;
  readonly sizes: Readonly<Record<string, number>>;
}

/** One step: which operation, and numbers that its choices are taken from. */
interface Step {
  readonly operation: number;
  readonly picks: readonly number[];
}

const sizes = { N: 3, K: 2 } as const;
const one = constant(1);
const largest = 300;

/** Choices of one step, each consuming one number. */
class Choices {
  private next = 0;
  constructor(private readonly numbers: readonly number[]) {}
  below(count: number): number {
    return (this.numbers[this.next++ % this.numbers.length] ?? 0) % count;
  }
  of<T>(items: readonly T[]): T {
    return items[this.below(items.length)]!;
  }
}

type Operation = (b: Builder, choose: Choices, floats: readonly Value[]) => Value | null;

/** Keeps values in a range where nothing overflows and rounding stays small. */
const tame = (b: Builder, x: Value): Value => b.mul(b.tanh(x), 2);
const scalarOf = (b: Builder, x: Value): Value => (x.shape.length === 0 ? x : b.mean(x));
const axisIn = (choose: Choices, x: Value): number => choose.below(x.shape.length);
const lengthOf = (d: Dim): number => evaluate(d, sizes);

/** `y` in a form that joins x's shape. */
const aligned = (b: Builder, x: Value, y: Value): Value =>
  y.shape.length === x.shape.length && y.shape.every((d, i) => equal(d, x.shape[i]!) || isOne(d)) ? y : scalarOf(b, y);

const smoothUnary: readonly Elementwise[] = [
  'neg',
  'abs',
  'square',
  'sin',
  'cos',
  'tanh',
  'sigmoid',
  'softplus',
  'relu',
  'erf',
  'exp',
  'expm1',
  'cosh',
];
const positiveUnary: readonly Elementwise[] = [
  'log',
  'sqrt',
  'reciprocal',
  'lgamma',
  'digamma',
  'log1p',
  'log-bessel-i0',
];
const binary: readonly Elementwise[] = ['add', 'sub', 'mul', 'min', 'max', 'atan2', 'div', 'pow'];

const contraction: Operation = (b, choose, floats) => {
  const count = 1 + choose.below(3);
  const labels: { dim: Dim; label: number }[] = [];
  const operands = Array.from({ length: count }, () => {
    const value = choose.of(floats);
    const axes: number[] = [];
    for (const dim of value.shape) {
      const free = labels.filter((l) => equal(l.dim, dim) && !axes.includes(l.label));
      const at = choose.below(free.length + 1);
      const label = free[at]?.label ?? labels.length;
      if (free[at] === undefined) labels.push({ dim, label });
      axes.push(label);
    }
    return { value, axes };
  });
  const keep = labels.map((l) => l.label).filter(() => choose.below(2) === 1);
  if (keep.length > 4 || labels.length > 6 || labels.reduce((p, l) => p * lengthOf(l.dim), 1) > 4 * largest)
    return null;
  const ordered = choose.below(2) === 1 ? keep.toReversed() : keep;
  const kind = choose.below(3);
  const semiring =
    kind === 0
      ? 'sum-product'
      : kind === 1
        ? 'min-plus'
        : { kind: 'soft-min' as const, beta: b.constant(choose.of([0.5, 1, 4])) };
  return b.contract(semiring, operands, ordered);
};

const view: Operation = (b, choose, floats) => {
  const x = choose.of(floats);
  const rank = x.shape.length;
  if (rank === 0) return b.expand(b.reshape(x, [one]), [choose.of([size('N'), constant(2)])]);
  const axis = axisIn(choose, x);
  const zero = constant(0);
  switch (choose.below(8)) {
    case 0:
      return b.transpose(
        x,
        x.shape.map((_, i) => (i + 1 + axis) % rank),
      );
    case 1:
      return b.reverse(x, axis);
    case 2:
      return b.sliceAxis(x, axis, constant(choose.below(lengthOf(x.shape[axis]!))), one);
    case 3:
      return lengthOf(x.shape[axis]!) < 2 ? null : b.sliceAxis(x, axis, one, subtract(x.shape[axis]!, one));
    case 4:
      return b.pad(
        x,
        x.shape.map((_, i) => (i === axis ? one : zero)),
        x.shape.map((_, i) => (i === 0 ? one : zero)),
        0.5,
      );
    case 5:
      return rank > 3 ? null : b.expand(b.unsqueeze(x, [axis]), x.shape.toSpliced(axis, 0, size('K')));
    case 6:
      return b.reshape(x, [product(x.shape)]);
    default:
      return b.concat([x, x, tame(b, x)], axis);
  }
};

const indexing: Operation = (b, choose, floats) => {
  const x = choose.of(floats);
  if (x.shape.length === 0) return null;
  const axis = axisIn(choose, x);
  const length = lengthOf(x.shape[axis]!);
  switch (choose.below(5)) {
    case 0: {
      const indices = Array.from({ length: 4 }, () => choose.below(length));
      return x.shape.length > 3 ? null : b.gather(x, b.literal(indices, [2, 2], 'int'), axis);
    }
    case 1:
      return x.shape.length > 2 ? null : b.gather(x, b.argmin(b.mul(x, 1.7), axis), axis);
    case 2:
      return b.scatterAdd(x, b.mod(b.iota([x.shape[axis]!], 0, 'int'), 2), axis, add(x.shape[axis]!, one));
    case 3:
      return b.mul(b.oneHot(b.argmin(x, axis), x.shape[axis]!), 0.5);
    default:
      return b.cast(b.argmin(x, axis), 'float');
  }
};

const whileLoop = (b: Builder, choose: Choices, x: Value, outer: Value): Value => {
  const { carry, steps } = b.while_(
    { max: 5, every: 1 + choose.below(2), carry: [x, b.constant(0)] },
    (c, [, i]) => c.lt(i!, 2.5),
    (c, [v, i]) => [tame(c, c.add(c.mul(v!, 0.7), c.mean(c.cos(outer)))), c.add(i!, 1)],
  );
  return b.add(carry[0]!, b.mul(steps, 0.1));
};

const scanLoop = (b: Builder, choose: Choices, x: Value, outer: Value): Value => {
  const reverse = choose.below(2) === 1;
  const takeYs = choose.below(2) === 1;
  const contracted = choose.below(3);
  const result = b.scan({ length: x.shape[0]!, carry: [b.mean(x, [0])], xs: [x], reverse }, (c, [h], [v]) => {
    // The carry combined with itself or this step along all of its axes but the last, in some semiring.
    const axes = h!.shape.map((_, i) => i);
    const fresh = axes.map((i) => (i + 1 < axes.length ? i : axes.length));
    const pair = [
      { value: h!, axes },
      { value: contracted === 2 ? v! : c.sin(h!), axes: fresh },
    ];
    const keep = axes.map((i) => fresh[i]!);
    const mixed =
      contracted === 0
        ? c.sin(v!)
        : c.contract(contracted === 1 ? 'sum-product' : { kind: 'soft-min', beta: 2 }, pair, keep);
    const next = tame(c, c.add(c.mul(h!, mixed), c.mean(c.square(outer))));
    return { carry: [next], ys: [c.add(next, v!), c.mul(h!, 3)] };
  });
  return takeYs ? result.ys[0]! : result.carry[0]!;
};

const loops: Operation = (b, choose, floats) => {
  const [x, outer] = [choose.of(floats), choose.of(floats)];
  return (choose.below(2) === 0 || x.shape.length === 0 ? whileLoop : scanLoop)(b, choose, x, outer);
};
const scans: Operation = (b, choose, floats) => {
  const [x, outer] = [choose.of(floats), choose.of(floats)];
  return x.shape.length === 0 ? null : scanLoop(b, choose, x, outer);
};

const routines: Operation = (b, choose, floats) => {
  const x = choose.of(floats);
  if (x.shape.length === 0) return null;
  if (choose.below(3) === 0) return b.routine('sort', x)[0]!;
  const v = tame(b, x);
  const rank = v.shape.length;
  const n = v.shape[rank - 1]!;
  const outer = b.mul(b.unsqueeze(v, [rank]), b.unsqueeze(v, [rank - 1]));
  const matrix = b.add(outer, b.reshape(b.eye(n), [...v.shape.slice(0, -1).map(() => one), n, n]));
  if (matrix.shape.length > 3) return null;
  switch (choose.below(5)) {
    case 0:
      return b.routine('cholesky', matrix)[0]!;
    case 1:
      return b.routine('log-abs-det', matrix)[0]!;
    case 2:
      return b.routine('inverse', matrix)[0]!;
    case 3:
      return b.routine('eigh', matrix)[0]!;
    default:
      return b.routine('solve', matrix, b.unsqueeze(v, [rank]))[0]!;
  }
};

const operations: readonly Operation[] = [
  (b, choose, floats) => {
    const x = choose.of(floats);
    return b.map(choose.of(smoothUnary), tame(b, x));
  },
  (b, choose, floats) => b.map(choose.of(positiveUnary), b.add(b.abs(tame(b, choose.of(floats))), 0.5)),
  (b, choose, floats) => {
    const fn = choose.of(binary);
    const x = tame(b, choose.of(floats));
    const y = aligned(b, x, choose.of(floats));
    if (fn === 'div') return b.div(x, b.add(b.abs(y), 1));
    if (fn === 'pow') return b.pow(b.add(b.abs(x), 0.5), tame(b, y));
    if (fn === 'atan2') return b.atan2(x, b.add(b.abs(y), 1));
    return b.map(fn, x, y);
  },
  (b, choose, floats) => {
    const x = choose.of(floats);
    // x · 1 + 0, -(-x), and the like: food for the simplifier.
    return choose.of([
      () => b.add(x, 0),
      () => b.neg(b.neg(x)),
      () => b.mul(b.zeros(x.shape), x),
      () => b.pow(x, 2),
      () => b.full(x.shape, 1.5),
    ])();
  },
  (b, choose, floats) => {
    const x = choose.of(floats);
    return b.select(b.gt(x, 0.123), aligned(b, x, choose.of(floats)), b.mul(x, 0.5));
  },
  (b, choose, floats) =>
    b.mul(b.random(choose.of(['uniform', 'normal'] as const), choose.of(floats).shape, 7, choose.below(3)), 1),
  (b, choose, floats) => b.mul(b.dim(size(choose.of(['N', 'K']))), scalarOf(b, choose.of(floats))),
  contraction,
  contraction,
  view,
  view,
  indexing,
  loops,
  routines,
];

const inputShapes: readonly (readonly Dim[])[] = [
  [],
  [size('N')],
  [size('N'), size('K')],
  [constant(2), one, size('K')],
];

const build = (steps: readonly Step[], seed: number): RandomProgram => {
  const b = new Builder();
  const floats: Value[] = inputShapes.map((shape, i) => b.input(`x${i}`, shape));
  for (const { operation, picks } of steps) {
    const value = operations[operation % operations.length]!(b, new Choices(picks), floats);
    if (value === null || value.shape.length > 4 || lengthOf(product(value.shape)) > largest) continue;
    // Later steps should see mostly tame values, and some as they are.
    floats.push(picks[0]! % 4 === 0 ? value : tame(b, value));
  }
  const last = floats.slice(-3);
  const program = b.finish(Object.fromEntries(last.map((value, i) => [`y${i}`, value])));
  const inputs = Object.fromEntries(
    inputShapes.map((shape, i) => {
      const numbers = shape.map(lengthOf);
      const data = new Float64Array(lengthOf(product(shape)));
      fillRandom('normal', data, seed, i, 0);
      return [`x${i}`, { shape: numbers, data }];
    }),
  );
  return { program, inputs, sizes };
};

const stepOf = (count: number): fc.Arbitrary<Step> =>
  fc.record({
    operation: fc.nat({ max: count - 1 }),
    picks: fc.array(fc.nat({ max: 60 }), { minLength: 8, maxLength: 24 }),
  });

/** Programs of up to `maxSteps` operations over inputs x0: [], x1: [N], x2: [N, K], x3: [2, 1, K] with N = 3, K = 2. Their
 *  values stay of order one; comparisons are the only jumps. */
export const randomProgram = ({ maxSteps = 8 }: { maxSteps?: number } = {}): fc.Arbitrary<RandomProgram> =>
  fc
    .tuple(fc.array(stepOf(operations.length), { minLength: 1, maxLength: maxSteps }), fc.nat({ max: 1000 }))
    .map(([steps, seed]) => build(steps, seed));

/** What a scan's body may do where it has no random numbers, routines and whiles. */
const plainOperations: readonly Operation[] = [...operations.slice(0, 5), ...operations.slice(6, -2), scans];
const scanSizes = { ...sizes, T: 4 } as const;

/** Adds the steps' values to `floats`, the later ones to be read by those after them. */
const grow = (b: Builder, steps: readonly Step[], floats: Value[]): void => {
  for (const { operation, picks } of steps) {
    const value = plainOperations[operation % plainOperations.length]!(b, new Choices(picks), floats);
    if (value === null || value.shape.length > 4 || lengthOf(product(value.shape)) > largest) continue;
    floats.push(picks[0]! % 4 === 0 ? value : tame(b, value));
  }
};

const buildScan = (steps: readonly Step[], seed: number, reverse: boolean, differentiated: boolean): RandomProgram => {
  const b = new Builder();
  const shapes: Readonly<Record<string, readonly Dim[]>> = {
    a: [],
    b: [size('N'), size('K')],
    start: [size('N')],
    other: [size('N')],
    xs: [size('T'), size('N'), size('K')],
    ys: [size('T')],
  };
  const inputs = Object.entries(shapes).map(([name, shape]) => b.input(name, shape));
  const [a, matrix, start, other, xs, ys] = inputs as [Value, Value, Value, Value, Value, Value];
  const result = b.scan(
    { length: size('T'), carry: [start, other, b.argmin(matrix, 1)], xs: [xs, ys], reverse },
    (c, [p, q, i], [x, y]) => {
      const floats = [p!, x!, a, matrix, q!, y!];
      grow(c, steps, floats);
      const next = floats.toReversed().find((v) => v.shape.length === 1 && equal(v.shape[0]!, size('N')))!;
      const last = floats.slice(-3);
      // The second carry becomes the first, the third counts.
      return {
        carry: [tame(c, c.add(next, c.mean(last[2]!))), p!, c.mod(c.add(i!, 1), 5)],
        ys: [...last.map((v) => tame(c, v)), i!, q!],
      };
    },
  );
  const outputs = [...result.carry, ...result.ys];
  const named = Object.fromEntries(outputs.map((value, i) => [`y${i}`, value]));
  const floats = outputs.filter((value) => value.dtype === 'float');
  const adjoints = differentiated
    ? gradient(
        b,
        floats.map((value) => b.mean(value)).reduce((x, y) => b.add(x, y)),
        inputs,
      )
    : [];
  const gradients = Object.fromEntries(adjoints.map((value, i) => [`d${i}`, value]));
  return {
    program: optimise(b.finish({ ...named, ...gradients })),
    inputs: Object.fromEntries(
      Object.entries(shapes).map(([name, shape], i) => {
        const data = new Float64Array(evaluate(product(shape), scanSizes));
        fillRandom('normal', data, seed, i, 0);
        return [name, { shape: shape.map((d) => evaluate(d, scanSizes)), data: data.map(Math.fround) }];
      }),
    ),
    sizes: scanSizes,
  };
};

/** Scans of T = 4 steps, forwards and backwards, whose bodies are up to `maxSteps` operations without random numbers, routines
 *  and whiles; if wanted together with the gradient of the mean of all results. Inputs are float32 numbers. */
export const randomScan = ({
  maxSteps,
  differentiated,
}: {
  readonly maxSteps: number;
  readonly differentiated: boolean;
}): fc.Arbitrary<RandomProgram> =>
  fc
    .tuple(
      fc.array(stepOf(plainOperations.length), { minLength: 1, maxLength: maxSteps }),
      fc.nat({ max: 1000 }),
      fc.boolean(),
    )
    .map(([steps, seed, reverse]) => buildScan(steps, seed, reverse, differentiated));
