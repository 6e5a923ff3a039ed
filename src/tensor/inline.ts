// Replays a finished program on a live builder. In: the program and a Value for each of its inputs. Out: Values of its outputs.
// Random instructions keep their identity, so a replay draws the same numbers.
import { InternalError } from '../diagnostics/diagnostic.ts';
import type { Builder, Value } from './builder.ts';
import type { NewInstr } from './builder/core.ts';
import { renameValues } from './instructions.ts';
import type { Instr, Program, ValueId } from './program.ts';

const replayInstr = (b: Builder, instr: Instr, program: Program, read: (id: ValueId) => Value): readonly Value[] => {
  // Maps, contractions and views go through the builder's algebra.
  switch (instr.op) {
    case 'map':
      return [b.map(instr.fn, ...instr.args.map(read))];
    case 'contract': {
      const { semiring } = instr;
      const operands = instr.operands.map(({ value, axes }) => ({ value: read(value), axes }));
      return [
        b.contract(
          semiring.kind === 'soft-min' ? { kind: 'soft-min', beta: read(semiring.beta) } : semiring.kind,
          operands,
          instr.keep,
        ),
      ];
    }
    case 'view':
      return [b.view(read(instr.arg), instr.view)];
    default: {
      const { out, ...rest } = renameValues(
        instr,
        (id) => read(id).id,
        (id) => id,
      );
      return b.emit(
        rest as NewInstr,
        out.map((id) => program.values[id]!),
      );
    }
  }
};

/** Every value of the replayed program by its old id. `rewrite` may replace an instruction before it is replayed, `replace`
 *  may build its results itself (null: replay it). */
export const inlineValues = (
  b: Builder,
  program: Program,
  inputs: readonly Value[],
  rewrite: (instr: Instr) => Instr = (instr) => instr,
  replace: (instr: Instr, read: (id: ValueId) => Value) => readonly Value[] | null = () => null,
): ReadonlyMap<ValueId, Value> => {
  const values = new Map<ValueId, Value>();
  if (inputs.length !== program.inputs.length)
    throw new InternalError(`a program of ${program.inputs.length} inputs is given ${inputs.length}`);
  for (const [i, { id }] of program.inputs.entries()) values.set(id, b.use(inputs[i]!));
  const read = (id: ValueId): Value => values.get(id) ?? missing(id);
  for (const instr of program.instrs) {
    const results = replace(instr, read) ?? replayInstr(b, rewrite(instr), program, read);
    for (const [i, id] of instr.out.entries()) values.set(id, results[i]!);
  }
  return values;
};

export const inlineProgram = (b: Builder, program: Program, inputs: readonly Value[]): readonly Value[] => {
  const values = inlineValues(b, program, inputs);
  return program.outputs.map(({ id }) => values.get(id) ?? missing(id));
};

const missing = (id: ValueId): never => {
  throw new InternalError(`value ${id} is read before it is computed`);
};
