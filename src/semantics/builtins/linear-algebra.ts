// Products, transposes, determinants, inverses. Vectors are columns; `v'` is a row and has the same shape [D].
import type { Builder, Value } from '../../tensor/builder.ts';
import { constant as dim, constantValue, equal } from '../../tensor/dims.ts';
import type { Argument, Builtin, Ruling } from '../builtin.ts';
import { always, curve, increasingLinear, linear, smoothOnly } from '../builtin.ts';
import type { ValueType } from '../model.ts';
import { isRow, joinArithmetic, real, valueType, withRow } from '../types.ts';
import { batched, isSquare, keepLast, nonNumeric, refused, ruled, squareRule, typeOf } from './rules.ts';

type Form = 'scalar' | 'vector' | 'row' | 'matrix' | 'array';
const formOf = (t: ValueType): Form =>
  t.shape.length === 0
    ? 'scalar'
    : t.shape.length === 1
      ? isRow(t)
        ? 'row'
        : 'vector'
      : t.shape.length === 2
        ? 'matrix'
        : 'array';

/** Which axes a product joins, by the forms of its sides; a hint where the orientation is the mistake. */
const productRule = (args: readonly Argument[]): Ruling => {
  const bad = nonNumeric(args);
  if (bad !== null) return refused(bad);
  const [left, right] = [args[0]!.type, args[1]!.type];
  const scalar = joinArithmetic([left, right]);
  const forms = `${formOf(left)} @ ${formOf(right)}`;
  const [a, b] = [left.shape, right.shape];
  const result = (fits: boolean, shape: ValueType['shape'], row: boolean, hint?: string): Ruling =>
    fits
      ? ruled(withRow(valueType(scalar, shape), row))
      : refused(hint === undefined ? { kind: 'product' } : { kind: 'product', hint });
  switch (forms) {
    case 'vector @ vector':
    case 'row @ vector':
      return result(equal(a[0]!, b[0]!), [], false);
    case 'vector @ row':
      return result(true, [a[0]!, b[0]!], false);
    case 'matrix @ vector':
      return result(
        equal(a[1]!, b[0]!),
        [a[0]!],
        false,
        equal(a[0]!, b[0]!) ? "transpose the matrix: `M'`" : undefined,
      );
    case 'row @ matrix':
      return result(equal(a[0]!, b[0]!), [b[1]!], true, equal(a[0]!, b[1]!) ? "transpose the matrix: `M'`" : undefined);
    case 'matrix @ matrix': {
      const hint = equal(a[0]!, b[0]!)
        ? "transpose the left matrix: `M'`"
        : equal(a[1]!, b[1]!)
          ? 'transpose the right matrix'
          : undefined;
      return result(equal(a[1]!, b[0]!), [a[0]!, b[1]!], false, hint);
    }
    case 'vector @ matrix': {
      // K @ [D, K]: only the other order fits.
      const exchanged = equal(a[0]!, b[1]!) && !equal(a[0]!, b[0]!);
      const hint = exchanged
        ? 'exchange the two: a matrix stands on the left of a vector'
        : "a vector is a column; write `v'` on the left of a matrix";
      return refused({ kind: 'product', hint });
    }
    case 'matrix @ row':
      return refused({ kind: 'product', hint: "a row stands on the left of a matrix; drop the `'`" });
    case 'row @ row':
      return refused({
        kind: 'product',
        hint: "drop the `'` on the right for the dot product, on the left for the outer product",
      });
  }
  const scalarSide = forms.includes('scalar');
  return refused({
    kind: 'product',
    hint: scalarSide ? 'use `*` to multiply by a scalar' : 'index it until matrices are left',
  });
};

const product = (b: Builder, args: readonly Value[], batch: number, types: readonly ValueType[]): Value => {
  const common = Array.from({ length: batch }, (_, i) => i);
  const [m, k, n] = [batch, batch + 1, batch + 2];
  const axes: Readonly<Record<string, readonly [readonly number[], readonly number[], readonly number[]]>> = {
    'vector @ vector': [[k], [k], []],
    'row @ vector': [[k], [k], []],
    'vector @ row': [[m], [n], [m, n]],
    'matrix @ vector': [[m, k], [k], [m]],
    'row @ matrix': [[k], [k, n], [n]],
    'matrix @ matrix': [
      [m, k],
      [k, n],
      [m, n],
    ],
  };
  const [left, right, kept] = axes[`${formOf(types[0]!)} @ ${formOf(types[1]!)}`]!;
  const operands = [left, right].map((labels, i) => ({
    value: b.cast(args[i]!, 'float'),
    axes: [...common, ...labels],
  }));
  return b.contract('sum-product', operands, [...common, ...kept]);
};

