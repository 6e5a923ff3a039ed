// Rebuilds a program on a fresh builder, with other values in the place of single instructions: what most passes are. In: a
// program, and the rule that a pass makes for it and for each program nested in it. Out: a program with the same meaning.
import { Builder, type Value } from './builder.ts';
import { inlineValues } from './inline.ts';
import type { Instr, Program, ValueId } from './program.ts';

/** The results of an instruction, built anew; null where it stays as it is. */
export type Replacement = (b: Builder, instr: Instr, read: (id: ValueId) => Value) => readonly Value[] | null;

export const rebuild = (program: Program, replacementIn: (program: Program) => Replacement): Program => {
  const replace = replacementIn(program);
  const nested = (instr: Instr): Instr => {
    switch (instr.op) {
      case 'scan':
        return { ...instr, body: rebuild(instr.body, replacementIn) };
      case 'while':
        return { ...instr, test: rebuild(instr.test, replacementIn), body: rebuild(instr.body, replacementIn) };
      default:
        return instr;
    }
  };
  const b = new Builder();
  const inputs = program.inputs.map(({ name, id }) =>
    b.input(name, program.values[id]!.shape, program.values[id]!.dtype),
  );
  const values = inlineValues(b, program, inputs, nested, (instr, read) => replace(b, instr, read));
  return b.finish(Object.fromEntries(program.outputs.map(({ name, id }) => [name, values.get(id)!])));
};
