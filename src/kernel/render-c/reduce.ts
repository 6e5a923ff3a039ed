// Reductions as C. In: a `reduce` and where it stands. Out: its accumulators' locals. The innermost loop runs in chunks: one pass
// over a chunk evaluates the values, with sums and minima as lanes of a vector; what needs the minimum first (argmin, soft-min)
// takes a second pass over the chunk; chunks are joined in double. So sums are two-level, soft-mins stable at every β, and every
// value is evaluated once. A long reduction outside of all threads is cut into a part for each.
import { constantValue } from '../../tensor/dims.ts';
import { constantIterations, mostIterations } from '../extents.ts';
import type { Loop, Statement } from '../kernel.ts';
import { accumulating, type Accumulating } from './accumulators.ts';
import type { Emission } from './emission.ts';
import { exprText, scalarOf } from './expressions.ts';
import { CFunction } from './function.ts';
import { extentText } from './loops.ts';
import { magnitudeOf } from './numbers.ts';
import { giveUp } from './polling.ts';
import { workOf } from './work.ts';

type Reduce = Extract<Statement, { kind: 'reduce' }>;

/** Terms that are summed in `real` before they are added to a sum in double. */
const chunkOfSums = 4096;
/** Values of a chunk that are kept for a second pass: they stay in the first cache. */
const chunkOfValues = 512;
/** Below this many operations no threads are asked. */
const leastWork = 65536;

/** Iterations of the outermost loop: all, or those of a part. */
interface Range {
  readonly from: string;
  readonly end: string;
}

export const renderReduce = (statement: Reduce, e: Emission): void => {
  const accumulators = statement.accumulators.map((a) => accumulating(a, e));
  const work = constantValue(workOf([statement]));
  if (statement.accumulators.some((a) => a.op === 'argmin'))
    statement.loops.forEach((l) => e.fn.holdsIn32(mostIterations(l.extent)));
  for (const { declare } of accumulators) declare().forEach((line) => e.fn.line(line));
  if (!e.threaded && statement.loops.length > 0 && (work === null || work >= leastWork))
    renderParts(statement, accumulators, e);
  else renderRange(statement, accumulators, null, e);
  const some = mayBeEmpty(statement.loops) ? statement.loops.map((l) => `${extentText(l.extent, e)} > 0`).join(' && ') : null; // prettier-ignore
  accumulators.forEach(({ local, scalar, result }) => e.fn.defineLocal(local, scalar, result(some)));
};

const mayBeEmpty = (loops: readonly Loop[]): boolean => loops.some((l) => !((constantIterations(l.extent) ?? 0) > 0));

const renderRange = (statement: Reduce, all: readonly Accumulating[], range: Range | null, e: Emission): void => {
  const { loops } = statement;
  const nest = (depth: number): void => {
    const loop = loops[depth]!;
    const [from, end] = depth === 0 && range !== null ? [range.from, range.end] : ['0', extentText(loop.extent, e)];
    if (depth === loops.length - 1) return renderInner(statement, all, loop, from, end, range !== null, e);
    const variable = e.fn.defineLoop(loop.id);
    e.fn.block(`for (int64_t ${variable} = ${from}; ${variable} < ${end}; ${variable}++)`, () => {
      if (constantIterations(loop.extent) === null)
        e.fn.line(`if ((${variable} & 255) == 255 && *call->control == 2) return;`);
      nest(depth + 1);
    });
  };
  nest(0);
};

const renderInner = (
  statement: Reduce,
  all: readonly Accumulating[],
  loop: Loop,
  from: string,
  end: string,
  isPart: boolean,
  e: Emission,
): void => {
  // prettier-ignore
  const kept = all.some((a) => a.keepsValues);
  const size = kept ? chunkOfValues : chunkOfSums;
  const iterations = isPart ? null : constantIterations(loop.extent);
  if (iterations !== null && iterations <= size)
    return renderChunk(statement, all, { loop, from, end, length: Math.max(1, iterations) }, e);
  const at = e.fn.temporary('chunk');
  const last = e.fn.temporary('last');
  e.fn.line(`const int64_t ${last} = ${end};`);
  e.fn.block(`for (int64_t ${at} = ${from}; ${at} < ${last}; ${at} += ${size})`, () => {
    e.fn.line(`if (${at} > 0 && *call->control == 2) return;`);
    e.fn.line(`const int64_t ${at}_end = eb_smaller(${at} + ${size}, ${last});`);
    renderChunk(statement, all, { loop, from: at, end: `${at}_end`, length: size }, e);
  });
};

