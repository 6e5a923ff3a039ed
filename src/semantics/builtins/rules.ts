// Shape rules and lowering helpers shared by the families of builtins.
// In: argument types. Out: a Ruling; or values brought to one rank.
import type { Builder, Value } from '../../tensor/builder.ts';
import { constant, equal, type Dim } from '../../tensor/dims.ts';
import type { Elementwise } from '../../tensor/elementwise.ts';
import type { Argument, Call, Lowering, Problem, Ruling } from '../builtin.ts';
import type { Scalar, Shape, ValueType } from '../model.ts';
import { isNumeric, isRow, isScalar, real, sameShape, valueType, withRow } from '../types.ts';

export const ruled = (type: ValueType): Ruling => ({ type });
export const refused = (problem: Problem): Ruling => ({ problem });

export const nonNumeric = (args: readonly Argument[]): Problem | null => {
  const argument = args.findIndex((a) => !isNumeric(a.type));
  return argument < 0 ? null : { kind: 'not-a-number', argument };
};

/** The common shape of elementwise arguments: scalars broadcast, everything else is exact. */
export const commonShape = (args: readonly Argument[]): { shape: Shape; row: boolean } | Problem => {
  const first = args.findIndex((a) => !isScalar(a.type));
  if (first < 0) return { shape: [], row: false };
  const model = args[first]!.type;
  const odd = args.findIndex((a) => !isScalar(a.type) && !sameShape(a.type, model));
  if (odd >= 0) return { kind: 'shapes-differ', left: first, right: odd };
  return { shape: model.shape, row: isRow(model) };
};

/** Entry by entry over numbers, with a result scalar computed from the argument types. */
export const elementwiseRule =
  (scalar: (types: readonly ValueType[]) => Scalar) =>
  (args: readonly Argument[]): Ruling => {
    const bad = nonNumeric(args);
    if (bad !== null) return refused(bad);
    const common = commonShape(args);
    if ('kind' in common) return refused(common);
    return ruled(withRow(valueType(scalar(args.map((a) => a.type)), common.shape), common.row));
  };

export const realElementwise = elementwiseRule(() => real);

/** A whole array of numbers to one scalar. */
export const toScalarRule =
  (
    scalar: (type: ValueType) => Scalar,
    expected: string | null = null,
    accepts: (t: ValueType) => boolean = () => true,
  ) =>
  (args: readonly Argument[]): Ruling => {
    const bad = nonNumeric(args);
    if (bad !== null) return refused(bad);
    if (!accepts(args[0]!.type)) return refused({ kind: 'expected', argument: 0, expected: expected! });
    return ruled(valueType(scalar(args[0]!.type)));
  };

/** A vector or array, entry shapes kept: works along the last axis. */
export const lastAxisRule = (args: readonly Argument[]): Ruling => {
  const bad = nonNumeric(args);
  if (bad !== null) return refused(bad);
  const type = args[0]!.type;
  if (isScalar(type)) return refused({ kind: 'expected', argument: 0, expected: 'a vector or an array' });
  return ruled(withRow(valueType(real, type.shape), isRow(type)));
};

export const isSquare = (type: ValueType): boolean =>
  type.shape.length >= 2 && equal(type.shape.at(-1)!, type.shape.at(-2)!);

export const squareRule =
  (result: (shape: Shape) => Shape) =>
  (args: readonly Argument[]): Ruling => {
    const bad = nonNumeric(args);
    if (bad !== null) return refused(bad);
    const type = args[0]!.type;
    if (!isSquare(type)) return refused({ kind: 'expected', argument: 0, expected: 'a square matrix' });
    return ruled(valueType(real, result(type.shape)));
  };

// ---------------------------------------------------------------- lowering

/** Scalars get axes of length 1 behind the batch, so that they broadcast against the arrays. */
export const alignRanks = (b: Builder, args: readonly Value[], batch: number): readonly Value[] => {
  const rank = Math.max(...args.map((a) => a.shape.length));
  return args.map((a) =>
    a.shape.length === rank || a.shape.length === 0
      ? a
      : b.reshape(a, [
          ...a.shape.slice(0, batch),
          ...Array.from({ length: rank - a.shape.length }, () => constant(1)),
          ...a.shape.slice(batch),
        ]),
  );
};

export const asMap =
  (fn: Elementwise): Lowering =>
  (b, args, batch) =>
    b.map(
      fn,
      ...alignRanks(
        b,
        args.map((a) => b.cast(a, 'float')),
        batch,
      ),
    );

/** The axes behind the batch. */
export const ownAxes = (value: Value, batch: number): readonly number[] => value.shape.map((_, i) => i).slice(batch);

/** Puts back an axis of length 1 at the end, for broadcasting a reduction along the last axis. */
export const keepLast = (b: Builder, value: Value): Value => b.reshape(value, [...value.shape, constant(1)]);

/** The batch axes that the arguments carry, before a shape of the result's own. */
export const batched = (args: readonly Value[], batch: number, shape: readonly Dim[]): readonly Dim[] => [
  ...(args[0]?.shape.slice(0, batch) ?? []),
  ...shape,
];

export const typeOf = (call: Pick<Call, 'args'>, position: number): ValueType => call.args[position]!.type;
