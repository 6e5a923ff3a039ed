// Where results of a program have to end. In: a program and a target for each of its outputs. Out: targets by value: of an output
// that is another value with its axes in another order, or with axes of length 1 more or less, they are those of that value.
import { isOne, shapesEqual, type Dim } from '../../tensor/dims.ts';
import { producersOf } from '../../tensor/instructions.ts';
import type { Instr, Program, ValueId } from '../../tensor/program.ts';
import { zero } from '../index-arithmetic.ts';
import { mapped, type Place, type Target } from './places.ts';

const wide = (shape: readonly Dim[]): readonly number[] => [...shape.keys()].filter((axis) => !isOne(shape[axis]!));

/** For an index of what a view looks at, the index of the same entry in the view; null for views that do more than arrange axes. */
const intoView = (instr: Instr | undefined, from: readonly Dim[]): Place['at'] | null => {
  if (instr?.op === 'map' && instr.fn === 'stop-gradient') return (indices) => indices;
  if (instr?.op !== 'view') return null;
  const { view } = instr;
  if (view.kind === 'transpose') return (indices) => view.permutation.map((axis) => indices[axis]!);
  if (view.kind !== 'reshape') return null;
  const [source, result] = [wide(from), wide(view.shape)];
  if (!shapesEqual(source.map((axis) => from[axis]!), result.map((axis) => view.shape[axis]!))) return null; // prettier-ignore
  return (indices) =>
    view.shape.map((length, axis) => (isOne(length) ? zero : indices[source[result.indexOf(axis)]!]!));
};

const argOf = (instr: Instr): ValueId => (instr.op === 'view' ? instr.arg : instr.op === 'map' ? instr.args[0]! : 0);

export interface Arranged {
  readonly value: ValueId;
  /** From an index of the value to one of the output. */
  readonly at: Place['at'];
}

/** Instructions that store their result entry by entry, wherever it goes. */
const storesEntries = (instr: Instr | undefined): boolean =>
  instr?.op === 'contract' || instr?.op === 'argmin' || instr?.op === 'scatter-add';

/** The value that an output is, arranged. */
export const arrangedOutput = (program: Program, producers: ReadonlyMap<ValueId, Instr>, output: ValueId): Arranged => {
  const itself: Arranged = { value: output, at: (indices) => indices };
  const follow = ({ value, at }: Arranged): Arranged => {
    const instr = producers.get(value);
    if (storesEntries(instr)) return { value, at };
    if (instr === undefined) return itself;
    const arg = argOf(instr);
    const into = intoView(instr, program.values[arg]?.shape ?? []);
    return into === null ? itself : follow({ value: arg, at: (indices) => at(into(indices)) });
  };
  return follow(itself);
};

/** null: an output that goes nowhere. */
export const destinationsOf = (
  program: Program,
  targets: readonly (Target | null)[],
): ReadonlyMap<ValueId, readonly Target[]> => {
  const producers = producersOf(program);
  const destinations = new Map<ValueId, Target[]>();
  for (const [i, { id }] of program.outputs.entries()) {
    const target = targets[i];
    if (!target) continue;
    const { value, at } = arrangedOutput(program, producers, id);
    const moved = value === id ? target : { ...target, place: mapped(target.place, at) };
    destinations.set(value, [...(destinations.get(value) ?? []), moved]);
  }
  return destinations;
};
