// Norms. `||v||` is norm2, `||M||_F` normF; the checker rewrites their squares to the squared forms, which are quadratic.
import type { Builder, Value } from '../../tensor/builder.ts';
import type { Builtin, Curvature } from '../builtin.ts';
import { always, curve } from '../builtin.ts';
import { integer, real, valueType } from '../types.ts';
import type { ValueType } from '../model.ts';
import { nonNumeric, ownAxes, refused, ruled, toScalarRule } from './rules.ts';

/** √s whose derivative at 0 is 0, the minimal subgradient of a norm there, where that of √ is infinite. */
const rootOfSquares = (b: Builder, squares: Value): Value => b.sqrt(b.map('max', squares, 1e-30));

const isVector = (t: ValueType): boolean => t.shape.length === 1;
const isArray = (t: ValueType): boolean => t.shape.length >= 1;

const norm = (
  written: string,
  documentation: string,
  facts: Curvature,
  rest: Pick<Builtin, 'result' | 'lower'>,
): Builtin => ({
  spelling: null,
  signatures: [written],
  documentation,
  arity: [1, 1],
  curvature: always(facts),
  ...rest,
});

const vectorToReal = toScalarRule(() => real, 'a vector', isVector);
const arrayToReal = toScalarRule(() => real, 'a vector or a matrix', isArray);

/** ‖column‖ of each column, or of each row, of a matrix. */
const sliceNorm = (name: string, what: string, reduced: -1 | -2): Builtin => ({
  spelling: name,
  signatures: [`${name}(M)`],
  documentation: `The Euclidean norm of each ${what} of a matrix, as a vector.`,
  arity: [1, 1],
  result: (args) => {
    const bad = nonNumeric(args);
    if (bad !== null) return refused(bad);
    const shape = args[0]!.type.shape;
    if (shape.length !== 2) return refused({ kind: 'expected', argument: 0, expected: 'a matrix' });
    return ruled(valueType(real, [shape[reduced === -1 ? 0 : 1]!]));
  },
  curvature: always(curve('convex', 'none', false)),
  lower: (b, args) => rootOfSquares(b, b.sum(b.square(b.cast(args[0]!, 'float')), [reduced])),
});

export const normBuiltins = {
  norm2: norm('||v||', 'The Euclidean norm of a vector, √Σ vᵢ².', curve('convex', 'none', false), {
    result: vectorToReal,
    lower: (b, args, batch) => rootOfSquares(b, b.sum(b.square(b.cast(args[0]!, 'float')), ownAxes(args[0]!, batch))),
  }),
  norm1: norm('||v||_1', 'The sum of absolute values of a vector, Σ |vᵢ|.', curve('convex', 'none', false), {
    result: vectorToReal,
    lower: (b, args, batch) => b.sum(b.abs(b.cast(args[0]!, 'float')), ownAxes(args[0]!, batch)),
  }),
  norm0: norm('||v||_0', 'The number of entries of a vector that are not 0.', curve('none', 'none', false), {
    result: toScalarRule(() => integer, 'a vector', isVector),
    lower: (b, args, batch) => b.sum(b.map('ne', b.cast(args[0]!, 'float'), 0), ownAxes(args[0]!, batch)),
  }),
  normF: norm('||M||_F', 'The Frobenius norm of an array, √Σ Mᵢⱼ².', curve('convex', 'none', false), {
    result: arrayToReal,
    lower: (b, args, batch) => rootOfSquares(b, b.sum(b.square(b.cast(args[0]!, 'float')), ownAxes(args[0]!, batch))),
  }),
  'squared-norm2': norm(
    '||v||^2',
    'The squared Euclidean norm of a vector, Σ vᵢ².',
    curve('convex', 'none', true, 'quadratic'),
    {
      result: vectorToReal,
      lower: (b, args, batch) => b.sum(b.square(b.cast(args[0]!, 'float')), ownAxes(args[0]!, batch)),
    },
  ),
  'squared-normF': norm(
    '||M||_F^2',
    'The squared Frobenius norm of an array, Σ Mᵢⱼ².',
    curve('convex', 'none', true, 'quadratic'),
    {
      result: arrayToReal,
      lower: (b, args, batch) => b.sum(b.square(b.cast(args[0]!, 'float')), ownAxes(args[0]!, batch)),
    },
  ),
  colnorm: sliceNorm('colnorm', 'column', -2),
  rownorm: sliceNorm('rownorm', 'row', -1),
} as const satisfies Record<string, Builtin>;
