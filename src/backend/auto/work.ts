// How much there is to do in a program. In: a program and its sizes. Out: numbers that backends' times are estimated from; an
// order of magnitude.
import { evaluate, product } from '../../tensor/dims.ts';
import { nestedPrograms } from '../../tensor/instructions.ts';
import { factsOf } from '../../tensor/ops.ts';
import type { Instr, Program, ValueId, ValueInfo } from '../../tensor/program.ts';
import { flopsOf } from '../../tensor/passes/cost.ts';

export interface Work {
  /** Arithmetic, and numbers written. */
  readonly operations: number;
  /** Instructions carried out, each turn of a loop counted. */
  readonly launches: number;
  /** Instructions in the text: what a compiler sees. */
  readonly instructions: number;
}

type Sizes = Readonly<Record<string, number>>;

/** A `while` stops by its own test, long before the most steps that it may take. */
const expectedSteps = 60;

const turnsOf = (instr: Instr, sizes: Sizes): number =>
  instr.op === 'scan' ? evaluate(instr.length, sizes) : instr.op === 'while' ? Math.min(instr.max, expectedSteps) : 1;

export const noWork: Work = { operations: 0, launches: 0, instructions: 0 };

export const together = (parts: readonly Work[]): Work =>
  parts.reduce(
    (sum, w) => ({
      operations: sum.operations + w.operations,
      launches: sum.launches + w.launches,
      instructions: sum.instructions + w.instructions,
    }),
    noWork,
  );

/** `work` as often as `times`: the text is one. */
export const repeated = (work: Work, times: number): Work => ({
  ...work,
  operations: times * work.operations,
  launches: times * work.launches,
});

export const workOf = (program: Program, sizes: Sizes): Work => {
  const info = (id: ValueId): ValueInfo => program.values[id]!;
  const own = (instr: Instr): Work => {
    const written = instr.out.reduce((sum, id) => sum + evaluate(product(info(id).shape), sizes), 0);
    const flops = evaluate(factsOf(instr).flops(instr, info, flopsOf), sizes);
    return { operations: flops + written, launches: 1, instructions: 1 };
  };
  return together(
    program.instrs.map((instr) => {
      const nested = nestedPrograms(instr);
      return nested.length === 0
        ? own(instr)
        : repeated(together(nested.map((body) => workOf(body, sizes))), turnsOf(instr, sizes));
    }),
  );
};
