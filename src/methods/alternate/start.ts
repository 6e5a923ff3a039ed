// Random starting values of params, by domain. In: a variable, the run's seed and the number of the restart. Out: an array
// inside the domain. Scales are of order one; data-driven starts (seeding.ts) move on from here.
import type { Environment } from '../../lower/environment.ts';
import type { Variable } from '../../semantics/model.ts';
import type { Builder, Value } from '../../tensor/builder.ts';
import * as dims from '../../tensor/dims.ts';
import { wholeShape } from '../../semantics/whole-shape.ts';
import { polarFactor, projectionOf, readableIn } from '../continuous/projections.ts';
import { lowerExpression } from '../../lower/expression.ts';
import { aligned } from '../../lower/named-tensor.ts';
import { binderAxis, withAxes } from '../../lower/environment.ts';

/** A value inside the domain, and inside the conditions of its `where` when these have a projection. */
export const startValue = (env: Environment, variable: Variable, seed: Value, restart: Value): Value => {
  const value = variable.start === null ? randomValue(env, variable, seed, restart) : writtenStart(env, variable);
  if (variable.conditions.length === 0) return value;
  const projection = projectionOf(variable, readableIn(env.model));
  return typeof projection === 'string' ? value : projection.project(env, value);
};

const randomValue = (env: Environment, variable: Variable, seed: Value, restart: Value): Value => {
  const b = env.builder;
  const shape = wholeShape(variable);
  if (variable.initial !== undefined) return layerStart(b, variable.initial, shape, seed, restart);
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
      return polarFactor(b, noise());
    default:
      return noise();
  }
};

/** Uniform in ±1/√fan (LeCun, Bottou, Orr, Müller 1998, section 4.6), zeros or ones, as the table of layers says. */
const layerStart = (
  b: Builder,
  initial: NonNullable<Variable['initial']>,
  shape: readonly dims.Dim[],
  seed: Value,
  restart: Value,
): Value => {
  if (initial.kind !== 'uniform') return b.full(shape, initial.kind === 'ones' ? 1 : 0);
  const unit = b.sub(b.mul(b.random('uniform', shape, seed, restart), 2), 1);
  return b.div(unit, b.sqrt(b.dim(initial.fan)));
};

const lastAxis = (b: Builder, v: Value): Value => b.reshape(v, [...v.shape, dims.constant(1)]);

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
