// For every builtin, sample arguments and its value in plain TypeScript, written from the definition and not from our tables.
import type { BuiltinName } from '../../src/semantics/builtins.ts';

export type Nested = number | readonly Nested[];

export interface Sample {
  readonly shape: readonly number[];
  readonly from?: number;
  readonly to?: number;
  readonly row?: true;
  readonly kind?: 'real' | 'integer' | 'boolean' | 'category';
  /** A number written in the model, or a size: no tensor. */
  readonly written?: number;
  /** Symmetric positive definite. */
  readonly spd?: true;
}

export interface Case {
  readonly args: readonly Sample[];
  readonly value: (...args: readonly Nested[]) => Nested;
  /** Compared with finite differences; absent where the function is locally constant or has kinks in the sample. */
  readonly smooth?: true;
}

const scalar: Sample = { shape: [] };
const vector: Sample = { shape: [3] };
const matrix: Sample = { shape: [2, 3] };
const square: Sample = { shape: [3, 3] };
const positive = { from: 0.3, to: 2 };
const written = (value: number): Sample => ({ shape: [], written: value, kind: 'integer' });
const flag: Sample = { shape: [3], kind: 'boolean' };

const v = (x: Nested): readonly number[] => x as readonly number[];
const m = (x: Nested): readonly (readonly number[])[] => x as readonly (readonly number[])[];
export const flat = (x: Nested): readonly number[] => (typeof x === 'number' ? [x] : x.flatMap(flat));
const each =
  (f: (...xs: readonly number[]) => number) =>
  (...args: readonly Nested[]): Nested => {
    const model = args.find((a) => typeof a !== 'number');
    if (model === undefined) return f(...(args as readonly number[]));
    return (model as readonly Nested[]).map((_, i) => each(f)(...args.map((a) => (typeof a === 'number' ? a : a[i]!))));
  };
const total = (xs: readonly number[]): number => xs.reduce((a, b) => a + b, 0);
const dot = (a: readonly number[], b: readonly number[]): number => total(a.map((x, i) => x * b[i]!));
const columns = (a: readonly (readonly number[])[]): readonly (readonly number[])[] =>
  a[0]!.map((_, j) => a.map((row) => row[j]!));
/** Expansion along the first row. */
const det = (a: readonly (readonly number[])[]): number =>
  a.length === 0
    ? 1
    : total(a[0]!.map((x, j) => (j % 2 === 0 ? x : -x) * det(a.slice(1).map((row) => row.filter((_, k) => k !== j)))));
/** The adjugate over the determinant. */
const inverse = (a: readonly (readonly number[])[]): readonly (readonly number[])[] =>
  a.map((_, i) =>
    a.map((_, j) => {
      const minor = a.filter((_, k) => k !== j).map((row) => row.filter((_, k) => k !== i));
      return ((i + j) % 2 === 0 ? 1 : -1) * (det(minor) / det(a));
    }),
  );
const lastAxis =
  (f: (x: readonly number[]) => readonly number[]) =>
  (x: Nested): Nested => {
    const rows = x as readonly Nested[];
    return typeof rows[0] === 'number' ? f(v(x)) : rows.map((r) => lastAxis(f)(r));
  };
const logSumExp = (x: readonly number[]): number => Math.log(total(x.map(Math.exp)));
const norm = (x: readonly number[]): number => Math.sqrt(dot(x, x));
const centred = (x: readonly number[]): readonly number[] => x.map((e) => e - total(x) / x.length);
const cosine = (a: readonly number[], b: readonly number[]): number => dot(a, b) / (norm(a) * norm(b));
const modulo = (a: number, b: number): number => a - b * Math.floor(a / b);

/** ∫₀ˣ by Simpson's rule. */
const integral = (f: (t: number) => number, to: number): number => {
  const n = 2000;
  const h = to / n;
  return (
    (h / 3) * total(Array.from({ length: n + 1 }, (_, i) => (i === 0 || i === n ? 1 : i % 2 === 1 ? 4 : 2) * f(i * h)))
  );
};
const erf = (x: number): number => (2 / Math.sqrt(Math.PI)) * integral((t) => Math.exp(-t * t), x);
/** log Γ(x) = log Γ(x + 30) - Σ log(x + k), by Stirling's series there. */
const lgamma = (x: number): number => {
  const y = x + 30;
  const series = (y - 0.5) * Math.log(y) - y + Math.log(2 * Math.PI) / 2 + 1 / (12 * y) - 1 / (360 * y ** 3);
  return series - total(Array.from({ length: 30 }, (_, k) => Math.log(x + k)));
};
/** I₀(x) = 1/π ∫₀^π e^(x cos t) dt. */
const logBessel = (x: number): number => Math.log(integral((t) => Math.exp(x * Math.cos(t)), Math.PI) / Math.PI);

