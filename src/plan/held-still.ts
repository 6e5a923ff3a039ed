// `stop_gradient(e)` reads e without taking part in choosing what it is made of. Then the unknowns do not share one energy: a
// method that minimises would answer another question. Only learning that follows gradients from step to step can honour it,
// and only for params; and only such learning has averages of params that move with it. In: groups and unknowns. Out: refusals,
// and reasons for learning by steps.
import type { Diagnostic, Span } from '../diagnostics/diagnostic.ts';
import { diagnosePlanning } from '../diagnostics/messages/planning.ts';
import { dependsOn, visit } from '../graph/expressions.ts';
import type { FactorGroup } from '../graph/factor-graph.ts';
import { followersOf } from '../graph/nets/followers.ts';
import type { Expr, Variable } from '../semantics/model.ts';
import type { Scene } from './choose.ts';

/** Where `stop_gradient` stands around some of the names; each place once. */
const heldStill = (exprs: readonly Expr[], names: ReadonlySet<string>): readonly Span[] => {
  const found = new Map<number, Span>();
  for (const expr of exprs)
    visit(expr, (e) => {
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
  const energies = groups.map((g) => g.energy);
  return heldStill(energies, names).map((span) =>
    diagnosePlanning('EBM501', span, {
      what: 'stop_gradient of an unknown',
      needs: 'unknowns that are chosen by energies of their own',
    }),
  );
};

/** Why learning must go by steps along gradients, or null. `losses`: expressions that are minimised beside the energy. */
export const onlyGradual = (scene: Scene, params: ReadonlySet<string>, losses: readonly Expr[] = []): string | null =>
  heldReason(scene, params, losses) ?? trailingReason(scene, losses);

/** A minimum, and a line search, compare values that the gradient knows nothing of. */
export const heldReason = (
  { groups }: Scene,
  params: ReadonlySet<string>,
  losses: readonly Expr[] = [],
): string | null =>
  heldStill([...groups.map((g) => g.energy), ...losses], params).length === 0
    ? null
    : 'stop_gradient holds params still, so that a minimum is not what is asked for; adam and sgd follow the gradient';

/** A moving average that is read exists only where learning goes step by step. */
export const trailingReason = ({ model, groups, task }: Scene, losses: readonly Expr[] = []): string | null => {
  const exprs = [...groups.map((g) => g.energy), ...losses];
  const read = followersOf(model).find(
    (f) => !task.given.has(f.param) && exprs.some((e) => dependsOn(e, new Set([f.param]))),
  );
  if (read === undefined) return null;
  const net = model.nets.find((n) => n.derived?.how === 'ema' && n.params.includes(read.param))!;
  return `${net.name} is an average that moves with every step, and only adam and sgd take steps`;
};
