// Arithmetic, comparison and logic: the operators of the language and their named relatives.
import type { Builtin, Curvature, Ruling } from '../builtin.ts';
import {
  always,
  curve,
  decreasingLinear,
  fixed,
  increasingLinear,
  kinked,
  linear,
  rough,
  writtenNumber,
} from '../builtin.ts';
import type { Argument } from '../builtin.ts';
import { boolean, integer, isNumeric, joinAlternatives, joinArithmetic, real, valueType, withRow } from '../types.ts';
import { alignRanks, asMap, commonShape, elementwiseRule, refused, ruled } from './rules.ts';

const arithmetic = elementwiseRule(joinArithmetic);
const quotient = elementwiseRule(() => real);

const operator = (
  symbol: string,
  documentation: string,
  rest: Pick<Builtin, 'result' | 'curvature' | 'lower'>,
): Builtin => ({
  spelling: null,
  signatures: [`a ${symbol} b`],
  documentation,
  arity: [2, 2],
  elementwise: true,
  ...rest,
});

/** x^p in x: convex for p ≥ 1 only where x ≥ 0 unless p is even; the planner adds the sign of x. */
const powerFacts = (exponent: number | null): Curvature => {
  if (exponent === null) return curve('none', 'none');
  if (exponent === 0) return fixed;
  if (exponent === 1) return increasingLinear;
  if (exponent === 2) return curve('convex', 'none', true, 'quadratic');
  const whole = Number.isInteger(exponent) && exponent > 0;
  return curve(
    whole && exponent % 2 === 0 ? 'convex' : 'none',
    whole && exponent % 2 === 1 ? 'increasing' : 'none',
    whole,
    whole ? 'polynomial' : 'other',
  );
};

const powerRule = (args: readonly Argument[]): Ruling => {
  const exponent = args[1]!;
  const whole = exponent.number !== null && Number.isInteger(exponent.number) && exponent.number >= 0;
  return elementwiseRule(([base]) => (base!.scalar.kind !== 'real' && whole ? integer : real))(args);
};

/** Comparisons take numbers, or categories and whole numbers. */
const comparisonRule = (args: readonly Argument[]): Ruling => {
  const common = commonShape(args);
  if ('kind' in common) return refused(common);
  const category = args.findIndex((a) => !isNumeric(a.type));
  const fractional = args.findIndex((a) => a.type.scalar.kind === 'real');
  if (category >= 0 && fractional >= 0) return refused({ kind: 'not-a-number', argument: category });
  return ruled(withRow(valueType(boolean, common.shape), common.row));
};

const logicRule = (args: readonly Argument[]): Ruling => {
  const odd = args.findIndex((a) => a.type.scalar.kind !== 'boolean');
  if (odd >= 0) return refused({ kind: 'not-a-condition', argument: odd });
  const common = commonShape(args);
  if ('kind' in common) return refused(common);
  return ruled(withRow(valueType(boolean, common.shape), common.row));
};

const comparison = (symbol: string, fn: 'eq' | 'ne' | 'lt' | 'le' | 'gt' | 'ge', documentation: string): Builtin =>
  operator(symbol, documentation, { result: comparisonRule, curvature: always(rough, rough), lower: asMap(fn) });

const extremum = (name: 'min' | 'max', convexity: 'convex' | 'concave'): Builtin => ({
  spelling: name,
  signatures: [`${name}(a, b, …)`],
  documentation: `The ${name === 'min' ? 'smaller' : 'larger'} of the arguments, entry by entry; scalars broadcast.`,
  arity: [2, 2],
  elementwise: true,
  result: elementwiseRule((types) => joinAlternatives(types) ?? real),
  curvature: always(curve(convexity, 'increasing', false), curve(convexity, 'increasing', false)),
  lower: asMap(name),
});