const unary = (f: (x: number) => number, range: Partial<Sample> = {}): Case => ({
  args: [{ ...matrix, ...range }],
  value: each(f),
  smooth: true,
});
const binary = (
  f: (a: number, b: number) => number,
  a: Partial<Sample> = {},
  b: Partial<Sample> = {},
): readonly Case[] => [
  {
    args: [
      { ...vector, ...a },
      { ...vector, ...b },
    ],
    value: each(f),
    smooth: true,
  },
  {
    args: [
      { ...matrix, ...a },
      { ...scalar, ...b },
    ],
    value: each(f),
    smooth: true,
  },
  {
    args: [
      { ...scalar, ...a },
      { ...matrix, ...b },
    ],
    value: each(f),
    smooth: true,
  },
];
const rough = (cases: readonly Case[]): readonly Case[] => cases.map(({ args, value }) => ({ args, value }));
const truth = (f: (a: number, b: number) => boolean): readonly Case[] => rough(binary((a, b) => Number(f(a, b))));
const logic = (f: (a: boolean, b: boolean) => boolean): readonly Case[] => [
  { args: [flag, flag], value: each((a, b) => Number(f(a! !== 0, b! !== 0))) },
];
const similarity = (f: (a: readonly number[], b: readonly number[]) => number): readonly Case[] => [
  { args: [vector, vector], value: (a, b) => f(v(a!), v(b!)), smooth: true },
];

