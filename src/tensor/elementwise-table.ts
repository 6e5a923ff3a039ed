// The value side of every elementwise function: arity, how dtypes go through, cost and the float64 definition.
// In: a name of elementwise.ts. Out: its facts. Gradients are in differentiate/elementwise-gradients.ts (they need a builder).
import type { Elementwise } from './elementwise.ts';
import { digamma, erf, lgamma, logBesselI0, roundHalfEven } from './special-functions.ts';

export interface ElementwiseFacts {
  readonly arity: 1 | 2 | 3;
  /** float: takes and gives floats. same: gives the dtype of its arguments, which agree (a condition is always float).
   *  boolean: arguments of one dtype, gives 0/1 floats. */
  readonly dtype: 'float' | 'same' | 'boolean';
  /** Rough floating-point operations per element. */
  readonly flops: number;
  readonly commutes?: true;
  /** The defining float64 function; missing arguments are ignored. */
  readonly value: (a: number, b: number, c: number) => number;
}

export const elementwiseTable: Readonly<Record<Elementwise, ElementwiseFacts>> = {
  neg: { arity: 1, dtype: 'same', flops: 1, value: (a) => -a },
  abs: { arity: 1, dtype: 'same', flops: 1, value: Math.abs },
  sign: { arity: 1, dtype: 'same', flops: 1, value: Math.sign },
  square: { arity: 1, dtype: 'same', flops: 1, value: (a) => a * a },
  reciprocal: { arity: 1, dtype: 'float', flops: 4, value: (a) => 1 / a },
  sqrt: { arity: 1, dtype: 'float', flops: 4, value: Math.sqrt },
  exp: { arity: 1, dtype: 'float', flops: 10, value: Math.exp },
  expm1: { arity: 1, dtype: 'float', flops: 12, value: Math.expm1 },
  log: { arity: 1, dtype: 'float', flops: 10, value: Math.log },
  log1p: { arity: 1, dtype: 'float', flops: 12, value: Math.log1p },
  sin: { arity: 1, dtype: 'float', flops: 12, value: Math.sin },
  cos: { arity: 1, dtype: 'float', flops: 12, value: Math.cos },
  tan: { arity: 1, dtype: 'float', flops: 15, value: Math.tan },
  sinh: { arity: 1, dtype: 'float', flops: 15, value: Math.sinh },
  cosh: { arity: 1, dtype: 'float', flops: 15, value: Math.cosh },
  tanh: { arity: 1, dtype: 'float', flops: 15, value: Math.tanh },
  sigmoid: {
    arity: 1,
    dtype: 'float',
    flops: 14,
    value: (a) => (a >= 0 ? 1 / (1 + Math.exp(-a)) : Math.exp(a) / (1 + Math.exp(a))),
  },
  softplus: { arity: 1, dtype: 'float', flops: 24, value: (a) => Math.max(a, 0) + Math.log1p(Math.exp(-Math.abs(a))) },
  relu: { arity: 1, dtype: 'float', flops: 1, value: (a) => Math.max(a, 0) },
  floor: { arity: 1, dtype: 'float', flops: 1, value: Math.floor },
  round: { arity: 1, dtype: 'float', flops: 1, value: roundHalfEven },
  erf: { arity: 1, dtype: 'float', flops: 20, value: erf },
  lgamma: { arity: 1, dtype: 'float', flops: 40, value: lgamma },
  digamma: { arity: 1, dtype: 'float', flops: 40, value: digamma },
  'log-bessel-i0': { arity: 1, dtype: 'float', flops: 40, value: logBesselI0 },
  not: { arity: 1, dtype: 'float', flops: 1, value: (a) => (a === 0 ? 1 : 0) },
  'is-nan': { arity: 1, dtype: 'float', flops: 1, value: (a) => (Number.isNaN(a) ? 1 : 0) },
  'stop-gradient': { arity: 1, dtype: 'same', flops: 0, value: (a) => a },
  add: { arity: 2, dtype: 'same', flops: 1, commutes: true, value: (a, b) => a + b },
  sub: { arity: 2, dtype: 'same', flops: 1, value: (a, b) => a - b },
  mul: { arity: 2, dtype: 'same', flops: 1, commutes: true, value: (a, b) => a * b },
  div: { arity: 2, dtype: 'float', flops: 4, value: (a, b) => a / b },
  pow: { arity: 2, dtype: 'float', flops: 25, value: Math.pow },
  min: { arity: 2, dtype: 'same', flops: 1, commutes: true, value: (a, b) => Math.min(a, b) },
  max: { arity: 2, dtype: 'same', flops: 1, commutes: true, value: (a, b) => Math.max(a, b) },
  mod: { arity: 2, dtype: 'same', flops: 5, value: (a, b) => a - b * Math.floor(a / b) },
  atan2: { arity: 2, dtype: 'float', flops: 20, value: Math.atan2 },
  lt: { arity: 2, dtype: 'boolean', flops: 1, value: (a, b) => (a < b ? 1 : 0) },
  le: { arity: 2, dtype: 'boolean', flops: 1, value: (a, b) => (a <= b ? 1 : 0) },
  gt: { arity: 2, dtype: 'boolean', flops: 1, value: (a, b) => (a > b ? 1 : 0) },
  ge: { arity: 2, dtype: 'boolean', flops: 1, value: (a, b) => (a >= b ? 1 : 0) },
  eq: { arity: 2, dtype: 'boolean', flops: 1, commutes: true, value: (a, b) => (a === b ? 1 : 0) },
  ne: { arity: 2, dtype: 'boolean', flops: 1, commutes: true, value: (a, b) => (a !== b ? 1 : 0) },
  and: { arity: 2, dtype: 'float', flops: 1, commutes: true, value: (a, b) => (a !== 0 && b !== 0 ? 1 : 0) },
  or: { arity: 2, dtype: 'float', flops: 1, commutes: true, value: (a, b) => (a !== 0 || b !== 0 ? 1 : 0) },
  select: { arity: 3, dtype: 'same', flops: 1, value: (a, b, c) => (a !== 0 ? b : c) },
};
