// Several unknowns as one vector of free coordinates. In: variables with transforms. Out: maps between the vector and their
// arrays, and arrays bound in an environment.
import type { Environment } from '../../lower/environment.ts';
import { withBindings } from '../../lower/environment.ts';
import type { Variable } from '../../semantics/model.ts';
import type { Value } from '../../tensor/builder.ts';
import type { Dim } from '../../tensor/dims.ts';
import * as dims from '../../tensor/dims.ts';
import type { Transform } from './transforms.ts';
import { transformOf } from './transforms.ts';

/** Coordinates of several unknowns side by side. */
export const jointTransform = (variables: readonly Variable[], transforms: readonly Transform[]) => ({
  count: transforms.reduce<Dim>((sum, t) => dims.add(sum, t.count), []),
  toArrays: (env: Environment, free: Value): ReadonlyMap<string, Value> => {
    let start: Dim = [];
    return new Map(
      variables.map((v, i) => {
        const part = env.builder.sliceAxis(free, 0, start, transforms[i]!.count);
        start = dims.add(start, transforms[i]!.count);
        return [v.name, transforms[i]!.toArray(env, part)] as const;
      }),
    );
  },
  toFree: (env: Environment, arrays: readonly Value[]): Value =>
    env.builder.concat(
      arrays.map((a, i) => transforms[i]!.toFree(env, a)),
      0,
    ),
});

/** The transforms of all unknowns, or the first reason why one has none. */
export const transformsOf = (variables: readonly Variable[]): readonly Transform[] | string => {
  const result: Transform[] = [];
  for (const v of variables) {
    const t = transformOf(v);
    if (typeof t === 'string') return t;
    result.push(t);
  }
  return result;
};

export const bindArrays = (env: Environment, arrays: ReadonlyMap<string, Value>): Environment =>
  withBindings(
    env,
    [...arrays].map(([n, value]) => [n, { kind: 'given', value }] as const),
  );
