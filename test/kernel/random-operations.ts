// The operations that random programs are made of: every instruction of tensor/program.ts. In: a builder, choices, the values so
// far. Out: a new value, or null where the choices fit nothing. Choices are numbers; lower ones mostly give something simpler.
import type { Builder, Value } from '../../src/tensor/builder.ts';
import { add, constant, equal, evaluate, isOne, product, subtract, type Dim } from '../../src/tensor/dims.ts';
import { binaryFunctions, unaryFunctions, type Elementwise } from '../../src/tensor/elementwise.ts';

export class Choices {
  private next = 0;
  constructor(private readonly numbers: readonly number[]) {}
  below(count: number): number {
    // A second round through the numbers takes others of the same.
    const round = Math.floor(this.next / this.numbers.length);
    const number = this.numbers[this.next++ % this.numbers.length] ?? 0;
    return (number + 7 * round) % count;
  }
  of<T>(items: readonly T[]): T {
    return items[this.below(items.length)]!;
  }
  /** One of several values, more often one of the last: what follows each other is what fuses. */
  value(values: readonly Value[]): Value {
    return this.of(this.below(3) === 0 ? values : values.slice(-3));
  }
}

export interface Surroundings {
  readonly sizes: Readonly<Record<string, number>>;
  /** Lengths that new axes may have. */
  readonly dims: readonly Dim[];
  /** Whether functions that jump, and what picks one of several numbers, may be used: rounding decides near their jumps. */
  readonly jumps: boolean;
  /** How deep loops may be nested from here on. */
  readonly depth: number;
}

export interface Pool {
  readonly floats: Value[];
  readonly ints: Value[];
}

export type Operation = (b: Builder, choose: Choices, pool: Pool, around: Surroundings) => Value | null;

const one = constant(1);
const none = constant(0);
const mostCells = 400;
const mostTerms = 6000;
const mostAxes = 24;

const lengthOf = (dim: Dim, { sizes }: Surroundings): number => evaluate(dim, sizes);
const cellsOf = (shape: readonly Dim[], around: Surroundings): number => lengthOf(product(shape), around);

/** Within ±2, so that nothing overflows. */
export const tame = (b: Builder, x: Value): Value => b.mul(b.tanh(x), 2);
/** Where no number computed by hand is exactly at a jump. */
const skewed = (b: Builder, x: Value): Value => b.add(b.mul(tame(b, x), 1.3717), 0.1237);
const scalarOf = (b: Builder, x: Value): Value => (x.shape.length === 0 ? x : b.sum(x));
const axisIn = (choose: Choices, x: Value): number => choose.below(x.shape.length);

/** `y` in a form that joins x's shape. */
const aligned = (b: Builder, x: Value, y: Value): Value => {
  if (y.shape.length === x.shape.length && y.shape.every((d, i) => equal(d, x.shape[i]!) || isOne(d))) return y;
  // The last axes alone may fit.
  const missing = x.shape.length - y.shape.length;
  if (missing > 0 && y.shape.length > 0 && y.shape.every((d, i) => equal(d, x.shape[missing + i]!)))
    return b.unsqueeze(
      y,
      Array.from({ length: missing }, (_, i) => i),
    );
  return b.tanh(scalarOf(b, y));
};

/** Along an axis, numbers that break ties. */
const ramp = (b: Builder, x: Value, axis: number): Value =>
  b.mul(b.cast(b.iota(x.shape.map((d, i) => (i === axis ? d : one)), axis, 'int'), 'float'), 0.0137); // prettier-ignore

const jumping: ReadonlySet<Elementwise> = new Set(['sign', 'floor', 'round', 'not', 'is-nan', 'mod', 'lt', 'le', 'gt', 'ge', 'eq', 'ne', 'and', 'or']); // prettier-ignore
const ofPositive: ReadonlySet<Elementwise> = new Set(['log', 'sqrt', 'reciprocal', 'lgamma', 'digamma', 'log1p', 'log-bessel-i0']); // prettier-ignore

