// The elementwise functions of the tensor program. Their facts (value, gradient, cost, print) are in ops.ts, a total table.
// Comparisons and logic give 0/1; `select(c, a, b)` is a where c ≠ 0, else b; `mod` has the sign of the divisor; `round` rounds halves to even.

export const unaryFunctions = [
  'neg',
  'abs',
  'sign',
  'square',
  'reciprocal',
  'sqrt',
  'exp',
  'expm1',
  'log',
  'log1p',
  'sin',
  'cos',
  'tan',
  'sinh',
  'cosh',
  'tanh',
  'sigmoid',
  'softplus',
  'relu',
  'floor',
  'round',
  'erf',
  'lgamma',
  'digamma',
  'log-bessel-i0',
  'not',
  'is-nan',
  'stop-gradient',
] as const;
export const binaryFunctions = [
  'add',
  'sub',
  'mul',
  'div',
  'pow',
  'min',
  'max',
  'mod',
  'atan2',
  'lt',
  'le',
  'gt',
  'ge',
  'eq',
  'ne',
  'and',
  'or',
] as const;
export const ternaryFunctions = ['select'] as const;

export type Elementwise =
  (typeof unaryFunctions)[number] | (typeof binaryFunctions)[number] | (typeof ternaryFunctions)[number];
