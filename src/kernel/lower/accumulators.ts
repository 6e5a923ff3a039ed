// Carries that a loop only adds to: new = carry + terms, read nowhere else in the body. They need one copy, to which each term is
// added where it stands; a contraction adds its entries right there. In: a body. Out: its carries of this form.
import { shapesEqual } from '../../tensor/dims.ts';
import { countReads, producersOf } from '../../tensor/instructions.ts';
import type { Instr, ValueId } from '../../tensor/program.ts';
import type { KernelTarget } from '../kernel.ts';
import { formOf } from './contract-form.ts';

export interface Addition {
  readonly sum: ValueId;
  /** What is added, broadcast where its shape is another. */
  readonly term: ValueId;
  /** The instruction that makes the term adds it, entry by entry. */
  readonly byItself: boolean;
}
export interface Accumulation {
  /** The number of the carry. */
  readonly carry: number;
  /** From the carry to its new value. */
  readonly additions: readonly Addition[];
}

/** A resumable scan has none: what threads add up over several steps would depend on the number of steps. */
export const accumulationsOf = (
  instr: Extract<Instr, { op: 'scan' | 'while' }>,
  target: KernelTarget,
): readonly Accumulation[] => {
  if (instr.op === 'scan' && instr.resumable === true) return [];
  const { body } = instr;
  const producers = producersOf(body);
  const reads = countReads(body);
  const shapeOf = (value: ValueId) => body.values[value]!.shape;
  const addsByItself = (term: ValueId, carry: ValueId): boolean => {
    const producer = producers.get(term);
    if (reads.get(term) !== 1 || !shapesEqual(shapeOf(term), shapeOf(carry))) return false;
    return producer?.op === 'contract' ? formOf(body, producer, target).kind !== 'map' : producer?.op === 'scatter-add';
  };
  const additionsTo = (value: ValueId, carry: ValueId): readonly Addition[] | null => {
    if (reads.get(value) !== 1) return null;
    if (value === carry) return [];
    const producer = producers.get(value);
    if (producer?.op !== 'map' || producer.fn !== 'add' || !shapesEqual(shapeOf(value), shapeOf(carry))) return null;
    for (const [at, arg] of producer.args.entries()) {
      const before = additionsTo(arg, carry);
      const term = producer.args[1 - at]!;
      if (before !== null) return [...before, { sum: value, term, byItself: addsByItself(term, carry) }];
    }
    return null;
  };
  return body.outputs.slice(0, instr.carry.length).flatMap(({ id }, carry) => {
    const input = body.inputs[carry]!.id;
    if (body.values[input]!.dtype !== 'float' || id === input) return [];
    const additions = additionsTo(id, input);
    return additions === null ? [] : [{ carry, additions }];
  });
};
