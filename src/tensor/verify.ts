// The verifier of tensor programs, run on what builders make and after every pass. In: a program. Out: what is wrong with it,
// as sentences (empty when it is well formed): single assignment, definition before use, shapes, dtypes, nested programs.
import { InternalError } from '../diagnostics/diagnostic.ts';
import { printShape, shapesEqual } from './dims.ts';
import { nestedPrograms, operandsOf } from './instructions.ts';
import { factsOf } from './ops.ts';
import type { Instr, Program, ValueId, ValueInfo } from './program.ts';

const printInfo = (info: ValueInfo): string => `${info.dtype} ${printShape(info.shape)}`;
const sameInfo = (a: ValueInfo, b: ValueInfo): boolean => a.dtype === b.dtype && shapesEqual(a.shape, b.shape);

const duplicates = (names: readonly (string | number)[]): readonly (string | number)[] =>
  names.filter((name, i) => names.indexOf(name) !== i);

const checkResults = (program: Program, instr: Instr): readonly string[] => {
  const info = (id: ValueId): ValueInfo => {
    const found = program.values[id];
    if (found === undefined) throw new InternalError(`value ${id} has no shape`);
    return found;
  };
  try {
    const declared = instr.out.map(info);
    const results = factsOf(instr).shape(instr, info, declared);
    if (results.length !== declared.length)
      return [`${instr.op}: ${declared.length} results, expected ${results.length}`];
    return results.flatMap((result, i) =>
      sameInfo(result, declared[i]!)
        ? []
        : [`${instr.op}: %${instr.out[i]!} is ${printInfo(declared[i]!)}, should be ${printInfo(result)}`],
    );
  } catch (error) {
    if (error instanceof InternalError) return [error.message];
    throw error;
  }
};

export const verify = (program: Program): readonly string[] => {
  const problems: string[] = [];
  const defined = new Set<ValueId>();
  const define = (id: ValueId, what: string): void => {
    if (defined.has(id)) problems.push(`%${id} is defined twice, again by ${what}`);
    if (program.values[id] === undefined) problems.push(`%${id}, defined by ${what}, has no shape`);
    defined.add(id);
  };
  for (const { name, id } of program.inputs) define(id, `input ${name}`);
  for (const instr of program.instrs) {
    for (const id of operandsOf(instr))
      if (!defined.has(id)) problems.push(`${instr.op} reads %${id} before it is defined`);
    problems.push(...checkResults(program, instr));
    for (const nested of nestedPrograms(instr))
      problems.push(...verify(nested).map((problem) => `in ${instr.op}: ${problem}`));
    for (const id of instr.out) define(id, instr.op);
  }
  for (const { name, id } of program.outputs)
    if (!defined.has(id)) problems.push(`output ${name} is %${id}, which is not defined`);
  for (const name of duplicates(program.inputs.map((i) => i.name))) problems.push(`two inputs are named ${name}`);
  for (const name of duplicates(program.outputs.map((o) => o.name))) problems.push(`two outputs are named ${name}`);
  return problems;
};

/** Throws InternalError listing every problem; returns the program when there is none. */
export const verified = (program: Program, where: string): Program => {
  const problems = verify(program);
  if (problems.length > 0) throw new InternalError(`malformed program (${where}): ${problems.join('; ')}`);
  return program;
};
