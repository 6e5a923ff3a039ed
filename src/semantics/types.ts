// Small facts about value types: construction, equality, printing. In and out: ValueType (model.ts). No diagnostics here.
import { equal, print, printShape, shapesEqual } from '../tensor/dims.ts';
import type { Dim } from '../tensor/dims.ts';
import type { Scalar, Shape, ValueType } from './model.ts';

export const real: Scalar = { kind: 'real' };
export const integer: Scalar = { kind: 'integer' };
export const boolean: Scalar = { kind: 'boolean' };
export const category = (count: Dim): Scalar => ({ kind: 'category', count });

export const valueType = (scalar: Scalar, shape: Shape = []): ValueType => ({ scalar, shape });
/** A row of length D keeps the shape [D]; the mark is dropped whenever the rank is not 1. */
export const withRow = (type: ValueType, row: boolean): ValueType =>
  row && type.shape.length === 1
    ? { scalar: type.scalar, shape: type.shape, row: true }
    : { scalar: type.scalar, shape: type.shape };

export const isScalar = (type: ValueType): boolean => type.shape.length === 0;
export const isRow = (type: ValueType): boolean => type.row === true;
/** Categories (and indices, which share their type) do no arithmetic; booleans count as 0 and 1. */
export const isNumeric = (type: ValueType): boolean => type.scalar.kind !== 'category';
export const isWhole = (type: ValueType): boolean => type.scalar.kind !== 'real';

/** The scalar of a sum, difference or product: booleans become integers, anything real makes it real. */
export const joinArithmetic = (types: readonly ValueType[]): Scalar =>
  types.some((t) => t.scalar.kind === 'real') ? real : integer;

/** The common scalar of alternatives (branches, array elements, minima); null when there is none. */
export const joinAlternatives = (types: readonly ValueType[]): Scalar | null => {
  const scalars = types.map((t) => t.scalar);
  const first = scalars[0]!;
  if (first.kind === 'category' || scalars.some((s) => s.kind === 'category')) {
    const same = scalars.every(
      (s) => s.kind === 'category' && first.kind === 'category' && equal(s.count, first.count),
    );
    return same ? first : null;
  }
  if (scalars.every((s) => s.kind === 'boolean')) return boolean;
  return scalars.some((s) => s.kind === 'real') ? real : integer;
};

export const sameShape = (a: ValueType, b: ValueType): boolean =>
  shapesEqual(a.shape, b.shape) && isRow(a) === isRow(b);

/** `a scalar`, `[N, D]`, `a row [D]`. */
export const describeShape = (type: ValueType): string =>
  isScalar(type) ? 'a scalar' : isRow(type) ? `a row ${printShape(type.shape)}` : printShape(type.shape);

const scalarWord = (scalar: Scalar): string =>
  scalar.kind === 'category' ? `category(${print(scalar.count)})` : scalar.kind;

/** `real`, `real [N, D]`, `category(K) [T]`. */
export const describeType = (type: ValueType): string =>
  `${isRow(type) ? 'row of ' : ''}${scalarWord(type.scalar)}${isScalar(type) ? '' : ` ${printShape(type.shape)}`}`;
