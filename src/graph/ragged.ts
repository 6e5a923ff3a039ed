// The lengths of ragged sizes as arrays of data: `T[n]` becomes a reference like any other, so that filters, indices and
// energies need no notion of raggedness; an index clause over `T[n]` is its hull and the filter `t < T[n]` already.
// In: a factor graph. Out: the same with a data variable of lengths for each ragged size.
import { lengthsName } from '../data/ragged-axes.ts';
import type { Binder, Expr, Model, SizeSymbol, Variable } from '../semantics/model.ts';
import * as dims from '../tensor/dims.ts';
import { mapChildren, visit } from './expressions.ts';
import type { FactorGraph } from './factor-graph.ts';
import { slotCollector } from './slots.ts';

export const lengthsAsData = (graph: FactorGraph): FactorGraph => {
  const ragged = graph.model.sizes.filter((s) => s.ragged.length > 0);
  if (ragged.length === 0) return graph;
  const model = rewriteModel(graph.model, ragged);
  const { collect } = slotCollector(model);
  const groups = graph.groups.map((g) => {
    const energy = lengthsRead(g.energy);
    const where = g.where === null ? null : lengthsRead(g.where);
    const distribution =
      g.distribution === null ? null : { ...g.distribution, args: g.distribution.args.map(lengthsRead) };
    const slots = energy === g.energy && where === g.where ? g.slots : collect(energy, g.binders);
    return { ...g, energy, where, distribution, slots };
  });
  return { ...graph, model, variables: model.variables, groups };
};

const lengthsRead = (expr: Expr): Expr => {
  const inner = mapChildren(expr, lengthsRead);
  if (inner.kind !== 'ragged') return inner;
  const { size, at, type, span } = inner;
  return { kind: 'ref', of: 'variable', name: lengthsName(size), at, type, span };
};

const rewriteModel = (model: Model, ragged: readonly SizeSymbol[]): Model => {
  const orNull = (expr: Expr | null): Expr | null => (expr === null ? null : lengthsRead(expr));
  return {
    ...model,
    variables: [
      ...ragged.map((size) => lengthsOf(model, size)),
      ...model.variables.map((v) => ({
        ...v,
        where: orNull(v.where),
        conditions: v.conditions.map(lengthsRead),
        start: orNull(v.start),
      })),
    ],
    lets: model.lets.map((l) => ({ ...l, where: orNull(l.where), value: lengthsRead(l.value) })),
    factors: model.factors.map((f) => ({ ...f, where: orNull(f.where), energy: lengthsRead(f.energy) })),
    train:
      model.train === null
        ? null
        : {
            ...model.train,
            losses: model.train.losses.map((l) => ({
              ...l,
              expression: orNull(l.expression),
              named: l.named === null ? null : { ...l.named, options: mapValues(l.named.options, lengthsRead) },
            })),
          },
  };
};

const mapValues = (options: Readonly<Record<string, Expr>>, change: (expr: Expr) => Expr): Record<string, Expr> =>
  Object.fromEntries(Object.entries(options).map(([name, expr]) => [name, change(expr)]));

/** The lengths of `size T[n in N]`: along n of the plate where T[n] is read in one, so that they go with its points. */
const lengthsOf = (model: Model, size: SizeSymbol): Variable => {
  const plates = new Map(model.plates.map((p) => [p.binder.id, p.binder] as const));
  const along = size.ragged.map((b): Binder => b);
  const look = (e: Expr): void => {
    if (e.kind !== 'ragged' || e.size !== size.name) return;
    e.at.forEach((at, i) => {
      const plate = at.kind === 'index' ? plates.get(at.id) : undefined;
      if (plate !== undefined && dims.equal(plate.from, along[i]!.from) && dims.equal(plate.to, along[i]!.to))
        along[i] = plate;
    });
  };
  for (const { where } of [...model.variables, ...model.factors]) if (where !== null) visit(where, look);
  const shape: Variable['type']['shape'] = [];
  return {
    name: lengthsName(size.name),
    role: 'data',
    domain: { kind: 'integer', from: [], to: dims.add(dims.size(size.name), dims.constant(1)), shape, span: size.span },
    type: { scalar: { kind: 'integer' }, shape },
    binders: along,
    where: null,
    conditions: [],
    start: null,
    net: null,
    span: size.span,
  };
};
