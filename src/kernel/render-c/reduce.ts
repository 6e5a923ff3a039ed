// Reductions as C. In: a `reduce` and where it stands. Out: its accumulators' locals. The innermost loop runs in chunks: one pass
// over a chunk evaluates the values, with sums and minima as lanes of a vector; what needs the minimum first (argmin, soft-min)
// takes a second pass over the chunk; chunks are joined in double. So sums are two-level, soft-mins stable at every β, and every
// value is evaluated once. (The schedule splits what threads share.)
import { constantValue } from '../../tensor/dims.ts';
import { constantIterations, mostIterations } from '../extents.ts';
import type { Accumulator, BufferId, Expr, LocalId, Loop, ReduceOp, Statement } from '../kernel.ts';
import { printExpr } from '../print-expressions.ts';
import { stillIndices } from '../still-indices.ts';
import { mapStatement } from '../transform.ts';
import { accumulating, type Accumulating, type Terms } from './accumulators.ts';
import type { Emission } from './emission.ts';
import { exprText, scalarOf } from './expressions.ts';
import { extentText } from './loops.ts';

type Reduce = Extract<Statement, { kind: 'reduce' }>;

/** Terms that are summed in `real` before they are added to a sum in double. */
const chunkOfSums = 4096;
/** Terms that are summed in `real` one after another. */
const inOneSum = 256;
/** Values of a chunk that are kept for a second pass: they stay in the first cache. */
const chunkOfValues = 512;
export const renderReduce = (whole: Reduce, e: Emission): void => {
  const isWanted = ({ local }: { readonly local: LocalId }): boolean => e.entry.wanted.has(local);
  const statement = { ...whole, lets: whole.lets.filter(isWanted), accumulators: whole.accumulators.filter(isWanted) };
  if (statement.accumulators.length === 0) return;
  const { loops } = statement;
  if (statement.accumulators.some((a) => a.op === 'argmin'))
    loops.forEach((loop) => e.fn.holdsIn32(mostIterations(loop.extent)));
  const terms = termsOf(statement);
  const all = statement.accumulators.map((a) => accumulating(a, terms, e));
  for (const { declare } of all) lines(declare(), e);
  // Extents are evaluated once, outside of all loops.
  const ends = loops.map((loop) => endOf(loop, e));
  const nest = (depth: number): void => {
    const loop = loops[depth]!;
    if (depth === loops.length - 1) return renderInnermost(depth === 0 ? statement : withStill(statement, e), all, loop, ends[depth]!, e); // prettier-ignore
    const variable = e.fn.defineLoop(loop.id);
    e.fn.block(`for (int64_t ${variable} = 0; ${variable} < ${ends[depth]!}; ${variable}++)`, () => {
      if (constantIterations(loop.extent) === null) lines([`if ((${variable} & 255) == 255 && *call->control == 2) return;`], e); // prettier-ignore
      nest(depth + 1);
    });
  };
  nest(0);
  const open = loops.flatMap((loop, i) => ((constantIterations(loop.extent) ?? 0) > 0 ? [] : [`${ends[i]!} > 0`]));
  for (const { local, scalar, result } of all) e.fn.defineLocal(local, scalar, result(open.join(' && ')));
};

/** The reduction inside of its outer loops, where computed indices that its last loop does not change are locals. */
const withStill = (statement: Reduce, e: Emission): Reduce => {
  const { loops, lets, accumulators } = statement;
  const changing = { loops: [loops.at(-1)!.id], locals: new Set(lets.map(({ local }) => local)), buffers: new Set<BufferId>() }; // prettier-ignore
  const still = stillIndices([...lets, ...accumulators].map(({ value }) => value), changing, () => e.entry.freshLocal()); // prettier-ignore
  if (still === null) return statement;
  for (const { local, value } of still.lets) e.fn.defineLocal(local, 'int', exprText(value, e));
  return mapStatement(statement, still.by) as Reduce;
};

const lines = (texts: readonly string[], e: Emission): void => texts.forEach((text) => e.fn.line(text));

const endOf = (loop: Loop, e: Emission): string => {
  const text = extentText(loop.extent, e);
  if (/^\w+$/.test(text)) return text;
  const name = e.fn.temporary('end');
  e.fn.line(`const int64_t ${name} = ${text};`);
  return name;
};

/** The most iterations of a loop, where that is known. */
const most = ({ extent }: Loop): number => constantValue(mostIterations(extent)) ?? Infinity;

/** Whether the values of a chunk are looked at again. */
const looksAgain = (op: ReduceOp, vector: boolean): boolean =>
  op === 'argmin' || op === 'soft-min' || (vector && (op === 'min' || op === 'max'));
const isPlain = (value: Expr, { lets }: Reduce): boolean => value.kind === 'load' && lets.length === 0;
/** Whether they are kept for that: a load is as quick as the array would be. */
const keepsValues = ({ op, value }: Accumulator, statement: Reduce): boolean =>
  looksAgain(op, statement.vector === true) && !isPlain(value, statement);