const unary: Operation = (b, choose, { floats }, { jumps }) => {
  const fn = choose.of(unaryFunctions.filter((name) => jumps || !jumping.has(name)));
  const x = choose.value(floats);
  // Not a number for half of the arguments.
  if (jumps && (fn === 'log' || fn === 'sqrt') && choose.below(2) === 0) return b.map(fn, tame(b, x));
  if (ofPositive.has(fn)) return b.map(fn, b.add(b.abs(tame(b, x)), 0.5));
  if (fn === 'not') return b.map(fn, b.map('floor', skewed(b, x)));
  if (fn === 'tan') return b.map(fn, b.mul(tame(b, x), 0.5));
  return b.map(fn, jumping.has(fn) ? skewed(b, x) : tame(b, x));
};

const binary: Operation = (b, choose, { floats }, { jumps }) => {
  const fn = choose.of(binaryFunctions.filter((name) => jumps || !jumping.has(name)));
  const x = choose.value(floats);
  const y = aligned(b, x, choose.value(floats));
  switch (fn) {
    case 'div':
    case 'atan2':
      return b.map(fn, tame(b, x), b.add(b.abs(tame(b, y)), 1));
    case 'pow':
      return b.map(fn, b.add(b.abs(tame(b, x)), 0.5), tame(b, y));
    case 'mod':
      return b.map(fn, skewed(b, x), 0.7391);
    case 'eq':
    case 'ne':
    case 'and':
    case 'or':
      return b.map(fn, b.map('floor', skewed(b, x)), b.map('floor', skewed(b, y)));
    default:
      return jumping.has(fn) ? b.map(fn, skewed(b, x), tame(b, y)) : b.map(fn, tame(b, x), tame(b, y));
  }
};

const select: Operation = (b, choose, { floats }, { jumps }) => {
  const x = choose.value(floats);
  const [yes, no] = [aligned(b, x, choose.value(floats)), choose.of([0.25, 1e30])];
  const test = jumps ? b.gt(skewed(b, x), 0.1) : b.lt(ramp(b, b.reshape(x, [product(x.shape)]), 0), 0.02);
  return b.select(jumps ? test : b.reshape(test, x.shape), yes, no);
};

const ofInts: readonly Elementwise[] = ['add', 'sub', 'mul', 'min', 'max', 'abs', 'neg', 'sign', 'square', 'mod', 'lt', 'eq', 'select', 'stop-gradient']; // prettier-ignore
const intArithmetic: Operation = (b, choose, { ints }) => {
  const fn = choose.of(ofInts);
  // Small, so that products stay ints of 32 bits.
  const x = b.mod(choose.value(ints), 23);
  if (fn === 'select') return b.select(b.lt(x, 3), x, b.mul(x, 2));
  if (['abs', 'neg', 'sign', 'square', 'stop-gradient'].includes(fn)) return b.map(fn, x);
  const other = choose.value(ints);
  const y = other.shape.length === x.shape.length && other.shape.every((d, i) => equal(d, x.shape[i]!) || isOne(d)) ? b.mod(other, 5) : b.constant(3, 'int'); // prettier-ignore
  return fn === 'mod' ? b.mod(x, 4) : b.map(fn, x, y);
};

const contraction: Operation = (b, choose, { floats }, around) => {
  const labels: { dim: Dim; label: number }[] = [];
  const operands = Array.from({ length: 1 + choose.below(4) }, () => {
    const value = choose.value(floats);
    const axes: number[] = [];
    for (const dim of value.shape) {
      const free = labels.filter((l) => equal(l.dim, dim) && !axes.includes(l.label));
      const chosen = free[choose.below(free.length + 1)];
      axes.push(chosen?.label ?? labels.length);
      if (chosen === undefined) labels.push({ dim, label: labels.length });
    }
    return { value, axes };
  });
  const kept = labels.filter(() => choose.below(2) === 1);
  const fits = cellsOf(labels.map((l) => l.dim), around) <= mostTerms && cellsOf(kept.map((l) => l.dim), around) <= mostCells && kept.length <= mostAxes; // prettier-ignore
  if (!fits) return null;
  const keep = kept.map((l) => l.label);
  const kind = choose.below(4);
  const beta = choose.below(5) === 0 ? b.exp(b.tanh(scalarOf(b, choose.value(floats)))) : b.constant(choose.of([0.5, 1, 4, Infinity])); // prettier-ignore
  const semiring = kind < 2 ? 'sum-product' : kind === 2 ? 'min-plus' : { kind: 'soft-min' as const, beta };
  return b.contract(semiring, operands, choose.below(2) === 1 ? keep.toReversed() : keep);
};

