// First-order update rules as program fragments. In: parameters, their gradient, the rule's state, the step number from 1.
// Out: new parameters and state. Any shapes; state arrays have the parameters' shape and start at 0.
import type { Argument, Builder, Value } from '../tensor/builder.ts';

export interface Update {
  readonly x: Value;
  readonly state: readonly Value[];
}

export interface StepRule<Options> {
  readonly name: string;
  /** Names of the state arrays, each shaped as x and 0 at first. */
  readonly state: readonly string[];
  readonly step: (
    b: Builder,
    x: Value,
    gradient: Value,
    state: readonly Value[],
    stepNumber: Argument,
    options: Options,
  ) => Update;
}
