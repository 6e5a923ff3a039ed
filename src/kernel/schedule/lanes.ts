// Reductions whose neighbouring results lie side by side in memory, while their terms do not: the loop over results goes inside,
// where it runs as a vector, and the terms are added row by row into a strip of results. In: kernels. Out: kernels in which such a
// nest is a loop over strips: fill, rows, tail.
import { constant } from '../../tensor/dims.ts';
import { constantIterations, extentOf, iterations } from '../extents.ts';
import { Fresh } from '../fresh.ts';
import { inLoops } from '../in-loops.ts';
import { addIndex, ofLoop, scaleIndex } from '../index-arithmetic.ts';
import type { Access, BufferId, Expr, Extent, Index, KernelProgram, KernelTarget, Loop, LoopId, Private, Statement } from '../kernel.ts'; // prettier-ignore
import { neutral } from '../neutral.ts';
import { loopsBy, mapExpr, mapStatements } from '../transform.ts';
import { stepOf, visitStatements } from '../visit.ts';
import { usualTuning } from '../tuning.ts';
import { rowPartsOf, type RowParts } from './row-parts.ts';

type LoopStatement = Extract<Statement, { kind: 'loop' }>;
type Reduce = Extract<Statement, { kind: 'reduce' }>;

const leastResults = 8;

export const laneReductions = (kernels: KernelProgram, target: KernelTarget): KernelProgram => {
  const fresh = new Fresh(kernels);
  const inside = (list: readonly Statement[]): readonly Statement[] =>
    list.map((s): Statement => {
      if (s.kind === 'loop') return strips(s, fresh, target) ?? { ...s, body: inside(s.body) };
      if (s.kind === 'if') return { ...s, then: inside(s.then) };
      return s.kind === 'while' ? { ...s, test: inside(s.test), body: inside(s.body) } : s;
    });
  return fresh.finish(inside(kernels.body));
};

/** How the results are cut into strips: a loop over them, and lanes for the results of one. */
interface Cut {
  readonly strip: Loop;
  readonly lanes: Extent;
  /** The most lanes. */
  readonly width: number;
  /** The number of a result, by its lane. */
  readonly result: (lane: LoopId) => Index;
}

const cutOf = ({ extent }: Loop, most: number, fresh: Fresh): Cut | null => {
  const length = extent.kind === 'tile' ? extent.size : constantIterations(extent);
  // One strip is all: a loop of one iteration lists its scratch.
  if (length !== null && length <= most)
    return { strip: { id: fresh.loop(), extent: extentOf(constant(1)) }, lanes: extent, width: length, result: ofLoop };
  if (extent.kind !== 'dim') return null;
  const [strip, of] = [fresh.loop(), extent.dim];
  return {
    strip: { id: strip, extent: { kind: 'tiles', of, size: most } },
    lanes: { kind: 'tile', of, tile: strip, size: most },
    width: most,
    result: (lane) => addIndex(scaleIndex(ofLoop(strip), constant(most)), ofLoop(lane)),
  };
};

/** The reduction of a loop that may become strips; null where its results do not lie side by side. Iterations of a serial loop may
 *  wait for each other: all results of a strip are made at once. */
const reductionOf = (outer: LoopStatement, { sizes }: KernelTarget): Reduce | null => {
  const [reduce, ...tail] = outer.body;
  if (outer.role !== 'parallel' || outer.scratch.length + outer.privates.length > 0 || reduce?.kind !== 'reduce')
    return null;
  if (!tail.every((s) => s.kind === 'let' || s.kind === 'store')) return null;
  if (reduce.accumulators.some(({ op }) => !(op in neutral))) return null;
  if (outer.loop.extent.kind === 'tiles' || iterations(outer.loop.extent, sizes) < leastResults) return null;
  return liesSideBySide(reduce, outer.loop) ? reduce : null;
};

const strips = (outer: LoopStatement, fresh: Fresh, target: KernelTarget): Statement | null => {
  const reduce = reductionOf(outer, target);
  // Results of one strip stay in the first cache beside the rows that pass through it.
  const cut = reduce === null ? null : cutOf(outer.loop, (target.tuning ?? usualTuning).stripEntries, fresh);
  if (reduce === null || cut === null) return null;
  const sums = reduce.accumulators.some(({ op }) => op === 'sum');
  const parts = sums ? rowPartsOf(reduce.loops, target.sizes, fresh) : null;
  const buffers = (what: string, of: (op: string) => boolean): Buffers =>
    new Map(
      reduce.accumulators.flatMap(({ op }, i) => {
        const buffer = { name: `${what} ${i} of ${op}`, scalar: 'real', shape: [constant(cut.width)], storage: 'scratch' } as const; // prettier-ignore
        return of(op) ? [[i, fresh.buffer(buffer)]] : [];
      }),
    );
  const results = buffers('strip', () => true);
  const partial = buffers('part of strip', (op) => op === 'sum' && parts !== null);
  const strip: Strip = { outer: outer.loop.id, reduce, cut, parts, results, partial, fresh };
  const body = [filled(strip, results), ...rowsOf(strip), tailOf(strip, outer.body.slice(1))];
  const scratch = [...results.values(), ...partial.values()];
  return { kind: 'loop', loop: cut.strip, role: 'parallel', scratch, privates: [], body };
};

