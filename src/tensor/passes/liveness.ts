// Where each value is read for the last time. In: a program. Out: per instruction, the values that are dead after it
// (results that nobody reads included). A runtime disposes of them there.
import { operandsOf } from '../instructions.ts';
import type { Program, ValueId } from '../program.ts';

/** deadAfter[i]: values whose last use is instruction i. Outputs are in no list; unread inputs are in none either. */
export const deadAfter = (program: Program): readonly (readonly ValueId[])[] => {
  const kept = new Set(program.outputs.map((o) => o.id));
  const last = new Map<ValueId, number>();
  for (const [i, instr] of program.instrs.entries())
    for (const id of [...operandsOf(instr), ...instr.out]) last.set(id, i);
  const lists: ValueId[][] = program.instrs.map(() => []);
  for (const [id, i] of last) if (!kept.has(id)) lists[i]!.push(id);
  return lists;
};
