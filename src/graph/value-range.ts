// In: an expression. Out: an interval that holds all entries of its value, from written numbers, consts and domains. The
// composition rules of convexity need signs: λ‖z‖₁ is convex because λ ≥ 0.
import type { BuiltinName } from '../semantics/builtins.ts';
import type { DomainKind, Expr, Model, Reducer } from '../semantics/model.ts';
import { constantValue } from '../tensor/dims.ts';

/** Closed on both sides; for open domains (`positive`) the bound itself is not taken. */
export interface ValueRange {
  readonly low: number;
  readonly high: number;
}

const between = (low: number, high: number): ValueRange => ({ low, high });
const anything = between(-Infinity, Infinity);
const notNegative = between(0, Infinity);

const domainRanges: Readonly<Record<DomainKind, ValueRange>> = {
  real: anything,
  nonnegative: notNegative,
  positive: notNegative,
  unit: between(0, 1),
  binary: between(0, 1),
  spin: between(-1, 1),
  angle: between(-Math.PI, Math.PI),
  onehot: between(0, 1),
  simplex: between(0, 1),
  sphere: between(-1, 1),
  ball: between(-1, 1),
  permutation: notNegative,
  orthonormal: between(-1, 1),
  spd: anything,
  interval: anything,
  category: notNegative,
  index: notNegative,
  integer: anything,
};

export const isNonnegative = (r: ValueRange): boolean => r.low >= 0;
export const isNonpositive = (r: ValueRange): boolean => r.high <= 0;

/** Ranges of expressions of one model; lets must be inlined. Remembers what it has seen. */
export const rangeFinder = (model: Model): ((expr: Expr) => ValueRange) => {
  const variables = new Map(model.variables.map((v) => [v.name, v]));
  const consts = new Map(model.consts.map((c) => [c.name, c]));
  const seen = new Map<Expr, ValueRange>();
  const find = (expr: Expr): ValueRange => {
    const known = seen.get(expr);
    if (known !== undefined) return known;
    const range = compute(expr);
    seen.set(expr, range);
    return range;
  };
  const variableRange = (name: string): ValueRange => {
    const domain = variables.get(name)?.domain;
    if (domain?.kind === 'interval') return between(find(domain.from).low, find(domain.to).high);
    if (domain?.kind === 'integer') {
      const [from, to] = [constantValue(domain.from), constantValue(domain.to)];
      return between(from ?? -Infinity, to === null ? Infinity : to - 1);
    }
    return domain === undefined ? anything : domainRanges[domain.kind];
  };
  const compute = (expr: Expr): ValueRange => {
    switch (expr.kind) {
      case 'number':
        return between(expr.value, expr.value);
      case 'dim': {
        const value = constantValue(expr.dim);
        return value === null ? (expr.dim.every((t) => t.coef > 0) ? notNegative : anything) : between(value, value);
      }
      case 'ragged':
      case 'beta':
        return notNegative;
      case 'ref': {
        if (expr.of === 'variable') return variableRange(expr.name);
        const definition = consts.get(expr.name);
        return definition === undefined ? anything : find(definition.value);
      }
      case 'call': {
        const rule = callRanges[expr.fn];
        return rule === undefined ? anything : rule(expr.args.map(find), expr);
      }
      case 'reduce':
        return reducedRanges[expr.reducer](find(expr.body));
      case 'stack':
        return find(expr.body);
      case 'if':
        return union([find(expr.then), find(expr.else)]);
      case 'array':
        return union(expr.elements.map(find));
      case 'subscript':
        return find(expr.base);
      case 'index':
      case 'parameter':
      case 'net':
      case 'layer':
      case 'weights':
      case 'free-energy':
      case 'negatives':
        return anything;
    }
  };
  return find;
};

const union = (ranges: readonly ValueRange[]): ValueRange =>
  between(Math.min(...ranges.map((r) => r.low)), Math.max(...ranges.map((r) => r.high)));

/** 0 · ∞ is 0 here: the bound is approached, never the product of it. */
const times = (a: number, b: number): number => (a === 0 || b === 0 ? 0 : a * b);
const product = (a: ValueRange, b: ValueRange): ValueRange => {
  const corners = [times(a.low, b.low), times(a.low, b.high), times(a.high, b.low), times(a.high, b.high)];
  return between(Math.min(...corners), Math.max(...corners));
};
/** Of a range on one side of 0; anything else has no bounds. */
const reciprocal = (a: ValueRange): ValueRange => {
  if (a.low >= 0) return between(1 / a.high, a.low === 0 ? Infinity : 1 / a.low);
  return a.high <= 0 ? between(a.high === 0 ? -Infinity : 1 / a.high, 1 / a.low) : anything;
};
const squared = (a: ValueRange): ValueRange => {
  const [x, y] = [a.low * a.low, a.high * a.high];
  return between(a.low <= 0 && a.high >= 0 ? 0 : Math.min(x, y), Math.max(x, y));
};
const manyOf = (a: ValueRange): ValueRange => between(a.low >= 0 ? 0 : -Infinity, a.high <= 0 ? 0 : Infinity);