const view: Operation = (b, choose, { floats, ints }, around) => {
  const x = choose.below(4) === 0 ? choose.value(ints) : choose.value(floats);
  const rank = x.shape.length;
  if (rank === 0) return b.expand(b.reshape(x, [one]), [choose.of(around.dims)]);
  const axis = axisIn(choose, x);
  const length = x.shape[axis]!;
  const cells = lengthOf(length, around);
  const padded = (at: number, other: number): readonly Dim[] => x.shape.map((_, i) => constant(i === axis ? at : i === 0 ? other : 0)); // prettier-ignore
  switch (choose.below(10)) {
    case 0:
      return b.transpose(x, x.shape.map((_, i) => (i + 1 + axis) % rank)); // prettier-ignore
    case 1:
      return b.transpose(x, x.shape.map((_, i) => i).toReversed()); // prettier-ignore
    case 2:
      return b.reverse(x, axis);
    case 3:
      return cells === 0 ? null : b.sliceAxis(x, axis, constant(choose.below(cells)), one);
    case 4:
      return cells < 2 ? null : b.sliceAxis(x, axis, one, subtract(length, one));
    case 5:
      return b.sliceAxis(x, axis, none, none);
    case 6:
      return b.pad(x, padded(1, 0), padded(choose.below(2), 2), 7);
    case 7:
      return rank >= mostAxes ? null : b.expand(b.unsqueeze(x, [axis]), x.shape.toSpliced(axis, 0, choose.of([one, ...around.dims]))); // prettier-ignore
    case 8:
      return b.reshape(x, [product(x.shape)]);
    default: {
      // Two axes become one, or one of even length two.
      if (axis + 1 < rank) return b.reshape(x, x.shape.toSpliced(axis, 2, product([length, x.shape[axis + 1]!])));
      const even = equal(length, constant(cells)) && cells > 0 && cells % 2 === 0;
      return even && rank < mostAxes
        ? b.reshape(x, x.shape.toSpliced(axis, 1, constant(cells / 2), constant(2)))
        : null;
    }
  }
};

const concat: Operation = (b, choose, { floats, ints }) => {
  const values = choose.below(4) === 0 ? ints : floats;
  const x = choose.value(values);
  if (x.shape.length === 0) return b.stack([x, x, choose.of(values.filter((v) => v.shape.length === 0))]);
  const axis = axisIn(choose, x);
  const fitting = values.filter((v) => v.shape.length === x.shape.length && v.shape.every((d, i) => i === axis || equal(d, x.shape[i]!))); // prettier-ignore
  return b.concat([choose.of(fitting), x, choose.of(fitting)].slice(choose.below(2)), axis);
};

const indexing: Operation = (b, choose, { floats, ints }, around) => {
  const x = choose.below(5) === 0 ? choose.value(ints) : choose.value(floats);
  if (x.shape.length === 0 || x.shape.length > 8) return null;
  const axis = axisIn(choose, x);
  const length = lengthOf(x.shape[axis]!, around);
  /** In range whatever the ints are: mod is never negative. */
  const within = (indices: Value, most: number): Value => b.mod(indices, most);
  switch (choose.below(5)) {
    case 0: {
      const indices = Array.from({ length: 4 }, () => choose.below(Math.max(1, length)));
      return length === 0 ? null : b.gather(x, b.literal(indices, [2, 2], 'int'), axis);
    }
    case 1: {
      const indices = choose.value(ints);
      return length === 0 || indices.shape.length > 4 ? null : b.gather(x, within(indices, length), axis);
    }
    case 2: {
      const out = add(x.shape[axis]!, one);
      return x.dtype === 'int' ? null : b.scatterAdd(x, within(b.mul(b.iota([x.shape[axis]!], 0, 'int'), 3), 2), axis, add(out, one)); // prettier-ignore
    }
    case 3: {
      // Indices of any shape that stands in the updates.
      const at = choose.value(ints);
      const fits =
        x.dtype === 'float' && at.shape.length > 0 && at.shape.every((d, i) => equal(d, x.shape[axis + i] ?? none));
      return fits ? b.scatterAdd(x, within(at, 3), axis, constant(3)) : null;
    }
    default:
      return length === 0 || x.dtype === 'int' ? null : b.mul(b.oneHot(within(choose.value(ints), 3), constant(3)), 0.5); // prettier-ignore
  }
};

