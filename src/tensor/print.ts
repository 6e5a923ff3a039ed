// Programs as text, one instruction a line, for `--emit program` and golden tests. In: a program. Out: text that depends on
// nothing but the program.
import { printShape } from './dims.ts';
import { factsOf } from './ops.ts';
import type { Instr, Program, ValueId } from './program.ts';

const printValue = (program: Program, id: ValueId): string => {
  const info = program.values[id]!;
  return `${info.dtype}${info.shape.length === 0 ? '' : printShape(info.shape)}`;
};

const printNested = (title: string, program: Program, indent: string): readonly string[] => [
  `${indent}${title}`,
  ...printLines(program, `${indent}  `),
];

const printInstr = (program: Program, instr: Instr, indent: string): readonly string[] => {
  const outs = instr.out.map((id) => `%${id}`).join(' ');
  const types = instr.out.map((id) => printValue(program, id)).join(' ');
  const line = `${indent}${outs} = ${factsOf(instr).print(instr)} : ${types}`;
  switch (instr.op) {
    case 'scan':
      return [line, ...printNested('body', instr.body, `${indent}  `)];
    case 'while':
      return [
        line,
        ...printNested('test', instr.test, `${indent}  `),
        ...printNested('body', instr.body, `${indent}  `),
      ];
    default:
      return [line];
  }
};

const printLines = (program: Program, indent: string): readonly string[] => [
  ...program.inputs.map(({ name, id }) => `${indent}%${id} = input ${name} : ${printValue(program, id)}`),
  ...program.instrs.flatMap((instr) => printInstr(program, instr, indent)),
  ...program.outputs.map(({ name, id }) => `${indent}output ${name} = %${id}`),
];

export const printProgram = (program: Program): string => printLines(program, '').join('\n');
