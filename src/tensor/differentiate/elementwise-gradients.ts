// The gradient of every elementwise function. In: builder, the adjoint of the result, arguments, the result (all of the
// result's shape up to broadcasting). Out: one adjoint per argument before un-broadcasting; null where it is zero.
import type { Builder, Value } from '../builder.ts';
import { constant } from '../dims.ts';
import type { Elementwise } from '../elementwise.ts';

/** Whatever has no derivative, or a zero one almost everywhere, gives null. */
type Gradient = (b: Builder, adjoint: Value, args: readonly Value[], out: Value) => readonly (Value | null)[];

type Unary = (b: Builder, adjoint: Value, x: Value, out: Value) => Value | null;
type Binary = (b: Builder, adjoint: Value, x: Value, y: Value, out: Value) => readonly [Value | null, Value | null];

const unary =
  (rule: Unary): Gradient =>
  (b, adjoint, [x], out) => [rule(b, adjoint, x!, out)];
const binary =
  (rule: Binary): Gradient =>
  (b, adjoint, [x, y], out) =>
    rule(b, adjoint, x!, y!, out);

const zero: Gradient = (_b, _adjoint, args) => args.map(() => null);

/** ψ′(x) by ten steps of the recurrence and the asymptotic series DLMF 5.15.8; for x > -4, about 1e-12. */
const trigamma = (b: Builder, x: Value): Value => {
  let sum: Value = b.reciprocal(b.square(x));
  for (let k = 1; k < 10; k++) sum = b.add(sum, b.reciprocal(b.square(b.add(x, k))));
  const r = b.reciprocal(b.add(x, 10));
  const r2 = b.square(r);
  // 1/z + 1/(2z²) + (1/6) / z³ - (1/30) / z⁵ + (1/42) / z⁷ - (1/30) / z⁹
  let series: Value = b.add(b.mul(r2, -1 / 30), 1 / 42);
  for (const coefficient of [-1 / 30, 1 / 6]) series = b.add(b.mul(series, r2), coefficient);
  const tail = b.add(b.mul(b.mul(series, r2), r), b.mul(r2, 0.5));
  return b.add(sum, b.add(r, tail));
};

/** I₁(x)/I₀(x): Gauss's continued fraction (DLMF 10.33.1) from depth 40 for |x| < 20, else the asymptotic ratio. */
const besselRatio = (b: Builder, x: Value): Value => {
  const near = b.minimum(b.maximum(x, -20), 20);
  const depth = 40;
  const levels = b.literal(
    Array.from({ length: depth }, (_, i) => 2 * (depth - i)),
    [depth],
  );
  // r ← x / (2k + x r), k = depth, …, 1
  const fraction = b.scan(
    { length: constant(depth), carry: [b.mul(near, 0)], xs: [levels] },
    (inner, [r], [level]) => ({
      carry: [inner.div(near, inner.add(inner.mul(near, r!), level!))],
    }),
  ).carry[0]!;
  const far = b.maximum(b.abs(x), 20);
  const r = b.reciprocal(far);
  let series: Value = b.mul(r, -1073 / 1024);
  for (const coefficient of [-13 / 32, -25 / 128, -1 / 8, -1 / 8, -1 / 2])
    series = b.mul(b.add(series, coefficient), r);
  return b.select(b.lt(b.abs(x), 20), fraction, b.mul(b.sign(x), b.add(series, 1)));
};

export const elementwiseGradients: Readonly<Record<Elementwise, Gradient>> = {
  neg: unary((b, g) => b.neg(g)),
  abs: unary((b, g, x) => b.mul(g, b.sign(x))),
  sign: zero,
  square: unary((b, g, x) => b.mul(g, b.mul(x, 2))),
  reciprocal: unary((b, g, _x, out) => b.neg(b.mul(g, b.square(out)))),
  sqrt: unary((b, g, _x, out) => b.div(b.mul(g, 0.5), out)),
  exp: unary((b, g, _x, out) => b.mul(g, out)),
  expm1: unary((b, g, x) => b.mul(g, b.exp(x))),
  log: unary((b, g, x) => b.div(g, x)),
  log1p: unary((b, g, x) => b.div(g, b.add(x, 1))),
  sin: unary((b, g, x) => b.mul(g, b.cos(x))),
  cos: unary((b, g, x) => b.neg(b.mul(g, b.sin(x)))),
  tan: unary((b, g, _x, out) => b.mul(g, b.add(b.square(out), 1))),
  sinh: unary((b, g, x) => b.mul(g, b.cosh(x))),
  cosh: unary((b, g, x) => b.mul(g, b.sinh(x))),
  tanh: unary((b, g, _x, out) => b.mul(g, b.sub(1, b.square(out)))),
  sigmoid: unary((b, g, _x, out) => b.mul(g, b.mul(out, b.sub(1, out)))),
  softplus: unary((b, g, x) => b.mul(g, b.sigmoid(x))),
  relu: unary((b, g, x) => b.select(b.gt(x, 0), g, 0)),
  floor: zero,
  round: zero,
  erf: unary((b, g, x) => b.mul(g, b.mul(b.exp(b.neg(b.square(x))), 2 / Math.sqrt(Math.PI)))),
  lgamma: unary((b, g, x) => b.mul(g, b.digamma(x))),
  digamma: unary((b, g, x) => b.mul(g, trigamma(b, x))),
  'log-bessel-i0': unary((b, g, x) => b.mul(g, besselRatio(b, x))),
  not: zero,
  'is-nan': zero,
  'stop-gradient': zero,
  add: binary((_b, g) => [g, g]),
  sub: binary((b, g) => [g, b.neg(g)]),
  mul: binary((b, g, x, y) => [b.mul(g, y), b.mul(g, x)]),
  div: binary((b, g, _x, y, out) => [b.div(g, y), b.neg(b.div(b.mul(g, out), y))]),
  pow: binary((b, g, x, y, out) => [
    b.mul(g, b.mul(y, b.pow(x, b.sub(y, 1)))),
    // x^y log x, whose limit at x = 0 is 0.
    b.mul(g, b.select(b.gt(x, 0), b.mul(out, b.log(b.select(b.gt(x, 0), x, 1))), 0)),
  ]),
  // Of equals the first takes it all, as in the min-plus contraction.
  min: binary((b, g, x, y) => [b.select(b.le(x, y), g, 0), b.select(b.lt(y, x), g, 0)]),
  max: binary((b, g, x, y) => [b.select(b.ge(x, y), g, 0), b.select(b.gt(y, x), g, 0)]),
  mod: binary((b, g, x, y) => [g, b.neg(b.mul(g, b.floor(b.div(x, y))))]),
  atan2: binary((b, g, y, x) => {
    const squared = b.add(b.square(x), b.square(y));
    return [b.mul(g, b.div(x, squared)), b.neg(b.mul(g, b.div(y, squared)))];
  }),
  lt: zero,
  le: zero,
  gt: zero,
  ge: zero,
  eq: zero,
  ne: zero,
  and: zero,
  or: zero,
  select: (b, g, [condition]) => [null, b.select(condition!, g, 0), b.select(condition!, 0, g)],
};
