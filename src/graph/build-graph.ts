// In: the typed model. Out: its factor graph: one group per declared factor with its slots, and the plates.
import type { Checked } from '../diagnostics/diagnostic.ts';
import { diagnoseGraph } from '../diagnostics/messages/graph.ts';
import type { Factor, Model } from '../semantics/model.ts';
import { letInliner } from './expressions.ts';
import type { FactorGraph, FactorGroup, IndexMap, Slot } from './factor-graph.ts';
import { scale, subtract } from '../tensor/dims.ts';
import { findPlates } from './plates.ts';
import { slotCollector } from './slots.ts';

/** The energies of the groups have their lets replaced by what the lets stand for. Warns of plates that do not nest (EBM450). */
export const buildFactorGraph = (
  model: Model,
): { readonly graph: FactorGraph; readonly diagnostics: Checked<null>['diagnostics'] } => {
  const inline = letInliner(model);
  const { collect } = slotCollector(model);
  const groups = model.factors.map((factor): FactorGroup => {
    const { name, kind, binders, where, span } = factor;
    const energy = inline(factor.energy);
    const distribution =
      factor.distribution === null ? null : { ...factor.distribution, args: factor.distribution.args.map(inline) };
    const slots = withOwnVariable(collect(energy, binders), factor, model);
    return { name, kind, binders, where, slots, energy, distribution, span };
  });
  const { plates, plateOf, crossing } = findPlates(model.variables, groups);
  const graph: FactorGraph = { model, variables: model.variables, groups, plates };
  const diagnostics = crossing.map(([a, b]) => {
    const shared = model.variables.find((v) => [a, b].every((p) => v.binders.some((x) => plateOf.get(x.id) === p.id)))!;
    return diagnoseGraph('EBM450', shared.span, { first: a.name, second: b.name, shared: shared.name });
  });
  return { graph, diagnostics };
};

/** `e ~ uniform()` belongs to e, although its energy is constant. */
const withOwnVariable = (slots: readonly Slot[], factor: Factor, model: Model): readonly Slot[] => {
  const own = factor.distribution?.variable;
  if (own === undefined || slots.some((s) => s.variable === own)) return slots;
  const axes = model.variables.find((v) => v.name === own)?.binders ?? [];
  const at = axes.map((axis, k): IndexMap => {
    const index = factor.binders.find((b) => b.id === axis.id) ?? factor.binders[k];
    return index === undefined
      ? { kind: 'all', from: [], to: subtract(axis.to, axis.from), over: [] }
      : { kind: 'affine', index: index.id, offset: scale(axis.from, -1) };
  });
  return [{ variable: own, at }, ...slots];
};
