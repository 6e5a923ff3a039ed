// Reductions of a whole array to a number, and functions along the last axis (softmax, normalize, entropy).
import type { Builder, Value } from '../../tensor/builder.ts';
import type { Builtin, Curvature } from '../builtin.ts';
import { always, curve, increasingLinear, smoothOnly } from '../builtin.ts';
import { multiply } from '../../tensor/dims.ts';
import { joinAlternatives, joinArithmetic, real, valueType } from '../types.ts';
import { keepLast, lastAxisRule, ownAxes, nonNumeric, refused, ruled, toScalarRule } from './rules.ts';

const reduction = (
  name: string,
  documentation: string,
  facts: Curvature,
  rest: Pick<Builtin, 'result' | 'lower'>,
): Builtin => ({
  spelling: name,
  signatures: [`${name}(v)`, `${name}[i in I] e`],
  documentation,
  arity: [1, 1],
  curvature: always(facts),
  ...rest,
});

const keepsScalar = toScalarRule((t) => joinAlternatives([t]) ?? real);
const accumulates = toScalarRule((t) => joinArithmetic([t]));
const toReal = toScalarRule(() => real);

const along = (name: string, documentation: string, lower: (b: Builder, v: Value) => Value): Builtin => ({
  spelling: name,
  signatures: [`${name}(v)`],
  documentation,
  arity: [1, 1],
  result: lastAxisRule,
  curvature: always(smoothOnly),
  lower: (b, args) => lower(b, b.cast(args[0]!, 'float')),
});

/** The product over the axes behind the batch, by a scan: exp Σ log would lose signs and the gradient at 0. */
const productOf = (b: Builder, value: Value, batch: number): Value => {
  const axes = ownAxes(value, batch);
  const rank = axes.length;
  if (rank === 0) return value;
  const flat =
    axes.length === 1
      ? value
      : b.reshape(value, [
          ...value.shape.slice(0, batch),
          axes.map((a) => value.shape[a]!).reduce((x, y) => multiply(x, y)),
        ]);
  const steps = b.transpose(flat, [batch, ...Array.from({ length: batch }, (_, i) => i)]);
  const one = b.full(steps.shape.slice(1), 1);
  return b.scan({ length: steps.shape[0]!, carry: [one], xs: [steps] }, (inner, [product], [x]) => ({
    carry: [inner.mul(product!, x!)],
    ys: [],
  })).carry[0]!;
};

export const reductionBuiltins = {
  sum: reduction('sum', 'The sum of all entries.', increasingLinear, {
    result: accumulates,
    lower: (b, args, batch) => b.sum(b.cast(args[0]!, 'float'), ownAxes(args[0]!, batch)),
  }),
  prod: reduction('prod', 'The product of all entries.', smoothOnly, {
    result: accumulates,
    lower: (b, args, batch) => productOf(b, b.cast(args[0]!, 'float'), batch),
  }),
  min: reduction('min', 'The smallest entry.', curve('concave', 'increasing', false), {
    result: keepsScalar,
    lower: (b, args, batch) => b.min(b.cast(args[0]!, 'float'), ownAxes(args[0]!, batch)),
  }),
  max: reduction('max', 'The largest entry.', curve('convex', 'increasing', false), {
    result: keepsScalar,
    lower: (b, args, batch) => b.max(b.cast(args[0]!, 'float'), ownAxes(args[0]!, batch)),
  }),
  mean: reduction('mean', 'The sum of all entries divided by their number.', increasingLinear, {
    result: toReal,
    lower: (b, args, batch) => b.mean(b.cast(args[0]!, 'float'), ownAxes(args[0]!, batch)),
  }),
  logsumexp: reduction(
    'logsumexp',
    'log Σ e^v over all entries, computed without overflow.',
    curve('convex', 'increasing'),
    {
      result: toReal,
      lower: (b, args, batch) => b.logSumExp(b.cast(args[0]!, 'float'), ownAxes(args[0]!, batch)),
    },
  ),
  softmax: along('softmax', 'e^v / Σ e^v along the last axis.', (b, v) =>
    b.exp(b.sub(v, keepLast(b, b.logSumExp(v, [-1])))),
  ),
  log_softmax: along('log_softmax', 'v - log Σ e^v along the last axis.', (b, v) =>
    b.sub(v, keepLast(b, b.logSumExp(v, [-1]))),
  ),
  normalize: along('normalize', 'v / ‖v‖ along the last axis (a zero vector stays zero).', (b, v) =>
    b.div(v, b.sqrt(b.map('max', keepLast(b, b.sum(b.square(v), [-1])), 1e-24))),
  ),
  entropy: {
    spelling: 'entropy',
    signatures: ['entropy(p)'],
    documentation: '-Σ p log p along the last axis, with 0 log 0 = 0; one number for a vector.',
    arity: [1, 1],
    result: (args) => {
      const bad = nonNumeric(args);
      if (bad !== null) return refused(bad);
      const shape = args[0]!.type.shape;
      if (shape.length === 0) return refused({ kind: 'expected', argument: 0, expected: 'a vector or an array' });
      return ruled(valueType(real, shape.slice(0, -1)));
    },
    curvature: always(curve('concave', 'none')),
    lower: (b, args) => {
      const p = b.cast(args[0]!, 'float');
      return b.neg(b.sum(b.mul(p, b.log(b.map('max', p, 1e-30))), [-1]));
    },
  },
} as const satisfies Record<string, Builtin>;
