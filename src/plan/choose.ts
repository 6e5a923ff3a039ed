// Chooses among methods and among steps of params: the best certificate of the candidates, then the lowest cost. In: a scene, or
// facts of a block. Out: the chosen candidate with everything that was rejected and why.
import type { Diagnostic } from '../diagnostics/diagnostic.ts';
import { diagnosePlanning } from '../diagnostics/messages/planning.ts';
import type { FactorGroup } from '../graph/factor-graph.ts';
import { dependsOn } from '../graph/expressions.ts';
import { unknownFactsOf } from '../graph/structure.ts';
import type { BlockFacts, BlockVariable, Candidate, Refusal, Requested } from '../methods/method.ts';
import { certificates } from '../methods/method.ts';
import { gradualStep, parameterSteps } from '../methods/index.ts';
import type { Model, Variable } from '../semantics/model.ts';
import type { Decision } from './operations.ts';
import { components } from './operations.ts';
import type { PlannedStep } from './plan.ts';
import type { Task } from './task.ts';

const better = (a: Candidate, c: Candidate): boolean => {
  const [x, y] = [certificates.indexOf(a.certificate), certificates.indexOf(c.certificate)];
  return x !== y ? x < y : a.cost.operations < c.cost.operations;
};

export const pick = <M extends { readonly name: string; readonly propose: (facts: BlockFacts) => Candidate | Refusal }>(
  list: readonly M[],
  facts: BlockFacts,
): {
  readonly best: { readonly method: M; readonly candidate: Candidate } | null;
  readonly others: readonly (Candidate | Refusal)[];
} => {
  const answers = list.map((method) => ({ method, answer: method.propose(facts) }));
  let best: { readonly method: M; readonly candidate: Candidate } | null = null;
  for (const { method, answer } of answers)
    if (answer.kind === 'candidate' && (best === null || better(answer, best.candidate)))
      best = { method, candidate: answer };
  return { best, others: answers.filter((a) => a.answer !== best?.candidate).map((a) => a.answer) };
};

export interface Scene {
  readonly model: Model;
  readonly task: Task;
  readonly groups: readonly FactorGroup[];
  readonly beta: number | null;
  /** What a loss does with some unknowns, whatever the model and the task ask. */
  readonly imposed?: ReadonlyMap<string, Decision>;
}

/** Starts of a descent unless --restarts says otherwise. */
export const standardStarts = 3;

export const factsOf = (
  scene: Scene,
  block: readonly BlockVariable[],
  enumerated: ReadonlySet<string>,
  requested: Requested | null = null,
): BlockFacts => {
  const names = new Set(block.map((v) => v.variable.name));
  return {
    model: scene.model,
    block,
    enumerated,
    groups: scene.groups.filter((g) => dependsOn(g.energy, names)),
    sizes: scene.task.sizes,
    budget: scene.task.budget,
    restarts: scene.task.restarts ?? requested?.options['restarts'] ?? standardStarts,
    requested,
    indexData: scene.task.indexData,
  };
};

/** An unbounded real unknown in which the energy is linear, or that no factor touches, has no best value and no integral. */
export const runaway = (facts: BlockFacts): Diagnostic | null => {
  const free = facts.block.map((v) => v.variable).filter((v) => v.domain.kind === 'real' && v.conditions.length === 0);
  if (free.length === 0) return null;
  const graph = { model: facts.model, variables: facts.model.variables, groups: facts.groups, plates: [] };
  for (const u of unknownFactsOf(graph, new Set(free.map((v) => v.name)))) {
    if (u.curvature !== 'linear' && u.curvature !== 'absent') continue;
    const why = u.curvature === 'linear' ? `the energy is linear in it: factor ${u.witness}` : 'no factor touches it';
    const { span } = free.find((v) => v.name === u.variable)!;
    return diagnosePlanning('EBM508', span, { unknowns: [u.variable], why });
  }
  return null;
};

const learned = (variable: Variable): BlockVariable => ({ variable, operation: 'minimize', beta: Infinity });

/** Params that are tried all at once whatever each alone says. */
const mostJoint = 8;

/** Steps that find the minimum over params: jointly where the joint energy allows it, else one by one. Also those without. */
export const planSteps = (
  scene: Scene,
  params: readonly Variable[],
  enumerated: ReadonlySet<string>,
): {
  readonly steps: readonly PlannedStep[];
  readonly open: readonly { readonly variable: Variable; readonly refusals: readonly Refusal[] }[];
} => {
  const steps: PlannedStep[] = [];
  const open: { variable: Variable; refusals: readonly Refusal[] }[] = [];
  const attempt = (list: readonly Variable[]): PlannedStep | readonly Refusal[] => {
    const facts = factsOf(scene, list.map(learned), enumerated);
    const { best, others } = pick(parameterSteps, facts);
    // Parts that each have an exact step beat a search over all of them at once.
    if (best === null || best.candidate.certificate === 'local') return others.filter((o) => o.kind === 'refusal');
    return { unknowns: list.map((v) => v.name), facts, step: best.method, chosen: best.candidate, others };
  };
  const isStep = (x: PlannedStep | readonly Refusal[]): x is PlannedStep => !Array.isArray(x);
  for (const component of components(params, scene.groups)) {
    // A step may serve a param only beside others: the intercept of a Lasso.
    const all = component.length > 1 && component.length <= mostJoint ? attempt(component) : [];
    if (isStep(all)) {
      steps.push(all);
      continue;
    }
    // Else what is minimised jointly is minimised in each param alone: nets have many that no step serves.
    const rest = component.map((variable) => ({ variable, alone: attempt([variable]) }));
    while (rest.length > 0) {
      // The longest run of params, in order of declaration, that has a joint step.
      const stop = rest.findIndex((r) => !isStep(r.alone));
      let taken = Math.max(stop < 0 ? rest.length : stop, 1);
      const run = (): PlannedStep | readonly Refusal[] =>
        taken === 1 ? rest[0]!.alone : attempt(rest.slice(0, taken).map((r) => r.variable));
      let found = run();
      for (; !isStep(found) && taken > 1; found = run()) taken--;
      if (isStep(found)) steps.push(found);
      else open.push({ variable: rest[0]!.variable, refusals: found });
      rest.splice(0, taken);
    }
  }
  const order = (s: PlannedStep): number => parameterSteps.indexOf(s.step);
  return { steps: steps.toSorted((a, c) => order(a) - order(c)), open };
};

/** Steps that lower the energy of params without finding its minimum: those of one component together. null when it is not
 *  smooth in some of them, or they range over sets without a nearest point. */
export const planDescentSteps = (
  scene: Scene,
  params: readonly Variable[],
  enumerated: ReadonlySet<string>,
): readonly PlannedStep[] | null => {
  const steps = components(params, scene.groups).map((list): PlannedStep | null => {
    const facts = factsOf(scene, list.map(learned), enumerated);
    const chosen = gradualStep.propose(facts);
    if (chosen.kind === 'refusal') return null;
    return { unknowns: list.map((v) => v.name), facts, step: gradualStep, chosen, others: [] };
  });
  return steps.every((s) => s !== null) ? steps : null;
};