/** The sign of det A from the characteristic polynomial (Faddeev and LeVerrier): M ← A M + c I, c ← -tr(A M) / k. Its last
 *  coefficient is (-1)ⁿ det A. Used for the sign only: the magnitude comes from the LU decomposition. */
const signOfDeterminant = (b: Builder, matrix: Value, batch: number): Value => {
  const n = matrix.shape.at(-1)!;
  const lead = matrix.shape.slice(0, batch);
  const eye = b.eye(n);
  const identity =
    batch === 0
      ? eye
      : b.expand(
          b.unsqueeze(
            eye,
            lead.map((_, i) => i),
          ),
          matrix.shape,
        );
  const trace = (inner: Builder, m: Value): Value => inner.sum(inner.mul(m, identity), [batch, batch + 1]);
  const scanned = b.scan(
    { length: n, carry: [b.zeros(matrix.shape), b.full(lead, 1)], xs: [b.iota([n], 0)] },
    (inner, [m, c], [step]) => {
      const next = inner.add(inner.matmul(matrix, m!), inner.mul(keepLast(inner, keepLast(inner, c!)), identity));
      const product = inner.matmul(matrix, next);
      return { carry: [next, inner.div(inner.neg(trace(inner, product)), inner.add(step!, 1))] };
    },
  );
  const parity = b.sub(1, b.mul(2, b.mod(b.dim(n), 2)));
  return b.sign(b.mul(scanned.carry[1]!, parity));
};

const determinant = (b: Builder, args: readonly Value[]): Value => {
  const a = b.cast(args[0]!, 'float');
  const rank = a.shape.length;
  const n = constantValue(a.shape.at(-1)!);
  if (n === 1) return b.reshape(a, a.shape.slice(0, -2));
  if (n === 2) {
    const entry = (i: number, j: number): Value =>
      b.reshape(
        b.slice(
          a,
          a.shape.map((_, x) => (x === rank - 2 ? dim(i) : x === rank - 1 ? dim(j) : [])),
          a.shape.map((d, x) => (x >= rank - 2 ? dim(1) : d)),
        ),
        a.shape.slice(0, -2),
      );
    return b.sub(b.mul(entry(0, 0), entry(1, 1)), b.mul(entry(0, 1), entry(1, 0)));
  }
  const magnitude = b.exp(b.routine('log-abs-det', a)[0]!);
  return b.mul(magnitude, b.map('stop-gradient', signOfDeterminant(b, a, rank - 2)));
};

const ofMatrix = (
  name: string,
  documentation: string,
  rest: Pick<Builtin, 'result' | 'curvature' | 'lower'>,
): Builtin => ({ spelling: name, signatures: [`${name}(M)`], documentation, arity: [1, 1], ...rest });

const withoutLastTwo = squareRule((shape) => shape.slice(0, -2));

const similarity = (name: 'cosine' | 'corr', documentation: string, centre: boolean): Builtin => ({
  spelling: name,
  signatures: [`${name}(a, b)`],
  documentation,
  arity: [2, 2],
  result: (args) => {
    const bad = nonNumeric(args);
    if (bad !== null) return refused(bad);
    const odd = args.findIndex((a) => a.type.shape.length !== 1);
    if (odd >= 0) return refused({ kind: 'expected', argument: odd, expected: 'a vector' });
    if (!equal(args[0]!.type.shape[0]!, args[1]!.type.shape[0]!))
      return refused({ kind: 'shapes-differ', left: 0, right: 1 });
    return ruled(valueType(real));
  },
  curvature: always(smoothOnly, smoothOnly),
  lower: (b, args) => {
    const centred = args.map((a) => {
      const v = b.cast(a, 'float');
      return centre ? b.sub(v, keepLast(b, b.mean(v, [-1]))) : v;
    });
    const dot = (x: Value, y: Value): Value => b.sum(b.mul(x, y), [-1]);
    const [x, y] = centred as [Value, Value];
    return b.div(dot(x, y), b.sqrt(b.map('max', b.mul(dot(x, x), dot(y, y)), 1e-30)));
  },
});

