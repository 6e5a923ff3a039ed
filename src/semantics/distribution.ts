// What the distribution table says of one distribution. The entries stand in distributions/<family>.ts and are joined in
// distributions.ts; the checker, the drawing and the language reference read them.
import type { Dim } from '../tensor/dims.ts';
import type { Make } from './make.ts';
import type { Domain, DomainKind, Expr } from './model.ts';

/** The domain that an argument lies in. */
export type Requirement = 'positive' | 'nonnegative' | 'unit' | 'simplex' | 'spd';

export interface DistributionParameter {
  readonly name: string;
  /** The shape that belongs to one event; leading batch axes of the node may precede it. */
  readonly shape: (domain: Domain) => readonly Dim[];
  /** A scalar stands for the same number everywhere. */
  readonly scalar: boolean;
  /** Used when the argument is left out. */
  readonly default?: number;
  /** Absent: any number. */
  readonly requires?: Requirement;
}

export interface Distribution {
  readonly signature: string;
  readonly documentation: string;
  /** The density or mass function. */
  readonly formula: string;
  readonly source: string;
  readonly parameters: readonly DistributionParameter[];
  /** Domains that are its support. */
  readonly support: readonly DomainKind[];
  /** A further condition on the domain, e.g. counts from 0; null when it holds, else what was expected. */
  readonly restricts?: (domain: Domain) => string | null;
  /** How many trailing axes of the node make one event. `each` (rank 0): the energy is written for one entry. */
  readonly eventRank: (domain: Domain) => number;
  /** `array`: the energy is written entry by entry for whole arrays and then summed; `event`: for one event, and summed over
   *  positions by a reduction. */
  readonly form: 'array' | 'event';
  /** -log p(x), normalised, as an expression over builtins. */
  readonly energy: (x: Expr, args: readonly Expr[], make: Make, domain: Domain) => Expr;
  /** Where else it fits: `half_normal` for a normal on `positive`. */
  readonly relatives?: Readonly<Partial<Record<DomainKind, string>>>;
}

/** Scalar, or one number for each entry of the node. */
export const entry = (
  name: string,
  facts: Pick<DistributionParameter, 'default' | 'requires'> = {},
): DistributionParameter => ({ name, shape: () => [], scalar: true, ...facts });
