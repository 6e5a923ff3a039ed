// What is computed only where a condition does not hold. In: a program. Out: its selects and sums of these forms, which rewriting
// makes for what is seldom needed:
//   select(c, x, slow), where only the select reads `slow`, a reduction or a select of this form;
//   Σ select(c, 0, select(d, v, 0)) · w, where c is the same along some axes of the operand.
import { isOne } from '../../tensor/dims.ts';
import { countReads, producersOf } from '../../tensor/instructions.ts';
import type { Instr, Program, ValueId } from '../../tensor/program.ts';
import type { KernelTarget } from '../kernel.ts';
import { formOf, type Contract } from './contract-form.ts';

export interface GuardedSelect {
  readonly condition: ValueId;
  readonly fast: ValueId;
  readonly slow: GuardedSelect | Reduction;
}
export interface Reduction {
  readonly instr: Contract;
  readonly reduced: readonly number[];
}

export interface GuardedSum {
  readonly instr: Contract;
  /** The position of the operand with the condition. */
  readonly operand: number;
  readonly condition: ValueId;
  /** What it is where the condition does not hold. */
  readonly value: ValueId;
  /** Labels along which the condition varies. */
  readonly varying: readonly number[];
}

export interface Guards {
  /** By the value of the outermost select. */
  readonly selects: ReadonlyMap<ValueId, GuardedSelect>;
  /** Values that are computed inside of them and nowhere else. */
  readonly inside: ReadonlySet<ValueId>;
  /** By the value of the contraction. */
  readonly sums: ReadonlyMap<ValueId, GuardedSum>;
}

type Producers = ReadonlyMap<ValueId, Instr>;

const selectArgs = (instr: Instr | undefined): readonly [ValueId, ValueId, ValueId] | null =>
  instr?.op === 'map' && instr.fn === 'select' ? (instr.args as readonly [ValueId, ValueId, ValueId]) : null;

const isZero = (producers: Producers, value: ValueId): boolean => {
  const instr = producers.get(value);
  if (instr?.op === 'view' && instr.view.kind !== 'pad') return isZero(producers, instr.arg);
  return instr?.op === 'constant' && instr.value === 0;
};

const guardedSum = (program: Program, producers: Producers, instr: Contract): GuardedSum | null => {
  for (const [operand, { value: whole, axes }] of instr.operands.entries()) {
    const args = selectArgs(producers.get(whole));
    if (args === null || !isZero(producers, args[1])) continue;
    const [condition, , value] = args;
    const inner = selectArgs(producers.get(value));
    if (inner === null || !isZero(producers, inner[2])) continue;
    const { shape } = program.values[condition]!;
    const wide = (lengths: typeof shape): readonly number[] =>
      axes.filter((_, i) => lengths[i] !== undefined && !isOne(lengths[i]));
    const varying = wide(shape);
    if (varying.length < wide(program.values[whole]!.shape).length)
      return { instr, operand, condition, value, varying };
  }
  return null;
};

export const guardsOf = (program: Program, target: KernelTarget): Guards => {
  const producers = producersOf(program);
  const reads = countReads(program);
  const selects = new Map<ValueId, GuardedSelect>();
  const inside = new Set<ValueId>();
  const sums = new Map<ValueId, GuardedSum>();
  const reductionOf = (instr: Contract): Reduction | null => {
    const form = formOf(program, instr, target);
    return form.kind === 'reduce' ? { instr, reduced: form.reduced } : null;
  };
  const slowOf = (value: ValueId, rank: number): GuardedSelect | Reduction | null => {
    if (reads.get(value) !== 1 || program.values[value]!.shape.length !== rank) return null;
    const instr = producers.get(value);
    return instr?.op === 'contract' ? reductionOf(instr) : (selects.get(value) ?? null);
  };
  for (const instr of program.instrs) {
    const out = instr.out[0]!;
    if (instr.op === 'contract' && instr.semiring.kind === 'sum-product' && reductionOf(instr) !== null) {
      const sum = guardedSum(program, producers, instr);
      if (sum !== null) sums.set(out, sum);
    }
    const args = selectArgs(instr);
    if (args === null) continue;
    const [condition, fast, other] = args;
    const slow = slowOf(other, program.values[out]!.shape.length);
    if (slow === null) continue;
    selects.delete(other);
    sums.delete(other);
    inside.add(other);
    selects.set(out, { condition, fast, slow });
  }
  return { selects, inside, sums };
};
