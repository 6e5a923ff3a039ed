// Nodes that hold no unknown (given cells of an array that has missing ones, padding of a ragged array) are pinned: a factor of
// their own whose integral at β is 1 and whose minimum is 0, so that neither log Z nor a minimum counts them, and a quadratic
// energy stays one. In: a continuous variable, which nodes. Out: a group that is no factor of the model.
import { numberExpr } from '../graph/expressions.ts';
import type { FactorGroup } from '../graph/factor-graph.ts';
import { positionOf } from '../graph/small-expressions.ts';
import type { DomainKind, Expr, Variable } from '../semantics/model.ts';

/** Where the pin (π/β)(y - centre)² stands: ∫ exp(-π (y - centre)²) dy = 1 over all reals, and over y > 0 with the centre at 4
 *  up to 1e-23. `flat`: the domain has length 1, and no energy at all has integral 1 and minimum 0. null: no such pin. */
const centres: Readonly<Record<DomainKind, number | 'flat' | null>> = {
  real: 0,
  nonnegative: 4,
  positive: 4,
  unit: 'flat',
  interval: null,
  angle: null,
  simplex: null,
  sphere: null,
  ball: null,
  orthonormal: null,
  spd: null,
  binary: null,
  spin: null,
  category: null,
  index: null,
  integer: null,
  onehot: null,
  permutation: null,
};

/** Whether nodes of the domain can be pinned. */
export const isPinnable = (domain: DomainKind): boolean => centres[domain] !== null;

/** `held`: 1 where a cell is held, in the shape of a node; null: all cells of the nodes that `where` names. null when no
 *  energy is needed. */
export const pin = (variable: Variable, held: Expr | null, where: Expr | null, beta: number): FactorGroup | null => {
  const centre = centres[variable.domain.kind];
  if (centre === null || centre === 'flat') return null;
  const node = nodeOf(variable);
  const { shape } = variable.type;
  const make = (fn: 'sub' | 'mul' | 'pow' | 'sum', args: readonly Expr[], of = shape): Expr => ({
    kind: 'call',
    fn,
    args,
    type: { scalar: { kind: 'real' }, shape: of },
    span: variable.span,
  });
  const away = centre === 0 ? node : make('sub', [node, numberExpr(centre, node)]);
  const masked = held === null ? away : make('mul', [held, away]);
  const squares = make('pow', [masked, numberExpr(2, node)]);
  const total = shape.length === 0 ? squares : make('sum', [squares], []);
  return {
    name: `${variable.name} held`,
    kind: 'factor',
    filler: true,
    binders: variable.binders,
    where,
    slots: [],
    energy: make('mul', [numberExpr(Math.PI / beta, node), total], []),
    distribution: null,
    span: variable.span,
  };
};

/** The variable at its own indices. */
export const nodeOf = (v: Variable): Expr => ({
  kind: 'ref',
  of: 'variable',
  name: v.name,
  at: v.binders.map((b) => positionOf(b, v.span)),
  type: v.type,
  span: v.span,
});