const picking: Operation = (b, choose, { floats }, { jumps }) => {
  const x = choose.value(floats);
  if (!jumps || x.shape.length === 0 || x.shape.length > 8) return null;
  const axis = axisIn(choose, x);
  const tamed = tame(b, x);
  const known = b.select(b.map('is-nan', tamed), 0, tamed);
  return b.argmin(b.add(known, ramp(b, x, axis)), axis);
};

const making: Operation = (b, choose, { floats }, around) => {
  const like = choose.value(floats);
  const axis = like.shape.length === 0 ? 0 : axisIn(choose, like);
  switch (choose.below(6)) {
    case 0:
      return b.mul(b.random(choose.of(['uniform', 'normal'] as const), like.shape, 7, choose.below(3)), 1);
    case 1:
      return b.mul(b.dim(choose.of(around.dims)), b.tanh(scalarOf(b, like)));
    case 2:
      return like.shape.length === 0 ? null : b.iota(like.shape, axis, 'int');
    case 3:
      return like.shape.length === 0 ? null : b.mul(b.iota(like.shape, axis), 0.3);
    case 4:
      return b.full(like.shape, choose.of([0, -0, 1.5, 1e30]));
    default:
      return b.literal(Array.from({ length: 6 }, () => choose.below(9) - 4), [2, 3], choose.of(['float', 'int'] as const)); // prettier-ignore
  }
};

const casting: Operation = (b, choose, { floats, ints }, { jumps }) => {
  if (choose.below(2) === 0 || !jumps) return b.mul(b.cast(choose.value(ints), 'float'), 0.1);
  const x = tame(b, choose.value(floats));
  return b.cast(b.map('floor', b.mul(skewed(b, b.select(b.map('is-nan', x), 0, x)), 3)), 'int');
};

const routine: Operation = (b, choose, { floats }, { jumps, sizes }) => {
  const x = choose.value(floats);
  if (x.shape.length === 0 || x.shape.length > 4) return null;
  const rank = x.shape.length;
  const tamed = tame(b, x);
  const v = b.select(b.map('is-nan', tamed), 0, tamed);
  const n = v.shape[rank - 1]!;
  if (evaluate(n, sizes) > 8) return null;
  const kind = choose.below(9);
  if (kind === 0) {
    const [sorted, order] = b.routine('sort', b.add(v, ramp(b, v, rank - 1)));
    return jumps && choose.below(2) === 1 ? order! : sorted!;
  }
  const batch = v.shape.slice(0, -1).map(() => one);
  const unit = b.reshape(b.eye(n), [...batch, n, n]);
  const matrix = b.add(b.mul(b.unsqueeze(v, [rank]), b.unsqueeze(v, [rank - 1])), unit);
  const right = b.unsqueeze(v, [rank]);
  switch (kind) {
    case 1:
      return b.routine('cholesky', matrix)[0]!;
    case 2:
      return b.routine('log-abs-det', matrix)[0]!;
    case 3:
      return b.routine('inverse', matrix)[0]!;
    case 4:
      return b.routine('eigh', matrix)[0]!;
    case 5:
      return b.routine('solve', matrix, right)[0]!;
    case 6:
      return b.routine('triangular-solve', b.routine('cholesky', matrix)[0]!, right)[0]!;
    case 7:
      return b.routine('triangular-solve-transposed', b.routine('cholesky', matrix)[0]!, right)[0]!;
    default: {
      // Blocks of one along the last axis.
      const wide = b.unsqueeze(v, [rank, rank + 1]);
      const parts = b.routine('block-tridiagonal', b.add(b.square(wide), 5), b.mul(wide, 0.5), b.unsqueeze(v, [rank]));
      return choose.of(parts);
    }
  }
};

