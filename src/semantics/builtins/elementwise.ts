// Functions of one number applied entry by entry, and their parametrised relatives (shrink).
import type { Builtin, Curvature } from '../builtin.ts';
import { always, curve, fixed, kinked, rough, smoothOnly } from '../builtin.ts';
import type { Elementwise } from '../../tensor/elementwise.ts';
import { boolean, integer, joinArithmetic } from '../types.ts';
import { alignRanks, asMap, elementwiseRule, realElementwise } from './rules.ts';

const unary = (name: string, documentation: string, facts: Curvature, fn: Elementwise): Builtin => ({
  spelling: name,
  signatures: [`${name}(x)`],
  documentation,
  arity: [1, 1],
  elementwise: true,
  result: realElementwise,
  curvature: always(facts),
  lower: asMap(fn),
});

const sameKind = elementwiseRule(joinArithmetic);

export const elementwiseBuiltins = {
  exp: unary('exp', 'The exponential e^x.', curve('convex', 'increasing'), 'exp'),
  log: unary('log', 'The natural logarithm, x > 0.', curve('concave', 'increasing'), 'log'),
  log1p: unary('log1p', 'log(1 + x), accurate near 0.', curve('concave', 'increasing'), 'log1p'),
  expm1: unary('expm1', 'e^x - 1, accurate near 0.', curve('convex', 'increasing'), 'expm1'),
  sqrt: unary('sqrt', 'The square root, x ≥ 0.', curve('concave', 'increasing'), 'sqrt'),
  abs: { ...unary('abs', 'The absolute value |x|.', curve('convex', 'none', false), 'abs'), result: sameKind },
  sign: {
    ...unary('sign', '-1, 0 or 1.', curve('none', 'increasing', false), 'sign'),
    result: elementwiseRule(() => integer),
  },
  sin: unary('sin', 'The sine of an angle in radians.', smoothOnly, 'sin'),
  cos: unary('cos', 'The cosine of an angle in radians.', smoothOnly, 'cos'),
  tan: unary('tan', 'The tangent of an angle in radians.', smoothOnly, 'tan'),
  tanh: unary('tanh', '(e^x - e^-x) / (e^x + e^-x).', curve('none', 'increasing'), 'tanh'),
  sinh: unary('sinh', '(e^x - e^-x) / 2.', curve('none', 'increasing'), 'sinh'),
  cosh: unary('cosh', '(e^x + e^-x) / 2.', curve('convex', 'none'), 'cosh'),
  sigmoid: unary('sigmoid', '1 / (1 + e^-x).', curve('none', 'increasing'), 'sigmoid'),
  relu: unary('relu', 'max(x, 0).', curve('convex', 'increasing', false), 'relu'),
  softplus: unary('softplus', 'log(1 + e^x).', curve('convex', 'increasing'), 'softplus'),
  swish: {
    ...unary('swish', 'x sigmoid(x).', smoothOnly, 'sigmoid'),
    lower: (b, args) => {
      const x = b.cast(args[0]!, 'float');
      return b.mul(x, b.sigmoid(x));
    },
  },
  erf: unary('erf', 'The error function, 2/√π ∫₀ˣ e^(-t²) dt.', curve('none', 'increasing'), 'erf'),
  lgamma: unary('lgamma', 'log Γ(x), x > 0.', curve('convex', 'none'), 'lgamma'),
  log_bessel_i0: unary(
    'log_bessel_i0',
    'log I₀(x), the modified Bessel function of order 0: the normaliser of von Mises.',
    curve('convex', 'none'),
    'log-bessel-i0',
  ),
  floor: {
    ...unary('floor', 'The largest whole number ≤ x.', curve('none', 'increasing', false), 'floor'),
    result: elementwiseRule(() => integer),
  },
  wrap: {
    ...unary('wrap', 'The angle brought into (-π, π]: x - 2π ceil((x - π) / 2π).', rough, 'floor'),
    lower: (b, args) => {
      const x = b.cast(args[0]!, 'float');
      // π - mod(π - x, 2π): mod lies in [0, 2π), so the result lies in (-π, π].
      return b.sub(Math.PI, b.mod(b.sub(Math.PI, x), 2 * Math.PI));
    },
  },
  shrink: {
    spelling: 'shrink',
    signatures: ['shrink(v, t)'],
    documentation: 'Soft threshold, entry by entry: sign(v) max(|v| - t, 0).',
    arity: [2, 2],
    elementwise: true,
    result: realElementwise,
    curvature: always(kinked('increasing'), kinked('none')),
    lower: (b, args, batch) => {
      const [v, t] = alignRanks(
        b,
        args.map((a) => b.cast(a, 'float')),
        batch,
      );
      return b.sub(b.relu(b.sub(v!, t!)), b.relu(b.sub(b.neg(v!), t!)));
    },
  },
  is_nan: {
    ...unary('is_nan', 'True where x is not a number: an empty cell of the data.', fixed, 'is-nan'),
    result: elementwiseRule(() => boolean),
  },
  stop_gradient: {
    spelling: 'stop_gradient',
    signatures: ['stop_gradient(e)'],
    documentation:
      'The value of e, held fixed: nothing is differentiated through it, and an unknown in it is read without taking part in choosing it.',
    arity: [1, 1],
    elementwise: true,
    result: (args) => ({ type: args[0]!.type }),
    curvature: always(fixed),
    lower: (b, args) => (args[0]!.dtype === 'int' ? args[0]! : b.map('stop-gradient', args[0]!)),
  },
} as const satisfies Record<string, Builtin>;