const sizeOfChunk = (statement: Reduce): number =>
  statement.accumulators.some((a) => keepsValues(a, statement)) ? chunkOfValues : chunkOfSums;

const termsOf = (statement: Reduce): Terms => {
  const { loops, vector } = statement;
  const total = loops.reduce((n, loop) => n * most(loop), 1);
  const size = sizeOfChunk(statement);
  const oneChunk = loops.length === 1 && total <= size;
  // Lanes of a vector are sums of a few terms each; one sum after another loses more.
  const limit = vector === true ? chunkOfSums : inOneSum;
  return { vector: vector === true, oneChunk, chunkInReal: Math.min(size, total) <= limit, allInReal: total <= limit };
};

const renderInnermost = (
  statement: Reduce,
  all: readonly Accumulating[],
  loop: Loop,
  end: string,
  e: Emission,
): void => {
  const size = sizeOfChunk(statement);
  const length = Math.max(1, Math.min(size, most(loop)));
  if (most(loop) <= size) return renderChunk(statement, all, { loop, from: '0', end, length }, e);
  const at = e.fn.temporary('chunk');
  e.fn.block(`for (int64_t ${at} = 0; ${at} < ${end}; ${at} += ${size})`, () => {
    // Not in the first chunk: it costs short reductions nothing.
    e.fn.line(`if (${at} > 0 && *call->control == 2) return;`);
    e.fn.line(`const int64_t ${at}_end = eb_smaller(${at} + ${size}, ${end});`);
    renderChunk(statement, all, { loop, from: at, end: `${at}_end`, length }, e);
  });
};

interface Chunk {
  readonly loop: Loop;
  readonly from: string;
  readonly end: string;
  /** The most iterations. */
  readonly length: number;
}

/** A value that accumulators take, the same for several as a rule. */
interface Taken {
  readonly value: Expr;
  readonly x: string;
  /** The array that keeps it for a second pass; null where it is not wanted again, or evaluated again. */
  readonly values: string | null;
}

const takenBy = (statement: Reduce, { length }: Chunk, e: Emission): readonly Taken[] => {
  const taken = new Map<string, Taken>();
  return statement.accumulators.map((accumulator) => {
    const { value } = accumulator;
    const key = printExpr(value);
    const known = taken.get(key);
    if (known !== undefined) return known;
    const same = statement.accumulators.filter((other) => printExpr(other.value) === key);
    const values = same.some((other) => keepsValues(other, statement)) ? e.fn.temporary('values') : null;
    if (values !== null) e.fn.line(`${typeOf(value, e)} ${values}[${length}];`);
    const made = { value, x: e.fn.temporary('x'), values };
    taken.set(key, made);
    return made;
  });
};

const typeOf = (value: Expr, e: Emission): string => (scalarOf(value, e) === 'int' ? 'int32_t' : 'real');

const renderChunk = (statement: Reduce, all: readonly Accumulating[], chunk: Chunk, e: Emission): void => {
  const variable = e.fn.defineLoop(chunk.loop.id);
  const position = chunk.from === '0' ? variable : `${variable} - ${chunk.from}`;
  const taken = takenBy(statement, chunk, e);
  const passes = all.map((accumulator, i) => {
    const minimum = all.find((other, k) => other.minimum !== null && taken[k] === taken[i])?.minimum ?? null;
    return accumulator.chunk({ from: chunk.from, minimum });
  });
  const run = (clauses: readonly string[] | null, body: () => void): void => {
    // In cold functions as in loops.ts.
    if (statement.vector === true && clauses !== null && !e.cold)
      e.fn.line(`EB_OMP(simd${clauses.map((c) => ` ${c}`).join('')})`);
    e.fn.block(`for (int64_t ${variable} = ${chunk.from}; ${variable} < ${chunk.end}; ${variable}++)`, body);
  };
  for (const pass of passes) lines(pass.before, e);
  run(
    passes.flatMap((pass) => pass.clauses),
    () => {
      for (const { local, value } of statement.lets) e.fn.defineLocal(local, scalarOf(value, e), exprText(value, e));
      for (const { value, x, values } of new Set(taken)) {
        e.fn.line(`const ${typeOf(value, e)} ${x} = ${exprText(value, e)};`);
        if (values !== null) e.fn.line(`${values}[${position}] = ${x};`);
      }
      passes.forEach((pass, i) => lines(pass.each(taken[i]!.x), e));
    },
  );
  passes.forEach((pass, i) => {
    const { value, values } = taken[i]!;
    const again = (): string => (values === null ? exprText(value, e) : `${values}[${position}]`);
    for (const second of pass.second) {
      lines(second.before, e);
      if (second.when !== undefined) e.fn.line(`if (${second.when})`);
      run(second.clauses, () => lines(second.each(again(), position), e));
    }
    lines(pass.after, e);
  });
};
