// The nearest point of the set that an unknown ranges over. In: a variable, its domain and the conditions of its `where`.
// Out: how its whole array is projected, in program operations; for manifolds tangent directions and retractions too; or why
// there is no closed form. Vectors are projected by themselves, whatever plates and batch axes stand before them.
import type { Environment } from '../../lower/environment.ts';
import { binderAxis, withAxes } from '../../lower/environment.ts';
import { lowerExpression } from '../../lower/expression.ts';
import { aligned } from '../../lower/named-tensor.ts';
import { exprText } from '../../graph/draw/index-text.ts';
import type { Model, Variable } from '../../semantics/model.ts';
import { wholeShape } from '../../semantics/whole-shape.ts';
import type { Builder, Value } from '../../tensor/builder.ts';
import type { Dim } from '../../tensor/dims.ts';
import * as dims from '../../tensor/dims.ts';
import type { Bound, ConstraintSet, Group, NormCondition } from './constraint-set.ts';
import { constraintSetOf, leastPositive } from './constraint-set.ts';
import { projectSum } from './project-sum.ts';

export interface Projection {
  /** "nonnegative, colnorm(W) ≤ 1", for explain. */
  readonly title: string;
  /** The set is convex: the nearest point is unique and depends on the array continuously. */
  readonly convex: boolean;
  /** The set is everything: `project` returns what it gets. */
  readonly trivial: boolean;
  /** Whole array → whole array. `positive` keeps 1e-6 away from 0; other open ends are taken as closed. */
  readonly project: (env: Environment, array: Value) => Value;
  /** Spheres and orthonormal matrices; null: no manifold. */
  readonly manifold: Manifold | null;
}

export interface Manifold {
  /** The part of a gradient (or step) along the manifold at x. */
  readonly tangent: (env: Environment, x: Value, gradient: Value) => Value;
  /** Where a tangent step from x comes down: the nearest point (Absil, Mahony, Sepulchre 2008, 4.1.1). */
  readonly retract: (env: Environment, x: Value, step: Value) => Value;
}

/** Variables that bounds may read: those that are given whatever is asked. */
export const readableIn = (model: Model): ReadonlySet<string> =>
  new Set(model.variables.filter((v) => v.role === 'data' || v.role === 'observed').map((v) => v.name));

/** `known`: variables with values, which bounds may read. */
export const projectionOf = (variable: Variable, known: ReadonlySet<string> = new Set()): Projection | string => {
  const set = constraintSetOf(variable, known);
  if (typeof set === 'string') return set;
  const { domain, conditions } = variable;
  const text = [...(domain.kind === 'real' ? [] : [domain.kind]), ...conditions.map((c) => exprText(c, (id) => id))];
  const project = (env: Environment, array: Value): Value => nearest(env, variable, set, array);
  const fixedNorm = set.norm?.relation === 'eq';
  const bounded = set.lower.length + set.upper.length > 0;
  const retract = (env: Environment, x: Value, step: Value): Value => project(env, env.builder.add(x, step));
  const along = tangents(variable, set);
  return {
    title: text.length === 0 ? 'real' : text.join(', '),
    convex: !fixedNorm && set.matrix !== 'orthonormal',
    trivial: set.norm === null && set.sum === null && set.matrix === null && !bounded,
    project,
    manifold: along === null ? null : { tangent: along, retract },
  };
};

const nearest = (env: Environment, variable: Variable, set: ConstraintSet, array: Value): Value => {
  const b = env.builder;
  if (set.matrix !== null) return set.matrix === 'orthonormal' ? polarFactor(b, array) : nearestSpd(b, array);
  const { lower, upper } = entryBounds(env, variable, set);
  const above = lower === null || set.sum !== null ? array : b.maximum(array, lower);
  const inside = upper === null || set.sum !== null ? above : b.minimum(above, upper);
  if (set.norm !== null) {
    const radius = radiusOf(env, variable, set.norm);
    // A cone with its apex at 0 first, then the ball or sphere around 0 (Bauschke, Bui, Wang 2018).
    const side = lower !== null ? 1 : upper !== null ? -1 : 0;
    const rows = toRows(b, inside, variable, set.norm.over);
    const raw = toRows(b, array, variable, set.norm.over);
    if (set.norm.order === 1) return fromRows(b, ontoL1Ball(b, rows, radius), variable, set.norm.over);
    const onto = set.norm.relation === 'le' ? shrink(b, rows, radius) : ontoSphere(b, rows, raw, radius, side);
    return fromRows(b, onto, variable, set.norm.over);
  }
  if (set.sum === null) return inside;
  const { over, total, relation } = set.sum;
  const rows = toRows(b, array, variable, over);
  const bound = (value: Value | null): Value | null =>
    value === null ? null : toRows(b, b.broadcast(value, array.shape), variable, over);
  const problem = { lower: bound(lower), upper: bound(upper), total: groupBound(env, variable, over, total), relation };
  return fromRows(b, projectSum(b, rows, problem), variable, over);
};

