// Random starting values of params, by domain. In: a variable, the run's seed and the number of the restart. Out: an array
// inside the domain. Scales are of order one; data-driven starts (seeding.ts) move on from here.
import type { Environment } from '../../lower/environment.ts';
import type { Variable } from '../../semantics/model.ts';
import type { Builder, Value } from '../../tensor/builder.ts';
import * as dims from '../../tensor/dims.ts';
import { wholeShape } from '../../semantics/whole-shape.ts';
import { lowerExpression } from '../../lower/expression.ts';
import { aligned } from '../../lower/named-tensor.ts';
import { binderAxis, withAxes } from '../../lower/environment.ts';

export const startValue = (env: Environment, variable: Variable, seed: Value, restart: Value): Value => {
  const b = env.builder;
  if (variable.start !== null) return writtenStart(env, variable);
  const shape = wholeShape(variable);
  const noise = (): Value => b.random('normal', shape, seed, restart);
  switch (variable.domain.kind) {
    case 'positive':
      return b.exp(b.mul(noise(), 0.5));
    case 'nonnegative':
      return b.abs(noise());
    case 'unit':
      return b.sigmoid(noise());
    case 'angle':
      return b.mul(b.sub(b.random('uniform', shape, seed, restart), 0.5), 2 * Math.PI);
    case 'interval': {
      const [from, to] = [variable.domain.from, variable.domain.to].map((e) => lowerExpression(env, e).value);
      return b.add(from!, b.mul(b.random('uniform', shape, seed, restart), b.sub(to!, from!)));
    }
    case 'simplex': {
      const weights = b.exp(noise());
      return b.div(weights, lastAxis(b, b.sum(weights, [-1])));
    }
    case 'sphere':
    case 'ball': {
      const v = noise();
      return b.div(v, lastAxis(b, b.sqrt(b.sum(b.square(v), [-1]))));
    }
    case 'spd': {
      const batch = shape.slice(0, -2).map(() => dims.constant(1));
      const n = shape.at(-1)!;
      return b.expand(b.reshape(b.eye(n), [...batch, n, n]), shape);
    }
    case 'orthonormal':
      return b.expand(
        b.reshape(orthonormalStart(b, shape.at(-2)!, shape.at(-1)!), [
          ...shape.slice(0, -2).map(() => dims.constant(1)),
          ...shape.slice(-2),
        ]),
        shape,
      );
    default:
      return noise();
  }
};

const lastAxis = (b: Builder, v: Value): Value => b.reshape(v, [...v.shape, dims.constant(1)]);

/** The first columns of the identity. */
const orthonormalStart = (b: Builder, rows: dims.Dim, columns: dims.Dim): Value =>
  b.eq(b.iota([rows, columns], 0, 'int'), b.iota([rows, columns], 1, 'int'));

/** `param w : real[D] = expression`: one node's value, the same for all. */
const writtenStart = (env: Environment, variable: Variable): Value => {
  const axes = variable.binders.map(binderAxis);
  const t = lowerExpression(withAxes(env, axes), variable.start!);
  const node = t.shape.length === 0 && variable.type.shape.length > 0;
  const value = aligned(env.builder, t, axes, true);
  if (!node) return value;
  const widened = env.builder.reshape(value, [...value.shape, ...variable.type.shape.map(() => dims.constant(1))]);
  return env.builder.expand(widened, wholeShape(variable));
};
