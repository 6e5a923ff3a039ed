// In: a factor graph. Out: the written name of every index, by binder id.
import type { Binder } from '../../semantics/model.ts';
import type { FactorGraph } from '../factor-graph.ts';
import { visit } from '../expressions.ts';

export const indexNames = (graph: FactorGraph): ((id: string) => string) => {
  const binders: Binder[] = [...graph.variables, ...graph.groups].flatMap((x) => x.binders);
  for (const g of graph.groups)
    visit(g.energy, (e) => {
      if (e.kind === 'reduce' || e.kind === 'stack') binders.push(...e.binders);
    });
  const names = new Map(binders.map((b) => [b.id, b.name]));
  return (id) => names.get(id) ?? id;
};
