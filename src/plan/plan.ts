// The plan. A query is a list of independent blocks, each eliminated by one method at its operations and temperature; fitting
// params is an alternation around such blocks, a closed form, or a descent. All of it is data; lower-plan.ts makes programs.
import type { FactorGroup } from '../graph/factor-graph.ts';
import type { Rung } from '../methods/alternate/problem.ts';
import type { OptimizerChoice } from '../methods/continuous/optimizer.ts';
import type { BlockFacts, Candidate, Certificate, Method, ParameterStep, Refusal } from '../methods/method.ts';
import type { EnergyRequest, LossMethod, LossSubject } from '../losses/loss.ts';
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

/** A learn line: the params that it names and what moves them. */
export interface Learner {
  readonly params: readonly string[];
  readonly optimizer: OptimizerChoice;
}

/** A model with its factor groups, lets expanded, as an elimination sees them: arrays of its unknowns are nodes. */
export interface Scenery {
  readonly model: Model;
  readonly groups: readonly FactorGroup[];
}

/** How one free energy is computed. */
export interface PlannedEnergy extends Scenery, EnergyRequest {
  readonly blocks: readonly PlannedBlock[];
}

/** A loss of the train block with the eliminations that it needs and the params that it governs. */
export interface PlannedLoss {
  readonly loss: LossMethod;
  readonly subject: LossSubject;
  readonly energies: readonly PlannedEnergy[];
  readonly learners: readonly Learner[];
}

/** Minibatches: points per step of one plate. */
export interface Batch {
  readonly size: number;
  /** The binder of the plate, and the size that is its length: in a step program that size is the batch's. */
  readonly plate: string;
  readonly of: string;
}

export type FitPlan =
  /** One step gives the params at once. */
  | { readonly kind: 'closed'; readonly steps: readonly PlannedStep[] }
  /** Each step uses the argmin or the posterior of the others, until the objective stands still. */
  | {
      readonly kind: 'alternate';
      readonly latents: readonly PlannedBlock[];
      readonly steps: readonly PlannedStep[];
      /** Which starts go how far; the last rung's iterations are the most of one descent. */
      readonly rungs: readonly Rung[];
      readonly algorithm: string;
    }
  /** Descent on a loss summed over all points plus the terms of params alone, params transformed to be unconstrained. */
  | {
      readonly kind: 'descend';
      readonly loss: PlannedLoss;
      readonly params: readonly string[];
      readonly optimizer: OptimizerChoice;
      readonly restarts: number;
      /** Of the point where the gradient vanishes. */
      readonly certificate: Certificate;
      readonly reason: string;
      readonly refusals: readonly Refusal[];
    }
  /** Stochastic gradient, run step by step from outside (learn/): each step lowers
   *  (1/B)(Σ over the batch + whole-plate factors) + (1/N)(terms that touch params alone). */
  | {
      readonly kind: 'train';
      readonly losses: readonly PlannedLoss[];
      readonly epochs: number;
      /** null: every step sees all points. */
      readonly batch: Batch | null;
      /** The plate that counts the points, when there is one. */
      readonly points: { readonly plate: string; readonly of: string } | null;
      readonly restarts: number;
      readonly reason: string;
    };

export interface Plan {
  readonly model: Model;
  readonly task: Task;
  /** Groups with lets expanded. */
  readonly groups: readonly FactorGroup[];
  /** null when no param is learned. */
  readonly fit: FitPlan | null;
  /** What the fit sees. `task.training` are the variables with values in it: targets that the query asks for may be among
   *  them. */
  readonly learning: Scenery;
  /** Params without a value that no learn line names: they stay at their starts. */
  readonly kept: readonly string[];
  /** Unknowns left once params are given. */
  readonly query: readonly PlannedBlock[];
  /** Missing cells that take no part in choosing other unknowns: found once these are known. */
  readonly predicted: readonly PlannedBlock[];
  readonly beta: number | null;
}

/** The params that a fit finds. */
export const paramsOf = (fit: FitPlan): readonly string[] => {
  switch (fit.kind) {
    case 'closed':
    case 'alternate':
      return fit.steps.flatMap((s) => s.unknowns);
    case 'descend':
      return fit.params;
    case 'train':
      return fit.losses.flatMap((l) => l.learners).flatMap((l) => l.params);
  }
};

/** The blocks that are eliminated inside a fit. */
export const blocksOf = (fit: FitPlan): readonly PlannedBlock[] => {
  switch (fit.kind) {
    case 'closed':
      return [];
    case 'alternate':
      return fit.latents;
    case 'descend':
      return fit.loss.energies.flatMap((e) => e.blocks);
    case 'train':
      return fit.losses.flatMap((l) => l.energies).flatMap((e) => e.blocks);
  }
};
