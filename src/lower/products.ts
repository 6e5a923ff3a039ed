// Products and sums of products as single contractions: matrix products, dot products, squared distances.
// In: a call expression. Out: its named tensor, or null when it has another form (then the builtin lowers itself).
import type { Expr } from '../semantics/model.ts';
import type { Dim } from '../tensor/dims.ts';
import * as dims from '../tensor/dims.ts';
import type { Environment, LowerExpression } from './environment.ts';
import type { Axis, NamedTensor, Operand } from './named-tensor.ts';
import { contractNamed, mapNamed, scalar, unionAxes, unname } from './named-tensor.ts';

/** `lower` lowers a sub-expression: it is passed in, since expression.ts calls this. */
export const lowerProduct = (
  env: Environment,
  expr: Expr & { kind: 'call' },
  lower: LowerExpression,
): NamedTensor | null => {
  switch (expr.fn) {
    case 'matmul':
      return lowerMatmul(env, expr, lower);
    case 'squared-norm2':
    case 'squared-normF':
      return lowerSquaredNorm(env, expr.args[0]!, lower);
    default:
      return null;
  }
};

const labelAxis = (id: string, dim: Dim): Axis => ({ id, dim, from: dims.constant(0) });

/** Contracts operands by labels; labels in `out` become the positional shape. */
export const contractLabelled = (
  env: Environment,
  operands: readonly Operand[],
  out: readonly { readonly label: string; readonly dim: Dim }[],
  axes = unionAxes(...operands.map((o) => o.tensor.axes)),
): NamedTensor => {
  const names = out.map((o) => labelAxis(o.label, o.dim));
  return unname(env.builder, contractNamed(env.builder, 'sum-product', operands, [...axes, ...names]), names);
};

const lowerMatmul = (env: Environment, expr: Expr & { kind: 'call' }, lower: LowerExpression): NamedTensor | null => {
  const [left, right] = expr.args as [Expr, Expr];
  const a = lower(env, left);
  const c = lower(env, right);
  const rowLeft = left.type.row === true || a.shape.length === 1;
  const outer = a.shape.length === 1 && right.type.row === true && left.type.row !== true;
  if (outer) {
    const out = [
      { label: '%i', dim: a.shape[0]! },
      { label: '%j', dim: c.shape[0]! },
    ];
    return contractLabelled(
      env,
      [
        { tensor: a, labels: ['%i'] },
        { tensor: c, labels: ['%j'] },
      ],
      out,
    );
  }
  if (a.shape.length > 2 || c.shape.length > 2) return null;
  const leftLabels = rowLeft ? ['%k'] : ['%i', '%k'];
  const rightLabels = c.shape.length === 1 ? ['%k'] : ['%k', '%j'];
  const out = [
    ...(rowLeft ? [] : [{ label: '%i', dim: a.shape[0]! }]),
    ...(c.shape.length === 1 ? [] : [{ label: '%j', dim: c.shape[1]! }]),
  ];
  return contractLabelled(
    env,
    [
      { tensor: a, labels: leftLabels },
      { tensor: c, labels: rightLabels },
    ],
    out,
  );
};

/** ‖v‖². When v = a - c and neither side has all the axes of the difference, ‖a‖² - 2 a·c + ‖c‖² is one matrix product
 *  instead of an array over the axes of both (the distances of k-means, without N × K × D numbers). */
const lowerSquaredNorm = (env: Environment, v: Expr, lower: LowerExpression): NamedTensor => {
  const b = env.builder;
  if (v.kind === 'call' && v.fn === 'sub') {
    const a = lower(env, v.args[0]!);
    const c = lower(env, v.args[1]!);
    const axes = unionAxes(a.axes, c.axes);
    const equalShapes = dims.shapesEqual(a.shape, c.shape);
    if (equalShapes && a.axes.length < axes.length && c.axes.length < axes.length) {
      const cross = mapNamed(b, 'mul', scalar(b.constant(-2)), dot(env, a, c));
      return mapNamed(
        b,
        'max',
        mapNamed(b, 'add', mapNamed(b, 'add', dot(env, a, a), cross), dot(env, c, c)),
        scalar(b.constant(0)),
      );
    }
    return squares(env, mapNamed(b, 'sub', a, c));
  }
  return squares(env, lower(env, v));
};

const dot = (env: Environment, a: NamedTensor, c: NamedTensor): NamedTensor => {
  const labels = a.shape.map((_, i) => `%${i}`);
  return contractLabelled(
    env,
    [
      { tensor: a, labels },
      { tensor: c, labels },
    ],
    [],
  );
};
const squares = (env: Environment, v: NamedTensor): NamedTensor => dot(env, v, v);