/** Several instructions that models are full of and that passes look for: products of matrices, normalised rows, the nearest row
 *  and sums over those it is nearest to. */
const idiom: Operation = (b, choose, { floats }, around) => {
  const matrices = floats.filter((v) => v.shape.length >= 2 && v.shape.length < 6);
  if (matrices.length === 0) return null;
  const x = choose.value(matrices);
  const rank = x.shape.length;
  const [rows, last] = [x.shape[rank - 2]!, x.shape[rank - 1]!];
  const batch = x.shape.slice(0, -2).map((_, i) => i);
  switch (choose.below(5)) {
    case 0: {
      // Σ x[…, i, p] y[p, j], or y[j, p].
      const fitting = matrices.filter((v) => v.shape.length === 2 && v.shape.some((d) => equal(d, last)));
      if (fitting.length === 0) return null;
      const y = choose.value(fitting);
      const axes = equal(y.shape[0]!, last) ? [51, 52] : [52, 51];
      return b.contract(
        'sum-product',
        [
          { value: x, axes: [...batch, 50, 51] },
          { value: y, axes },
        ],
        [...batch, 50, 52],
      );
    }
    case 1:
      // The products of columns with each other, summed over rows.
      return b.contract('sum-product', [{ value: x, axes: [...batch, 50, 51] }, { value: x, axes: [...batch, 50, 52] }], choose.below(2) === 0 ? [51, 52] : [...batch, 52, 51]); // prettier-ignore
    case 2: {
      const least = b.softMin(choose.of([1, 2, Infinity]), x, [rank - 1]);
      return b.exp(b.sub(b.unsqueeze(least, [rank - 1]), x));
    }
    case 3: {
      const weights = b.exp(b.neg(b.sub(x, b.unsqueeze(b.min(x, [rank - 1]), [rank - 1]))));
      return b.div(weights, b.add(b.unsqueeze(b.sum(weights, [rank - 1]), [rank - 1]), 0.5));
    }
    default: {
      // Lloyd's step from the columns of x to those of y, or the sums that belong to the nearest alone.
      const fitting = matrices.filter((v) => v.shape.length === 2 && equal(v.shape[1]!, last));
      if (rank !== 2 || !around.jumps || fitting.length === 0) return null;
      const centres = choose.value(fitting);
      const [from, to] = [b.unsqueeze(tame(b, x), [1]), b.unsqueeze(tame(b, centres), [0])];
      const distance = b.sum(b.square(b.sub(from, to)), [2]);
      const count = centres.shape[0]!;
      if (lengthOf(count, around) === 0) return null;
      const nearest = b.argmin(b.add(distance, ramp(b, distance, 1)), 1);
      const sums = choose.below(2) === 0 ? b.scatterAdd(x, nearest, 0, count) : b.matmul(b.transpose(b.oneHot(nearest, count), [1, 0]), x); // prettier-ignore
      const each = b.sum(b.oneHot(nearest, count), [0]);
      return choose.below(2) === 0 ? b.min(distance, [1]) : b.div(sums, b.add(b.unsqueeze(each, [1]), equal(rows, one) ? 1 : 0.5)); // prettier-ignore
    }
  }
};

// ---------------------------------------------------------------- loops

/** Some operations on what a body has, whose values join it. */
const grow = (b: Builder, choose: Choices, pool: Pool, around: Surroundings, most: number): void => {
  const count = 1 + choose.below(most);
  for (let i = 0; i < count; i++) addTo(pool, b, choose, around, choose.of(bodyOperations));
};

