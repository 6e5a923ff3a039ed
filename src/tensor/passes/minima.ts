// Minima look past what does not choose them: min_k max(a_n + m_nk, 0) = max(a_n + min_k m_nk, 0). What is constant along the
// axes that are minimised, and what is monotone, goes behind the minimum, where the array is smaller by these axes; an argmin
// drops it. Rounding is monotone, so the minimum keeps every bit; of entries that only rounding or a clamp makes equal an
// argmin may take another. In and out: a program with the same meaning.
import { Builder, type Value } from '../builder.ts';
import { isOne } from '../dims.ts';
import { inlineValues } from '../inline.ts';
import { operandsOf } from '../instructions.ts';
import type { Instr, Program, ValueId } from '../program.ts';

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

class Reading {
  readonly #producers = new Map<ValueId, Instr>();
  readonly #readers = new Map<ValueId, Instr[]>();
  readonly #outputs = new Set<ValueId>();

  constructor(private readonly program: Program) {
    for (const instr of program.instrs) {
      for (const id of instr.out) this.#producers.set(id, instr);
      for (const id of operandsOf(instr)) this.#readers.set(id, [...(this.#readers.get(id) ?? []), instr]);
    }
    for (const { id } of program.outputs) this.#outputs.add(id);
  }

  /** The axes of its argument that an instruction minimises away; null when it is no minimum of one array. */
  minimised(instr: Instr): readonly number[] | null {
    if (instr.op === 'argmin') return [instr.axis];
    if (instr.op !== 'contract' || instr.semiring.kind !== 'min-plus' || instr.operands.length !== 1) return null;
    const axes = instr.operands[0]!.axes.flatMap((label, axis) => (instr.keep.includes(label) ? [] : [axis]));
    return axes.length === 0 ? null : axes;
  }

  /** Null when nothing can move, or when others read the array as it is. */
  peel(id: ValueId, axes: readonly number[]): Peeled | null {
    const same = (reader: Instr): boolean => String(this.minimised(reader)) === String(axes);
    if (this.#outputs.has(id) || !this.#readers.get(id)!.every(same)) return null;
    const after: After[] = [];
    let terms: readonly ValueId[] = [id];
    for (let only: ValueId | null = id; only !== null;) {
      const clamp = this.#clamp(only, axes);
      if (clamp !== null) {
        after.unshift(clamp.after);
        terms = [clamp.inner];
      } else {
        const all = this.#addends(only);
        const moving = all.filter((term) => this.#isConstant(term, id, axes));
        if (moving.length === 0 || moving.length === all.length) break;
        after.unshift(...moving.map((arg) => ({ fn: 'add', arg }) as const));
        terms = all.filter((term) => !moving.includes(term));
      }
      only = terms.length === 1 && this.#isReadOnce(terms[0]!) ? terms[0]! : null;
    }
    return after.length === 0 ? null : { terms, after };
  }

  #isReadOnce(id: ValueId): boolean {
    return this.#readers.get(id)!.length === 1 && !this.#outputs.has(id);
  }

  #isConstant(term: ValueId, whole: ValueId, axes: readonly number[]): boolean {
    const { shape } = this.program.values[term]!;
    const full = this.program.values[whole]!.shape;
    return shape.length === 0 || axes.every((axis) => isOne(shape[axis]!) && !isOne(full[axis]!));
  }

  #clamp(id: ValueId, axes: readonly number[]): { readonly inner: ValueId; readonly after: After } | null {
    const instr = this.#producers.get(id);
    if (instr?.op !== 'map' || (instr.fn !== 'max' && instr.fn !== 'min')) return null;
    const bound = instr.args.find((arg) => this.#isConstant(arg, id, axes));
    const inner = instr.args.find((arg) => arg !== bound);
    if (bound === undefined || inner === undefined || !this.#isWhole(inner, id)) return null;
    return { inner, after: { fn: instr.fn, arg: bound } };
  }

  #isWhole(part: ValueId, whole: ValueId): boolean {
    return String(this.program.values[part]!.shape.map(isOne)) === String(this.program.values[whole]!.shape.map(isOne));
  }

  /** The terms of a sum, through sums that nothing else reads. */
  #addends(id: ValueId): readonly ValueId[] {
    const instr = this.#producers.get(id);
    if (instr?.op !== 'map' || instr.fn !== 'add') return [id];
    return instr.args.flatMap((arg) => (this.#isReadOnce(arg) ? this.#addends(arg) : [arg]));
  }
}

const nested = (instr: Instr): Instr => {
  switch (instr.op) {
    case 'scan':
      return { ...instr, body: freeMinima(instr.body) };
    case 'while':
      return { ...instr, test: freeMinima(instr.test), body: freeMinima(instr.body) };
    default:
      return instr;
  }
};

export const freeMinima = (program: Program): Program => {
  const reading = new Reading(program);
  const b = new Builder();
  const inputs = program.inputs.map(({ name, id }) =>
    b.input(name, program.values[id]!.shape, program.values[id]!.dtype),
  );
  const replace = (instr: Instr, read: (id: ValueId) => Value): readonly Value[] | null => {
    const axes = reading.minimised(instr);
    if (axes === null) return null;
    const arg = operandsOf(instr)[0]!;
    const peeled = reading.peel(arg, axes);
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
  const values = inlineValues(b, program, inputs, nested, replace);
  return b.finish(Object.fromEntries(program.outputs.map(({ name, id }) => [name, values.get(id)!])));
};
