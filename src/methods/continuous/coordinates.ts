// Several unknowns as one vector that a descent moves. In: variables and the optimizer that is to move them. Out: maps between
// the vector and their arrays. Free coordinates go through transforms onto the domains; projected ones are the entries
// themselves, held in their region by projections (by a transform where a domain has no projection).
import { InternalError } from '../../diagnostics/diagnostic.ts';
import type { Environment } from '../../lower/environment.ts';
import type { Region } from '../../optimizers/projected-gradient.ts';
import { everywhere } from '../../optimizers/projected-gradient.ts';
import type { Variable } from '../../semantics/model.ts';
import { wholeShape } from '../../semantics/whole-shape.ts';
import type { Value } from '../../tensor/builder.ts';
import type { Dim } from '../../tensor/dims.ts';
import * as dims from '../../tensor/dims.ts';
import { jointTransform, transformsOf } from './joint-transform.ts';
import type { OptimizerName } from './optimizer.ts';
import type { Projection } from './projections.ts';
import { projectionOf, readableIn } from './projections.ts';
import type { Transform } from './transforms.ts';
import { transformOf } from './transforms.ts';

export interface Coordinates {
  readonly count: Dim;
  readonly toArrays: (env: Environment, x: Value) => ReadonlyMap<string, Value>;
  /** Whole arrays, in the order of the variables. */
  readonly toVector: (env: Environment, arrays: readonly Value[]) => Value;
  /** Where the vector may lie. */
  readonly region: (env: Environment) => Region;
}

/** How each unknown of a block becomes coordinates. */
export interface CoordinateKinds {
  readonly coordinates: Coordinates;
  /** Of the unknowns that are projected, with a set that is not everything. */
  readonly projected: readonly { readonly variable: Variable; readonly projection: Projection }[];
  /** A nonlinear transform stands before some unknown: convexity of the energy is not convexity in the coordinates. */
  readonly transformed: boolean;
}

const projects: Readonly<Record<OptimizerName, boolean>> = {
  lbfgs: false,
  adam: false,
  sgd: false,
  projected_gradient: true,
  riemannian: true,
};

/** The coordinates, or why an unknown has none of this kind. */
export const coordinatesOf = (
  variables: readonly Variable[],
  optimizer: OptimizerName,
  known: ReadonlySet<string>,
): CoordinateKinds | string => {
  if (!projects[optimizer]) {
    const transforms = transformsOf(variables);
    if (typeof transforms === 'string') return transforms;
    const joint = jointTransform(variables, transforms);
    const coordinates = {
      count: joint.count,
      toArrays: joint.toArrays,
      toVector: joint.toFree,
      region: () => everywhere,
    };
    return { coordinates, projected: [], transformed: variables.some((v) => !isFree(v)) };
  }
  const parts: Part[] = [];
  for (const variable of variables) {
    const projection = projectionOf(variable, known);
    const transform = typeof projection === 'string' ? transformOf(variable) : entries(variable);
    if (typeof transform === 'string') return typeof projection === 'string' ? projection : transform;
    const set = typeof projection === 'string' || projection.trivial ? null : projection;
    if (optimizer === 'riemannian' && set !== null && set.manifold === null)
      return `${variable.name} ranges over ${set.title}, which is no sphere and no set of orthonormal matrices`;
    parts.push({ variable, transform, projection: set });
  }
  const projected = parts.flatMap(({ variable, projection }) =>
    projection === null ? [] : [{ variable, projection }],
  );
  const joint = jointTransform(
    variables,
    parts.map((p) => p.transform),
  );
  return {
    coordinates: {
      count: joint.count,
      toArrays: joint.toArrays,
      toVector: joint.toFree,
      region: (env) => regionOf(env, parts),
    },
    projected,
    transformed: variables.some((v) => typeof projectionOf(v, known) === 'string'),
  };
};

/** The first optimizer that has coordinates for all of them: free ones, along manifolds, projected; or why none has. */
export const standardCoordinates = (
  variables: readonly Variable[],
  known: ReadonlySet<string>,
): { readonly optimizer: OptimizerName; readonly kinds: CoordinateKinds } | string => {
  let reason = '';
  for (const optimizer of ['lbfgs', 'riemannian', 'projected_gradient'] as const) {
    const kinds = coordinatesOf(variables, optimizer, known);
    if (typeof kinds !== 'string') return { optimizer, kinds };
    reason = kinds;
  }
  return reason;
};

/** Coordinates for variables that are known to have them. */
export const jointCoordinates = (
  env: Environment,
  variables: readonly Variable[],
  optimizer: OptimizerName,
): Coordinates => {
  const kinds = coordinatesOf(variables, optimizer, readableIn(env.model));
  if (typeof kinds === 'string') throw new InternalError(`coordinates were not refused by the planner: ${kinds}`);
  return kinds.coordinates;
};

interface Part {
  readonly variable: Variable;
  readonly transform: Transform;
  /** null: its part of the vector moves freely. */
  readonly projection: Projection | null;
}

const isFree = (v: Variable): boolean => v.domain.kind === 'real' || v.domain.kind === 'angle';

const entries = (variable: Variable): Transform => {
  const shape = wholeShape(variable);
  const count = dims.product(shape);
  return {
    count,
    toArray: (env, x) => env.builder.reshape(x, shape),
    toFree: (env, array) => env.builder.reshape(array, [count]),
  };
};

const regionOf = (env: Environment, parts: readonly Part[]): Region => {
  /** A change of the parts that are projected, each as an array; other parts stay. */
  const each = (
    b: Environment['builder'],
    vectors: readonly Value[],
    change: (inner: Environment, projection: Projection, arrays: readonly Value[]) => Value | null,
  ): Value => {
    const inner: Environment = { ...env, builder: b };
    let start: Dim = [];
    const pieces = parts.map(({ variable, transform, projection }) => {
      const own = vectors.map((x) => b.sliceAxis(x, 0, start, transform.count));
      start = dims.add(start, transform.count);
      if (projection === null) return own[0]!;
      const shape = wholeShape(variable);
      const changed = change(
        inner,
        projection,
        own.map((x) => b.reshape(x, shape)),
      );
      return changed === null ? own[0]! : b.reshape(changed, [transform.count]);
    });
    return b.concat(pieces, 0);
  };
  return {
    project: (b, x) => each(b, [x], (inner, projection, [array]) => projection.project(inner, array!)),
    tangent: (b, x, gradient) =>
      each(b, [gradient, x], (inner, { manifold }, [slope, at]) =>
        manifold === null ? null : manifold.tangent(inner, at!, slope!),
      ),
    convex: parts.every(({ projection }) => projection?.convex ?? true),
  };
};
