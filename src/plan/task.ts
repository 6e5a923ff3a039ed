// What is asked of a model: which variables are given, which question, and the flags that steer the plan.
import type { SizeValue } from '../methods/method.ts';

export type QueryKind = 'map' | 'marginals' | 'logz' | 'sample';

export interface Task {
  readonly query: QueryKind;
  /** Variables whose values are supplied. */
  readonly given: ReadonlySet<string>;
  /** Those whose values are supplied while params are learned: `given`, and targets that are asked for afterwards. */
  readonly training: ReadonlySet<string>;
  /** Targets and latents of which some cells are given and some are missing: they are unknown, and not in `given`. */
  readonly partial: ReadonlySet<string>;
  /** The same while params are learned: not in `training`. */
  readonly trainingPartial: ReadonlySet<string>;
  /** From --beta; null: what the model says. Infinity: minimise. */
  readonly beta: number | null;
  readonly minimize: readonly string[];
  readonly marginalize: readonly string[];
  readonly withoutRegularizers: boolean;
  readonly sizes: Readonly<Record<string, SizeValue>>;
  /** Values of data and consts that index or filter; empty when the plan is made without data. */
  readonly indexData: Readonly<Record<string, { readonly shape: readonly number[]; readonly data: ArrayLike<number> }>>;
  /** Bytes per tensor group. */
  readonly budget: number;
  /** null: the method's own number. */
  readonly restarts: number | null;
}