// ---------------------------------------------------------------- bounds as values

/** The bound with the axes of the variable's indices leading: a scalar, or [indices or 1…, …own shape]. */
const boundValue = (env: Environment, variable: Variable, bound: Bound): { value: Value; own: readonly Dim[] } => {
  if (typeof bound === 'number') return { value: env.builder.constant(bound), own: [] };
  const axes = variable.binders.map(binderAxis);
  const lowered = lowerExpression(withAxes(env, axes), bound);
  if (lowered.axes.length === 0 && lowered.shape.length === 0) return { value: lowered.value, own: [] };
  return { value: aligned(env.builder, lowered, axes), own: lowered.shape };
};

const ONE = dims.constant(1);

/** A bound of entries, broadcasting to the whole array. */
const entryBound = (env: Environment, variable: Variable, bound: Bound): Value => {
  const { value, own } = boundValue(env, variable, bound);
  if (value.shape.length === 0 || own.length > 0) return value;
  return env.builder.reshape(value, [...value.shape, ...variable.domain.shape.map(() => ONE)]);
};

/** The bounds of entries, broadcasting to the whole array; null where there is none. */
export const entryBounds = (
  env: Environment,
  variable: Variable,
  set: ConstraintSet,
): { readonly lower: Value | null; readonly upper: Value | null } => {
  const all = (bounds: readonly Bound[], join: 'min' | 'max'): Value | null => {
    const values = bounds.map((bound) => entryBound(env, variable, bound));
    return values.length === 0 ? null : values.reduce((x, y) => env.builder.map(join, x, y));
  };
  return { lower: all(set.lower, 'max'), upper: all(set.upper, 'min') };
};

/** A bound of groups as a column beside their rows [..., 1], or a scalar. */
export const groupBound = (env: Environment, variable: Variable, over: Group, bound: Bound): Value => {
  const { value, own } = boundValue(env, variable, bound);
  if (value.shape.length === 0) return value;
  const before = over === 'node' ? 0 : variable.domain.shape.length - 1;
  const shape = own.length > 0 ? value.shape : [...value.shape, ...Array<Dim>(before).fill(ONE)];
  return env.builder.reshape(value, [...shape, ONE]);
};

/** Beside the rows of the groups. */
export const radiusOf = (env: Environment, variable: Variable, norm: NormCondition): Value => {
  const b = env.builder;
  const positive = b.maximum(groupBound(env, variable, norm.over, norm.radius), 0);
  return norm.squared ? b.sqrt(positive) : positive;
};

// ---------------------------------------------------------------- rows

const swapped = (rank: number): readonly number[] => [...Array(rank - 2).keys(), rank - 1, rank - 2];

/** What is measured together along the last axis: the columns of a matrix become rows, a node becomes one row. */
export const toRows = (b: Builder, array: Value, variable: Variable, over: Group): Value => {
  switch (over) {
    case 'row':
      return array;
    case 'column':
      return b.transpose(array, swapped(array.shape.length));
    case 'node': {
      const { binders, domain } = variable;
      return b.reshape(array, [...array.shape.slice(0, binders.length), dims.product(domain.shape)]);
    }
  }
};

const fromRows = (b: Builder, rows: Value, variable: Variable, over: Group): Value =>
  over === 'node' ? b.reshape(rows, wholeShape(variable)) : toRows(b, rows, variable, over);

const kept = (b: Builder, reduced: Value): Value => b.reshape(reduced, [...reduced.shape, ONE]);
const rowNorm = (b: Builder, rows: Value): Value => kept(b, b.sqrt(b.sum(b.square(rows), [-1])));

