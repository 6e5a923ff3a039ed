// Loops over the entries of a value. In: lengths of axes and what is computed at an index. Out: loops, the indices they stand
// for, and nests that store. A loop whose variable reshapes would divide becomes two: i below N·K is K·j + k.
import { isNegative, isOne, scale, type Dim } from '../../tensor/dims.ts';
import type { ValueId } from '../../tensor/program.ts';
import { inLoops } from '../in-loops.ts';
import { addIndex, ofLoop, scaleIndex, zero } from '../index-arithmetic.ts';
import type { Expr, Index, Loop, LoopId, Statement } from '../kernel.ts';
import type { Context, Scope } from './context.ts';
import { divideExactly } from './dim-division.ts';
import { allIn, atomsIn, indicesIn, numberOf } from './expressions.ts';
import { setAt, type Place, type Target } from './places.ts';
import { share } from './sharing.ts';
import { Entries } from './values.ts';

export interface Iterated<T> {
  /** Of each axis, outermost first; none for an axis of length 1. */
  readonly loops: readonly (readonly Loop[])[];
  readonly indices: readonly Index[];
  readonly result: T;
}

/** Loops over axes, split as the expressions at their indices want it. */
export const iterate = <T>(
  context: Context,
  axes: readonly Dim[],
  compute: (indices: readonly Index[]) => T,
  expressionsOf: (result: T) => readonly Expr[],
  splittable: (axis: number) => boolean = () => true,
): Iterated<T> => {
  const before = context.loopCount;
  let factors: readonly (readonly Dim[])[] = axes.map((length) => (isOne(length) ? [] : [length]));
  for (;;) {
    const loops = factors.map((lengths) => lengths.map((length) => context.loop(length)));
    const indices = loops.map((inner, axis) => indexOver(inner, factors[axis]!));
    const result = compute(indices);
    const division = divisionIn(expressionsOf(result), context, (loop) =>
      loops.some((inner, axis) => splittable(axis) && inner.some(({ id }) => id === loop)),
    );
    if (division === null) return { loops, indices, result };
    factors = factors.map((lengths, axis) =>
      lengths.flatMap((length, i) =>
        loops[axis]![i]!.id === division.loop ? [division.outer, division.inner] : [length],
      ),
    );
    context.forgetLoops(before);
  }
};

const indexOver = (loops: readonly Loop[], lengths: readonly Dim[]): Index =>
  loops.reduce((index, { id }, i) => addIndex(scaleIndex(index, lengths[i]!), ofLoop(id)), zero);

interface Division {
  readonly loop: LoopId;
  readonly outer: Dim;
  readonly inner: Dim;
}

/** A loop that stands in a division, and whose length is a multiple of what it is divided by. */
const divisionIn = (
  expressions: readonly Expr[],
  context: Context,
  candidate: (loop: LoopId) => boolean,
): Division | null => {
  for (const expr of allIn(expressions))
    for (const atom of indicesIn(expr).flatMap(atomsIn)) {
      if (atom.kind !== 'floor-div' && atom.kind !== 'mod') continue;
      for (const { coef, atom: of } of atom.of.terms) {
        if (of.kind !== 'loop' || !candidate(of.loop)) continue;
        // What was reversed counts down: its loop divides as one that counts up.
        const inner = divideExactly(atom.by, isNegative(coef) ? scale(coef, -1) : coef);
        const outer = inner === null || isOne(inner) ? null : divideExactly(context.lengthOf(of.loop), inner);
        if (outer !== null && inner !== null && outer.length > 0 && !isOne(outer))
          return { loop: of.loop, outer, inner };
      }
    }
  return null;
};

export const storesTo = (
  context: Context,
  targets: readonly Target[],
  indices: readonly Index[],
  value: Expr,
): readonly Statement[] =>
  targets.map(({ place, mode }) => ({ kind: 'store', to: context.access(place, indices), value, mode }));

/** One nest over a shape that stores what `read` gives at each index to all targets. */
export const storeNest = (
  scope: Scope,
  shape: readonly Dim[],
  read: (entries: Entries, indices: readonly Index[]) => Expr,
  targets: readonly Target[],
): void => {
  const { context } = scope;
  const { loops, indices, result } = iterate(
    context,
    shape,
    (at) => read(new Entries(context), at),
    (value) => [value],
  );
  const { lets, values } = shareForStores(context, result, targets.length);
  const body = [...lets, ...storesTo(context, targets, indices, values)];
  scope.statements.push(...inLoops(loops.flat(), body));
};

/** Lets of an expression that is stored `times` times. */
export const shareForStores = (
  context: Context,
  expr: Expr,
  times: number,
): { readonly lets: readonly Statement[]; readonly values: Expr } => {
  const { lets, values } = share(Array.from({ length: times }, () => expr), context); // prettier-ignore
  return { lets: lets.map((made) => ({ kind: 'let', ...made })), values: values[0]! };
};

/** What has been stored at one place, stored to targets too. */
export const copyNest = (scope: Scope, shape: readonly Dim[], from: Place, to: readonly Target[]): void => {
  if (to.length === 0) return;
  const { context } = scope;
  storeNest(scope, shape, (_, at) => ({ kind: 'load', from: context.access(from, at) }), to);
};

/** The place that entries of a value are added to one by one: zeros first, where it is to be set. */
export const addingPlace = (scope: Scope, shape: readonly Dim[], { place, mode }: Target): Target => {
  if (mode === 'set') storeNest(scope, shape, () => numberOf(0), [setAt(place)]);
  return { place, mode: 'sum' };
};

/** Copies of a value where it has to end. */
export const copyToDestinations = (scope: Scope, value: ValueId): void => {
  const targets = scope.destinations.get(value);
  if (targets === undefined) return;
  storeNest(scope, scope.program.values[value]!.shape, (entries, at) => entries.at(scope, value, at), targets);
};
