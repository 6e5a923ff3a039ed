// A part of a computed array is computed from parts of its operands, where nothing else needs the whole: the steps 1 … T - 1 of
// energies padded at step 0 lose the padding, and the first row of a sum is the sum of first rows. In and out: a program with
// the same meaning.
import type { Value } from '../../tensor/builder.ts';
import { add, isOne, shapesEqual, subtract, type Dim } from '../../tensor/dims.ts';
import { operandsOf, producersOf } from '../../tensor/instructions.ts';
import type { Instr, Program, ValueId, View } from '../../tensor/program.ts';
import { rebuild, type Replacement } from '../../tensor/rebuild.ts';
import type { KernelTarget } from '../kernel.ts';
import { entriesOf, one } from './labelled.ts';
import { axesThrough } from './unit-axes.ts';

/** A box: where it starts and how long it is, by axis. */
interface Part {
  readonly start: readonly Dim[];
  readonly length: readonly Dim[];
}

/** Certainly at least 0, whatever the sizes. */
const isNatural = (dim: Dim): boolean => dim.every((term) => term.coef > 0);

/** Values of which slices alone are read, directly or behind what a slice moves through, and no more entries than they have:
 *  nothing is computed twice for them. */
const onlySliced = (program: Program, target: KernelTarget): ReadonlySet<ValueId> => {
  const entries = (shape: readonly Dim[]): number => Math.max(1, entriesOf(shape, target));
  /** What share of a value is read; infinite where all of it must be there. */
  const read = new Map<ValueId, number>(program.outputs.map((o) => [o.id, Infinity]));
  const shareFor = (instr: Instr, id: ValueId): number => {
    if (instr.op === 'view' && instr.view.kind === 'slice')
      return entries(instr.view.length) / entries(program.values[id]!.shape);
    const moves = instr.op === 'map' || instr.op === 'contract' || instr.op === 'view';
    return moves ? (read.get(instr.out[0]) ?? 0) : Infinity;
  };
  for (const instr of program.instrs.toReversed())
    for (const id of operandsOf(instr)) read.set(id, (read.get(id) ?? 0) + shareFor(instr, id));
  return new Set([...read].flatMap(([id, share]) => (share <= 1 ? [id] : [])));
};

const slicing = (program: Program, target: KernelTarget): Replacement => {
  const producers = producersOf(program);
  const freed = onlySliced(program, target);
  const shapeOf = (id: ValueId): readonly Dim[] => program.values[id]!.shape;

  return (b, instr, read) => {
    const throughView = (arg: ValueId, view: View, { start, length }: Part): Value | null => {
      const from = shapeOf(arg);
      switch (view.kind) {
        case 'transpose': {
          const back = view.permutation.map((_, axis) => view.permutation.indexOf(axis));
          const inner = part(arg, { start: back.map((i) => start[i]!), length: back.map((i) => length[i]!) });
          return b.transpose(inner, view.permutation);
        }
        case 'expand': {
          const isRepeated = from.map((dim, axis) => isOne(dim) && !isOne(view.shape[axis]!));
          const inner = part(arg, {
            start: start.map((dim, axis) => (isRepeated[axis] ? [] : dim)),
            length: length.map((dim, axis) => (isRepeated[axis] ? one : dim)),
          });
          return b.expand(inner, length);
        }
        case 'reshape': {
          const axes = axesThrough(from, view.shape);
          if (axes === null) return null;
          // An axis of 1 that the reshape made can only be taken whole.
          if (length.some((dim, axis) => !isOne(dim) && !axes.includes(axis))) return null;
          const inner = part(arg, {
            start: axes.map((axis) => (axis === null ? [] : start[axis]!)),
            length: axes.map((axis) => (axis === null ? one : length[axis]!)),
          });
          return b.reshape(inner, length);
        }
        case 'slice':
          return part(arg, { start: start.map((dim, axis) => add(dim, view.start[axis]!)), length });
        case 'pad': {
          const inside = from.map((dim, axis) => {
            const after = subtract(start[axis]!, view.before[axis]!);
            const left = subtract(dim, add(after, length[axis]!));
            return isNatural(after) && isNatural(left);
          });
          const outside = from.map((dim, axis) => {
            const end = add(view.before[axis]!, dim);
            const stop = add(start[axis]!, length[axis]!);
            return isNatural(subtract(start[axis]!, end)) || isNatural(subtract(view.before[axis]!, stop));
          });
          if (outside.includes(true)) return b.full(length, b.constant(view.value, program.values[arg]!.dtype));
          if (inside.includes(false)) return null;
          return part(arg, { start: start.map((dim, axis) => subtract(dim, view.before[axis]!)), length });
        }
        case 'reverse':
          return null;
      }
    };
    /** An operand that may have length 1 where the result is longer. */
    const operandPart = (id: ValueId, { start, length }: Part, whole: readonly Dim[]): Value => {
      const shape = shapeOf(id);
      if (shape.length === 0) return read(id);
      const isShared = shape.map((dim, axis) => isOne(dim) && !isOne(whole[axis]!));
      return part(id, {
        start: start.map((dim, axis) => (isShared[axis] ? [] : dim)),
        length: length.map((dim, axis) => (isShared[axis] ? one : dim)),
      });
    };
    const throughProducer = (id: ValueId, box: Part): Value | null => {
      const producer = producers.get(id);
      switch (producer?.op) {
        case 'view':
          return throughView(producer.arg, producer.view, box);
        case 'map':
          if (!freed.has(id)) return null;
          return b.broadcast(b.map(producer.fn, ...producer.args.map((arg) => operandPart(arg, box, shapeOf(id)))), box.length); // prettier-ignore
        case 'contract': {
          if (!freed.has(id)) return null;
          const { operands, keep, semiring } = producer;
          const parts = operands.map(({ value, axes }) => {
            const shape = shapeOf(value);
            const at = axes.map((label) => keep.indexOf(label));
            const start = at.map((axis) => (axis < 0 ? [] : box.start[axis]!));
            const length = at.map((axis, i) => (axis < 0 ? shape[i]! : box.length[axis]!));
            return { value: part(value, { start, length }), axes };
          });
          const by = semiring.kind === 'soft-min' ? ({ kind: 'soft-min', beta: read(semiring.beta) } as const) : semiring.kind; // prettier-ignore
          return b.contract(by, parts, keep);
        }
        case 'gather': {
          const { axis } = producer;
          const rank = shapeOf(producer.indices).length;
          const cut = <T>(items: readonly T[]): readonly T[] => items.slice(axis, axis + rank);
          const rest = (items: readonly Dim[], middle: Dim): readonly Dim[] => items.toSpliced(axis, rank, middle);
          const indices = part(producer.indices, { start: cut(box.start), length: cut(box.length) });
          const data = part(producer.data, {
            start: rest(box.start, []),
            length: rest(box.length, shapeOf(producer.data)[axis]!),
          });
          return b.gather(data, indices, axis);
        }
        default:
          return null;
      }
    };
    const part = (id: ValueId, box: Part): Value => {
      return shapesEqual(box.length, shapeOf(id))
        ? read(id)
        : (throughProducer(id, box) ?? b.slice(read(id), box.start, box.length));
    };
    if (instr.op !== 'view' || instr.view.kind !== 'slice') return null;
    return [part(instr.arg, instr.view)];
  };
};

export const moveSlices = (program: Program, target: KernelTarget): Program =>
  rebuild(program, (inner) => slicing(inner, target));
