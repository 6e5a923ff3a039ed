// Carries that a loop only adds to: new = carry + terms, read nowhere else in the body. They need one copy, to which each term is
// added where it stands; a contraction adds its entries right there. In: a body. Out: its carries of this form.
import { shapesEqual } from '../../tensor/dims.ts';
import { countReads } from '../../tensor/instructions.ts';
import type { Program, ValueId } from '../../tensor/program.ts';
import type { KernelTarget } from '../kernel.ts';
import { formOf } from './contract-form.ts';
import { producersOf } from './destinations.ts';

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

export const accumulationsOf = (body: Program, carries: number, target: KernelTarget): readonly Accumulation[] => {
  const producers = producersOf(body);
  const reads = countReads(body);
  const shapeOf = (value: ValueId) => body.values[value]!.shape;
  const addsByItself = (term: ValueId, carry: ValueId): boolean => {
    const instr = producers.get(term);
    if (reads.get(term) !== 1 || !shapesEqual(shapeOf(term), shapeOf(carry))) return false;
    return instr?.op === 'contract' ? formOf(body, instr, target).kind !== 'map' : instr?.op === 'scatter-add';
  };
  const additionsTo = (value: ValueId, carry: ValueId): readonly Addition[] | null => {
    if (reads.get(value) !== 1) return null;
    if (value === carry) return [];
    const instr = producers.get(value);
    if (instr?.op !== 'map' || instr.fn !== 'add' || !shapesEqual(shapeOf(value), shapeOf(carry))) return null;
    for (const [at, arg] of instr.args.entries()) {
      const before = additionsTo(arg, carry);
      const term = instr.args[1 - at]!;
      if (before !== null) return [...before, { sum: value, term, byItself: addsByItself(term, carry) }];
    }
    return null;
  };
  return body.outputs.slice(0, carries).flatMap(({ id }, carry) => {
    const input = body.inputs[carry]!.id;
    if (body.values[input]!.dtype !== 'float' || id === input) return [];
    const additions = additionsTo(id, input);
    return additions === null ? [] : [{ carry, additions }];
  });
};
