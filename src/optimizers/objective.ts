// What the optimizers minimise: many independent problems at once, one per row of x. In: energies as builder callbacks.
// Out: objectives with gradients, and helpers over rows. A single problem is a batch of one.
import { constant, type Dim } from '../tensor/dims.ts';
import { gradient } from '../tensor/differentiate.ts';
import type { Builder, Value } from '../tensor/builder.ts';
import type { Trace } from './trace.ts';

/** x [B, P] to value [B] and gradient [B, P]; row b of both depends on row b of x only. For a start of shape [P] the
 *  optimizers call it with x [P] and expect value [] and gradient [P]. */
export type Objective = (b: Builder, x: Value) => { readonly value: Value; readonly gradient: Value };

export interface Minimum {
  /** Shaped as the start. */
  readonly x: Value;
  /** [B], or a scalar for a start [P]; so are the next two. */
  readonly value: Value;
  /** Steps taken, per problem. */
  readonly iterations: Value;
  /** 1 where a convergence test was met within the allowed iterations. */
  readonly converged: Value;
  /** Of the sum over the problems. */
  readonly trace: Trace;
}

/** An objective from an energy alone: reverse mode through it. The point gets an identity of its own, since the builder's
 *  algebra looks through a reshape of a start to what it was made from, and the energy would not depend on x then. */
export const differentiated =
  (energy: (b: Builder, x: Value) => Value): Objective =>
  (b, x) => {
    const here = b.distinct(x);
    const value = energy(b, here);
    return { value, gradient: gradient(b, b.sum(value), [here])[0]! };
  };

/** Runs an optimizer written for [B, P] on a start of shape [P] too. */
export const overRows = (
  b: Builder,
  start: Value,
  objective: Objective,
  run: (start: Value, objective: Objective) => Minimum,
): Minimum => {
  if (start.shape.length === 2) return run(start, objective);
  const shape = start.shape;
  const one: Dim = constant(1);
  const result = run(b.unsqueeze(start, [0]), (inner, x) => {
    const { value, gradient: slope } = objective(inner, inner.reshape(x, shape));
    return { value: inner.reshape(value, [one]), gradient: inner.unsqueeze(slope, [0]) };
  });
  const scalar = (value: Value): Value => b.reshape(value, []);
  return {
    x: b.reshape(result.x, shape),
    value: scalar(result.value),
    iterations: scalar(result.iterations),
    converged: scalar(result.converged),
    trace: result.trace,
  };
};

/** Σ over a row: [B, P] · [B, P] → [B]. */
export const rowDot = (b: Builder, x: Value, y: Value): Value =>
  b.contract(
    'sum-product',
    [
      { value: x, axes: [0, 1] },
      { value: y, axes: [0, 1] },
    ],
    [0],
  );
/** The largest magnitude of each row: [B, P] → [B]. */
export const rowMaximum = (b: Builder, x: Value): Value => b.max(b.abs(x), [1]);
/** 1 where no entry of the row's gradient is larger than the tolerance. */
export const isFlat = (b: Builder, gradient: Value, tolerance: number): Value =>
  b.le(rowMaximum(b, gradient), tolerance);
/** [B] as a column [B, 1], to scale rows. */
export const column = (b: Builder, x: Value): Value => b.unsqueeze(x, [1]);
/** Where the mask [B] is set the first, else the second; both [B] or both [B, P]. */
export const choose = (b: Builder, mask: Value, yes: Value, no: Value): Value =>
  b.select(yes.shape.length === 2 ? column(b, mask) : mask, yes, no);
/** 1 while any entry of the mask is 0. */
export const anyLeft = (b: Builder, done: Value): Value => b.lt(b.min(done), 1);
