// Making and reshaping arrays, and the derivative of one value by another.
import { add, constantValue, equal, print, product, type Dim } from '../../tensor/dims.ts';
import type { Argument, Builtin } from '../builtin.ts';
import { always, fixed, increasingLinear, smoothOnly } from '../builtin.ts';
import { isRow, joinAlternatives, real, valueType } from '../types.ts';
import { batched, nonNumeric, refused, ruled } from './rules.ts';

const filled = (name: 'zeros' | 'ones', value: number): Builtin => ({
  spelling: name,
  signatures: [`${name}(D)`, `${name}(D, K)`],
  documentation: `An array of ${name} with the given sizes.`,
  arity: [1, 8],
  result: (args) => {
    const odd = args.findIndex((a) => a.dim === null);
    if (odd >= 0) return refused({ kind: 'not-a-size', argument: odd });
    return ruled(
      valueType(
        real,
        args.map((a) => a.dim!),
      ),
    );
  },
  curvature: always(fixed),
  lower: (b, args, batch, call) => b.full(batched(args, batch, call.type.shape), value),
});

/** Number of entries, so that a reshape is checked by the product of the sizes. */
const sameCount = (a: readonly Dim[], b: readonly Dim[]): boolean => equal(product(a), product(b));

const sizesAfter = (args: readonly Argument[], first: number): readonly Dim[] | number => {
  const odd = args.findIndex((a, i) => i >= first && a.dim === null);
  return odd >= 0 ? odd : args.slice(first).map((a) => a.dim!);
};

export const arrayBuiltins = {
  zeros: filled('zeros', 0),
  ones: filled('ones', 1),
  concat: {
    spelling: 'concat',
    signatures: ['concat(a, b, …)'],
    documentation: 'Arrays joined along the last axis; all other axes must agree.',
    arity: [1, Infinity],
    result: (args) => {
      const first = args[0]!.type;
      const scalarKind = joinAlternatives(args.map((a) => a.type));
      const odd = args.findIndex((a) => a.type.shape.length === 0);
      if (odd >= 0)
        return refused({
          kind: 'expected',
          argument: odd,
          expected: 'a vector or an array',
          hint: 'wrap a scalar in brackets: `[a]`',
        });
      if (scalarKind === null)
        return refused({ kind: 'not-a-number', argument: args.findIndex((a) => a.type.scalar.kind === 'category') });
      const lead = first.shape.slice(0, -1);
      const other = args.findIndex(
        (a) =>
          a.type.shape.length !== first.shape.length ||
          isRow(a.type) !== isRow(first) ||
          !a.type.shape.slice(0, -1).every((d, i) => equal(d, lead[i]!)),
      );
      if (other >= 0)
        return refused({ kind: 'shapes-differ', left: 0, right: other, hint: 'all axes but the last must agree' });
      const total = args.map((a) => a.type.shape.at(-1)!).reduce(add);
      return ruled(
        isRow(first)
          ? { scalar: scalarKind, shape: [...lead, total], row: true }
          : valueType(scalarKind, [...lead, total]),
      );
    },
    curvature: always(increasingLinear),
    lower: (b, args) =>
      b.concat(
        args.map((a) => b.cast(a, 'float')),
        -1,
      ),
  },
  reshape: {
    spelling: 'reshape',
    signatures: ['reshape(v, Q, K)'],
    documentation: 'The entries of an array, in row-major order, in a new shape with as many entries.',
    arity: [2, 8],
    result: (args) => {
      const shape = sizesAfter(args, 1);
      if (typeof shape === 'number') return refused({ kind: 'not-a-size', argument: shape });
      const from = args[0]!.type;
      if (!sameCount(from.shape, shape))
        return refused({ kind: 'expected', argument: 0, expected: `an array of ${describeCount(shape)} entries` });
      return ruled(valueType(from.scalar, shape));
    },
    curvature: always(increasingLinear, fixed),
    lower: (b, args, batch, call) => b.reshape(args[0]!, batched(args, batch, call.type.shape)),
  },
  flatten: {
    spelling: 'flatten',
    signatures: ['flatten(v)'],
    documentation: 'All entries of an array, in row-major order, as one vector.',
    arity: [1, 1],
    result: (args) => ruled(valueType(args[0]!.type.scalar, [product(args[0]!.type.shape)])),
    curvature: always(increasingLinear),
    lower: (b, args, batch, call) => b.reshape(args[0]!, batched(args, batch, call.type.shape)),
  },
  jacobian: {
    spelling: 'jacobian',
    signatures: ['jacobian(e, v)'],
    documentation:
      'The derivatives ∂eᵢ/∂vⱼ of an expression by a variable, a let or a parameter: the shape of e followed by the shape of v; a gradient when e is a scalar.',
    arity: [2, 2],
    result: (args) => {
      const bad = nonNumeric(args);
      if (bad !== null) return refused(bad);
      return ruled(valueType(real, [...args[0]!.type.shape, ...args[1]!.type.shape]));
    },
    curvature: always(smoothOnly, smoothOnly),
    lower: null,
  },
} as const satisfies Record<string, Builtin>;

const describeCount = (shape: readonly Dim[]): string => {
  const total = product(shape);
  const known = constantValue(total);
  return known === null ? print(total) : String(known);
};