export const cases: Readonly<Record<BuiltinName, readonly Case[]>> = {
  add: binary((a, b) => a + b),
  sub: binary((a, b) => a - b),
  mul: binary((a, b) => a * b),
  div: binary((a, b) => a / b, {}, positive),
  pow: [
    ...binary((a, b) => a ** b, positive),
    ...[0.5, -1, 1, 2, 3, 4, 5].map((p): Case => ({
      args: [{ ...vector, ...(p === 0.5 || p === -1 ? positive : {}) }, written(p)],
      value: each((a) => a! ** p),
      smooth: true,
    })),
  ],
  neg: [unary((x) => -x)],
  eq: [...truth((a, b) => a === b), { args: [flag, flag], value: each((a, b) => Number(a === b)) }],
  ne: [{ args: [flag, flag], value: each((a, b) => Number(a !== b)) }],
  lt: truth((a, b) => a < b),
  le: truth((a, b) => a <= b),
  gt: truth((a, b) => a > b),
  ge: truth((a, b) => a >= b),
  and: logic((a, b) => a && b),
  or: logic((a, b) => a || b),
  not: [{ args: [flag], value: each((a) => 1 - a!) }],
  minimum: binary(Math.min),
  maximum: binary(Math.max),
  mod: rough(binary(modulo, { from: -5, to: 5 }, positive)),
  'div-integer': [
    {
      args: [{ shape: [3], kind: 'integer', from: -9, to: 9 }, written(4)],
      value: each((a, b) => Math.floor(a! / b!)),
    },
    {
      args: [{ shape: [3], kind: 'integer', from: 0, to: 90 }, written(7)],
      value: each((a, b) => Math.floor(a! / b!)),
    },
  ],
  clamp: [
    {
      args: [{ ...vector, from: -3, to: 3 }, written(-1), { ...scalar, ...positive }],
      value: each((a, low, high) => Math.min(Math.max(a!, low!), high!)),
      smooth: true,
    },
  ],
  exp: [unary(Math.exp)],
  log: [unary(Math.log, positive)],
  log1p: [unary(Math.log1p, { from: -0.5, to: 2 })],
  expm1: [unary(Math.expm1)],
  sqrt: [unary(Math.sqrt, positive)],
  abs: [unary(Math.abs)],
  sign: rough([unary(Math.sign)]),
  sin: [unary(Math.sin)],
  cos: [unary(Math.cos)],
  tan: [unary(Math.tan)],
  tanh: [unary(Math.tanh)],
  sinh: [unary(Math.sinh)],
  cosh: [unary(Math.cosh)],
  sigmoid: [unary((x) => 1 / (1 + Math.exp(-x)))],
  relu: [unary((x) => Math.max(x, 0))],
  softplus: [unary((x) => Math.log(1 + Math.exp(x)))],
  swish: [unary((x) => x / (1 + Math.exp(-x)))],
  erf: [unary(erf)],
  lgamma: [unary(lgamma, { from: 0.2, to: 6 })],
  log_bessel_i0: [unary(logBessel, { from: 0, to: 4 })],
  floor: rough([unary(Math.floor, { from: -4, to: 4 })]),
  wrap: [
    // Directly: the angle whose sine and cosine are the same.
    {
      args: [{ ...vector, from: -12, to: 12 }],
      value: each((x) => Math.atan2(Math.sin(x!), Math.cos(x!))),
      smooth: true,
    },
    { args: [written(0)], value: () => 0 },
  ],
  shrink: [
    {
      args: [
        { ...vector, from: -2, to: 2 },
        { ...scalar, from: 0.4, to: 0.6 },
      ],
      value: each((x, t) => Math.sign(x!) * Math.max(Math.abs(x!) - t!, 0)),
      smooth: true,
    },
  ],
  is_nan: [{ args: [vector], value: each(() => 0) }],
  stop_gradient: rough([unary((x) => x)]),
  matmul: [
    { args: [vector, vector], value: (a, b) => dot(v(a!), v(b!)), smooth: true },
    { args: [{ ...vector, row: true }, vector], value: (a, b) => dot(v(a!), v(b!)), smooth: true },
    {
      args: [{ shape: [2] }, { ...vector, row: true }],
      value: (a, b) => v(a!).map((x) => v(b!).map((y) => x * y)),
      smooth: true,
    },
    { args: [matrix, vector], value: (a, b) => m(a!).map((row) => dot(row, v(b!))), smooth: true },
    {
      args: [{ shape: [2], row: true }, matrix],
      value: (a, b) => columns(m(b!)).map((col) => dot(v(a!), col)),
      smooth: true,
    },
    {
      args: [matrix, { shape: [3, 4] }],
      value: (a, b) => m(a!).map((row) => columns(m(b!)).map((col) => dot(row, col))),
      smooth: true,
    },
    {
      args: [
        { shape: [2, 3], kind: 'integer', from: 0, to: 5 },
        { shape: [3], kind: 'boolean' },
      ],
      value: (a, b) => m(a!).map((row) => dot(row, v(b!))),
    },
  ],
  transpose: [
    { args: [matrix], value: (a) => columns(m(a!)), smooth: true },
    { args: [vector], value: (a) => a!, smooth: true },
    { args: [{ ...vector, row: true }], value: (a) => a!, smooth: true },
  ],
  det: [
    { args: [{ shape: [1, 1] }], value: (a) => det(m(a!)), smooth: true },
    { args: [{ shape: [2, 2] }], value: (a) => det(m(a!)), smooth: true },
    { args: [square], value: (a) => det(m(a!)), smooth: true },
    { args: [{ shape: [4, 4] }], value: (a) => det(m(a!)), smooth: true },
    { args: [{ shape: [2, 3, 3] }], value: (a) => (a as readonly Nested[]).map((x) => det(m(x))), smooth: true },
  ],
  log_abs_det: [
    { args: [square], value: (a) => Math.log(Math.abs(det(m(a!)))), smooth: true },
    {
      args: [{ shape: [2, 2, 2] }],
      value: (a) => (a as readonly Nested[]).map((x) => Math.log(Math.abs(det(m(x))))),
      smooth: true,
    },
  ],
  trace: [
    { args: [square], value: (a) => total(m(a!).map((row, i) => row[i]!)), smooth: true },
    {
      args: [{ shape: [2, 3, 3] }],
      value: (a) => (a as readonly Nested[]).map((x) => total(m(x).map((row, i) => row[i]!))),
      smooth: true,
    },
  ],
  inverse: [{ args: [{ ...square, spd: true }], value: (a) => inverse(m(a!)), smooth: true }],
  diag: [
    { args: [vector], value: (a) => v(a!).map((x, i) => v(a!).map((_, j) => (i === j ? x : 0))), smooth: true },
    { args: [square], value: (a) => m(a!).map((row, i) => row[i]!), smooth: true },
  ],
  eye: [
    {
      args: [written(3)],
      value: () => [
        [1, 0, 0],
        [0, 1, 0],
        [0, 0, 1],
      ],
    },
  ],
  cosine: similarity(cosine),
  corr: similarity((a, b) => cosine(centred(a), centred(b))),
  sum: [
    { args: [matrix], value: (a) => total(flat(a!)), smooth: true },
    { args: [vector], value: (a) => total(flat(a!)), smooth: true },
  ],
  prod: [
    { args: [matrix], value: (a) => flat(a!).reduce((x, y) => x * y, 1), smooth: true },
    { args: [vector], value: (a) => flat(a!).reduce((x, y) => x * y, 1), smooth: true },
  ],
  min: [{ args: [matrix], value: (a) => Math.min(...flat(a!)), smooth: true }],
  max: [{ args: [matrix], value: (a) => Math.max(...flat(a!)), smooth: true }],
  mean: [{ args: [matrix], value: (a) => total(flat(a!)) / 6, smooth: true }],
  logsumexp: [{ args: [matrix], value: (a) => logSumExp(flat(a!)), smooth: true }],
  softmax: [
    { args: [vector], value: lastAxis((x) => x.map((e) => Math.exp(e - logSumExp(x)))) as Case['value'], smooth: true },
    { args: [matrix], value: lastAxis((x) => x.map((e) => Math.exp(e - logSumExp(x)))) as Case['value'], smooth: true },
  ],
  log_softmax: [
    { args: [matrix], value: lastAxis((x) => x.map((e) => e - logSumExp(x))) as Case['value'], smooth: true },
  ],
  normalize: [{ args: [matrix], value: lastAxis((x) => x.map((e) => e / norm(x))) as Case['value'], smooth: true }],
  entropy: [
    { args: [{ ...vector, ...positive }], value: (p) => -total(v(p!).map((x) => x * Math.log(x))), smooth: true },
    {
      args: [{ ...matrix, ...positive }],
      value: (p) => m(p!).map((row) => -total(row.map((x) => x * Math.log(x)))),
      smooth: true,
    },
  ],
  norm2: [{ args: [vector], value: (a) => norm(v(a!)), smooth: true }],
  norm1: [{ args: [vector], value: (a) => total(v(a!).map(Math.abs)), smooth: true }],
  norm0: [{ args: [flag], value: (a) => v(a!).filter((x) => x !== 0).length }],
  normF: [{ args: [matrix], value: (a) => norm(flat(a!)), smooth: true }],
  'squared-norm2': [{ args: [vector], value: (a) => dot(v(a!), v(a!)), smooth: true }],
  'squared-normF': [{ args: [matrix], value: (a) => dot(flat(a!), flat(a!)), smooth: true }],
  colnorm: [{ args: [matrix], value: (a) => columns(m(a!)).map(norm), smooth: true }],
  rownorm: [{ args: [matrix], value: (a) => m(a!).map(norm), smooth: true }],
  zeros: [
    {
      args: [written(2), written(3)],
      value: () => [
        [0, 0, 0],
        [0, 0, 0],
      ],
    },
  ],
  ones: [{ args: [written(2)], value: () => [1, 1] }],
  concat: [
    {
      args: [vector, { shape: [2] }, { shape: [1] }],
      value: (a, b, c) => [...v(a!), ...v(b!), ...v(c!)],
      smooth: true,
    },
    { args: [matrix, { shape: [2, 1] }], value: (a, b) => m(a!).map((row, i) => [...row, ...m(b!)[i]!]), smooth: true },
  ],
  reshape: [
    {
      args: [matrix, written(3), written(2)],
      value: (a) => [0, 1, 2].map((i) => flat(a!).slice(2 * i, 2 * i + 2)),
      smooth: true,
    },
  ],
  flatten: [{ args: [matrix], value: (a) => flat(a!), smooth: true }],
  // Needs a derivative and not values: lower/ does it.
  jacobian: [],
};