const scan: Operation = (b, choose, { floats, ints }, around) => {
  if (around.depth === 0) return null;
  const long = floats.filter((v) => v.shape.length > 0 && v.shape.length < 6);
  const small = floats.filter((v) => v.shape.length < 5);
  if (long.length === 0 || small.length === 0) return null;
  const x = choose.value(long);
  const length = x.shape[0]!;
  const others = [...floats, ...ints].filter((v) => v.shape.length > 0 && equal(v.shape[0]!, length));
  const xs = [x, choose.of(others)];
  const start = choose.value(small);
  const counter = choose.value(ints);
  const inside = { ...around, depth: around.depth - 1 };
  const outer = { floats: floats.slice(-4), ints: ints.slice(-2) };
  const { carry, ys } = b.scan(
    {
      length,
      carry: [start, counter, b.constant(0)],
      xs,
      reverse: choose.below(2) === 1,
      resumable: choose.below(4) === 0,
    },
    (c, [state, count, before], steps) => {
      const given = [state!, before!, ...steps.filter((s) => s.dtype === 'float'), ...outer.floats];
      const pool: Pool = { floats: given, ints: [count!, ...steps.filter((s) => s.dtype === 'int'), ...outer.ints] };
      grow(c, choose, pool, inside, 4);
      const last = pool.floats.at(-1)!;
      const mixed = aligned(c, state!, last);
      const next = choose.below(3) === 0 ? c.add(c.mul(state!, 0.5), mixed) : c.add(mixed, c.sin(state!));
      const sameShape = next.shape.length === state!.shape.length && next.shape.every((d, i) => equal(d, state!.shape[i]!)); // prettier-ignore
      return {
        carry: [tame(c, sameShape ? next : state!), c.mod(c.add(count!, 1), 11), c.tanh(scalarOf(c, last))],
        ys: [tame(c, last), count!, c.add(before!, 0)],
      };
    },
  );
  return choose.of([ys[0]!, ys[0]!, carry[0]!, ys[1]!, ys[2]!, carry[2]!, carry[1]!]);
};

const whileLoop: Operation = (b, choose, { floats, ints }, around) => {
  const small = floats.filter((v) => v.shape.length < 5);
  if (around.depth === 0 || small.length === 0) return null;
  const start = choose.value(small);
  const inside = { ...around, depth: around.depth - 1 };
  const limit = choose.of([2.5, 0.5, -1]);
  const options = {
    max: choose.of([5, 0, 3, 2]),
    every: 1 + choose.below(3),
    carry: [tame(b, start), b.constant(0), choose.value(ints)],
  };
  const outer = { floats: floats.slice(-3), ints: ints.slice(-1) };
  const { carry, steps } = b.while_(
    options,
    (c, [, i]) => c.lt(i!, limit),
    (c, [state, i, count]) => {
      const pool: Pool = { floats: [state!, i!, ...outer.floats], ints: [count!, ...outer.ints] };
      grow(c, choose, pool, inside, 3);
      const mixed = aligned(c, state!, pool.floats.at(-1)!);
      const next = c.add(c.mul(state!, 0.7), mixed);
      const sameShape = next.shape.length === state!.shape.length && next.shape.every((d, k) => equal(d, state!.shape[k]!)); // prettier-ignore
      return [tame(c, sameShape ? next : state!), c.add(i!, 1), c.mod(c.add(count!, 2), 7)];
    },
  );
  return choose.of([carry[0]!, b.add(carry[0]!, b.mul(steps, 0.1)), carry[2]!, steps]);
};

const plainOperations: readonly Operation[] = [unary, binary, contraction, select, view, intArithmetic, contraction, concat, indexing, picking, making, casting, view, indexing]; // prettier-ignore
const bodyOperations: readonly Operation[] = [
  ...plainOperations,
  ...plainOperations,
  idiom,
  idiom,
  routine,
  scan,
  whileLoop,
];
export const operations: readonly Operation[] = [
  ...plainOperations,
  idiom,
  idiom,
  idiom,
  routine,
  scan,
  scan,
  whileLoop,
];

/** Applies an operation; its value joins the pool when it is small enough. */
export const addTo = (pool: Pool, b: Builder, choose: Choices, around: Surroundings, operation: Operation): void => {
  const value = operation(b, choose, pool, around);
  if (value === null || value.shape.length > mostAxes || cellsOf(value.shape, around) > mostCells) return;
  if (value.dtype === 'int') pool.ints.push(value);
  else pool.floats.push(choose.below(4) === 0 ? value : tame(b, value));
};
