// The plan. A query is a list of independent blocks, each eliminated by one method at its operations and temperature; fitting
// params is an alternation around such blocks, a closed form, or a descent. All of it is data; lower-plan.ts makes programs.
import type { FactorGroup } from '../graph/factor-graph.ts';
import type { OptimizerChoice } from '../methods/continuous/optimizer.ts';
import type { BlockFacts, Candidate, Method, ParameterStep, Refusal } from '../methods/method.ts';
import type { Model } from '../semantics/model.ts';
import type { Decision } from './operations.ts';
import type { Task } from './task.ts';

export interface PlannedBlock {
  readonly unknowns: readonly string[];
  readonly decisions: ReadonlyMap<string, Decision>;
  readonly facts: BlockFacts;
  readonly method: Method;
  readonly chosen: Candidate;
  readonly others: readonly (Candidate | Refusal)[];
}

export interface PlannedStep {
  readonly unknowns: readonly string[];
  readonly facts: BlockFacts;
  readonly step: ParameterStep;
  readonly chosen: Candidate;
  readonly others: readonly (Candidate | Refusal)[];
}

export type FitPlan =
  /** One step gives the params at once. */
  | { readonly kind: 'closed'; readonly steps: readonly PlannedStep[] }
  /** Each step uses the argmin or the posterior of the others, until the objective stands still. */
  | {
      readonly kind: 'alternate';
      readonly latents: readonly PlannedBlock[];
      readonly steps: readonly PlannedStep[];
      readonly restarts: number;
      /** At most so many iterations of one descent. */
      readonly iterations: number;
      /** Iterations of each start before the best one alone is continued; null: every start runs to its end. */
      readonly trialIterations: number | null;
      readonly algorithm: string;
    }
  /** Descent on the free energy of the latents, params transformed to be unconstrained. */
  | {
      readonly kind: 'descend';
      readonly latents: readonly PlannedBlock[];
      readonly params: readonly string[];
      readonly optimizer: OptimizerChoice;
      readonly restarts: number;
      readonly reason: string;
      readonly refusals: readonly Refusal[];
    };

export interface Plan {
  readonly model: Model;
  readonly task: Task;
  /** Groups with lets expanded. */
  readonly groups: readonly FactorGroup[];
  /** null when no param is unknown. */
  readonly fit: FitPlan | null;
  /** Unknowns left once params are given. */
  readonly query: readonly PlannedBlock[];
  readonly beta: number | null;
}