/** The buffer of an accumulator, by its number. */
type Buffers = ReadonlyMap<number, BufferId>;

interface Strip {
  /** The loop over all results. */
  readonly outer: LoopId;
  readonly reduce: Reduce;
  readonly cut: Cut;
  /** Of the rows, where sums are made in parts. */
  readonly parts: RowParts | null;
  readonly results: Buffers;
  /** Sums of one part of the rows. */
  readonly partial: Buffers;
  readonly fresh: Fresh;
}

/** A vector loop over the lanes. */
const lanes = ({ cut, fresh }: Strip, body: (lane: Loop) => readonly Statement[]): Statement => {
  const loop: Loop = { id: fresh.loop(), extent: cut.lanes };
  return { kind: 'loop', loop, role: 'parallel', vector: true, scratch: [], privates: [], body: body(loop) };
};

const entry = (buffer: BufferId, { id }: Loop): Access => ({ buffer, at: [ofLoop(id)], strides: [constant(1)] });

const opOf = ({ reduce }: Strip, i: number): Private['op'] => reduce.accumulators[i]!.op as Private['op'];

const filled = (strip: Strip, buffers: Buffers): Statement =>
  lanes(strip, (lane) =>
    [...buffers].map(([i, buffer]): Statement => {
      const value: Expr = { kind: 'number', value: neutral[opOf(strip, i)], scalar: 'real' };
      return { kind: 'store', to: entry(buffer, lane), value, mode: 'set' };
    }),
  );

/** Every row added to the strip. */
const rowsOf = (strip: Strip): readonly Statement[] => {
  const { reduce, cut, parts, partial, results } = strip;
  const add = lanes(strip, (lane) => {
    const by = loopsBy(new Map([...(parts?.rowIndex ?? []), [strip.outer, cut.result(lane.id)]]));
    const lets = reduce.lets.map(({ local, value }): Statement => ({ kind: 'let', local, value: mapExpr(value, by) }));
    const stores = reduce.accumulators.map(({ value }, i): Statement => {
      const to = entry(partial.get(i) ?? results.get(i)!, lane);
      return { kind: 'store', to, value: mapExpr(value, by), mode: opOf(strip, i) };
    });
    return [...lets, ...stores];
  });
  if (parts === null) return inLoops(reduce.loops, [add], 'serial');
  const join = lanes(strip, (lane) =>
    [...partial].map(([i, buffer]): Statement => {
      const value: Expr = { kind: 'load', from: entry(buffer, lane) };
      return { kind: 'store', to: entry(results.get(i)!, lane), value, mode: 'sum' };
    }),
  );
  return inLoops(parts.around, [filled(strip, partial), ...inLoops(parts.rows, [add], 'serial'), join], 'serial');
};

/** What followed the reduction, for every result. */
const tailOf = (strip: Strip, tail: readonly Statement[]): Statement => {
  const { outer, reduce, cut, results } = strip;
  return lanes(strip, (lane) => [
    ...reduce.accumulators.map(({ local }, i): Statement => {
      return { kind: 'let', local, value: { kind: 'load', from: entry(results.get(i)!, lane) } };
    }),
    ...mapStatements(tail, loopsBy(new Map([[outer, cut.result(lane.id)]]))),
  ]);
};

/** Terms of neighbouring results are neighbours (or the same) in every load, at least once neighbours; and the terms of one
 *  result are not. */
const liesSideBySide = (reduce: Reduce, outer: Loop): boolean => {
  const innermost = reduce.loops.at(-1)!;
  let [side, along, other] = [0, 0, 0];
  visitStatements([reduce], {
    access: (access) => {
      const lane = stepOf(access, outer.id);
      if (lane === 1) side++;
      else if (lane !== 0) other++;
      if (stepOf(access, innermost.id) === 1) along++;
    },
  });
  return side > 0 && side >= other && along < side;
};
