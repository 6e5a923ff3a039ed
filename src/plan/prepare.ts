// The groups that a plan is made for: lets expanded, regularizers dropped when asked, and a refusal of everything that has
// no implementation. In: graph and task. Out: groups, diagnostics.
import type { Diagnostic } from '../diagnostics/diagnostic.ts';
import { diagnosePlanning } from '../diagnostics/messages/planning.ts';
import { letInliner, visit } from '../graph/expressions.ts';
import type { FactorGraph, FactorGroup } from '../graph/factor-graph.ts';
import { builtins } from '../semantics/builtins.ts';
import type { Expr } from '../semantics/model.ts';

/** Kinds of expression that nothing lowers yet, and what they wait for. */
const unserved: Partial<Record<Expr['kind'], { readonly what: string; readonly needs: string }>> = {
  net: { what: 'a net', needs: 'learning by gradient with net layers' },
  layer: { what: 'a net layer', needs: 'learning by gradient with net layers' },
  parameter: { what: 'a net', needs: 'learning by gradient with net layers' },
  weights: { what: 'weights(…)', needs: 'learning by gradient with net layers' },
};

export const prepareGroups = (
  graph: FactorGraph,
  withoutRegularizers: boolean,
): { readonly groups: readonly FactorGroup[]; readonly diagnostics: readonly Diagnostic[] } => {
  const diagnostics: Diagnostic[] = [];
  const refuse = (expr: Expr, what: string, needs: string): void => {
    if (!diagnostics.some((d) => d.span?.start === expr.span.start))
      diagnostics.push(diagnosePlanning('EBM501', expr.span, { what, needs }));
  };
  const inline = letInliner(graph.model);
  const groups = graph.groups
    .filter((g) => !(withoutRegularizers && g.kind === 'regularizer'))
    .map((g) => ({ ...g, energy: inline(g.energy) }));
  for (const g of groups)
    for (const root of g.where === null ? [g.energy] : [g.energy, g.where])
      visit(root, (e) => {
        const known = unserved[e.kind];
        if (known !== undefined) refuse(e, known.what, known.needs);
        if (e.kind === 'call' && builtins[e.fn].lower === null)
          refuse(e, `${builtins[e.fn].spelling ?? e.fn}(…)`, 'derivatives inside the energy');
      });
  for (const v of graph.model.variables)
    if (v.role === 'noise')
      diagnostics.push(
        diagnosePlanning('EBM501', v.span, { what: `noise ${v.name}`, needs: 'sampling while learning' }),
      );
  return { groups, diagnostics };
};
