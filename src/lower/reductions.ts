// `sum[i in R where c] e` and its relatives. The body's product is contracted directly, so that Σ_ij J_ij y_i y_j is one
// contraction and not an array over i and j. In: a reduce expression. Out: a named tensor without the reduced axes.
import type { Expr } from '../semantics/model.ts';
import type { Value } from '../tensor/builder.ts';
import * as dims from '../tensor/dims.ts';
import { FORBIDDEN } from '../tensor/energies.ts';
import type { Environment, LowerExpression } from './environment.ts';
import { binderAxis, withAxes } from './environment.ts';
import type { Axis, NamedTensor } from './named-tensor.ts';
import { aligned, contractNamed, mapNamed, scalar, unionAxes } from './named-tensor.ts';

/** `lower` lowers a sub-expression: it is passed in, since expression.ts calls this. */
export const lowerReduce = (env: Environment, expr: Expr & { kind: 'reduce' }, lower: LowerExpression): NamedTensor => {
  const axes = expr.binders.map(binderAxis);
  const inner = withAxes(env, axes);
  const mask = expr.where === null ? null : lower(inner, expr.where);
  if (expr.reducer === 'sum' && expr.body.type.shape.length === 0)
    return sumOfProduct(inner, expr.body, mask, axes, lower);
  const body = lower(inner, expr.body);
  return reduceNamed(inner, expr.reducer, body, mask, axes);
};

const sumOfProduct = (
  env: Environment,
  body: Expr,
  mask: NamedTensor | null,
  axes: readonly Axis[],
  lower: LowerExpression,
): NamedTensor => {
  const { coefficient, factors } = productOf(body);
  const operands = factors.map((f) => ({ tensor: lower(env, f), labels: [] }));
  if (mask !== null) operands.push({ tensor: mask, labels: [] });
  const covered = unionAxes(...operands.map((o) => o.tensor.axes));
  const keep = covered.filter((a) => !axes.some((x) => x.id === a.id));
  const b = env.builder;
  const total = operands.length === 0 ? scalar(b.constant(1)) : contractNamed(b, 'sum-product', operands, keep);
  // An index that the body does not mention repeats it.
  const repeats = axes.filter((a) => !covered.some((x) => x.id === a.id)).map((a) => a.dim);
  const times = mapNamed(b, 'mul', total, scalar(b.dim(dims.product(repeats))));
  return coefficient === 1 ? times : mapNamed(b, 'mul', times, scalar(b.constant(coefficient)));
};

/** Scalar factors of a product, signs and numbers collected. */
const productOf = (expr: Expr): { coefficient: number; factors: readonly Expr[] } => {
  if (expr.kind === 'number') return { coefficient: expr.value, factors: [] };
  if (expr.kind === 'call' && expr.fn === 'neg') {
    const inner = productOf(expr.args[0]!);
    return { ...inner, coefficient: -inner.coefficient };
  }
  if (expr.kind === 'call' && expr.fn === 'mul') {
    const [a, c] = expr.args.map(productOf) as [ReturnType<typeof productOf>, ReturnType<typeof productOf>];
    return { coefficient: a.coefficient * c.coefficient, factors: [...a.factors, ...c.factors] };
  }
  return { coefficient: 1, factors: [expr] };
};

/** Reduces the named axes of a tensor; entries where the mask is 0 do not count. */
export const reduceNamed = (
  env: Environment,
  reducer: (Expr & { kind: 'reduce' })['reducer'],
  body: NamedTensor,
  mask: NamedTensor | null,
  axes: readonly Axis[],
): NamedTensor => {
  const b = env.builder;
  const all = unionAxes(body.axes, axes, mask?.axes ?? []);
  const order = [...all.filter((a) => !axes.some((x) => x.id === a.id)), ...axes];
  const full = aligned(b, body, order, true);
  const keepAxes = order.slice(0, order.length - axes.length);
  const numbers = axes.map((_, i) => keepAxes.length + i);
  const masked = (neutral: number): Value => {
    if (mask === null) return full;
    const m = aligned(b, mask, order);
    const padded = b.reshape(m, [...m.shape, ...body.shape.map(() => dims.constant(1))]);
    return b.select(padded, full, b.constant(neutral));
  };
  const finish = (value: Value): NamedTensor => ({ value, axes: keepAxes, shape: body.shape });
  switch (reducer) {
    case 'sum':
      return finish(b.sum(masked(0), numbers));
    case 'mean': {
      const sum = finish(b.sum(masked(0), numbers));
      if (mask === null) return mapNamed(b, 'div', sum, scalar(b.dim(dims.product(axes.map((a) => a.dim)))));
      const count: NamedTensor = { value: b.sum(aligned(b, mask, order, true), numbers), axes: keepAxes, shape: [] };
      // The mean of nothing is 0: it stands where a filter around it leaves it out.
      return mapNamed(b, 'div', sum, mapNamed(b, 'max', count, scalar(b.constant(1))));
    }
    case 'min':
      return finish(b.min(masked(FORBIDDEN), numbers));
    case 'max':
      return finish(b.max(masked(-FORBIDDEN), numbers));
    case 'logsumexp':
      return finish(b.logSumExp(masked(-FORBIDDEN), numbers));
    case 'prod': {
      // Not exp(Σ log |x|), whose gradient is lost at 0.
      return finish(productAlong(env, masked(1), numbers));
    }
  }
};

/** Product over axes by a scan over their flattened length. */
const productAlong = (env: Environment, value: Value, numbers: readonly number[]): Value => {
  const b = env.builder;
  const rank = value.shape.length;
  const rest = [...Array(rank).keys()].filter((i) => !numbers.includes(i));
  const length = dims.product(numbers.map((i) => value.shape[i]!));
  const restShape = rest.map((i) => value.shape[i]!);
  const moved = b.reshape(b.transpose(value, [...numbers, ...rest]), [length, ...restShape]);
  const ones = b.expand(
    b.reshape(
      b.constant(1),
      restShape.map(() => dims.constant(1)),
    ),
    restShape,
  );
  const { carry } = b.scan({ length, carry: [ones], xs: [moved] }, (inner, [c], [x]) => ({
    carry: [inner.mul(c!, x!)],
    ys: [],
  }));
  return carry[0]!;
};
