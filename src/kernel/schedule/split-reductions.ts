// Long reductions with few results, split over tiles of what they run through, so that threads share them and no float32 sum gets
// long: every thread reduces its tiles into a copy of its own. In: kernels. Out: kernels in which such a nest is three: the results
// filled, the tiles reduced, what followed the reduction. A free energy is that of the free energies of its tiles.
import { constant, constantValue, type Dim } from '../../tensor/dims.ts';
import { iterations } from '../extents.ts';
import { Fresh } from '../fresh.ts';
import { addIndex, ofLoop, scaleIndex, stridesOfShape } from '../index-arithmetic.ts';
import type { Access, Expr, Index, KernelProgram, KernelTarget, Loop, LocalId, LoopId, Private, Statement } from '../kernel.ts'; // prettier-ignore
import { neutral } from '../neutral.ts';
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

/** The length of a loop of a nest: none of them runs through tiles. */
const dimOf = ({ extent }: Loop): Dim => (extent.kind === 'dim' ? extent.dim : constant(1));

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
  const { extent } = tiledLoop(reduce, sizes);
  if (extent.kind !== 'dim' || iterations(extent, sizes) < 2 || reduce.accumulators.some((a) => a.op === 'argmin'))
    return false;
  return results < enoughResults && results * count(reduce.loops) >= leastTerms;
};

/** The loop of the reduction that is tiled: the longest, the first of equals. */
const tiledLoop = (reduce: Reduce, sizes: KernelTarget['sizes']): Loop =>
  reduce.loops.reduce((a, b) => (iterations(b.extent, sizes) > iterations(a.extent, sizes) ? b : a));

const split = (nest: Nest, fresh: Fresh, target: KernelTarget): readonly Statement[] => {
  const { reduce, loops, tail } = nest;
  const parts = partsOf(nest, fresh, target);
  const stages = reduce.accumulators.map((a, i) => (a.op === 'soft-min' ? kept(i, nest, parts, fresh) : combined(i, a.op as Private['op'], nest, parts, fresh))); // prettier-ignore
  const privates = stages.flatMap((stage) => stage.privates);
  const reduced: Statement = {
    kind: 'loop',
    loop: { id: parts.tile, extent: parts.tiles.extent },
    role: 'parallel',
    scratch: [],
    privates,
    body: around(parts.copies, [parts.reduce, ...stages.map((stage) => stage.store)]),
  };
  const last = reduce.accumulators.flatMap((a, i) => (a.op === 'soft-min' ? [{ ...a, value: stages[i]!.result }] : []));
  const joined: readonly Statement[] = last.length === 0 ? [] : [{ kind: 'reduce', loops: [parts.tiles], lets: [], accumulators: last }]; // prettier-ignore
  const loaded = reduce.accumulators.flatMap(({ op, local }, i): readonly Statement[] =>
    op === 'soft-min' ? [] : [{ kind: 'let', local, value: stages[i]!.result }],
  );
  const fills = stages.flatMap((stage) => stage.fill);
  const filled = fills.length === 0 ? [] : around(parts.fillLoops, fills);
  return [...filled, reduced, ...around(loops, [...joined, ...loaded, ...tail])];
};

const around = (loops: readonly LoopStatement[], body: readonly Statement[]): readonly Statement[] =>
  loops.reduceRight<readonly Statement[]>((inner, loop) => [{ ...loop, body: inner }], body);

const copied = (loops: readonly LoopStatement[], fresh: Fresh): readonly LoopStatement[] =>
  loops.map((l) => ({ ...l, loop: { ...l.loop, id: fresh.loop() } }));

const at = (loops: readonly LoopStatement[]): readonly Index[] => loops.map(({ loop }) => ofLoop(loop.id));

/** The reduction of one tile. */
interface Parts {
  readonly tile: LoopId;
  /** A loop over the tiles, for what joins them. */
  readonly tiles: Loop;
  /** At most as many as there are tiles. */
  readonly count: Dim;
  /** The nest's loops and its reduction with loops and locals of their own: the nest keeps its for what follows. */
  readonly copies: readonly LoopStatement[];
  readonly reduce: Reduce;
  /** Once more the nest's loops, to fill the results. */
  readonly fillLoops: readonly LoopStatement[];
}