// ---------------------------------------------------------------- sets

/** Below it a length counts as 0: its square is 0 in float32. */
const leastLength = 1e-18;

const shrink = (b: Builder, rows: Value, radius: Value): Value => {
  const norm = rowNorm(b, rows);
  return b.mul(rows, b.minimum(1, b.div(radius, b.maximum(norm, leastLength))));
};

/** At the centre all points of the sphere are as near: one along a diagonal. In an orthant, `side` of 0, whose nearest point
 *  to `raw` is its apex, the sphere's nearest point has one entry alone: the largest. */
const ontoSphere = (b: Builder, rows: Value, raw: Value, radius: Value, side: -1 | 0 | 1): Value => {
  const n = rows.shape.at(-1)!;
  const norm = rowNorm(b, rows);
  const central =
    side === 0
      ? b.full(rows.shape, b.div(1, b.sqrt(b.dim(n))))
      : b.mul(b.oneHot(b.argmax(b.mul(raw, side), -1), n), side);
  const apart = b.gt(norm, leastLength);
  return b.mul(radius, b.select(apart, b.div(rows, b.maximum(norm, leastLength)), central));
};

/** ‖v‖₁ ≤ radius: the absolute values onto a simplex (Duchi, Shalev-Shwartz, Singer, Chandra 2008, section 4). */
const ontoL1Ball = (b: Builder, rows: Value, radius: Value): Value => {
  const size = b.abs(rows);
  const problem = { lower: b.zeros(rows.shape), upper: null, total: radius, relation: 'le' } as const;
  return b.mul(b.sign(rows), projectSum(b, size, problem));
};

/** X (X'X)^(-1/2), the nearest matrix with orthonormal columns (Higham 1986); one Newton–Schulz step takes the rounding of
 *  the eigenvalues out. X must have full column rank. */
export const polarFactor = (b: Builder, x: Value): Value => {
  const turn = (m: Value): Value => b.transpose(m, swapped(m.shape.length));
  const [values, vectors] = b.routine('eigh', b.matmul(turn(x), x)) as [Value, Value];
  const scale = b.div(1, b.sqrt(b.maximum(values, leastLength)));
  const inverseRoot = b.matmul(b.mul(vectors, b.unsqueeze(scale, [scale.shape.length - 1])), turn(vectors));
  const polar = b.matmul(x, inverseRoot);
  return b.sub(b.mul(1.5, polar), b.mul(0.5, b.matmul(polar, b.matmul(turn(polar), polar))));
};

/** The symmetric part with its eigenvalues raised to the least positive number (Higham 1988). */
const nearestSpd = (b: Builder, x: Value): Value => {
  const turn = (m: Value): Value => b.transpose(m, swapped(m.shape.length));
  const [values, vectors] = b.routine('eigh', b.mul(0.5, b.add(x, turn(x)))) as [Value, Value];
  const raised = b.maximum(values, leastPositive);
  return b.matmul(b.mul(vectors, b.unsqueeze(raised, [raised.shape.length - 1])), turn(vectors));
};

// ---------------------------------------------------------------- manifolds

const tangents = (variable: Variable, set: ConstraintSet): Manifold['tangent'] | null => {
  if (set.matrix === 'orthonormal')
    // G - X sym(X'G) (Edelman, Arias, Smith 1998, equation 2.27).
    return ({ builder: b }, x, gradient) => {
      const turn = (m: Value): Value => b.transpose(m, swapped(m.shape.length));
      const inner = b.matmul(turn(x), gradient);
      return b.sub(gradient, b.matmul(x, b.mul(0.5, b.add(inner, turn(inner)))));
    };
  const { norm } = set;
  if (norm?.relation !== 'eq' || set.lower.length + set.upper.length > 0) return null;
  return ({ builder: b }, x, gradient) => {
    const [point, slope] = [x, gradient].map((v) => toRows(b, v, variable, norm.over)) as [Value, Value];
    const squares = b.maximum(kept(b, b.sum(b.square(point), [-1])), leastLength);
    const outward = b.div(kept(b, b.sum(b.mul(point, slope), [-1])), squares);
    return fromRows(b, b.sub(slope, b.mul(point, outward)), variable, norm.over);
  };
};
