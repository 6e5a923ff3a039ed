// What a loss is: which free energies it asks for, and how it makes one number of them. In: free energies as values of a
// program, by point where they are sums over points. Out: Σ over the points of the loss, differentiable in the params. Terms
// that touch params alone are no business of a loss: the objective adds them once (plan/lower-loss.ts).
import type { Environment } from '../lower/environment.ts';
import type { Expr, MethodCall } from '../semantics/model.ts';
import type { LossName } from '../semantics/losses.ts';
import type { Value } from '../tensor/builder.ts';

/** Free energies by what is done with the targets; latents (and missing cells) are eliminated in each of them.
 *  given: targets as they stand. soft: marginalised at β, -1/β log Z(x). hard: minimised, min_y F(y). */
export const freeEnergyKinds = ['given', 'soft', 'hard'] as const;
export type FreeEnergyKind = (typeof freeEnergyKinds)[number];

export interface FreeEnergy {
  /** Σ over the points: a scalar. */
  readonly total: Value;
  /** F of each point, [points]; null where the energy is no sum over the points of one plate. */
  readonly points: Value | null;
}

/** A variable or let that is replaced in a free energy, with its whole array: `F(y = e)`. */
export type Replacement = ReadonlyMap<string, Value>;

/** What a loss sees of the program that it is lowered into. */
export interface LossView {
  readonly env: Environment;
  readonly call: MethodCall | null;
  readonly expression: Expr | null;
  /** Numbers among the options of the call, defaults of the table filled in. */
  readonly options: Readonly<Record<string, number>>;
  readonly freeEnergy: (kind: FreeEnergyKind, replaced?: Replacement) => FreeEnergy;
  /** F of each point for every state of its one discrete target, [points, states], and the state that is given, [points]
   *  (int); null where the targets are anything else. */
  readonly states: () => { readonly table: Value; readonly given: Value } | null;
}

export interface LossMethod {
  readonly name: LossName | 'expression';
  /** The free energies that have to be planned for it. */
  readonly asks: (call: MethodCall | null, expression: Expr | null) => readonly FreeEnergyKind[];
  readonly lower: (view: LossView) => Value;
}
