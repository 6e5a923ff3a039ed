// Elementwise functions as JavaScript in float64. In: the texts of the arguments, each closed (a name, a number, a call or in
// parentheses) and mentioned once, for it may be long. Out: a closed expression. Functions that need more are embedded ones.
import type { Elementwise } from '../../../tensor/elementwise.ts';
import type { HelperName } from '../runtime-text.ts';

type Expression = (...args: string[]) => string;

const infix =
  (operator: string): Expression =>
  (a, b) =>
    `(${a} ${operator} ${b})`;
const test =
  (operator: string): Expression =>
  (a, b) =>
    `(${a} ${operator} ${b} ? 1 : 0)`;
const calling =
  (name: string): Expression =>
  (...args) =>
    `${name}(${args.join(', ')})`;

/** Embedded functions that expressions call. */
export const scalarHelpers = [
  'squareNumber',
  'sigmoidNumber',
  'softplusNumber',
  'moduloNumber',
  'freeEnergyNumber',
  'roundHalfEven',
  'erf',
  'lgamma',
  'digamma',
  'logBesselI0',
] as const satisfies readonly HelperName[];

export const expressions: Readonly<Record<Elementwise, Expression>> = {
  neg: (a) => `(-${a})`,
  abs: calling('Math.abs'),
  sign: calling('Math.sign'),
  square: calling('squareNumber'),
  reciprocal: (a) => `(1 / ${a})`,
  sqrt: calling('Math.sqrt'),
  exp: calling('Math.exp'),
  expm1: calling('Math.expm1'),
  log: calling('Math.log'),
  log1p: calling('Math.log1p'),
  sin: calling('Math.sin'),
  cos: calling('Math.cos'),
  tan: calling('Math.tan'),
  sinh: calling('Math.sinh'),
  cosh: calling('Math.cosh'),
  tanh: calling('Math.tanh'),
  sigmoid: calling('sigmoidNumber'),
  softplus: calling('softplusNumber'),
  relu: (a) => `Math.max(${a}, 0)`,
  floor: calling('Math.floor'),
  round: calling('roundHalfEven'),
  erf: calling('erf'),
  lgamma: calling('lgamma'),
  digamma: calling('digamma'),
  'log-bessel-i0': calling('logBesselI0'),
  not: (a) => `(${a} === 0 ? 1 : 0)`,
  'is-nan': (a) => `(Number.isNaN(${a}) ? 1 : 0)`,
  'stop-gradient': (a) => a,
  add: infix('+'),
  sub: infix('-'),
  mul: infix('*'),
  div: infix('/'),
  pow: calling('Math.pow'),
  min: calling('Math.min'),
  max: calling('Math.max'),
  mod: calling('moduloNumber'),
  atan2: calling('Math.atan2'),
  lt: test('<'),
  le: test('<='),
  gt: test('>'),
  ge: test('>='),
  eq: test('==='),
  ne: test('!=='),
  and: (a, b) => `(${a} !== 0 && ${b} !== 0 ? 1 : 0)`,
  or: (a, b) => `(${a} !== 0 || ${b} !== 0 ? 1 : 0)`,
  select: (a, b, c) => `(${a} !== 0 ? ${b} : ${c})`,
};

/** An expression without the parentheses that enclose all of it. */
export const unwrapped = (text: string): string => {
  if (!text.startsWith('(')) return text;
  let depth = 0;
  for (let i = 0; i < text.length; i++) {
    if (text[i] === '(') depth++;
    else if (text[i] === ')' && --depth === 0 && i < text.length - 1) return text;
  }
  return text.slice(1, -1);
};
