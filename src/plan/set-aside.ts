// Missing cells that wait until everything else is known: in a minimum, a cell that only one squared residual reads is whatever
// makes it 0, so it takes no part in choosing the rest, and is predicted from it afterwards. Without this, the missing
// components of a point would be one block with its discrete latent. In: a factor graph and a task. Out: the graph in which
// such arrays are read at their given cells only; then the blocks that predict the others.
import type { Checked } from '../diagnostics/diagnostic.ts';
import { letInliner } from '../graph/expressions.ts';
import type { FactorGraph, FactorGroup } from '../graph/factor-graph.ts';
import type { Variable } from '../semantics/model.ts';
import { planBlocks } from './plan-blocks.ts';
import { withoutMissing } from './given-in-learning.ts';
import { missingAsUnknowns, withCellData } from './missing-cells.ts';
import { components, decide, finiteBeta } from './operations.ts';
import type { PlannedBlock } from './plan.ts';
import { sceneryOf } from './scenery.ts';
import type { Task } from './task.ts';

export interface SetAside {
  readonly graph: FactorGraph;
  readonly names: ReadonlySet<string>;
}

/** `beta`: the value of the model's beta. Arrays that are joined to no other unknown stay. */
export const setAside = (graph: FactorGraph, task: Task, beta: number | null): SetAside => {
  const names = new Set<string>();
  if (task.partial.size === 0) return { graph, names };
  const inline = letInliner(graph.model);
  let groups: readonly FactorGroup[] = graph.groups.map((g) => ({ ...g, energy: inline(g.energy) }));
  const open = graph.variables.filter((v) => ['target', 'latent'].includes(v.role) && !task.given.has(v.name));
  for (const block of components(open, groups).filter((list) => list.length > 1)) {
    const all = new Set(block.map((v) => v.name));
    const decisions = new Map(block.map((v) => [v.name, decide(graph.model, task, beta, v, all, groups)] as const));
    if ([...decisions.values()].some((d) => d.operation !== 'minimize')) continue;
    for (const v of block.filter((x) => task.partial.has(x.name))) {
      const next = withoutMissing(graph.model, groups, v, decisions.get(v.name)!);
      if (next === null) continue;
      groups = next;
      names.add(v.name);
    }
  }
  if (names.size === 0) return { graph, names };
  const known = graph.variables.filter((v) => names.has(v.name));
  const variables = withCellData(graph.variables, known);
  return { graph: { ...graph, model: { ...graph.model, variables }, variables, groups }, names };
};

/** The blocks of the arrays that were set aside, with all other unknowns given. `graph`: as it was before. */
export const planPrediction = (
  graph: FactorGraph,
  task: Task,
  beta: number | null,
  names: ReadonlySet<string>,
): Checked<readonly PlannedBlock[]> => {
  if (names.size === 0) return { value: [], diagnostics: [] };
  const whole = missingAsUnknowns(graph, names, finiteBeta(task, beta));
  const isOpen = (v: Variable): boolean => names.has(v.name);
  const given = new Set(whole.value.variables.filter((v) => !isOpen(v)).map((v) => v.name));
  const later = { ...task, given };
  const seen = sceneryOf(whole.value, later, beta, whole.value.variables.filter(isOpen));
  if (seen.value === null) return { value: [], diagnostics: seen.diagnostics };
  const nodes = seen.value.model.variables.filter(isOpen);
  const { blocks, diagnostics } = planBlocks({ ...seen.value, task: later, beta }, nodes);
  return { value: blocks, diagnostics };
};
