// What the accumulators of a `reduce` make of the values of all iterations. In: the values, in the order of iterations. Out: one
// number. Definitions, not one-pass algorithms: those of renderers are compared with these.
import { FORBIDDEN } from '../../tensor/energies.ts';
import type { ReduceOp } from '../kernel.ts';

const smallest = (values: readonly number[]): number =>
  values.length === 0 ? FORBIDDEN : values.reduce((a, b) => Math.min(a, b));

/** -1/β log Σ exp(-β v), shifted by the smallest so that no exponential overflows. */
const freeEnergy = (values: readonly number[], beta: number): number => {
  const least = smallest(values);
  if (values.length < 2 || !Number.isFinite(least) || beta === Infinity) return Math.min(least, FORBIDDEN);
  const sum = values.reduce((total, value) => total + Math.exp(-beta * (value - least)), 0);
  return Math.min(least - Math.log(sum) / beta, FORBIDDEN);
};

const reductions: Readonly<Record<ReduceOp, (values: readonly number[], beta: number) => number>> = {
  sum: (values) => values.reduce((a, b) => a + b, 0),
  min: smallest,
  max: (values) => (values.length === 0 ? -FORBIDDEN : values.reduce((a, b) => Math.max(a, b))),
  argmin: (values) => {
    let [best, at] = [Infinity, 0];
    for (const [i, value] of values.entries()) if (value < best) [best, at] = [value, i];
    return at;
  },
  'soft-min': freeEnergy,
};

export const reduceValues = (op: ReduceOp, values: readonly number[], beta: number): number =>
  reductions[op](values, beta);
