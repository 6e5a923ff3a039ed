// A method for each block of unknowns that hang together: the one that the model names, or the best of all. In: a scene and its
// unknowns. Out: planned blocks, and a diagnostic for each block that no method takes.
import type { Diagnostic } from '../diagnostics/diagnostic.ts';
import { diagnosePlanning } from '../diagnostics/messages/planning.ts';
import type { BlockVariable, Candidate, Method, Refusal, Requested } from '../methods/method.ts';
import { methods } from '../methods/index.ts';
import type { MethodCall, Role, Variable } from '../semantics/model.ts';
import type { Scene } from './choose.ts';
import { factsOf, pick, runaway } from './choose.ts';
import type { Decision } from './operations.ts';
import { components, decide } from './operations.ts';
import type { PlannedBlock } from './plan.ts';
import { inferRequest } from './requests.ts';

/** Gradient descent only on request: L-BFGS does the same better. */
const standard = methods.filter((m) => !m.serves.includes('sgd'));

/** A method per connected component of the unknowns. */
export const planBlocks = (
  scene: Scene,
  unknowns: readonly Variable[],
): { readonly blocks: readonly PlannedBlock[]; readonly diagnostics: readonly Diagnostic[] } => {
  const planned = components(unknowns, scene.groups).map((component) => planBlock(scene, component));
  return {
    blocks: planned.filter((p) => 'method' in p),
    diagnostics: planned.filter((p) => 'code' in p),
  };
};

const planBlock = (scene: Scene, component: readonly Variable[]): PlannedBlock | Diagnostic => {
  const names = component.map((v) => v.name);
  const all = new Set(names);
  const decisionOf = (v: Variable): Decision =>
    scene.imposed?.get(v.name) ?? decide(scene.model, scene.task, scene.beta, v, all, scene.groups);
  const decisions = new Map(component.map((v) => [v.name, decisionOf(v)] as const));
  const block = component.map((variable): BlockVariable => {
    const { operation, beta } = decisions.get(variable.name)!;
    return { variable, operation, beta };
  });
  const nested = outOfOrder(block);
  if (nested !== null) return nested;
  const asked = requestFor(scene, component);
  if (asked !== null && 'code' in asked) return asked;
  const facts = factsOf(scene, block, new Set(), asked?.request ?? null);
  const eligible = eligibleFor(asked, block);
  if ('code' in eligible) return eligible;
  const away = runaway(facts);
  if (away !== null) return away;
  const { best, others } = pick(eligible, facts);
  if (best === null) return refusedBy(others, asked, block);
  return { unknowns: names, decisions, facts, method: best.method, chosen: best.candidate, others };
};

interface Asked {
  readonly request: Requested;
  readonly call: MethodCall;
}

/** The method that the infer block names: one for the whole block. */
const requestFor = (scene: Scene, component: readonly Variable[]): Asked | Diagnostic | null => {
  const open = component.filter((v) => scene.imposed?.has(v.name) !== true);
  const [asked, ...more] = open.map((v) => inferRequest(scene.model, scene.task, v)).filter((r) => r !== null);
  if (asked === undefined) return null;
  const other = more.find((r) => r.request.name !== asked.request.name);
  if (other === undefined) return asked;
  const reason = `it is one block with unknowns for which ${asked.request.name} was requested`;
  const parameters = { method: other.request.name, unknowns: component.map((v) => v.name), reason };
  return diagnosePlanning('EBM509', other.call.span, parameters);
};

const eligibleFor = (asked: Asked | null, block: readonly BlockVariable[]): readonly Method[] | Diagnostic => {
  if (asked === null) return standard;
  const serving = methods.filter((m) => m.serves.includes(asked.request.name));
  if (serving.length > 0) return serving;
  const verb = block[0]!.operation === 'minimize' ? 'minimising' : 'marginalising';
  const what = `${verb} ${block.map((v) => v.variable.name).join(', ')} by ${asked.request.name}`;
  return diagnosePlanning('EBM501', asked.call.span, { what, needs: 'a method that this version lacks' });
};

/** No method applies: the one that was asked for, all of them, or all but one that waits for a size. */
const refusedBy = (
  others: readonly (Candidate | Refusal)[],
  asked: Asked | null,
  block: readonly BlockVariable[],
): Diagnostic => {
  const unknowns = block.map((v) => v.variable.name);
  const { span } = block[0]!.variable;
  const refusals = others.filter((o) => o.kind === 'refusal').filter((o) => o.otherOperation !== true);
  if (asked !== null) {
    const reason = [...new Set(refusals.map((r) => r.reason))].join('; ');
    return diagnosePlanning('EBM509', asked.call.span, { method: asked.request.name, unknowns, reason });
  }
  const open = refusals.find((r) => r.needsSize !== undefined);
  if (open?.needsSize === undefined) {
    const operation = [...new Set(block.map((v) => v.operation))].join(' and ');
    return diagnosePlanning('EBM502', span, { unknowns, operation, refusals });
  }
  const why = `${open.method} of ${unknowns.join(', ')} depends on it, and no other method applies`;
  return diagnosePlanning('EBM507', span, { size: open.needsSize, why });
};

/** Innermost first: latents, targets, params, and within a role what is marginalised. Methods eliminate a block's
 *  marginalised unknowns inside its minimised ones, which is another number where a role says the opposite. */
const depth: Readonly<Record<Role, number>> = { latent: 0, noise: 0, data: 0, observed: 0, target: 1, param: 2 };
const outOfOrder = (block: readonly BlockVariable[]): Diagnostic | null => {
  const inner = block.filter((v) => v.operation === 'minimize');
  const outer = block.find(
    (v) => v.operation === 'marginalize' && inner.some((m) => depth[m.variable.role] < depth[v.variable.role]),
  );
  if (outer === undefined) return null;
  const minimised = inner
    .filter((m) => depth[m.variable.role] < depth[outer.variable.role])
    .map((m) => m.variable.name);
  const what = `marginalising ${outer.variable.role} ${outer.variable.name} over the minimum of ${minimised.join(', ')}`;
  return diagnosePlanning('EBM501', outer.variable.span, { what, needs: 'integrals of minima' });
};
