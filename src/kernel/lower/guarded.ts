// Nests of what is computed only where a condition does not hold (guards.ts), so that it costs nothing elsewhere. Of
// select(c, x, slow) x is stored, and `slow` into the same entries within `if` not c, outside of the loops of trailing axes along
// which c is the same. Of a sum with an operand select(c, 0, v), zeros are stored, and terms added within `if` not c.
import { isOne, type Dim } from '../../tensor/dims.ts';
import type { ValueId } from '../../tensor/program.ts';
import { inLoops } from '../in-loops.ts';
import type { Index, Loop, Statement } from '../kernel.ts';
import { lengthsOf } from './contract-form.ts';
import type { Scope } from './context.ts';
import { map } from './expressions.ts';
import type { GuardedSelect, GuardedSum } from './guards.ts';
import { addingPlace, copyNest, iterate, shareForStores, storesTo } from './nests.ts';
import type { Target } from './places.ts';
import { broadcastIndex, contractReads } from './reads.ts';
import { reduceBy, reductionAt } from './reductions.ts';
import { combined, Entries } from './values.ts';

/** How many leading axes of a shape the condition varies along, at most; it is the same along the others. */
const varying = (condition: readonly Dim[], rank: number): number =>
  condition.length === 0 ? 0 : Math.min(rank, condition.findLastIndex((length) => !isOne(length)) + 1);

export const lowerGuardedSelect = (
  scope: Scope,
  value: ValueId,
  guarded: GuardedSelect,
  targets: readonly Target[],
): void => {
  const { context, program } = scope;
  const { shape } = program.values[value]!;
  const outer = varying(program.values[guarded.condition]!.shape, shape.length);
  const fast = iterate(
    context,
    shape,
    (at) => entryOf(scope, guarded.fast, at),
    (expr) => [expr],
  );
  const { lets, values } = shareForStores(context, fast.result, targets.length);
  const stores = [...lets, ...storesTo(context, targets, fast.indices, values)];
  const around = fast.loops.slice(0, outer).flat();
  const body = [
    ...inLoops(fast.loops.slice(outer).flat(), stores),
    ...unless(scope, guarded, fast.indices.slice(0, outer), shape, targets),
  ];
  scope.statements.push(...inLoops(around, body));
};

const entryOf = (scope: Scope, value: ValueId, at: readonly Index[]) =>
  new Entries(scope.context).at(scope, value, broadcastIndex(scope.program.values[value]!.shape, at));

/** Where the condition does not hold, the slow entries of the axes that are left. */
const unless = (
  scope: Scope,
  { condition, fast, slow }: GuardedSelect,
  at: readonly Index[],
  shape: readonly Dim[],
  targets: readonly Target[],
): readonly Statement[] => {
  const { context } = scope;
  const test = shareForStores(context, map('not', [entryOf(scope, condition, at)]), 1);
  const rest = shape.slice(at.length);
  const { loops, indices } = iterate(
    context,
    rest,
    (inner) => inner,
    () => [],
  );
  const all = [...at, ...indices];
  const entry = (): readonly Statement[] => {
    if (!('instr' in slow)) {
      const again = shareForStores(context, entryOf(scope, slow.fast, all), targets.length);
      const stores = [...again.lets, ...storesTo(context, targets, all, again.values)];
      return [...(slow.fast === fast ? [] : stores), ...unless(scope, slow, all, shape, targets)];
    }
    const { reduce, result } = reductionAt(scope, slow.instr, slow.reduced, all);
    return [reduce, ...storesTo(context, targets, all, result)];
  };
  const then = inLoops(loops.flat(), entry());
  return [...test.lets, { kind: 'if', test: test.values, then }];
};

/** Operands with what stands in the place of the one with the condition. */
export const unguarded = ({ instr, operand, value }: GuardedSum): GuardedSum['instr'] => ({
  ...instr,
  operands: instr.operands.with(operand, { ...instr.operands[operand]!, value }),
});

export const lowerGuardedSum = (scope: Scope, sum: GuardedSum, targets: readonly Target[]): void => {
  const { context, program } = scope;
  const { instr, operand, condition, varying } = sum;
  const { shape } = program.values[instr.out[0]]!;
  const [first, ...others] = targets;
  const sums = addingPlace(scope, shape, first!);
  const lengths = lengthsOf(program, instr);
  const labels = [...varying, ...[...lengths.keys()].filter((label) => !varying.includes(label))];
  const read = unguarded(sum);
  const { loops, indices, result } = iterate(
    context,
    labels.map((label) => lengths.get(label)!),
    (at) => {
      const entries = new Entries(context);
      const byLabel = new Map(labels.map((label, i) => [label, at[i]!]));
      const terms = contractReads(read, byLabel).map((r) =>
        entries.at(scope, r.value, broadcastIndex(program.values[r.value]!.shape, r.indices)),
      );
      const own = instr.operands[operand]!.axes.map((label) => byLabel.get(label)!);
      const test = entries.at(scope, condition, broadcastIndex(program.values[condition]!.shape, own));
      return { byLabel, term: combined(read, terms), test: map('not', [test]) };
    },
    ({ term, test }) => [term, test],
  );
  const loopsOf = (wanted: readonly number[]): readonly Loop[] =>
    labels.flatMap((label, i) => (wanted.includes(label) ? loops[i]! : []));
  const inner = labels.filter((label) => !varying.includes(label));
  const isKept = (label: number): boolean => instr.keep.includes(label);
  const at = instr.keep.map((label) => indices[labels.indexOf(label)]!);
  const summed = inner.filter((label) => !isKept(label));
  const made = loopsOf(summed).length > 0 ? reduceBy(scope, 'sum', loopsOf(summed), [result.term]) : null;
  const term = shareForStores(context, made === null ? result.term : made.result, 1);
  const adding = [...(made === null ? [] : [made.reduce]), ...term.lets, ...storesTo(context, [sums], at, term.values)];
  const test = shareForStores(context, result.test, 1);
  const then = inLoops(loopsOf(inner.filter(isKept)), adding);
  const body: readonly Statement[] = [...test.lets, { kind: 'if', test: test.values, then }];
  const serial = inLoops(loopsOf(varying.filter((label) => !isKept(label))), body, 'serial');
  scope.statements.push(...inLoops(loopsOf(varying.filter(isKept)), serial));
  copyNest(scope, shape, sums.place, others);
};
