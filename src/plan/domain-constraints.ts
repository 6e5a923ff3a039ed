// What a declaration's `where` demands of discrete unknowns, as constraint groups that every method honours or refuses:
// its conditions (`k != 5`), and one state for the nodes that its index clause leaves out, so that they count for nothing
// in a sum over states; continuous nodes that are left out are pinned likewise (pins.ts). In: the model and its unknowns.
// Out: groups; diagnostics for what has no such form.
import type { Diagnostic } from '../diagnostics/diagnostic.ts';
import { diagnosePlanning } from '../diagnostics/messages/planning.ts';
import { isDiscrete } from '../graph/domain-facts.ts';
import { indexExpr, letInliner, numberExpr } from '../graph/expressions.ts';
import type { FactorGroup } from '../graph/factor-graph.ts';
import { callExpr, equals } from '../graph/small-expressions.ts';
import type { Binder, Expr, Model, Variable } from '../semantics/model.ts';
import { isPinnable, nodeOf, pin } from './pins.ts';

/** `beta`: the temperature of what is marginalised. `held`: arrays whose nodes outside are held already (missing-cells.ts). */
export const domainConstraints = (
  model: Model,
  unknowns: readonly Variable[],
  beta: number,
  held: ReadonlySet<string>,
): { readonly groups: readonly FactorGroup[]; readonly diagnostics: readonly Diagnostic[] } => {
  const inline = letInliner(model);
  const open = unknowns.filter((v) => v.where !== null && !isDiscrete(v.domain.kind) && !held.has(v.name));
  const isHeld = (v: Variable): boolean => v.role !== 'param' && isPinnable(v.domain.kind);
  const diagnostics = open
    .filter((v) => !isHeld(v))
    .map((v) => {
      const what = `${v.role} ${v.name}, of which a \`where\` or a ragged size leaves out some nodes,`;
      return diagnosePlanning('EBM501', v.span, { what, needs: `arrays of ${v.domain.kind} with holes` });
    });
  const pins = open.filter(isHeld).flatMap((v) => pin(v, null, not(v.where!), beta) ?? []);
  const discrete = unknowns.filter((v) => isDiscrete(v.domain.kind));
  const groups = discrete.flatMap((v) => [
    ...v.conditions.map((c) => constraint(v, ` where${v.conditions.indexOf(c) || ''}`, v.where, allTrue(inline(c)))),
    ...(v.where === null ? [] : [leftOut(v, v.where)]),
  ]);
  return { groups: [...groups, ...pins], diagnostics };
};

const not = (condition: Expr): Expr => callExpr('not', [condition], condition);

const constraint = (variable: Variable, suffix: string, where: Expr | null, energy: Expr): FactorGroup => ({
  name: `${variable.name}${suffix}`,
  kind: 'constraint',
  binders: variable.binders,
  where,
  slots: [],
  energy,
  distribution: null,
  span: variable.span,
});

const filler = (v: Variable, where: Expr, energy: Expr, inner: readonly Binder[] = []): FactorGroup => ({
  ...constraint(v, ' left out', where, energy),
  binders: [...v.binders, ...inner],
  filler: true,
});

/** A condition of an array holds for all of its entries. */
const allTrue = (condition: Expr): Expr =>
  condition.type.shape.length === 0
    ? condition
    : { kind: 'call', fn: 'min', args: [condition], type: BOOLEAN, span: condition.span };

const BOOLEAN = { scalar: { kind: 'boolean' }, shape: [] } as const;

/** The nodes that the index clause leaves out, held in their first state. */
const leftOut = (v: Variable, where: Expr): FactorGroup => {
  const out = not(where);
  const node = nodeOf(v);
  if (v.domain.kind === 'onehot') {
    const entry = subscript(node, [numberExpr(0, where)]);
    return filler(v, out, equals(entry, numberExpr(1, where)));
  }
  // The first state of each entry of an array.
  const inner = v.type.shape.map((dim, i): Binder => ({
    id: `left out ${v.name} ${i}`,
    name: `${v.name}${i}`,
    from: [],
    to: dim,
    span: v.span,
  }));
  const entry =
    inner.length === 0
      ? node
      : subscript(
          node,
          inner.map((b) => indexExpr(b.id, where)),
        );
  return filler(v, out, equals(entry, firstState(v, where)), inner);
};

const firstState = (v: Variable, like: Expr): Expr => {
  if (v.domain.kind === 'integer') return { ...numberExpr(0, like), kind: 'dim', dim: v.domain.from };
  return numberExpr(v.domain.kind === 'spin' ? -1 : 0, like);
};

const subscript = (base: Expr, at: readonly Expr[]): Expr => ({
  kind: 'subscript',
  base,
  subscripts: at.map((index) => ({ kind: 'at', at: index }) as const),
  type: { scalar: base.type.scalar, shape: [] },
  span: base.span,
});
