// In: factor groups. Out: the same energy in smaller groups: sums are taken apart, and a sum over an index becomes an index
// of the group. `sum[t in 1..T] (y[t] - y[t-1])^2` couples neighbours, not all of y.
import type { Binder, Expr } from '../semantics/model.ts';
import { product, subtract } from '../tensor/dims.ts';
import type { FactorGroup, Slot } from './factor-graph.ts';

interface Term {
  readonly binders: readonly Binder[];
  readonly where: readonly Expr[];
  readonly energy: Expr;
}

const alone = (energy: Expr): readonly Term[] => [{ binders: [], where: [], energy }];

const call = (fn: 'neg' | 'mul' | 'div', args: readonly Expr[], like: Expr): Expr => ({
  kind: 'call',
  fn,
  args,
  type: { scalar: { kind: 'real' }, shape: [] },
  span: like.span,
});

const each = (terms: readonly Term[], change: (energy: Expr) => Expr): readonly Term[] =>
  terms.map((t) => ({ ...t, energy: change(t.energy) }));

/** Lets that double lets would be sums without end. */
const mostTerms = 1000;
const few = (terms: readonly Term[], whole: Expr): readonly Term[] => (terms.length > mostTerms ? alone(whole) : terms);

const isSplit = (terms: readonly Term[]): boolean => terms.length > 1 || terms[0]!.binders.length > 0;

const split = (expr: Expr): readonly Term[] => {
  if (expr.type.shape.length > 0) return alone(expr);
  if (expr.kind === 'call') {
    const [a, b] = expr.args as [Expr, Expr];
    if (expr.fn === 'add') return few([...split(a), ...split(b)], expr);
    if (expr.fn === 'sub') return few([...split(a), ...each(split(b), (e) => call('neg', [e], e))], expr);
    if (expr.fn === 'neg') return each(split(a), (e) => call('neg', [e], e));
    if (expr.fn === 'div') return each(split(a), (e) => call('div', [e, b], e));
    if (expr.fn === 'mul') {
      const right = split(b);
      if (isSplit(right)) return each(right, (e) => call('mul', [a, e], e));
      const left = split(a);
      return isSplit(left) ? each(left, (e) => call('mul', [e, b], e)) : alone(expr);
    }
    return alone(expr);
  }
  if (expr.kind !== 'reduce') return alone(expr);
  const where = expr.where === null ? [] : [expr.where];
  const inner = (): readonly Term[] =>
    split(expr.body).map((t) => ({ ...t, binders: [...expr.binders, ...t.binders], where: [...where, ...t.where] }));
  if (expr.reducer === 'sum') return inner();
  if (expr.reducer !== 'mean' || expr.where !== null) return alone(expr);
  const count: Expr = {
    kind: 'dim',
    dim: product(expr.binders.map((b) => subtract(b.to, b.from))),
    type: { scalar: { kind: 'integer' }, shape: [] },
    span: expr.span,
  };
  return each(inner(), (e) => call('div', [e, count], e));
};

const and = (conditions: readonly Expr[]): Expr | null =>
  conditions.length === 0
    ? null
    : conditions.reduce((a, b): Expr => ({ kind: 'call', fn: 'and', args: [a, b], type: a.type, span: a.span }));

/** The groups whose energies add up to that of `group`, named after it. Constraints are not sums and stay whole. */
export const additiveTerms = (
  group: FactorGroup,
  collect: (energy: Expr, binders: readonly Binder[]) => readonly Slot[],
): readonly FactorGroup[] => {
  if (group.kind === 'constraint') return [group];
  const terms = split(group.energy);
  if (!isSplit(terms)) return [group];
  return terms.map((term): FactorGroup => {
    const binders = [...group.binders, ...term.binders];
    const where = and(group.where === null ? term.where : [group.where, ...term.where]);
    return { ...group, binders, where, energy: term.energy, slots: collect(term.energy, binders), distribution: null };
  });
};