interface Chunk {
  readonly loop: Loop;
  readonly from: string;
  readonly end: string;
  /** The most iterations. */
  readonly length: number;
}

const renderChunk = (statement: Reduce, all: readonly Accumulating[], chunk: Chunk, e: Emission): void => {
  const variable = e.fn.defineLoop(chunk.loop.id);
  const position = chunk.from === '0' ? variable : `${variable} - ${chunk.from}`;
  const passes = all.map((accumulator, i) => {
    const { value } = statement.accumulators[i]!;
    // A load is as quick as the array would be.
    const keeps = accumulator.keepsValues && !(value.kind === 'load' && statement.lets.length === 0);
    const values = keeps ? e.fn.temporary('values') : null;
    if (values !== null) e.fn.line(`${scalarOf(value, e) === 'int' ? 'int32_t' : 'real'} ${values}[${chunk.length}];`);
    const again = (): string => (values === null ? exprText(value, e) : `${values}[${position}]`);
    return { ...accumulator.chunk({ from: chunk.from, values }), value, again };
  });
  const lines = (texts: readonly string[]): void => texts.forEach((text) => e.fn.line(text));
  const run = (clauses: readonly string[], body: () => void): void => {
    if (statement.vector === true) e.fn.line(`EB_OMP(simd${clauses.map((c) => ` ${c}`).join('')})`);
    e.fn.block(`for (int64_t ${variable} = ${chunk.from}; ${variable} < ${chunk.end}; ${variable}++)`, body);
  };
  for (const pass of passes) lines(pass.before);
  run(
    passes.flatMap((pass) => pass.clauses),
    () => {
      for (const { local, value } of statement.lets) e.fn.defineLocal(local, scalarOf(value, e), exprText(value, e));
      for (const pass of passes) lines(pass.each(exprText(pass.value, e), position));
    },
  );
  for (const pass of passes) {
    for (const second of pass.second) {
      lines(second.before);
      run(second.clauses, () => lines(second.each(pass.again(), position)));
    }
    lines(pass.after);
  }
};

// ---------------------------------------------------------------- threads

const renderParts = (statement: Reduce, all: readonly Accumulating[], e: Emission): void => {
  const [outer] = statement.loops;
  const fn = new CFunction(e.entry.names);
  const name = e.entry.functionName();
  const inner: Emission = { ...e, fn, threaded: true, inLoop: true };
  const again = statement.accumulators.map((a) => accumulating(a, inner));
  for (const { declare } of again) declare().forEach((line) => fn.line(line));
  renderRange(statement, again, { from: 'from', end: 'end' }, inner);
  let states = 0;
  for (const { state } of again) for (const variable of state) fn.line(`states[${states++}] = (double)${variable};`);

  const [count, parts, found] = ['count', 'parts', 'found'].map((n) => e.fn.temporary(n)) as [string, string, string];
  e.fn.line(`const int64_t ${count} = ${extentText(outer!.extent, e)};`);
  const work = magnitudeOf(workOf([statement]), (size) => e.fn.size(size));
  e.fn.line(`const int32_t ${parts} = eb_parts(call->threads, ${count}, ${work});`);
  e.fn.line(`double ${found}[EB_MOST_THREADS][${states}];`);
  e.fn.line(`EB_OMP(parallel for num_threads(${parts}) schedule(static, 1) if (${parts} > 1))`);
  e.fn.block(`for (int32_t part = 0; part < ${parts}; part++)`, () => {
    const range = [`eb_part_start(${count}, ${parts}, part)`, `eb_part_start(${count}, ${parts}, part + 1)`];
    e.fn.line(`${fn.callFrom(e.fn, name, 'part', [...range, `${found}[part]`])};`);
  });
  e.entry.functions.push(
    fn.text(name, 'EB_NOINLINE', ['const int64_t from', 'const int64_t end', 'double *const states']),
  );
  giveUp(e);
  e.fn.block(`for (int32_t part = 0; part < ${parts}; part++)`, () => {
    let at = 0;
    for (const { state, join } of all)
      join(state.map(() => `${found}[part][${at++}]`)).forEach((line) => e.fn.line(line));
  });
};
