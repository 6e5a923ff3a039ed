// `select(c, x, slow)` where only the select reads `slow`, a reduction or a select of this form: x is stored, and where c does not
// hold `slow` is computed into the same entries, so that it costs nothing elsewhere. In: a program. Out: its selects of this form;
// their nests. Where c has length 1 along trailing axes, the `if` stands outside of their loops.
import { isOne, type Dim } from '../../tensor/dims.ts';
import { countReads } from '../../tensor/instructions.ts';
import type { Instr, Program, ValueId } from '../../tensor/program.ts';
import type { Index, KernelTarget, Statement } from '../kernel.ts';
import { formOf, type Contract } from './contract-form.ts';
import type { Scope } from './context.ts';
import { map } from './expressions.ts';
import { iterate, nested, shareForStores, storesTo, type Target } from './nests.ts';
import { broadcastIndex } from './reads.ts';
import { reductionAt } from './reductions.ts';
import { Entries } from './values.ts';

export interface Guarded {
  readonly condition: ValueId;
  readonly fast: ValueId;
  readonly slow: Guarded | Slowest;
}
interface Slowest {
  readonly instr: Contract;
  readonly reduced: readonly number[];
}

export interface GuardedSelects {
  /** By the value of the outermost select. */
  readonly selects: ReadonlyMap<ValueId, Guarded>;
  /** Values that are computed inside of them and nowhere else. */
  readonly inside: ReadonlySet<ValueId>;
}

type Select = Extract<Instr, { op: 'map' }>;
const isSelect = (instr: Instr | undefined): instr is Select => instr?.op === 'map' && instr.fn === 'select';

export const guardedSelects = (program: Program, target: KernelTarget): GuardedSelects => {
  const producers = new Map(program.instrs.flatMap((instr) => instr.out.map((id) => [id, instr] as const)));
  const reads = countReads(program);
  const selects = new Map<ValueId, Guarded>();
  const inside = new Set<ValueId>();
  const slowOf = (value: ValueId, shape: readonly Dim[]): Guarded | Slowest | null => {
    const instr = producers.get(value);
    if (reads.get(value) !== 1 || program.values[value]!.shape.length !== shape.length) return null;
    if (isSelect(instr)) return selects.get(value) ?? null;
    if (instr?.op !== 'contract') return null;
    const form = formOf(program, instr, target);
    return form.kind === 'reduce' ? { instr, reduced: form.reduced } : null;
  };
  for (const instr of program.instrs) {
    if (!isSelect(instr)) continue;
    const [condition, fast, other] = instr.args as readonly [ValueId, ValueId, ValueId];
    const slow = slowOf(other, program.values[instr.out[0]]!.shape);
    if (slow === null) continue;
    selects.delete(other);
    inside.add(other);
    selects.set(instr.out[0], { condition, fast, slow });
  }
  return { selects, inside };
};

/** How many leading axes of a shape the condition varies along, at most; it is the same along the others. */
const varying = (condition: readonly Dim[], rank: number): number =>
  condition.length === 0 ? 0 : Math.min(rank, condition.findLastIndex((length) => !isOne(length)) + 1);

export const lowerGuarded = (scope: Scope, value: ValueId, guarded: Guarded, targets: readonly Target[]): void => {
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
    ...nested(fast.loops.slice(outer).flat(), stores),
    ...unless(scope, guarded, fast.indices.slice(0, outer), shape, targets),
  ];
  scope.statements.push(...nested(around, body));
};

const entryOf = (scope: Scope, value: ValueId, at: readonly Index[]) =>
  new Entries(scope.context).at(scope, value, broadcastIndex(scope.program.values[value]!.shape, at));

/** Where the condition does not hold, the slow entries of the axes that are left. */
const unless = (
  scope: Scope,
  { condition, fast, slow }: Guarded,
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
  const then = nested(loops.flat(), entry());
  return [...test.lets, { kind: 'if', test: test.values, then }];
};
