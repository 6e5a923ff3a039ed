// Minima look past what does not choose them: min_k max(a_n + m_nk, 0) = max(a_n + min_k m_nk, 0). What is constant along the
// axes that are minimised, and what is monotone, goes behind the minimum, where the array is smaller by these axes; an argmin
// drops it. Rounding is monotone, so the minimum keeps every bit; of entries that only rounding or a clamp makes equal an
// argmin may take another. In and out: a program with the same meaning.
import type { Value } from '../builder.ts';
import { isOne } from '../dims.ts';
import { operandsOf, producersOf } from '../instructions.ts';
import type { Instr, Program, ValueId } from '../program.ts';
import type { Replacement } from '../rebuild.ts';
import { rebuild } from '../rebuild.ts';

/** What is done to the minimum afterwards, outermost last. */
interface After {
  readonly fn: 'add' | 'max' | 'min';
  readonly arg: ValueId;
}
interface Peeled {
  /** Terms of the sum that is minimised. */
  readonly terms: readonly ValueId[];
  readonly after: readonly After[];
}

/** The axes of its argument that an instruction minimises away; null when it is no minimum of one array. */
const minimisedAxes = (instr: Instr): readonly number[] | null => {
  if (instr.op === 'argmin') return [instr.axis];
  if (instr.op !== 'contract' || instr.semiring.kind !== 'min-plus' || instr.operands.length !== 1) return null;
  const axes = instr.operands[0]!.axes.flatMap((label, axis) => (instr.keep.includes(label) ? [] : [axis]));
  return axes.length === 0 ? null : axes;
};

/** What a program says of a value: who makes it, who reads it. */
interface Uses {
  readonly program: Program;
  readonly producers: ReadonlyMap<ValueId, Instr>;
  readonly readers: ReadonlyMap<ValueId, readonly Instr[]>;
  readonly outputs: ReadonlySet<ValueId>;
}

const usesIn = (program: Program): Uses => {
  const readers = new Map<ValueId, Instr[]>();
  for (const instr of program.instrs)
    for (const id of operandsOf(instr)) readers.set(id, [...(readers.get(id) ?? []), instr]);
  return {
    program,
    producers: producersOf(program),
    readers,
    outputs: new Set(program.outputs.map((o) => o.id)),
  };
};

const isReadOnce = ({ readers, outputs }: Uses, id: ValueId): boolean =>
  readers.get(id)!.length === 1 && !outputs.has(id);

const isConstant = ({ program }: Uses, term: ValueId, whole: ValueId, axes: readonly number[]): boolean => {
  const { shape } = program.values[term]!;
  const full = program.values[whole]!.shape;
  return shape.length === 0 || axes.every((axis) => isOne(shape[axis]!) && !isOne(full[axis]!));
};

const isWhole = ({ program }: Uses, part: ValueId, whole: ValueId): boolean =>
  String(program.values[part]!.shape.map(isOne)) === String(program.values[whole]!.shape.map(isOne));

const clampOf = (
  uses: Uses,
  id: ValueId,
  axes: readonly number[],
): { readonly inner: ValueId; readonly after: After } | null => {
  const instr = uses.producers.get(id);
  if (instr?.op !== 'map' || (instr.fn !== 'max' && instr.fn !== 'min')) return null;
  const bound = instr.args.find((arg) => isConstant(uses, arg, id, axes));
  const inner = instr.args.find((arg) => arg !== bound);
  if (bound === undefined || inner === undefined || !isWhole(uses, inner, id)) return null;
  return { inner, after: { fn: instr.fn, arg: bound } };
};

/** The terms of a sum, through sums that nothing else reads. */
const addends = (uses: Uses, id: ValueId): readonly ValueId[] => {
  const instr = uses.producers.get(id);
  if (instr?.op !== 'map' || instr.fn !== 'add') return [id];
  return instr.args.flatMap((arg) => (isReadOnce(uses, arg) ? addends(uses, arg) : [arg]));
};

/** Null when nothing can move, or when others read the array as it is. */
const peel = (uses: Uses, id: ValueId, axes: readonly number[]): Peeled | null => {
  const same = (reader: Instr): boolean => String(minimisedAxes(reader)) === String(axes);
  if (uses.outputs.has(id) || !uses.readers.get(id)!.every(same)) return null;
  const after: After[] = [];
  let terms: readonly ValueId[] = [id];
  for (let only: ValueId | null = id; only !== null;) {
    const clamp = clampOf(uses, only, axes);
    if (clamp !== null) {
      after.unshift(clamp.after);
      terms = [clamp.inner];
    } else {
      const all = addends(uses, only);
      const moving = all.filter((term) => isConstant(uses, term, id, axes));
      if (moving.length === 0 || moving.length === all.length) break;
      after.unshift(...moving.map((arg) => ({ fn: 'add', arg }) as const));
      terms = all.filter((term) => !moving.includes(term));
    }
    only = terms.length === 1 && isReadOnce(uses, terms[0]!) ? terms[0]! : null;
  }
  return after.length === 0 ? null : { terms, after };
};

const minima = (program: Program): Replacement => {
  const uses = usesIn(program);
  return (b, instr, read) => {
    const axes = minimisedAxes(instr);
    if (axes === null) return null;
    const arg = operandsOf(instr)[0]!;
    const peeled = peel(uses, arg, axes);
    if (peeled === null) return null;
    const full = program.values[arg]!.shape;
    const array = b.expand(
      peeled.terms.map(read).reduce((sum, term) => b.add(sum, term)),
      full,
    );
    if (instr.op === 'argmin') return [b.argmin(array, instr.axis)];
    if (instr.op !== 'contract') return null;
    const labels = instr.operands[0]!.axes;
    const least = b.contract('min-plus', [{ value: array, axes: labels }], instr.keep);
    // [axes of the array without those that are gone] in the order of the kept labels.
    const placed = (value: Value): Value => {
      if (value.shape.length === 0) return value;
      const left = labels.flatMap((label, axis) => (axes.includes(axis) ? [] : [{ label, dim: value.shape[axis]! }]));
      const reduced = b.reshape(value, left.map((l) => l.dim)); // prettier-ignore
      return b.transpose(reduced, instr.keep.map((label) => left.findIndex((l) => l.label === label))); // prettier-ignore
    };
    return [peeled.after.reduce((value, { fn, arg: by }) => b.map(fn, value, placed(read(by))), least)];
  };
};

export const freeMinima = (program: Program): Program => rebuild(program, minima);
