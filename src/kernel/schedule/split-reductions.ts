// Long reductions with few results, split over tiles of what they run through, so that threads share them and no float32 sum gets
// long: every thread reduces its tiles into a copy of its own. In: kernels. Out: kernels in which such a nest is three: the results
// filled, the tiles reduced (soft-min: the minima first, then the sums of weights), what followed the reduction.
import { FORBIDDEN } from '../../tensor/energies.ts';
import { constant } from '../../tensor/dims.ts';
import { iterations } from '../extents.ts';
import { Fresh } from '../fresh.ts';
import { addIndex, ofLoop, scaleIndex, stridesOfShape } from '../index-arithmetic.ts';
import type { Access, Accumulator, Expr, Index, KernelProgram, KernelTarget, Loop, LocalId, Private, Statement } from '../kernel.ts'; // prettier-ignore
import { loopsBy, mapStatement, type Replacements } from '../transform.ts';
import { usualTuning } from '../tuning.ts';

type LoopStatement = Extract<Statement, { kind: 'loop' }>;
type Reduce = Extract<Statement, { kind: 'reduce' }>;

/** Fewer terms are summed by one thread. */
const leastTerms = 16_384;
/** As many results keep the threads busy by themselves. */
const enoughResults = 256;

/** What is put under one thread's roof: a nest of parallel loops around one reduction and its tail. */
interface Nest {
  readonly loops: readonly LoopStatement[];
  readonly reduce: Reduce;
  readonly tail: readonly Statement[];
}

export const splitReductions = (kernels: KernelProgram, target: KernelTarget): KernelProgram => {
  const fresh = new Fresh(kernels);
  const inside = (list: readonly Statement[]): readonly Statement[] =>
    list.flatMap((s): readonly Statement[] => {
      const nest = nestOf(s);
      if (nest !== null && isWorthwhile(nest, target)) return split(nest, fresh, target);
      if (s.kind === 'loop' && s.role === 'serial') return [{ ...s, body: inside(s.body) }];
      if (s.kind === 'while') return [{ ...s, test: inside(s.test), body: inside(s.body) }];
      return [s];
    });
  return fresh.finish(inside(kernels.body));
};

const nestOf = (statement: Statement): Nest | null => {
  const loops: LoopStatement[] = [];
  let body: readonly Statement[] = [statement];
  for (let [loop] = body; body.length === 1 && loop?.kind === 'loop'; [loop] = body) {
    if (loop.role !== 'parallel' || loop.scratch.length + loop.privates.length > 0 || loop.loop.extent.kind !== 'dim')
      return null;
    loops.push(loop);
    ({ body } = loop);
  }
  const [reduce, ...tail] = body;
  if (reduce?.kind !== 'reduce' || tail.some((s) => s.kind !== 'let' && s.kind !== 'store')) return null;
  return { loops, reduce, tail };
};

const isWorthwhile = ({ loops, reduce }: Nest, { sizes }: KernelTarget): boolean => {
  const count = (list: readonly Loop[]): number => list.reduce((n, l) => n * iterations(l.extent, sizes), 1);
  const results = count(loops.map((l) => l.loop));
  if (reduce.loops[0]!.extent.kind !== 'dim' || reduce.accumulators.some((a) => a.op === 'argmin')) return false;
  return results < enoughResults && results * count(reduce.loops) >= leastTerms && rowsOf(reduce, sizes) >= 2;
};

/** The loop of the reduction that is tiled: the longest, the first of equals. */
const tiledLoop = (reduce: Reduce, sizes: KernelTarget['sizes']): Loop =>
  reduce.loops.reduce((a, b) => (iterations(b.extent, sizes) > iterations(a.extent, sizes) ? b : a));

const rowsOf = (reduce: Reduce, sizes: KernelTarget['sizes']): number =>
  iterations(tiledLoop(reduce, sizes).extent, sizes);

const split = (nest: Nest, fresh: Fresh, target: KernelTarget): readonly Statement[] => {
  const { reduce } = nest;
  // Minima and sums first; then the weights of free energies, which need the minima.
  const plain = reduce.accumulators.map((a): Accumulator => ({
    local: fresh.local(),
    op: a.op === 'soft-min' ? 'min' : a.op,
    value: a.value,
  }));
  const first = stage(nest, plain, reduce.lets, fresh, target);
  const soft = reduce.accumulators.flatMap((a, i) => (a.op === 'soft-min' ? [{ ...a, least: first.results[i]! }] : []));
  const sums = soft.map(({ value, beta, least }): Accumulator => {
    const below: Expr = { kind: 'map', fn: 'sub', args: [{ kind: 'load', from: least }, value] };
    const weight: Expr = { kind: 'map', fn: 'mul', args: [below, bounded(beta!)] };
    return { local: fresh.local(), op: 'sum', value: { kind: 'map', fn: 'exp', args: [weight] } };
  });
  const second = sums.length === 0 ? null : stage(nest, sums, reduce.lets, fresh, target);
  const finals = reduce.accumulators.map((a, i): Statement => {
    const result: Expr = { kind: 'load', from: first.results[i]! };
    if (a.op !== 'soft-min') return { kind: 'let', local: a.local, value: result };
    const total: Expr = { kind: 'load', from: second!.results[soft.findIndex((s) => s.local === a.local)]! };
    const entropy: Expr = { kind: 'map', fn: 'div', args: [{ kind: 'map', fn: 'log', args: [total] }, bounded(a.beta!)] }; // prettier-ignore
    const free: Expr = { kind: 'map', fn: 'sub', args: [result, entropy] };
    return { kind: 'let', local: a.local, value: { kind: 'map', fn: 'min', args: [free, number(FORBIDDEN)] } };
  });
  return [...first.statements, ...(second?.statements ?? []), ...around(nest.loops, [...finals, ...nest.tail])];
};

