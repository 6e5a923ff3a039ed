// Concatenations and pads that are stored: every part is written by a nest of its own, so that no entry asks which part it is in.
import { add, type Dim } from '../../tensor/dims.ts';
import type { Instr } from '../../tensor/program.ts';
import { addIndex, constantIndex } from '../index-arithmetic.ts';
import type { Scope } from './context.ts';
import { numberOf } from './expressions.ts';
import { storeNest } from './nests.ts';
import { mapped, type Target } from './places.ts';
import { offsetsOf } from './reads.ts';

type InstrOf<O extends Instr['op']> = Extract<Instr, { op: O }>;

/** The same targets for a region that begins at `start`. */
const shifted = (targets: readonly Target[], start: readonly Dim[]): readonly Target[] =>
  targets.map(({ place, mode }) => ({
    place: mapped(place, (indices) => indices.map((index, axis) => addIndex(index, constantIndex(start[axis]!)))),
    mode,
  }));

export const lowerConcat = (scope: Scope, { args, axis }: InstrOf<'concat'>, targets: readonly Target[]): void => {
  const offsets = offsetsOf(scope.program, args, axis);
  for (const [k, arg] of args.entries()) {
    const { shape } = scope.program.values[arg]!;
    const start = shape.map((_, i) => (i === axis ? offsets[k]! : []));
    storeNest(scope, shape, (entries, at) => entries.at(scope, arg, at), shifted(targets, start));
  }
};

type Pad = InstrOf<'view'> & { readonly view: { readonly kind: 'pad' } };
export const isPad = (instr: Instr): instr is Pad => instr.op === 'view' && instr.view.kind === 'pad';

/** The margins axis by axis, each as wide as what the axes before it leave, then the inside. */
export const lowerPad = (scope: Scope, { arg, view }: Pad, targets: readonly Target[]): void => {
  const { shape, dtype } = scope.program.values[arg]!;
  const { before, after } = view;
  const margin = numberOf(view.value, dtype === 'int' ? 'int' : 'real');
  const padded = shape.map((length, i) => add(add(before[i]!, length), after[i]!));
  for (const axis of shape.keys()) {
    const fill = (length: Dim, from: Dim): void => {
      if (length.length === 0) return;
      const start = shape.map((_, i) => (i < axis ? before[i]! : i === axis ? from : []));
      const extent = shape.map((inside, i) => (i < axis ? inside : i === axis ? length : padded[i]!));
      storeNest(scope, extent, () => margin, shifted(targets, start));
    };
    fill(before[axis]!, []);
    fill(after[axis]!, add(before[axis]!, shape[axis]!));
  }
  storeNest(scope, shape, (entries, at) => entries.at(scope, arg, at), shifted(targets, before));
};
