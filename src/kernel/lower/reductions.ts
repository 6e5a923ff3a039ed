// Contractions that are no matrix product, and argmin. In: the instruction. Out: a nest of parallel loops over what is kept around
// one reduction.
import type { Instr } from '../../tensor/program.ts';
import { inLoops } from '../in-loops.ts';
import type { Accumulator, Expr, Index, Loop, ReduceOp, Statement } from '../kernel.ts';
import type { Scope } from './context.ts';
import { combined, Entries } from './values.ts';
import { lengthsOf, type Contract } from './contract-form.ts';
import { iterate, storesTo } from './nests.ts';
import type { Target } from './places.ts';
import { contractReads } from './reads.ts';
import { share } from './sharing.ts';
import { constant } from '../../tensor/dims.ts';

const operationOf = ({ semiring }: Contract): ReduceOp => {
  switch (semiring.kind) {
    case 'sum-product':
      return 'sum';
    case 'min-plus':
      return 'min';
    case 'soft-min':
      return 'soft-min';
  }
};

/** Reads the value that is combined, and β of a soft-min. */
export const termOf = (
  scope: Scope,
  instr: Contract,
  entries: Entries,
  at: ReadonlyMap<number, Index>,
): readonly Expr[] => {
  const operands = contractReads(instr, at).map(({ value, indices }) => entries.at(scope, value, indices));
  const term = combined(instr, operands);
  return instr.semiring.kind === 'soft-min' ? [term, entries.at(scope, instr.semiring.beta, [])] : [term];
};

/** A reduction with one accumulator, and the local it makes. */
export const reduceBy = (
  scope: Scope,
  op: ReduceOp,
  loops: readonly Loop[],
  expressions: readonly Expr[],
): { readonly reduce: Statement; readonly result: Expr } => {
  // β is computed outside of the iterations, where their lets are not seen.
  const [term, beta] = expressions;
  const { lets, values } = share([term!], scope.context);
  const local = scope.context.local();
  const accumulator: Accumulator = {
    local,
    op,
    value: values[0]!,
    ...(beta === undefined ? {} : { beta }),
  };
  return {
    reduce: { kind: 'reduce', loops, lets, accumulators: [accumulator] },
    result: { kind: 'local', local, scalar: op === 'argmin' ? 'int' : 'real' },
  };
};

/** The statements that make one entry of a contraction, whose kept labels are at these indices. */
export const reductionAt = (
  scope: Scope,
  instr: Contract,
  reduced: readonly number[],
  indices: readonly Index[],
): { readonly reduce: Statement; readonly result: Expr } => {
  const lengths = lengthsOf(scope.program, instr);
  const { loops, result } = iterate(
    scope.context,
    reduced.map((label) => lengths.get(label)!),
    (inner) => termOf(scope, instr, new Entries(scope.context), labelled(instr.keep, reduced, [...indices, ...inner])),
    (expressions) => expressions,
  );
  return reduceBy(scope, operationOf(instr), loops.flat(), result);
};

const labelled = (keep: readonly number[], reduced: readonly number[], at: readonly Index[]) =>
  new Map([...keep, ...reduced].map((label, i) => [label, at[i]!]));

export const lowerReduction = (
  scope: Scope,
  instr: Contract,
  reduced: readonly number[],
  targets: readonly Target[],
): void => {
  const { context, program } = scope;
  const lengths = lengthsOf(program, instr);
  const labels = [...instr.keep, ...reduced];
  const { loops, indices, result } = iterate(
    context,
    labels.map((label) => lengths.get(label)!),
    (at) => termOf(scope, instr, new Entries(context), labelled(instr.keep, reduced, at)),
    (expressions) => expressions,
  );
  const kept = instr.keep.length;
  const made = reduceBy(scope, operationOf(instr), loops.slice(kept).flat(), result);
  const stores = storesTo(context, targets, indices.slice(0, kept), made.result);
  scope.statements.push(...inLoops(loops.slice(0, kept).flat(), [made.reduce, ...stores]));
};

export const lowerArgmin = (
  scope: Scope,
  { arg, axis }: Extract<Instr, { op: 'argmin' }>,
  targets: readonly Target[],
): void => {
  const { context } = scope;
  const { shape } = scope.program.values[arg]!;
  const kept = shape.filter((_, i) => i !== axis);
  const { loops, indices, result } = iterate(
    context,
    [...kept, shape[axis]!],
    (at) => [new Entries(context).at(scope, arg, at.slice(0, -1).toSpliced(axis, 0, at.at(-1)!))],
    (expressions) => expressions,
    (i) => i < kept.length,
  );
  // The number of an iteration is the entry: of an axis of length 1 there is one all the same.
  const over = loops.at(-1)!.length > 0 ? loops.at(-1)! : [context.loop(constant(1))];
  const made = reduceBy(scope, 'argmin', over, result);
  const stores = storesTo(context, targets, indices.slice(0, -1), made.result);
  scope.statements.push(...inLoops(loops.slice(0, -1).flat(), [made.reduce, ...stores]));
};
