// Reductions whose neighbouring results lie side by side in memory, while their terms do not: the loop over results goes inside,
// where it runs as a vector, and the terms are added row by row into a strip of results. In: kernels. Out: kernels in which such a
// nest is a loop over strips: fill, rows, tail.
import { FORBIDDEN } from '../../tensor/energies.ts';
import { constant, constantValue } from '../../tensor/dims.ts';
import { constantIterations, iterations } from '../extents.ts';
import { Fresh } from '../fresh.ts';
import { addIndex, offsetOf, ofLoop, scaleIndex } from '../index-arithmetic.ts';
import type { Access, Accumulator, KernelProgram, KernelTarget, Loop, Statement } from '../kernel.ts';
import { coefficientOf, loopsBy, mapExpr, mapStatements, visitStatements } from '../transform.ts';
import { usualTuning } from '../tuning.ts';

type LoopStatement = Extract<Statement, { kind: 'loop' }>;
type Reduce = Extract<Statement, { kind: 'reduce' }>;

const leastResults = 8;

const identity = { sum: 0, min: FORBIDDEN, max: -FORBIDDEN } as const;

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

/** What a tail may have: it runs for every result by itself. */
const isTail = (s: Statement): boolean => s.kind === 'let' || s.kind === 'store';

const strips = (
  outer: LoopStatement,
  fresh: Fresh,
  { sizes, tuning = usualTuning }: KernelTarget,
): Statement | null => {
  // Results of one strip stay in the first cache beside the rows that pass through it.
  const strip = tuning.stripEntries;
  const [reduce, ...tail] = outer.body;
  if (outer.scratch.length + outer.privates.length > 0 || reduce?.kind !== 'reduce' || !tail.every(isTail)) return null;
  if (reduce.accumulators.some((a) => !(a.op in identity))) return null;
  const most = iterations(outer.loop.extent, sizes);
  if (most < leastResults || outer.loop.extent.kind === 'tiles' || !liesSideBySide(reduce, outer.loop)) return null;
  const isShort = outer.loop.extent.kind === 'tile' || (constantIterations(outer.loop.extent) ?? strip + 1) <= strip;
  if (isShort && outer.loop.extent.kind === 'tile' && outer.loop.extent.size > strip) return null;
  const of = outer.loop.extent.kind === 'dim' ? outer.loop.extent.dim : constant(0);
  const tile = fresh.loop();
  const lengths = isShort ? outer.loop.extent : { kind: 'tile' as const, of, tile, size: strip };
  const width = isShort ? widthOf(outer.loop, strip) : strip;
  const copies = reduce.accumulators.map((a, i) =>
    fresh.buffer({ name: `strip ${i} of ${a.op}`, scalar: 'real', shape: [constant(width)], storage: 'scratch' }),
  );
  const lane = (): Loop => ({ id: fresh.loop(), extent: lengths });
  const global = (local: Loop) => (isShort ? ofLoop(local.id) : addIndex(scaleIndex(ofLoop(tile), constant(strip)), ofLoop(local.id))); // prettier-ignore
  const place = (i: number, loop: Loop): Access => ({ buffer: copies[i]!, at: [ofLoop(loop.id)], strides: [constant(1)] }); // prettier-ignore
  const vector = (loop: Loop, body: readonly Statement[]): LoopStatement => ({ kind: 'loop', loop, role: 'parallel', vector: true, scratch: [], privates: [], body }); // prettier-ignore

  const first = lane();
  const fill = vector(
    first,
    reduce.accumulators.map(({ op }, i): Statement => ({
      kind: 'store',
      to: place(i, first),
      value: { kind: 'number', value: identity[op as keyof typeof identity], scalar: 'real' },
      mode: 'set',
    })),
  );
  const second = lane();
  const at = (loop: Loop) => loopsBy(new Map([[outer.loop.id, global(loop)]]));
  const add = ({ op, value }: Accumulator, i: number): Statement => ({ kind: 'store', to: place(i, second), value: mapExpr(value, at(second)), mode: op as keyof typeof identity }); // prettier-ignore
  const lets = reduce.lets.map((l): Statement => ({
    kind: 'let',
    local: l.local,
    value: mapExpr(l.value, at(second)),
  }));
  const rows = reduce.loops.reduceRight<Statement>(
    (inner, loop) => ({ kind: 'loop', loop, role: 'serial', scratch: [], privates: [], body: [inner] }),
    vector(second, [...lets, ...reduce.accumulators.map(add)]),
  );
  const third = lane();
  const results = reduce.accumulators.map((a, i): Statement => ({ kind: 'let', local: a.local, value: { kind: 'load', from: place(i, third) } })); // prettier-ignore
  const last = vector(third, [...results, ...mapStatements(tail, at(third))]);
  const body = [fill, rows, last];
  // A strip of its own keeps its scratch; where one strip is all, a loop of one iteration lists it.
  const loop: Loop = { id: tile, extent: isShort ? { kind: 'dim', dim: constant(1) } : { kind: 'tiles', of, size: strip } }; // prettier-ignore
  return { kind: 'loop', loop, role: outer.role, scratch: copies, privates: [], body };
};

const widthOf = (loop: Loop, strip: number): number =>
  loop.extent.kind === 'tile' ? loop.extent.size : (constantIterations(loop.extent) ?? strip);

/** Terms of neighbouring results are neighbours (or the same) in every load, at least once neighbours; and the terms of one
 *  result are not. */
const liesSideBySide = (reduce: Reduce, outer: Loop): boolean => {
  const innermost = reduce.loops.at(-1)!;
  let [side, along, other] = [0, 0, 0];
  visitStatements([reduce], {
    access: (access) => {
      const offset = offsetOf(access);
      const lane = coefficientOf(offset, outer.id);
      const term = coefficientOf(offset, innermost.id);
      if (lane !== null && constantValue(lane) === 1) side++;
      else if (lane === null || constantValue(lane) !== 0) other++;
      if (term !== null && constantValue(term) === 1) along++;
    },
  });
  return side > 0 && side >= other && along < side;
};
