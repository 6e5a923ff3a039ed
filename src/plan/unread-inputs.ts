// Programs that declare an input for every array there is. In: a program. Out: the same without the inputs that nothing reads.
import { operandsOf } from '../tensor/instructions.ts';
import { removeDeadCode } from '../tensor/passes/dead-code.ts';
import type { Program } from '../tensor/program.ts';

export const withoutUnread = (program: Program): Program => {
  const live = removeDeadCode(program);
  const read = new Set([...live.instrs.flatMap(operandsOf), ...live.outputs.map((o) => o.id)]);
  return { ...live, inputs: live.inputs.filter(({ id }) => read.has(id)) };
};
