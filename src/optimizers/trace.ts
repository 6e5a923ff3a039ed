// The objective by iteration, kept by the loop that iterates. In: values as they are seen. Out: an array with room for all of
// them, NOTHING where none was seen. A loop whose trace nobody reads does not carry it (removeDeadCode).
import type { Builder, Value } from '../tensor/builder.ts';
import { constant } from '../tensor/dims.ts';

export interface Trace {
  /** Entry 0: the objective at the start; entry i: after i·every iterations, or fewer where these were the last. */
  readonly values: Value;
  readonly every: number;
}

export const NOTHING = 1e30;
/** More entries tell an eye no more, and each iteration passes over all of them. */
const mostEntries = 1000;

export interface Recorder {
  readonly every: number;
  readonly empty: Value;
  /** The trace with the objective at the start, a scalar, alone. */
  readonly begin: (objective: Value) => Value;
  /** The trace with the objective after so many iterations. Both scalars. */
  readonly record: (b: Builder, values: Value, iterations: Value, objective: Value) => Value;
}

/** Of a loop of at most so many iterations. */
export const recorder = (b: Builder, maxIterations: number): Recorder => {
  const every = Math.max(1, Math.ceil(maxIterations / mostEntries));
  const length = constant(1 + Math.ceil(maxIterations / every));
  const put = (c: Builder, values: Value, place: Value, objective: Value): Value =>
    c.select(c.eq(c.iota([length], 0, 'float'), place), c.broadcast(objective, [length]), values);
  const empty = b.full([length], NOTHING);
  return {
    every,
    empty,
    begin: (objective) => put(b, empty, b.constant(0), objective),
    record: (c, values, iterations, objective) =>
      put(c, values, c.add(c.floor(c.div(c.sub(iterations, 0.5), every)), 1), objective),
  };
};
