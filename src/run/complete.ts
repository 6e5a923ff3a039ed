// Results of arrays that were given in part: what was given at the given cells, what was inferred at the others.
// The program puts them together too, as float32 has what was given. In: outputs of a run, and the bound data. Out: the outputs
// with the numbers as they were given.
import type { TensorData } from '../backend/backend.ts';
import type { Bound } from '../data/bind.ts';
import { withGiven } from '../data/given-cells.ts';

type Arrays = Readonly<Record<string, TensorData>>;

/** `partial`: arrays of which some cells are given. Probabilities of given cells are 0 and 1 already. */
export const complete = (outputs: Arrays, partial: ReadonlySet<string>, { values, missing }: Bound): Arrays => {
  const whole: Record<string, TensorData> = { ...outputs };
  for (const name of partial) {
    const put = (key: string, given: TensorData | number): void => {
      if (outputs[key] !== undefined) whole[key] = withGiven(outputs[key], given, missing[name]!);
    };
    put(name, values[name]!);
    put(`${name}.mean`, values[name]!);
    put(`${name}.sd`, 0);
  }
  return whole;
};
