// Contractions that are matrix products. In: the instruction and which labels are rows, columns and terms. Out: one `product` in
// loops over the rest. Labels that lie side by side in every access become one loop; of several that do not, the longest is taken.
import { equal, multiply, type Dim } from '../../tensor/dims.ts';
import type { ValueId } from '../../tensor/program.ts';
import { asLoop, ofLoop } from '../index-arithmetic.ts';
import { inLoops } from '../in-loops.ts';
import type { Access, Index, Loop, LoopId, Statement } from '../kernel.ts';
import { coefficientOf, exprMentions } from '../visit.ts';
import { entries as countEntries, lengthsOf, type Contract, type ContractForm } from './contract-form.ts';
import type { Context, Scope } from './context.ts';
import { addingPlace, copyNest } from './nests.ts';
import type { Target } from './places.ts';
import { contractReads } from './reads.ts';
import { materialise } from './store.ts';
import { Entries } from './values.ts';

type Product = Extract<ContractForm, { kind: 'product' }>;

/** Loops and the accesses that they move: left, right and out. */
interface Loops {
  readonly rows: readonly Loop[];
  readonly columns: readonly Loop[];
  readonly inner: readonly Loop[];
  readonly accesses: readonly [Access, Access, Access];
}

/** An operand's entry as an access that is affine in the loops; null where it is computed or divides. */
const affineAccess = (
  scope: Scope,
  value: ValueId,
  indices: readonly Index[],
  loops: readonly Loop[],
): Access | null => {
  const expr = new Entries(scope.context).at(scope, value, indices);
  if (expr.kind !== 'load') return null;
  const { from } = expr;
  return loops.every(({ id }) => from.at.every((index) => coefficientOf(index, id) !== null)) ? from : null;
};

/** Of an operand that is no such access, a copy. */
const operandAccess = (scope: Scope, value: ValueId, indices: readonly Index[], loops: readonly Loop[]): Access => {
  const found = affineAccess(scope, value, indices, loops);
  if (found !== null) return found;
  return scope.context.access(materialise(scope, value), indices);
};

/** The access with two neighbouring axes that are `outer` and `inner`, without a gap, as one that is `both`; the same access where
 *  neither moves it; else null. */
const mergedIn = (access: Access, outer: Loop, inner: Loop, length: Dim, both: LoopId): Access | null => {
  const mentions = ({ id }: Loop): readonly number[] =>
    [...access.at.keys()].filter((axis) => exprMentions({ kind: 'index', of: access.at[axis]! }, id));
  const [p, q] = [mentions(outer), mentions(inner)];
  if (p.length === 0 && q.length === 0) return access;
  const [at, next] = [p[0]!, q[0]!];
  const fits =
    p.length === 1 &&
    q.length === 1 &&
    next === at + 1 &&
    asLoop(access.at[at]!) === outer.id &&
    asLoop(access.at[next]!) === inner.id &&
    equal(access.strides[at]!, multiply(access.strides[next]!, length));
  if (!fits) return null;
  return {
    buffer: access.buffer,
    at: access.at.toSpliced(at, 2, ofLoop(both)),
    strides: access.strides.toSpliced(at, 1),
  };
};

const lengthOf = (context: Context, { id }: Loop): Dim => context.lengthOf(id);

/** Loops of one group that can be one in all accesses are. */
const mergeGroup = (context: Context, loops: Loops, group: 'rows' | 'columns' | 'inner'): Loops => {
  const members = loops[group];
  for (const outer of members)
    for (const inner of members) {
      if (outer === inner) continue;
      const length = lengthOf(context, inner);
      const before = context.loopCount;
      const both = context.loop(multiply(lengthOf(context, outer), length));
      const [left, right, out] = loops.accesses.map((access) => mergedIn(access, outer, inner, length, both.id));
      if (left && right && out) {
        const merged = members.flatMap((loop) => (loop === outer ? [both] : loop === inner ? [] : [loop]));
        return mergeGroup(context, { ...loops, [group]: merged, accesses: [left, right, out] }, group);
      }
      context.forgetLoops(before);
    }
  return loops;
};

/** The loop that runs longest on the target, and the others. */
const longest = (context: Context, loops: readonly Loop[]): { readonly main: Loop; readonly rest: readonly Loop[] } => {
  const count = (loop: Loop): number => countEntries([lengthOf(context, loop)], context.target);
  const main = loops.reduce((best, loop) => (count(loop) > count(best) ? loop : best));
  return { main, rest: loops.filter((loop) => loop !== main) };
};

export const lowerProduct = (scope: Scope, instr: Contract, form: Product, targets: readonly Target[]): void => {
  const { context, program } = scope;
  const lengths = lengthsOf(program, instr);
  const loops = new Map(
    [...form.batch, ...form.rows, ...form.columns, ...form.inner].map((label) => [
      label,
      context.loop(lengths.get(label)!),
    ]),
  );
  const at = new Map([...loops].map(([label, { id }]) => [label, ofLoop(id)]));
  const [first, ...others] = targets;
  const [left, right] = [form.left, form.right].map((operand) => {
    const [read] = contractReads({ ...instr, operands: [instr.operands[operand]!] }, at);
    return operandAccess(scope, read!.value, read!.indices, [...loops.values()]);
  });
  const kept = contractReads({ ...instr, operands: [{ value: instr.out[0], axes: instr.keep }] }, at)[0]!.indices;
  const out = context.access(first!.place, kept);
  const of = (labels: readonly number[]): readonly Loop[] => labels.map((label) => loops.get(label)!);
  const unmerged: Loops = {
    rows: of(form.rows),
    columns: of(form.columns),
    inner: of(form.inner),
    accesses: [left!, right!, out],
  };
  const merged = (['rows', 'columns', 'inner'] as const).reduce((l, group) => mergeGroup(context, l, group), unmerged);
  const [rows, columns, inner] = [merged.rows, merged.columns, merged.inner].map((l) => longest(context, l)) as [
    ReturnType<typeof longest>,
    ReturnType<typeof longest>,
    ReturnType<typeof longest>,
  ];
  const product: Statement = {
    kind: 'product',
    rows: rows.main,
    columns: columns.main,
    inner: inner.main,
    left: merged.accesses[0],
    right: merged.accesses[1],
    out: merged.accesses[2],
    accumulate: inner.rest.length > 0 || first!.mode === 'sum',
  };
  const { shape } = program.values[instr.out[0]]!;
  if (product.accumulate) addingPlace(scope, shape, first!);
  const around = [...of(form.batch), ...rows.rest, ...columns.rest];
  scope.statements.push(...inLoops(around, inLoops(inner.rest, [product], 'serial')));
  copyNest(scope, shape, first!.place, others);
};