const number = (value: number): Expr => ({ kind: 'number', value, scalar: 'real' });
const bounded = (beta: Expr): Expr => ({ kind: 'map', fn: 'min', args: [beta, number(FORBIDDEN)] });

const around = (loops: readonly LoopStatement[], body: readonly Statement[]): readonly Statement[] =>
  loops.reduceRight<readonly Statement[]>((inner, loop) => [{ ...loop, body: inner }], body);

const identity = { sum: 0, min: FORBIDDEN, max: -FORBIDDEN } as const;

interface Stage {
  readonly statements: readonly Statement[];
  /** Where each accumulator's result stands, by the loops of the nest. */
  readonly results: readonly Access[];
}

/** Fills the results and reduces all tiles into them. The nest's loops keep their ids where the results are read; elsewhere they
 *  are copies. */
const stage = (
  nest: Nest,
  accumulators: readonly Accumulator[],
  lets: Reduce['lets'],
  fresh: Fresh,
  { sizes, tuning = usualTuning }: KernelTarget,
): Stage => {
  const { loops, reduce } = nest;
  const shape = loops.map(({ loop }) => (loop.extent.kind === 'dim' ? loop.extent.dim : constant(1)));
  const strides = stridesOfShape(shape);
  const buffers = accumulators.map((_, i) => ({
    into: fresh.buffer({ name: `partial ${i}`, scalar: 'real', shape, storage: 'arena' }),
    copy: fresh.buffer({ name: `own partial ${i}`, scalar: 'real', shape, storage: 'scratch' }),
  }));
  const at = (of: readonly LoopStatement[]): readonly Index[] => of.map(({ loop }) => ofLoop(loop.id));
  const fillLoops = loops.map((l) => ({ ...l, loop: { ...l.loop, id: fresh.loop() } }));
  const fill = accumulators.map(({ op }, i): Statement => {
    const to = { buffer: buffers[i]!.into, at: at(fillLoops), strides };
    return { kind: 'store', to, value: number(identity[op as Private['op']]), mode: 'set' };
  });

  const tiled = tiledLoop(reduce, sizes);
  const others = reduce.loops.reduce((n, l) => (l === tiled ? n : n * iterations(l.extent, sizes)), 1);
  const size = Math.max(8, Math.min(4096, 2 ** Math.round(Math.log2(tuning.reduceTerms / Math.max(1, others)))));
  const of = tiled.extent.kind === 'dim' ? tiled.extent.dim : constant(0);
  const tile = fresh.loop();
  const copies = loops.map((l) => ({ ...l, role: 'serial' as const, loop: { ...l.loop, id: fresh.loop() } }));
  const inner = reduce.loops.map((l): Loop =>
    l === tiled ? { id: fresh.loop(), extent: { kind: 'tile', of, tile, size } } : { ...l, id: fresh.loop() },
  );
  const renamed = new Map<number, Index>([
    ...loops.map((l, i) => [l.loop.id, ofLoop(copies[i]!.loop.id)] as const),
    ...reduce.loops.map((l, i) => {
      const own = ofLoop(inner[i]!.id);
      return [l.id, l === tiled ? addIndex(scaleIndex(ofLoop(tile), constant(size)), own) : own] as const;
    }),
  ]);
  const locals = new Map<LocalId, LocalId>(lets.map(({ local }) => [local, fresh.local()]));
  const by: Replacements = {
    ...loopsBy(renamed),
    makes: (local) => locals.get(local) ?? local,
  };
  const partial: Reduce = { ...(mapStatement({ kind: 'reduce', loops: [], lets, accumulators }, by) as Reduce), loops: inner }; // prettier-ignore
  const stores = accumulators.map(({ op, local }, i): Statement => {
    const to = { buffer: buffers[i]!.copy, at: at(copies), strides };
    return { kind: 'store', to, value: { kind: 'local', local, scalar: 'real' }, mode: op as Private['op'] };
  });
  const privates = accumulators.map(({ op }, i): Private => ({ ...buffers[i]!, op: op as Private['op'] }));
  const tiles: Statement = {
    kind: 'loop',
    loop: { id: tile, extent: { kind: 'tiles', of, size } },
    role: 'parallel',
    scratch: [],
    privates,
    body: around(copies, [partial, ...stores]),
  };
  const results = buffers.map(({ into }): Access => ({ buffer: into, at: at(loops), strides }));
  return { statements: [...around(fillLoops, fill), tiles], results };
};
