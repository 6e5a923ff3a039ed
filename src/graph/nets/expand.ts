// Nets looked through: a call becomes the net's body with the arguments for its parameters, layers become expressions of
// their params, `weights(Net)` the params one after another. In: a model. Out: a rewriting of expressions whose lets and nets
// are gone; equal calls become one object, so that analyses and the lowering meet their parts once.
import { InternalError } from '../../diagnostics/diagnostic.ts';
import { callExpr, numberExpr, subscriptExpr } from '../../semantics/make.ts';
import type { BuiltinName } from '../../semantics/builtins.ts';
import type { Expr, Model, Net, SubscriptExpr } from '../../semantics/model.ts';
import { equal } from '../../tensor/dims.ts';
import { exprKey, letInliner, mapChildren } from '../expressions.ts';
import { layerExpression } from './layer-expressions.ts';

/** The lengths of the result by their declared names: `T` where the body has floor((L - 10) / 5) + 1, which was checked to be
 *  the same number. */
const declaredLengths = (body: Expr, net: Net): Expr => {
  const { shape } = net.result;
  if (shape.every((dim, axis) => equal(dim, body.type.shape[axis]!))) return body;
  const from = numberExpr(0, body.span);
  const subscripts = shape.map((length, axis): SubscriptExpr => {
    return equal(length, body.type.shape[axis]!) ? { kind: 'all' } : { kind: 'range', from, length };
  });
  return subscriptExpr(body, subscripts, body.span);
};

/** Functions of a vector that are sums over its entries, as functions of an array. */
const sums: Readonly<Partial<Record<BuiltinName, (param: Expr) => Expr>>> = {
  'squared-norm2': (p) => {
    if (p.type.shape.length === 1) return callExpr('squared-norm2', [p], p.span);
    if (p.type.shape.length === 2) return callExpr('squared-normF', [p], p.span);
    return callExpr('sum', [callExpr('mul', [p, p], p.span)], p.span);
  },
  norm1: (p) => callExpr('sum', [callExpr('abs', [p], p.span)], p.span),
  sum: (p) => callExpr('sum', [p], p.span),
};

/** Replaces every let and every net. `standIns`: params that are read in the place of others. */
export const definitionExpander = (
  model: Model,
  standIns: ReadonlyMap<string, string> = new Map(),
): ((expr: Expr) => Expr) => {
  const inline = letInliner(model);
  const nets = new Map(model.nets.map((n) => [n.name, n]));
  const variables = new Map(model.variables.map((v) => [v.name, v]));
  const instances = new Map<string, Expr>();
  const seen = new Map<Expr, Expr>();
  let layerCount = 0;

  const netOf = (name: string): Net => {
    const found = nets.get(name);
    if (found === undefined) throw new InternalError(`no net named ${name}`);
    return found;
  };
  const paramOf = (owned: string, like: Expr): Expr => {
    const name = standIns.get(owned) ?? owned;
    const variable = variables.get(name);
    if (variable === undefined) throw new InternalError(`no param named ${name}`);
    return { kind: 'ref', of: 'variable', name, at: [], type: variable.type, span: like.span };
  };

  /** `within`: what the parameters of the net around stand for, and a suffix for the indices of this instance. */
  const rewriter = (within: { readonly args: ReadonlyMap<string, Expr>; readonly suffix: string } | null) => {
    const known = within === null ? seen : new Map<Expr, Expr>();
    const rename = (id: string): string => (within === null ? id : `${id}${within.suffix}`);
    const rewrite = (expr: Expr): Expr => {
      const before = known.get(expr);
      if (before !== undefined) return before;
      const after = step(expr);
      known.set(expr, after);
      return after;
    };
    const step = (expr: Expr): Expr => {
      if (expr.kind === 'parameter') {
        const arg = within?.args.get(expr.name);
        if (arg === undefined) throw new InternalError(`parameter ${expr.name} outside its net`);
        return arg;
      }
      if (expr.kind === 'index') return within === null ? expr : { ...expr, id: rename(expr.id) };
      if (expr.kind === 'net') return instance(expr.net, expr.args.map(rewrite));
      if (expr.kind === 'weights') return weightsOf(netOf(expr.net), expr);
      if (expr.kind === 'layer') {
        const params = expr.params.map((name) => paramOf(name, expr));
        return layerExpression(expr, rewrite(expr.input), params, `${expr.layer}.${layerCount++}`);
      }
      const apart = expr.kind === 'call' ? separately(expr) : null;
      if (apart !== null) return apart;
      const inner = mapChildren(expr, rewrite);
      if ((inner.kind !== 'reduce' && inner.kind !== 'stack') || within === null) return inner;
      return { ...inner, binders: inner.binders.map((b) => ({ ...b, id: rename(b.id) })) };
    };
    return rewrite;
  };

  const instance = (name: string, args: readonly Expr[]): Expr => {
    const key = `${name}(${args.map(exprKey).join(';')})`;
    const known = instances.get(key);
    if (known !== undefined) return known;
    const net = netOf(name);
    const bound = new Map(net.parameters.map((p, i) => [p.name, args[i]!] as const));
    const body = rewriter({ args: bound, suffix: `'${name}${instances.size}` })(inline(net.body));
    const value = declaredLengths(body, net);
    instances.set(key, value);
    return value;
  };

  const flat = (param: Expr): Expr =>
    param.type.shape.length === 1 ? param : callExpr('flatten', [param], param.span);
  const weightsOf = (net: Net, like: Expr): Expr =>
    callExpr(
      'concat',
      net.params.map((name) => flat(paramOf(name, like))),
      like.span,
    );

  /** ‖weights(Net)‖² is a sum over the params, which then stay apart: weight decay ties none of them together. */
  const separately = (expr: Expr & { kind: 'call' }): Expr | null => {
    const [inner] = expr.args;
    const part = sums[expr.fn];
    if (inner?.kind !== 'weights' || part === undefined) return null;
    const parts = netOf(inner.net).params.map((name) => part(paramOf(name, inner)));
    return parts.reduce((sum, p) => callExpr('add', [sum, p], expr.span));
  };

  const outside = rewriter(null);
  return (expr) => outside(inline(expr));
};
