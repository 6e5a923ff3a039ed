// Elementwise functions as WGSL. In: the function, the texts of its arguments and whether they are ints. Out: the text of its value
// and the functions that it calls. Those whose value is a condition, and `select`, are in expressions.ts.
import type { Elementwise } from '../../tensor/elementwise.ts';
import type { FunctionName } from './functions.ts';

/** Functions whose value is a condition, which WGSL has as a type of its own. */
export const conditions = [
  'lt',
  'le',
  'gt',
  'ge',
  'eq',
  'ne',
  'and',
  'or',
  'not',
  'is-nan',
] as const satisfies readonly Elementwise[];
export type Condition = (typeof conditions)[number];

export type Call = (name: FunctionName) => string;

interface Rule {
  readonly real: (args: readonly string[], call: Call) => string;
  /** Where the function takes ints. */
  readonly int?: (args: readonly string[]) => string;
}

const called =
  (name: FunctionName) =>
  (args: readonly string[], call: Call): string =>
    `${call(name)}(${args.join(', ')})`;

const operator = (sign: string): Rule => ({
  real: ([a, b]) => `(${a} ${sign} ${b})`,
  int: ([a, b]) => `(${a} ${sign} ${b})`,
});

const rules: Readonly<Record<Exclude<Elementwise, Condition | 'select'>, Rule>> = {
  neg: { real: ([a]) => `(-${a})`, int: ([a]) => `(-${a})` },
  abs: { real: ([a]) => `abs(${a})`, int: ([a]) => `abs(${a})` },
  sign: { real: ([a], call) => `${call('sign_')}(${a})`, int: ([a]) => `sign(${a})` },
  square: { real: ([a], call) => `${call('square')}(${a})`, int: ([a]) => `(${a} * ${a})` },
  reciprocal: { real: ([a]) => `(1f / ${a})` },
  sqrt: { real: called('sqrt_') },
  exp: { real: called('exp_') },
  expm1: { real: called('expm1_') },
  log: { real: called('log_') },
  log1p: { real: called('log1p_') },
  sin: { real: called('sin_') },
  cos: { real: called('cos_') },
  tan: { real: called('tan_') },
  sinh: { real: called('sinh_') },
  cosh: { real: called('cosh_') },
  tanh: { real: called('tanh_') },
  sigmoid: { real: called('sigmoid_') },
  softplus: { real: called('softplus_') },
  relu: { real: ([a], call) => `${call('most')}(${a}, 0f)` },
  floor: { real: ([a]) => `floor(${a})` },
  round: { real: ([a]) => `round(${a})` },
  erf: { real: called('erf_') },
  lgamma: { real: called('lgamma_') },
  digamma: { real: called('digamma_') },
  'log-bessel-i0': { real: called('log_bessel_i0_') },
  'stop-gradient': { real: ([a]) => a!, int: ([a]) => a! },
  add: operator('+'),
  sub: operator('-'),
  mul: operator('*'),
  div: { real: ([a, b]) => `(${a} / ${b})` },
  pow: { real: called('pow_') },
  min: { real: called('least'), int: ([a, b]) => `min(${a}, ${b})` },
  max: { real: called('most'), int: ([a, b]) => `max(${a}, ${b})` },
  mod: { real: called('mod_'), int: ([a, b]) => `(((${a} % ${b}) + ${b}) % ${b})` },
  atan2: { real: called('atan2_') },
};

export const elementwiseText = (
  fn: Exclude<Elementwise, Condition | 'select'>,
  args: readonly string[],
  ints: boolean,
  call: Call,
): string => {
  const { real, int } = rules[fn];
  return ints && int !== undefined ? int(args) : real(args, call);
};
