// What a descent on a loss can claim. A loss that is convex in params jointly has one value at all its minima, so that a point
// where the gradient vanishes is a global one. In: the scene of learning, the params, the loss. Out: the certificate.
import { curvatureFinder, joinBehaviours } from '../graph/curvature.ts';
import { dependsOn } from '../graph/expressions.ts';
import type { Certificate } from '../methods/method.ts';
import type { Variable } from '../semantics/model.ts';
import type { Scene } from './choose.ts';
import { dataGroups } from './data-groups.ts';
import type { PlannedLoss } from './plan.ts';

export const certifyDescent = (scene: Scene, params: readonly Variable[], planned: PlannedLoss): Certificate => {
  const { convexFor } = planned.loss;
  const { targets, call } = planned.subject;
  const eliminated = planned.energies.flatMap((e) => e.blocks).flatMap((b) => b.unknowns);
  // An integral or minimum over latents makes F concave where the energy is affine.
  const latents = eliminated.some((name) => !targets.includes(name));
  const free = params.every((v) => v.domain.kind === 'real' && v.conditions.length === 0);
  const names = new Set(params.map((v) => v.name));
  // F(ȳ) at a ȳ made of params, or a margin to learn, bends the loss in ways that the energy at the data does not show.
  const learnedOptions = Object.values(call?.options ?? {}).some((option) => dependsOn(option, names));
  if (convexFor === null || latents || learnedOptions || !free) return 'local';
  const { behaviour } = curvatureFinder(scene.model);
  const data = new Set(dataGroups(scene.model, scene.groups));
  const ofData = joinBehaviours([...data].map((g) => behaviour(g.energy, names)));
  const ofParams = joinBehaviours(scene.groups.filter((g) => !data.has(g)).map((g) => behaviour(g.energy, names)));
  const convex = (b: typeof ofData): boolean => b.smooth && b.convexity !== 'none' && b.convexity !== 'concave';
  const fits = convexFor === 'affine' ? ofData.degree <= 1 : convex(ofData);
  return fits && convex(ofParams) ? 'globally optimal' : 'local';
};
