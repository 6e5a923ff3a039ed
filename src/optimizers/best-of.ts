// The best of several attempts, made one after the other inside a program. In: how many, what stands for none, an attempt. Out:
// the values of the one whose first value, a scalar, is the lowest; the first of equals.
import type { Builder, Value } from '../tensor/builder.ts';
import { constant } from '../tensor/dims.ts';

/** `none`: values shaped as those of an attempt, kept where no attempt comes below its first; `attempt` is given a builder and the
 *  number of the attempt, from 0, as a scalar. */
export const bestOf = (
  b: Builder,
  attempts: number,
  none: readonly Value[],
  attempt: (inner: Builder, number: Value) => readonly Value[],
): readonly Value[] => {
  const length = constant(attempts);
  return b.scan({ length, carry: none, xs: [b.iota([length], 0, 'float')] }, (inner, best, [number]) => {
    const found = attempt(inner, number!);
    const wins = inner.lt(found[0]!, best[0]!);
    return { carry: best.map((old, i) => inner.select(wins, found[i]!, old)) };
  }).carry;
};
