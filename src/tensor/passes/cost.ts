// What a program costs. In: a program (and, for numbers, the values of its sizes). Out: operations, bytes moved and peak
// memory. An estimate for comparing plans, from the table in ops.ts; of a `while`, as if all its steps were taken.
import { add, constant, evaluate, multiply, product, scale, type Dim } from '../dims.ts';
import { nestedPrograms, operandsOf } from '../instructions.ts';
import { factsOf } from '../ops.ts';
import type { Instr, Program, ValueId, ValueInfo } from '../program.ts';
import { deadAfter } from './liveness.ts';

/** float32 and int32 on every backend but the reference. */
const bytesPerEntry = 4;

export interface SymbolicCost {
  readonly flops: Dim;
  /** Read and written by all instructions together. */
  readonly bytes: Dim;
}
export interface Cost {
  readonly flops: number;
  readonly bytes: number;
  /** The most memory that is live at once. */
  readonly peakBytes: number;
}

const infoIn =
  (program: Program) =>
  (id: ValueId): ValueInfo =>
    program.values[id]!;

export const flopsOf = (program: Program): Dim =>
  program.instrs.reduce((sum, instr) => add(sum, factsOf(instr).flops(instr, infoIn(program), flopsOf)), constant(0));

const bytesOfInstr = (program: Program, instr: Instr): Dim => {
  const entries = [...operandsOf(instr), ...instr.out].reduce(
    (sum, id) => add(sum, product(program.values[id]!.shape)),
    constant(0),
  );
  const own = scale(entries, bytesPerEntry);
  switch (instr.op) {
    case 'scan':
      return add(own, multiply(instr.length, bytesOf(instr.body)));
    case 'while':
      return add(own, scale(bytesOf(instr.body), instr.max));
    default:
      return own;
  }
};

export const bytesOf = (program: Program): Dim =>
  program.instrs.reduce((sum, instr) => add(sum, bytesOfInstr(program, instr)), constant(0));

export const symbolicCost = (program: Program): SymbolicCost => ({ flops: flopsOf(program), bytes: bytesOf(program) });

/** Peak memory in bytes: every value from its definition to its last use; loops add the peak of their bodies. */
export const peakBytes = (program: Program, sizes: Readonly<Record<string, number>>): number => {
  const bytes = (id: ValueId): number => bytesPerEntry * evaluate(product(program.values[id]!.shape), sizes);
  const dead = deadAfter(program);
  let live = program.inputs.reduce((sum, { id }) => sum + bytes(id), 0);
  let peak = live;
  for (const [i, instr] of program.instrs.entries()) {
    live += instr.out.reduce((sum, id) => sum + bytes(id), 0);
    const inside = nestedPrograms(instr).reduce((most, nested) => Math.max(most, peakBytes(nested, sizes)), 0);
    peak = Math.max(peak, live + inside);
    live -= dead[i]!.reduce((sum, id) => sum + bytes(id), 0);
  }
  return peak;
};

/** Throws RangeError naming a size that has no value. */
export const estimateCost = (program: Program, sizes: Readonly<Record<string, number>>): Cost => {
  const { flops, bytes } = symbolicCost(program);
  return { flops: evaluate(flops, sizes), bytes: evaluate(bytes, sizes), peakBytes: peakBytes(program, sizes) };
};
