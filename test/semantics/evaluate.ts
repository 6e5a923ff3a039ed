// A plain evaluator of typed expressions, over nested arrays: builtins by the independent definitions of builtin-cases.ts.
// In: an expression, values of variables (whole arrays), sizes. Out: its value. For tests of what the checker produces.
import type { BuiltinName } from '../../src/semantics/builtins.ts';
import type { Expr, Model } from '../../src/semantics/model.ts';
import { evaluate as evaluateDim, type Dim } from '../../src/tensor/dims.ts';
import { cases, type Nested } from './builtin-cases.ts';

export interface World {
  readonly model: Model;
  readonly values: Readonly<Record<string, Nested>>;
  readonly sizes: Readonly<Record<string, number>>;
}
type Indices = Readonly<Record<string, number>>;

const rank = (x: Nested): number => (typeof x === 'number' ? 0 : 1 + rank(x[0]!));
const list = (x: Nested): readonly Nested[] => x as readonly Nested[];

/** Which sample of a builtin has arguments of these ranks: products have one definition for each form. */
const definition = (
  fn: BuiltinName,
  args: readonly Nested[],
  rows: readonly boolean[],
): ((...a: readonly Nested[]) => Nested) => {
  const fits = cases[fn].find(
    (c) =>
      c.args.length === args.length &&
      c.args.every((s) => s.written === undefined) &&
      c.args.every((s, i) => s.shape.length === rank(args[i]!) && (s.row ?? false) === rows[i]),
  );
  return (fits ?? cases[fn][0]!).value;
};

const entryAt = (x: Nested, at: Nested): Nested => {
  if (typeof at === 'number') return list(x)[at]!;
  return list(x)[list(at).findIndex((e) => e === 1)]!;
};

const join = (a: Nested, b: Nested, f: (x: number, y: number) => number): Nested =>
  typeof a === 'number' ? f(a, b as number) : a.map((x, i) => join(x, list(b)[i]!, f));
const scaled = (a: Nested, by: (x: number) => number): Nested =>
  typeof a === 'number' ? by(a) : a.map((x) => scaled(x, by));

export const evaluateExpr = (world: World, expr: Expr, indices: Indices = {}): Nested => {
  const visit = (e: Expr, at: Indices = indices): Nested => evaluateExpr(world, e, at);
  const dim = (d: Dim): number => evaluateDim(d, world.sizes);
  switch (expr.kind) {
    case 'number':
      return expr.value;
    case 'dim':
      return dim(expr.dim);
    case 'index':
      return indices[expr.id]!;
    case 'ref': {
      if (expr.of === 'const') return visit(world.model.consts.find((c) => c.name === expr.name)!.value);
      if (expr.of === 'variable')
        return expr.at.reduce<Nested>((x, at) => entryAt(x, visit(at)), world.values[expr.name]!);
      const found = world.model.lets.find((l) => l.name === expr.name)!;
      const fill = (k: number, inner: Indices): Nested => {
        const binder = found.binders[k];
        if (binder === undefined) return visit(found.value, inner);
        const given = expr.at[k];
        if (given !== undefined)
          return fill(k + 1, { ...inner, [binder.id]: (visit(given) as number) + dim(binder.from) });
        return Array.from({ length: dim(binder.to) - dim(binder.from) }, (_, i) =>
          fill(k + 1, { ...inner, [binder.id]: i + dim(binder.from) }),
        );
      };
      return fill(0, indices);
    }
    case 'call': {
      const args = expr.args.map((a) => visit(a));
      return definition(
        expr.fn,
        args,
        expr.args.map((a) => a.type.row === true),
      )(...args);
    }
    case 'if':
      return visit(expr.condition) === 0 ? visit(expr.else) : visit(expr.then);
    case 'array':
      return expr.elements.map((e) => visit(e));
    case 'subscript': {
      const step = (x: Nested, k: number): Nested => {
        const subscript = expr.subscripts[k];
        if (subscript === undefined) return x;
        if (subscript.kind === 'at') return step(entryAt(x, visit(subscript.at)), k + 1);
        const from = subscript.kind === 'range' ? (visit(subscript.from) as number) : 0;
        const length = subscript.kind === 'range' ? dim(subscript.length) : list(x).length;
        return list(x)
          .slice(from, from + length)
          .map((e) => step(e, k + 1));
      };
      return step(visit(expr.base), 0);
    }
    case 'reduce':
    case 'stack': {
      const found: Nested[] = [];
      const loop = (k: number, at: Indices): Nested => {
        const binder = expr.binders[k];
        if (binder === undefined) {
          if (expr.kind === 'reduce' && expr.where !== null && visit(expr.where, at) === 0) return 0;
          const value = visit(expr.body, at);
          found.push(value);
          return value;
        }
        return Array.from({ length: dim(binder.to) - dim(binder.from) }, (_, i) =>
          loop(k + 1, { ...at, [binder.id]: i + dim(binder.from) }),
        );
      };
      const stacked = loop(0, indices);
      if (expr.kind === 'stack') return stacked;
      const over = (f: (x: number, y: number) => number): Nested => found.reduce((a, b) => join(a, b, f));
      switch (expr.reducer) {
        case 'sum':
          return over((x, y) => x + y);
        case 'prod':
          return over((x, y) => x * y);
        case 'min':
          return over(Math.min);
        case 'max':
          return over(Math.max);
        case 'mean':
          return scaled(
            over((x, y) => x + y),
            (x) => x / found.length,
          );
        case 'logsumexp':
          return over((x, y) => Math.max(x, y) + Math.log1p(Math.exp(-Math.abs(x - y))));
      }
    }
    // falls through
    default:
      throw new Error(`no evaluation of ${expr.kind}`);
  }
};

/** The energy of all factors: summed over their indices, filters obeyed. */
export const energyOfModel = (world: World): number => {
  const dim = (d: Dim): number => evaluateDim(d, world.sizes);
  let total = 0;
  for (const factor of world.model.factors) {
    const loop = (k: number, at: Indices): void => {
      const binder = factor.binders[k];
      if (binder === undefined) {
        if (factor.where === null || evaluateExpr(world, factor.where, at) !== 0)
          total += evaluateExpr(world, factor.energy, at) as number;
        return;
      }
      for (let i = dim(binder.from); i < dim(binder.to); i++) loop(k + 1, { ...at, [binder.id]: i });
    };
    loop(0, {});
  }
  return total;
};
