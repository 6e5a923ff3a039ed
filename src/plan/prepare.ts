// The groups that a plan is made for: lets and nets looked through, regularizers dropped when asked, and a refusal of
// everything that has no implementation. In: graph, and what is given. Out: groups, diagnostics.
import type { Diagnostic } from '../diagnostics/diagnostic.ts';
import { diagnosePlanning } from '../diagnostics/messages/planning.ts';
import { visit } from '../graph/expressions.ts';
import type { FactorGraph, FactorGroup } from '../graph/factor-graph.ts';
import { definitionExpander } from '../graph/nets/expand.ts';
import { followerNames, settledFollowers } from '../graph/nets/followers.ts';
import { writtenNumber } from '../semantics/builtin.ts';
import { builtins } from '../semantics/builtins.ts';
import type { Expr, Model } from '../semantics/model.ts';

export interface Preparation {
  readonly withoutRegularizers: boolean;
  /** Names of variables with values. */
  readonly given: ReadonlySet<string>;
}

export const prepareGroups = (
  graph: FactorGraph,
  { withoutRegularizers, given }: Preparation,
): { readonly groups: readonly FactorGroup[]; readonly diagnostics: readonly Diagnostic[] } => {
  const { model } = graph;
  const diagnostics: Diagnostic[] = [];
  const refuse = (expr: Pick<Expr, 'span'>, what: string, needs: string): void => {
    if (!diagnostics.some((d) => d.span?.start === expr.span.start))
      diagnostics.push(diagnosePlanning('EBM501', expr.span, { what, needs }));
  };
  const kept = graph.groups.filter((g) => !(withoutRegularizers && g.kind === 'regularizer'));
  const groups = expandGroups(model, kept, given);
  for (const g of groups)
    for (const root of g.where === null ? [g.energy] : [g.energy, g.where])
      visit(root, (e) => {
        if (e.kind === 'call' && builtins[e.fn].lower === null)
          refuse(e, `${builtins[e.fn].spelling ?? e.fn}(…)`, 'derivatives inside the energy');
      });
  const follows = followerNames(model);
  const learns = model.variables.some((v) => v.role === 'param' && !given.has(v.name) && !follows.has(v.name));
  if (learns)
    for (const layer of layersIn(model, kept))
      if (layer.layer === 'dropout' && rateOf(layer) !== 0)
        refuse(layer, 'learning with dropout', 'sampling while learning');
  for (const v of model.variables) if (v.role === 'noise') refuse(v, `noise ${v.name}`, 'sampling while learning');
  return { groups, diagnostics };
};

const rateOf = (layer: Expr & { kind: 'layer' }): number | null => {
  const rate = layer.options['rate'];
  return rate === undefined ? null : writtenNumber(rate);
};

/** Energies without lets and nets. */
const expandGroups = (
  model: Model,
  groups: readonly FactorGroup[],
  given: ReadonlySet<string>,
): readonly FactorGroup[] => {
  const expand = definitionExpander(model, settledFollowers(model, given));
  return groups.map((g) => ({ ...g, energy: expand(g.energy), where: g.where === null ? null : expand(g.where) }));
};

/** The layers of all nets that the groups call, directly or through other nets. */
const layersIn = (model: Model, groups: readonly FactorGroup[]): readonly (Expr & { kind: 'layer' })[] => {
  const layers: (Expr & { kind: 'layer' })[] = [];
  const nets = new Set<string>();
  const look = (e: Expr): void => {
    if (e.kind === 'layer') layers.push(e);
    if (e.kind !== 'net' || nets.has(e.net)) return;
    nets.add(e.net);
    visit(model.nets.find((n) => n.name === e.net)!.body, look);
  };
  for (const g of groups) visit(g.energy, look);
  return layers;
};
