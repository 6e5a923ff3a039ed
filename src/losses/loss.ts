// What a loss is: which free energies it asks for, and how it makes one number of them. In: free energies as values of a
// program, by point where they are sums over points. Out: Σ over the points of the loss, differentiable in the params. Terms
// that touch params alone are no business of a loss: the objective adds them once (plan/lower-loss.ts).
import { InternalError } from '../diagnostics/diagnostic.ts';
import type { Environment } from '../lower/environment.ts';
import type { LossName } from '../semantics/losses.ts';
import type { Axis, NamedTensor } from '../lower/named-tensor.ts';
import type { Binder, Expr, MethodCall, Model } from '../semantics/model.ts';
import type { Value } from '../tensor/builder.ts';

/** Free energies by what is done with the targets; latents (and missing cells) are eliminated in each of them.
 *  given: targets as they stand. soft: marginalised at β, -1/β log ∫ e^{-βF(y)} dy. hard: minimised, min_y F(y). */
export const freeEnergyKinds = ['given', 'soft', 'hard'] as const;
export type FreeEnergyKind = (typeof freeEnergyKinds)[number];

/** A free energy to plan. `replaced`: variables and lets that get values of their own in it, `F(y = e)`. */
export interface EnergyRequest {
  readonly kind: FreeEnergyKind;
  readonly replaced: readonly string[];
}

export interface FreeEnergy {
  /** Σ over the points: a scalar. */
  readonly total: Value;
  /** F of each point, [points]; null where the energy is no sum over the points of one plate. */
  readonly points: Value | null;
}

/** Variables or lets that are replaced in a free energy, with their whole arrays: `F(y = e)`. */
export type Replacement = ReadonlyMap<string, Value>;

/** F of each point at every state of its one discrete target, over the axes of the plate (if there is one) and `axis`. */
export interface StateTable {
  readonly axis: Axis;
  readonly energy: NamedTensor;
  /** 1 at the state that is given. */
  readonly given: NamedTensor;
}

/** The loss as written, and the model that it is a loss of. */
export interface LossSubject {
  readonly model: Model;
  readonly call: MethodCall | null;
  /** Of `loss = expression`, lets expanded. */
  readonly expression: Expr | null;
  /** Targets that are given while training. */
  readonly targets: readonly string[];
  /** The plate whose points the loss speaks of; null when the data are one point. */
  readonly plate: Binder | null;
}

/** What a loss sees of the program that it is lowered into. */
export interface LossView extends LossSubject {
  readonly env: Environment;
  readonly freeEnergy: (kind: FreeEnergyKind, replaced?: Replacement) => FreeEnergy;
  readonly states: (target: string) => StateTable;
  /** The same inside a nested program. */
  readonly within: (env: Environment) => LossView;
}

/** What has to hold and to be planned for a loss. */
export interface LossNeeds {
  readonly energies: readonly EnergyRequest[];
  /** F has to be a sum over the points of the plate. */
  readonly points: boolean;
  /** The target whose states it runs through: one discrete node a point. */
  readonly states: string | null;
  /** It speaks of probabilities: latents are integrated out too. */
  readonly likelihood: boolean;
}

export interface LossMethod {
  readonly name: LossName | 'expression';
  /** Without kinks as a function of smooth free energies. */
  readonly smooth: (subject: LossSubject) => boolean;
  /** When the loss is convex in params, provided that the energy has no latents: for a convex energy, for one that is affine
   *  in all params jointly (then min and log-sum-exp over targets are concave), or it may never be. */
  readonly convexFor: 'convex' | 'affine' | null;
  /** What has to be planned for it, or why it does not fit the model: a sentence that continues 'because'. */
  readonly needs: (subject: LossSubject) => LossNeeds | string;
  readonly lower: (view: LossView) => Value;
}

/** The needs of most losses, to be changed where a loss differs. */
export const givenOnly: LossNeeds = {
  energies: [{ kind: 'given', replaced: [] }],
  points: false,
  states: null,
  likelihood: false,
};

/** What a loss found in its subject when it is lowered: the planner has refused what did not fit. */
export const accepted = <T>(found: T | string): T => {
  if (typeof found === 'string') throw new InternalError(`a loss was lowered that does not fit: ${found}`);
  return found;
};
