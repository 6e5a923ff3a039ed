// A nest that reduces over rows and then does more with what it found, cut in two: the reduction, whose result can be combined
// over tiles of rows, and the rest, which has to wait until all tiles are done. In: a nest. Out: two, with a buffer between
// them; null where the nest is none of these.
import type { Dim } from '../../tensor/dims.ts';
import type { Fresh } from '../fresh.ts';
import { ofLoop, stridesOfShape } from '../index-arithmetic.ts';
import { inLoops } from '../in-loops.ts';
import type { Access, LocalId, Loop, LoopId, Statement } from '../kernel.ts';
import { loopsBy, mapAccess, mapStatements } from '../transform.ts';
import { hasExtent } from './bind-rows.ts';

export const splitTails = (
  statements: readonly Statement[],
  rows: Dim,
  fresh: Fresh,
): readonly [readonly Statement[], readonly Statement[]] | null => {
  const kept: Loop[] = [];
  let list = statements;
  for (let [only] = list; list.length === 1 && only?.kind === 'loop'; [only] = list) {
    if (only.role !== 'parallel' || only.loop.extent.kind !== 'dim') return null;
    if (only.privates.length + only.scratch.length > 0) return null;
    kept.push(only.loop);
    list = only.body;
  }
  const at = list.findIndex(
    (s) =>
      (s.kind === 'reduce' && s.loops.some((loop) => hasExtent(loop, rows))) ||
      (s.kind === 'product' && hasExtent(s.inner, rows)),
  );
  const found = list[at];
  if (found?.kind === 'product') return splitProduct(found, kept, list.length, fresh);
  if (found?.kind !== 'reduce' || !list.every((s) => s.kind === 'let' || s.kind === 'reduce' || s.kind === 'store'))
    return null;
  if (found.accumulators.some(({ op }) => op !== 'sum' && op !== 'min' && op !== 'max')) return null;
  if (list.slice(0, at).some((s) => s.kind !== 'let')) return null;
  const results = new Map(found.accumulators.map(({ local }) => [local, intermediate(kept, fresh)] as const));
  const stores = [...results].map(([local, to]): Statement => ({ kind: 'store', to, value: { kind: 'local', local, scalar: 'real' }, mode: 'set' })); // prettier-ignore
  const tail = [...list.slice(0, at), ...list.slice(at + 1)];
  return [inLoops(kept, [...list.slice(0, at + 1), ...stores]), copied(kept, tail, results, fresh)];
};

type Product = Extract<Statement, { kind: 'product' }>;

/** A product into a place that is no whole buffer, by way of one. */
const splitProduct = (
  product: Product,
  kept: readonly Loop[],
  statements: number,
  fresh: Fresh,
): readonly [readonly Statement[], readonly Statement[]] | null => {
  if (statements !== 1 || product.accumulate) return null;
  const loops = [...kept, product.rows, product.columns];
  if (loops.some((loop) => loop.extent.kind !== 'dim')) return null;
  const out = intermediate(loops, fresh);
  const copy: Statement = { kind: 'store', to: product.out, value: { kind: 'load', from: out }, mode: 'set' };
  return [inLoops(kept, [{ ...product, out }]), copied(loops, [copy], new Map(), fresh)];
};

/** A new buffer with one entry for each iteration of the loops, at this iteration. */
const intermediate = (loops: readonly Loop[], fresh: Fresh): Access => {
  const shape = loops.map(({ extent }) => (extent.kind === 'dim' ? extent.dim : extent.of));
  const buffer = fresh.buffer({ name: 'reduced', scalar: 'real', shape, storage: 'arena' });
  return { buffer, at: loops.map(({ id }) => ofLoop(id)), strides: stridesOfShape(shape) };
};

/** Statements in loops and with locals of their own; results of reductions are loaded. */
const copied = (
  kept: readonly Loop[],
  statements: readonly Statement[],
  results: ReadonlyMap<LocalId, Access>,
  fresh: Fresh,
): readonly Statement[] => {
  const loops = new Map<LoopId, LoopId>();
  const locals = new Map<LocalId, LocalId>();
  for (const { id } of kept) loops.set(id, fresh.loop());
  for (const s of statements) {
    if (s.kind === 'let') locals.set(s.local, fresh.local());
    if (s.kind !== 'reduce') continue;
    for (const { local } of [...s.lets, ...s.accumulators]) locals.set(local, fresh.local());
    for (const { id } of s.loops) loops.set(id, fresh.loop());
  }
  const moved = loopsBy(new Map([...loops].map(([from, to]) => [from, ofLoop(to)] as const)));
  const renamed = (loop: Loop): Loop => ({ ...loop, id: loops.get(loop.id)! });
  const body = mapStatements(statements, {
    ...moved,
    makes: (local) => locals.get(local) ?? local,
    local: (local) => {
      const from = results.get(local);
      return from === undefined ? null : { kind: 'load', from: mapAccess(from, moved, true) };
    },
  });
  return inLoops(
    kept.map(renamed),
    body.map((s) => (s.kind === 'reduce' ? { ...s, loops: s.loops.map(renamed) } : s)),
  );
};
