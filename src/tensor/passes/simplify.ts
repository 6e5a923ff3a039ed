// Rebuilds a program on a fresh builder, whose algebra folds constants, drops neutral elements, merges views, shrinks
// contractions and numbers values (equal instructions become one). In and out: a program with the same meaning.
import { Builder } from '../builder.ts';
import { inlineValues } from '../inline.ts';
import type { Instr, Program } from '../program.ts';

const simplifyNested = (instr: Instr): Instr => {
  switch (instr.op) {
    case 'scan':
      return { ...instr, body: simplify(instr.body) };
    case 'while':
      return { ...instr, test: simplify(instr.test), body: simplify(instr.body) };
    default:
      return instr;
  }
};

export const simplify = (program: Program): Program => {
  const b = new Builder();
  const inputs = program.inputs.map(({ name, id }) =>
    b.input(name, program.values[id]!.shape, program.values[id]!.dtype),
  );
  const values = inlineValues(b, program, inputs, simplifyNested);
  return b.finish(Object.fromEntries(program.outputs.map(({ name, id }) => [name, values.get(id)!])));
};
