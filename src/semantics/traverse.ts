// Walking typed expressions. In: an Expr. Out: its direct subexpressions, or a visit of all of them (shared ones once).
import type { Expr } from './model.ts';

export const childrenOf = (expr: Expr): readonly Expr[] => {
  switch (expr.kind) {
    case 'number':
    case 'dim':
    case 'beta':
    case 'index':
    case 'parameter':
    case 'weights':
      return [];
    case 'ragged':
    case 'ref':
      return expr.at;
    case 'call':
    case 'net':
      return expr.args;
    case 'reduce':
      return expr.where === null ? [expr.body] : [expr.where, expr.body];
    case 'stack':
      return [expr.body];
    case 'if':
      return [expr.condition, expr.then, expr.else];
    case 'array':
      return expr.elements;
    case 'subscript':
      return [
        expr.base,
        ...expr.subscripts.flatMap((s) => (s.kind === 'at' ? [s.at] : s.kind === 'range' ? [s.from] : [])),
      ];
    case 'layer':
      return [expr.input, ...Object.values(expr.options)];
    case 'free-energy':
      return expr.replaced.map((r) => r.by);
    case 'negatives':
      return expr.options;
  }
};

/** Calls `visit` once for every distinct subexpression, outer ones first. */
export const walk = (expr: Expr, visit: (e: Expr) => void): void => {
  const seen = new Set<Expr>();
  const step = (e: Expr): void => {
    if (seen.has(e)) return;
    seen.add(e);
    visit(e);
    childrenOf(e).forEach(step);
  };
  step(expr);
};