const reducedRanges: Readonly<Record<Reducer, (body: ValueRange) => ValueRange>> = {
  sum: manyOf,
  prod: (a) => (a.low >= 0 ? (a.high <= 1 ? between(0, 1) : notNegative) : anything),
  min: (a) => a,
  max: (a) => a,
  mean: (a) => a,
  logsumexp: (a) => between(a.low, Infinity),
};

type CallRange = (args: readonly ValueRange[], call: Expr & { readonly kind: 'call' }) => ValueRange;
const same: CallRange = ([a]) => a!;
const always =
  (range: ValueRange): CallRange =>
  () =>
    range;
const increasing =
  (f: (x: number) => number): CallRange =>
  ([a]) =>
    between(f(a!.low), f(a!.high));
const truth = always(between(0, 1));
const logarithm = (x: number): number => (x <= 0 ? -Infinity : Math.log(x));

/** Functions not listed may have any value. */
const callRanges: Readonly<Partial<Record<BuiltinName, CallRange>>> = {
  add: ([a, b]) => between(a!.low + b!.low, a!.high + b!.high),
  sub: ([a, b]) => between(a!.low - b!.high, a!.high - b!.low),
  neg: ([a]) => between(-a!.high, -a!.low),
  mul: ([a, b]) => product(a!, b!),
  div: ([a, b]) => product(a!, reciprocal(b!)),
  pow: ([a, b]) => {
    const exponent = b!.low === b!.high ? b!.low : null;
    if (exponent === 2) return squared(a!);
    return exponent !== null && exponent % 2 === 0 ? notNegative : a!.low >= 0 ? notNegative : anything;
  },
  matmul: ([a, b]) => manyOf(product(a!, b!)),
  transpose: same,
  reshape: same,
  flatten: same,
  stop_gradient: same,
  diag: ([a]) => union([a!, between(0, 0)]),
  concat: union,
  minimum: ([a, b]) => between(Math.min(a!.low, b!.low), Math.min(a!.high, b!.high)),
  maximum: ([a, b]) => between(Math.max(a!.low, b!.low), Math.max(a!.high, b!.high)),
  clamp: ([a, low, high]) => between(Math.max(a!.low, low!.low), Math.min(a!.high, high!.high)),
  relu: increasing((x) => Math.max(x, 0)),
  exp: increasing(Math.exp),
  log: increasing(logarithm),
  log1p: increasing((x) => logarithm(1 + x)),
  expm1: increasing(Math.expm1),
  sqrt: increasing((x) => Math.sqrt(Math.max(x, 0))),
  floor: increasing(Math.floor),
  tanh: always(between(-1, 1)),
  sin: always(between(-1, 1)),
  cos: always(between(-1, 1)),
  cosine: always(between(-1, 1)),
  corr: always(between(-1, 1)),
  normalize: always(between(-1, 1)),
  erf: always(between(-1, 1)),
  sign: always(between(-1, 1)),
  wrap: always(between(-Math.PI, Math.PI)),
  cosh: always(between(1, Infinity)),
  sigmoid: always(between(0, 1)),
  softmax: always(between(0, 1)),
  log_softmax: always(between(-Infinity, 0)),
  softplus: always(notNegative),
  abs: always(notNegative),
  norm2: always(notNegative),
  norm1: always(notNegative),
  norm0: always(notNegative),
  normF: always(notNegative),
  'squared-norm2': always(notNegative),
  'squared-normF': always(notNegative),
  colnorm: always(notNegative),
  rownorm: always(notNegative),
  entropy: always(notNegative),
  log_bessel_i0: always(notNegative),
  eye: truth,
  zeros: always(between(0, 0)),
  ones: always(between(1, 1)),
  eq: truth,
  ne: truth,
  lt: truth,
  le: truth,
  gt: truth,
  ge: truth,
  and: truth,
  or: truth,
  not: truth,
  is_nan: truth,
  sum: ([a]) => manyOf(a!),
  mean: same,
  min: same,
  max: same,
  logsumexp: ([a]) => between(a!.low, Infinity),
};