export const linearAlgebraBuiltins = {
  matmul: {
    spelling: null,
    signatures: ['a @ b'],
    documentation:
      "Matrix product: matrix @ matrix, matrix @ vector, row @ matrix; vector @ vector is the dot product Σ aᵢ bᵢ, `v @ w'` the outer product vᵢ wⱼ.",
    arity: [2, 2],
    result: productRule,
    curvature: always(linear, linear),
    lower: (b, args, batch, call) => product(b, args, batch, [typeOf(call, 0), typeOf(call, 1)]),
  },
  transpose: {
    spelling: null,
    signatures: ["M'", "v'"],
    documentation: "The transpose of a matrix. A vector's is a row, and a row's a vector.",
    arity: [1, 1],
    result: (args) => {
      const type = args[0]!.type;
      if (type.shape.length === 1) return ruled(withRow(type, !isRow(type)));
      if (type.shape.length === 2) return ruled(valueType(type.scalar, type.shape.toReversed()));
      return refused({ kind: 'expected', argument: 0, expected: 'a vector or a matrix' });
    },
    curvature: always(increasingLinear),
    lower: (b, args, batch) => {
      const value = args[0]!;
      if (value.shape.length - batch < 2) return value;
      const lead = Array.from({ length: batch }, (_, i) => i);
      return b.transpose(value, [...lead, batch + 1, batch]);
    },
  },
  det: ofMatrix('det', 'The determinant of a square matrix; of each, for an array of matrices.', {
    result: withoutLastTwo,
    curvature: always(smoothOnly),
    lower: determinant,
  }),
  log_abs_det: ofMatrix(
    'log_abs_det',
    'log |det M| of a square matrix; of each, for an array of matrices. Concave on spd.',
    {
      result: withoutLastTwo,
      curvature: always(smoothOnly),
      lower: (b, args) => b.routine('log-abs-det', b.cast(args[0]!, 'float'))[0]!,
    },
  ),
  trace: ofMatrix('trace', 'The sum of the diagonal, Σ Mᵢᵢ.', {
    result: withoutLastTwo,
    curvature: always(linear),
    lower: (b, args) => {
      const m = b.cast(args[0]!, 'float');
      const lead = m.shape.length - 2;
      const eye = b.eye(m.shape.at(-1)!);
      return b.contract(
        'sum-product',
        [
          { value: m, axes: m.shape.map((_, i) => i) },
          { value: eye, axes: [lead, lead + 1] },
        ],
        Array.from({ length: lead }, (_, i) => i),
      );
    },
  }),
  inverse: ofMatrix('inverse', 'The inverse of a square matrix; of each, for an array of matrices.', {
    result: squareRule((shape) => shape),
    curvature: always(smoothOnly),
    lower: (b, args) => b.routine('inverse', b.cast(args[0]!, 'float'))[0]!,
  }),
  diag: {
    spelling: 'diag',
    signatures: ['diag(v)', 'diag(M)'],
    documentation: 'The diagonal matrix of a vector, or the diagonal of a square matrix.',
    arity: [1, 1],
    result: (args) => {
      const bad = nonNumeric(args);
      if (bad !== null) return refused(bad);
      const type = args[0]!.type;
      if (type.shape.length === 1) return ruled(valueType(type.scalar, [type.shape[0]!, type.shape[0]!]));
      if (type.shape.length === 2 && isSquare(type)) return ruled(valueType(type.scalar, [type.shape[0]!]));
      return refused({ kind: 'expected', argument: 0, expected: 'a vector or a square matrix' });
    },
    curvature: always(increasingLinear),
    lower: (b, args, batch) => {
      const value = b.cast(args[0]!, 'float');
      const lead = Array.from({ length: batch }, (_, i) => i);
      const [i, j] = [batch, batch + 1];
      const eye = { value: b.eye(value.shape.at(-1)!), axes: [i, j] };
      const vector = value.shape.length - batch === 1;
      return b.contract(
        'sum-product',
        [{ value, axes: [...lead, ...(vector ? [i] : [i, j])] }, eye],
        [...lead, ...(vector ? [i, j] : [i])],
      );
    },
  },
  eye: {
    spelling: 'eye',
    signatures: ['eye(D)'],
    documentation: 'The identity matrix [D, D].',
    arity: [1, 1],
    result: (args) => {
      const dim = args[0]!.dim;
      return dim === null ? refused({ kind: 'not-a-size', argument: 0 }) : ruled(valueType(real, [dim, dim]));
    },
    curvature: always({ ...curve('affine', 'none'), degree: 'constant' }),
    lower: (b, args, batch, call) => {
      const shape = batched(args, batch, call.type.shape);
      const eye = b.eye(call.type.shape[0]!);
      return batch === 0
        ? eye
        : b.expand(
            b.unsqueeze(
              eye,
              Array.from({ length: batch }, (_, i) => i),
            ),
            shape,
          );
    },
  },
  cosine: similarity('cosine', 'The cosine of the angle between two vectors, a·b / (‖a‖ ‖b‖).', false),
  corr: similarity(
    'corr',
    "Pearson's correlation of two vectors: the cosine of the vectors with their means taken off.",
    true,
  ),
} as const satisfies Record<string, Builtin>;
