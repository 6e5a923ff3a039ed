// Long reductions with few results, split over tiles of what they run through, so that threads share them and no float32 sum gets
// long: every thread reduces its tiles into a copy of its own. In: kernels. Out: kernels in which such a nest is three: the results
// filled, the tiles reduced, what followed the reduction. A free energy is that of the free energies of its tiles.
import { FORBIDDEN } from '../../tensor/energies.ts';
import { constant, constantValue } from '../../tensor/dims.ts';
import { iterations } from '../extents.ts';
import { Fresh } from '../fresh.ts';
import { addIndex, ofLoop, scaleIndex, stridesOfShape } from '../index-arithmetic.ts';
import type { Access, Expr, Index, KernelProgram, KernelTarget, Loop, LocalId, Private, Statement } from '../kernel.ts'; // prettier-ignore
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
  const { reduce, loops, tail } = nest;
  const staged = stage(nest, fresh, target);
  const last = staged.partials === null ? [] : [joined(reduce, staged.partials)];
  const finals = reduce.accumulators.flatMap((a, i): readonly Statement[] =>
    a.op === 'soft-min' ? [] : [{ kind: 'let', local: a.local, value: { kind: 'load', from: staged.results[i]! } }],
  );
  return [...staged.statements, ...around(loops, [...last, ...finals, ...tail])];
};

/** The free energy of the free energies of all tiles. */
const joined = (reduce: Reduce, { tiles, at }: Partials): Statement => ({
  kind: 'reduce',
  loops: [tiles],
  lets: [],
  accumulators: reduce.accumulators.flatMap((a, i) =>
    a.op === 'soft-min' ? [{ ...a, value: { kind: 'load', from: at[i]! } as const }] : [],
  ),
});

const number = (value: number): Expr => ({ kind: 'number', value, scalar: 'real' });

const around = (loops: readonly LoopStatement[], body: readonly Statement[]): readonly Statement[] =>
  loops.reduceRight<readonly Statement[]>((inner, loop) => [{ ...loop, body: inner }], body);

const identity = { sum: 0, min: FORBIDDEN, max: -FORBIDDEN } as const;

interface Partials {
  /** A loop over the tiles, for the nest that joins them. */
  readonly tiles: Loop;
  /** By accumulator, its free energy over a tile; of the others nothing. */
  readonly at: Readonly<Record<number, Access>>;
}

interface Stage {
  readonly statements: readonly Statement[];
  /** Where the result of each accumulator stands, by the loops of the nest; of a free energy nothing does. */
  readonly results: Readonly<Record<number, Access>>;
  readonly partials: Partials | null;
}

/** Fills the results and reduces all tiles into them. The nest's loops keep their ids where the results are read; elsewhere they
 *  are copies. */
const stage = ({ loops, reduce }: Nest, fresh: Fresh, { sizes, tuning = usualTuning }: KernelTarget): Stage => {
  const shape = loops.map(({ loop }) => (loop.extent.kind === 'dim' ? loop.extent.dim : constant(1)));
  const at = (of: readonly LoopStatement[]): readonly Index[] => of.map(({ loop }) => ofLoop(loop.id));
  const tiled = tiledLoop(reduce, sizes);
  const others = reduce.loops.reduce((n, l) => (l === tiled ? n : n * iterations(l.extent, sizes)), 1);
  const size = Math.max(8, Math.min(4096, 2 ** Math.round(Math.log2(tuning.reduceTerms / Math.max(1, others)))));
  const of = tiled.extent.kind === 'dim' ? tiled.extent.dim : constant(0);
  const [tile, joining] = [fresh.loop(), fresh.loop()];
  const tiles: Loop = { id: joining, extent: { kind: 'tiles', of, size } };
  const copies = loops.map((l) => ({ ...l, role: 'serial' as const, loop: { ...l.loop, id: fresh.loop() } }));
  const fillLoops = loops.map((l) => ({ ...l, loop: { ...l.loop, id: fresh.loop() } }));
  const known = constantValue(of);
  // How many tiles there are is no polynomial of a size that is open: there are at most as many as there are terms.
  const count = known === null ? of : constant(Math.max(1, Math.ceil(known / size)));

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
  const locals = new Map<LocalId, LocalId>([...reduce.lets, ...reduce.accumulators].map(({ local }) => [local, fresh.local()])); // prettier-ignore
  const by: Replacements = { ...loopsBy(renamed), makes: (local) => locals.get(local) ?? local };
  const partial: Reduce = { ...(mapStatement(reduce, by) as Reduce), loops: inner };

  const results: Record<number, Access> = {};
  const partials: Record<number, Access> = {};
  const [fill, stores, privates]: [Statement[], Statement[], Private[]] = [[], [], []];
  reduce.accumulators.forEach(({ op }, i) => {
    const value: Expr = { kind: 'local', local: partial.accumulators[i]!.local, scalar: 'real' };
    if (op === 'soft-min') {
      const whole = [...shape, count];
      const strides = stridesOfShape(whole);
      const buffer = fresh.buffer({
        name: `free energy ${i} of tiles`,
        scalar: 'real',
        shape: whole,
        storage: 'arena',
      });
      stores.push({ kind: 'store', to: { buffer, at: [...at(copies), ofLoop(tile)], strides }, value, mode: 'set' });
      partials[i] = { buffer, at: [...at(loops), ofLoop(joining)], strides };
      return;
    }
    const strides = stridesOfShape(shape);
    const mode = op as Private['op'];
    const into = fresh.buffer({ name: `${op} ${i} of tiles`, scalar: 'real', shape, storage: 'arena' });
    const copy = fresh.buffer({ name: `own ${op} ${i} of tiles`, scalar: 'real', shape, storage: 'scratch' });
    fill.push({ kind: 'store', to: { buffer: into, at: at(fillLoops), strides }, value: number(identity[mode]), mode: 'set' }); // prettier-ignore
    stores.push({ kind: 'store', to: { buffer: copy, at: at(copies), strides }, value, mode });
    privates.push({ copy, into, op: mode });
    results[i] = { buffer: into, at: at(loops), strides };
  });
  const reduced: Statement = { kind: 'loop', loop: { id: tile, extent: tiles.extent }, role: 'parallel', scratch: [], privates, body: around(copies, [partial, ...stores]) }; // prettier-ignore
  const filled = fill.length === 0 ? [] : around(fillLoops, fill);
  return {
    statements: [...filled, reduced],
    results,
    partials: Object.keys(partials).length === 0 ? null : { tiles, at: partials },
  };
};