export const arithmeticBuiltins = {
  add: operator('+', 'Sum, entry by entry; a scalar is added to every entry.', {
    result: arithmetic,
    curvature: always(increasingLinear, increasingLinear),
    lower: asMap('add'),
  }),
  sub: operator('-', 'Difference, entry by entry.', {
    result: arithmetic,
    curvature: always(increasingLinear, decreasingLinear),
    lower: asMap('sub'),
  }),
  mul: operator('*', 'Product, entry by entry; `@` is the matrix product.', {
    result: arithmetic,
    curvature: always(linear, linear),
    lower: asMap('mul'),
  }),
  div: operator('/', 'Quotient, entry by entry, always real; `div(a, b)` is the whole quotient.', {
    result: quotient,
    curvature: always(linear, curve('none', 'none')),
    lower: asMap('div'),
  }),
  pow: operator('^', 'a^b, entry by entry. A whole exponent takes any base; another needs a base ≥ 0.', {
    result: powerRule,
    curvature: (numbers) => [powerFacts(numbers[1] ?? null), curve('none', 'none')],
    lower: (b, args, batch, call) => {
      const exponent = writtenNumber(call.args[1]!);
      const base = b.cast(args[0]!, 'float');
      if (exponent === 1) return base;
      if (exponent === 2) return b.square(base);
      if (exponent === 3) return b.mul(b.square(base), base);
      if (exponent === 4) return b.square(b.square(base));
      if (exponent === 0.5) return b.sqrt(base);
      if (exponent === -1) return b.reciprocal(base);
      const [x, p] = alignRanks(b, [base, b.cast(args[1]!, 'float')], batch);
      return b.map('pow', x!, p!);
    },
  }),
  neg: {
    spelling: null,
    signatures: ['-a'],
    documentation: 'The negative. `-x^2` is `-(x^2)`.',
    arity: [1, 1],
    elementwise: true,
    result: arithmetic,
    curvature: always(decreasingLinear),
    lower: asMap('neg'),
  },
  eq: comparison('==', 'eq', 'True where equal; for categories and numbers.'),
  ne: comparison('!=', 'ne', 'True where different.'),
  lt: comparison('<', 'lt', 'True where a is smaller.'),
  le: comparison('<=', 'le', 'True where a is smaller or equal.'),
  gt: comparison('>', 'gt', 'True where a is larger.'),
  ge: comparison('>=', 'ge', 'True where a is larger or equal.'),
  and: operator('and', 'True where both are.', {
    result: logicRule,
    curvature: always(rough, rough),
    lower: asMap('and'),
  }),
  or: operator('or', 'True where one is or both are.', {
    result: logicRule,
    curvature: always(rough, rough),
    lower: asMap('or'),
  }),
  not: {
    spelling: null,
    signatures: ['not a'],
    documentation: 'True where a is false.',
    arity: [1, 1],
    elementwise: true,
    result: logicRule,
    curvature: always(rough),
    lower: asMap('not'),
  },
  minimum: extremum('min', 'concave'),
  maximum: extremum('max', 'convex'),
  mod: {
    spelling: 'mod',
    signatures: ['mod(a, b)'],
    documentation: 'Remainder with the sign of b: mod(a, b) = a - b floor(a / b); for b > 0 it lies in [0, b).',
    arity: [2, 2],
    elementwise: true,
    result: arithmetic,
    curvature: always(rough, rough),
    lower: asMap('mod'),
  },
  'div-integer': {
    spelling: 'div',
    signatures: ['div(a, b)'],
    documentation: 'Whole quotient, rounded down: div(a, b) = floor(a / b).',
    arity: [2, 2],
    elementwise: true,
    result: elementwiseRule(() => integer),
    curvature: always(rough, rough),
    lower: (b, args, batch) => {
      const [x, y] = alignRanks(
        b,
        args.map((a) => b.cast(a, 'float')),
        batch,
      );
      // (x - mod(x, y)) / y is whole up to rounding, where floor(x / y) could fall below by one in float32.
      const whole = b.sub(x!, b.mod(x!, y!));
      return b.round(b.div(whole, y!));
    },
  },
  clamp: {
    spelling: 'clamp',
    signatures: ['clamp(a, low, high)'],
    documentation: 'min(max(a, low), high), entry by entry.',
    arity: [3, 3],
    elementwise: true,
    result: elementwiseRule((types) => joinAlternatives(types) ?? real),
    curvature: always(kinked('increasing'), rough, rough),
    lower: (b, args, batch) => {
      const [x, low, high] = alignRanks(
        b,
        args.map((a) => b.cast(a, 'float')),
        batch,
      );
      return b.map('min', b.map('max', x!, low!), high!);
    },
  },
} as const satisfies Record<string, Builtin>;