const partsOf = ({ loops, reduce }: Nest, fresh: Fresh, { sizes, tuning = usualTuning }: KernelTarget): Parts => {
  const tiled = tiledLoop(reduce, sizes);
  const others = reduce.loops.reduce((n, l) => (l === tiled ? n : n * iterations(l.extent, sizes)), 1);
  const size = Math.max(8, Math.min(4096, 2 ** Math.round(Math.log2(tuning.reduceTerms / Math.max(1, others)))));
  const of = dimOf(tiled);
  const [tile, joining] = [fresh.loop(), fresh.loop()];
  const copies = copied(loops, fresh);
  const fillLoops = copied(loops, fresh);
  const inner = reduce.loops.map((l): Loop =>
    l === tiled ? { id: fresh.loop(), extent: { kind: 'tile', of, tile, size } } : { ...l, id: fresh.loop() },
  );
  const renamed = new Map<LoopId, Index>([
    ...loops.map((l, i) => [l.loop.id, ofLoop(copies[i]!.loop.id)] as const),
    ...reduce.loops.map((l, i) => {
      const own = ofLoop(inner[i]!.id);
      return [l.id, l === tiled ? addIndex(scaleIndex(ofLoop(tile), constant(size)), own) : own] as const;
    }),
  ]);
  const locals = new Map<LocalId, LocalId>([...reduce.lets, ...reduce.accumulators].map(({ local }) => [local, fresh.local()])); // prettier-ignore
  const by: Replacements = { ...loopsBy(renamed), makes: (local) => locals.get(local) ?? local };
  const known = constantValue(of);
  return {
    tile,
    tiles: { id: joining, extent: { kind: 'tiles', of, size } },
    // How many tiles there are is no polynomial of a size that is open: there are at most as many as there are terms.
    count: known === null ? of : constant(Math.max(1, Math.ceil(known / size))),
    copies,
    reduce: { ...(mapStatement(reduce, by) as Reduce), loops: inner },
    fillLoops,
  };
};

/** Of an accumulator: what fills its result before the tiles (in `fillLoops`), what keeps that of a tile (in `copies`), and where the
 *  result, or that of each tile, is read afterwards. */
interface Stage {
  readonly fill: readonly Statement[];
  readonly store: Statement;
  readonly privates: readonly Private[];
  readonly result: Expr;
}

const partial = (i: number, { reduce }: Parts): Expr => ({ kind: 'local', local: reduce.accumulators[i]!.local, scalar: 'real' }); // prettier-ignore

/** A free energy: those of all tiles are kept. */
const kept = (i: number, { loops }: Nest, parts: Parts, fresh: Fresh): Stage => {
  const { tile, tiles, count, copies } = parts;
  const shape = [...loops.map(({ loop }) => dimOf(loop)), count];
  const buffer = fresh.buffer({ name: `free energy ${i} of tiles`, scalar: 'real', shape, storage: 'arena' });
  const strides = stridesOfShape(shape);
  const to: Access = { buffer, at: [...at(copies), ofLoop(tile)], strides };
  return {
    fill: [],
    store: { kind: 'store', to, value: partial(i, parts), mode: 'set' },
    privates: [],
    result: { kind: 'load', from: { buffer, at: [...at(loops), ofLoop(tiles.id)], strides } },
  };
};

/** A sum, minimum or maximum: every thread has its own. */
const combined = (i: number, op: Private['op'], { loops }: Nest, parts: Parts, fresh: Fresh): Stage => {
  const shape = loops.map(({ loop }) => dimOf(loop));
  const strides = stridesOfShape(shape);
  const into = fresh.buffer({ name: `${op} ${i} of tiles`, scalar: 'real', shape, storage: 'arena' });
  const copy = fresh.buffer({ name: `own ${op} ${i} of tiles`, scalar: 'real', shape, storage: 'scratch' });
  const empty: Expr = { kind: 'number', value: neutral[op], scalar: 'real' };
  return {
    fill: [{ kind: 'store', to: { buffer: into, at: at(parts.fillLoops), strides }, value: empty, mode: 'set' }],
    store: { kind: 'store', to: { buffer: copy, at: at(parts.copies), strides }, value: partial(i, parts), mode: op },
    privates: [{ copy, into, op }],
    result: { kind: 'load', from: { buffer: into, at: at(loops), strides } },
  };
};
