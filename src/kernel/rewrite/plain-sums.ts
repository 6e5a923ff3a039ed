// A min-plus contraction that reduces nothing is a sum of arrays, which a map says more simply: maps are computed where they are
// read. In and out: a program with the same meaning.
import type { Program } from '../../tensor/program.ts';
import { rebuild } from '../../tensor/rebuild.ts';
import { arranged, lengthsOf, spread } from './labelled.ts';

export const addPlainSums = (program: Program): Program =>
  rebuild(program, () => (b, instr, read) => {
    if (instr.op !== 'contract' || instr.semiring.kind !== 'min-plus') return null;
    const operands = instr.operands.map(({ value, axes }) => ({ value: read(value), axes }));
    const lengths = lengthsOf(operands);
    if (lengths.size > instr.keep.length) return null;
    const sum = operands.map((operand) => arranged(b, operand, instr.keep)).reduce((x, y) => b.add(x, y));
    return [spread(b, { value: sum, axes: instr.keep }, instr.keep, lengths)];
  });
