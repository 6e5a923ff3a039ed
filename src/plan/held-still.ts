// `stop_gradient(e)` reads e without taking part in choosing what it is made of. Then the unknowns do not share one energy: a
// method that minimises would answer another question. Only learning that follows gradients from step to step can honour it,
// and only for params. In: groups and unknowns. Out: what is held, and refusals.
import type { Diagnostic, Span } from '../diagnostics/diagnostic.ts';
import { diagnosePlanning } from '../diagnostics/messages/planning.ts';
import { dependsOn, visit } from '../graph/expressions.ts';
import type { FactorGroup } from '../graph/factor-graph.ts';
import type { Variable } from '../semantics/model.ts';

/** Where `stop_gradient` stands around some of the names; each place once. */
export const heldStill = (groups: readonly FactorGroup[], names: ReadonlySet<string>): readonly Span[] => {
  const found = new Map<number, Span>();
  for (const g of groups)
    visit(g.energy, (e) => {
      if (e.kind === 'call' && e.fn === 'stop_gradient' && dependsOn(e, names)) found.set(e.span.start, e.span);
    });
  return [...found.values()];
};

/** Latents and targets are chosen by minimising or integrating the energy as a whole. */
export const refuseHeldUnknowns = (
  groups: readonly FactorGroup[],
  unknowns: readonly Variable[],
): readonly Diagnostic[] => {
  const names = new Set(unknowns.filter((v) => v.role !== 'param').map((v) => v.name));
  return heldStill(groups, names).map((span) =>
    diagnosePlanning('EBM501', span, {
      what: 'stop_gradient of an unknown',
      needs: 'unknowns that are chosen by energies of their own',
    }),
  );
};

/** Why nothing but steps along gradients learns params that are held still somewhere. */
export const heldReason =
  'stop_gradient holds params still in the energy, so that its minimum is not what is asked for; steps along the gradient honour it (`learn … by adam` or `sgd`)';
