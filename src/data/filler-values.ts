// What stands in cells that hold no value (missing, or padding): some value of the domain, so that a function of it is
// finite wherever it is computed and then not used: for a real not 0, where logarithms and quotients have poles, nor 1, where
// log(1 - x) has. In: a domain with its numbers. Out: the cells of one value.
import type { DomainFacts } from './check-domain.ts';
import type { DomainKind } from '../semantics/model.ts';

type Cells = (facts: DomainFacts, rows: number, columns: number) => (cell: number) => number;

const first: Cells = (_, __, columns) => (cell) => (cell % columns === 0 ? 1 : 0);
const identity: Cells = (_, __, columns) => (cell) => (cell % columns === Math.floor(cell / columns) ? 1 : 0);
const always =
  (value: number): Cells =>
  () =>
  () =>
    value;

const fillers: Readonly<Record<DomainKind, Cells>> = {
  real: always(0.5),
  angle: always(0),
  nonnegative: always(1),
  positive: always(1),
  unit: always(0.5),
  interval:
    ({ from, to }) =>
    () =>
      ((from ?? 0) + (to ?? from ?? 0)) / 2,
  binary: always(0),
  spin: always(-1),
  category: always(0),
  index: always(0),
  integer:
    ({ from }) =>
    () =>
      from ?? 0,
  onehot: first,
  simplex: (_, __, columns) => () => 1 / columns,
  sphere: first,
  ball: always(0),
  permutation: () => (cell) => cell,
  orthonormal: identity,
  spd: identity,
};

/** Writes a value of the domain over each value of which `empty` marks a cell; values are `step` cells long. */
export const fillEmpty = (
  data: Float64Array,
  facts: DomainFacts,
  shape: readonly number[],
  step: number,
  empty: (cell: number) => boolean,
): void => {
  const columns = step === 1 ? 1 : shape.at(-1)!;
  const value = fillers[facts.kind](facts, step / columns, columns);
  for (let start = 0; start < data.length; start += step)
    if (empty(start)) for (let cell = 0; cell < step; cell++) data[start + cell] = value(cell);
};
