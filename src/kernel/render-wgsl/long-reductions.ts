// Reductions that are long and give few results, in two passes: parts of the terms are reduced by workgroups of their own, then
// what they found. In: kernels. Out: kernels that keep the device busy; a sum or a minimum of parts is that of all, so is the free
// energy of free energies, and the first smallest is in the first part that has the smallest.
import { constant, evaluate } from '../../tensor/dims.ts';
import { iterations } from '../extents.ts';
import { Fresh } from '../fresh.ts';
import { addIndex, ofLoop, scaleIndex, stridesOfShape } from '../index-arithmetic.ts';
import { inLoops } from '../in-loops.ts';
import type { Access, Accumulator, Expr, Index, KernelProgram, Loop, LocalId, Statement } from '../kernel.ts';
import { loopsBy, mapExpr, mapStatement, type Replacements } from '../transform.ts';
import type { DeviceProfile } from './device-profile.ts';
import { replaceOnHost } from './host-lists.ts';
import { nestOf } from './loops.ts';
import { iterationsOf, workOfStatements } from './work.ts';

type Reduce = Extract<Statement, { kind: 'reduce' }>;
type Sizes = Readonly<Record<string, number>>;

/** Parallel loops, possibly none, around lets, one reduction and what is done with it. */
interface Nest {
  readonly loops: readonly Loop[];
  readonly before: readonly Statement[];
  readonly reduce: Reduce;
  readonly after: readonly Statement[];
}

export const splitLongReductions = (kernels: KernelProgram, sizes: Sizes, profile: DeviceProfile): KernelProgram => {
  const fresh = new Fresh(kernels);
  const body = replaceOnHost(kernels.body, (statement) => {
    const nest = found(statement);
    if (nest === null) return null;
    const parts = partsOf(nest, sizes, profile);
    return parts === null ? null : inParts(nest, parts, sizes, fresh);
  });
  return fresh.finish(body);
};

const found = (statement: Statement): Nest | null => {
  if (statement.kind === 'reduce') return { loops: [], before: [], reduce: statement, after: [] };
  if (statement.kind !== 'loop' || statement.role !== 'parallel') return null;
  if (statement.scratch.length + statement.privates.length > 0) return null;
  const { loops, body } = nestOf(statement);
  const at = body.findIndex((s) => s.kind === 'reduce');
  const reduce = body[at];
  const plain = body.every((s, i) => i === at || s.kind === 'let' || (i > at && s.kind === 'store'));
  if (reduce?.kind !== 'reduce' || !plain || loops.some(({ extent }) => extent.kind !== 'dim')) return null;
  return { loops, before: body.slice(0, at), reduce, after: body.slice(at + 1) };
};

/** The loop that is cut, and how many of its iterations are one part; null where the device is busy anyway. */
const partsOf = ({ loops, reduce }: Nest, sizes: Sizes, profile: DeviceProfile): { readonly loop: Loop; readonly size: number } | null => {
  const results = iterationsOf(loops, sizes);
  const loop = reduce.loops.reduce((a, b) => (iterations(b.extent, sizes) > iterations(a.extent, sizes) ? b : a));
  const count = iterations(loop.extent, sizes);
  const work = workOfStatements([reduce], sizes, () => 0) * results;
  const { groups, width, dispatch } = profile;
  if (results === 0 || results >= groups || loop.extent.kind !== 'dim' || count < 2) return null;
  const parts = Math.min(Math.ceil(groups / results), count, Math.floor(work / results / 4096));
  const gain = work / width / Math.min(groups, results) - work / width / Math.min(groups, results * parts);
  return parts >= 2 && gain > 2 * dispatch ? { loop, size: Math.ceil(count / parts) } : null;
}; // prettier-ignore

const inParts = (
  { loops, before, reduce, after }: Nest,
  { loop: cut, size }: { readonly loop: Loop; readonly size: number },
  sizes: Sizes,
  fresh: Fresh,
): readonly Statement[] => {
  const length = cut.extent.kind === 'dim' ? cut.extent.dim : constant(0);
  const parts = constant(Math.ceil(evaluate(length, sizes) / size));
  const part = fresh.loop();
  const shape = [parts, ...loops.map(({ extent }) => (extent.kind === 'dim' ? extent.dim : constant(1)))];
  const strides = stridesOfShape(shape);
  // The copies of loops and locals of the first pass.
  const copies = loops.map((loop) => ({ ...loop, id: fresh.loop() }));
  const inner = reduce.loops.map((loop): Loop =>
    loop === cut
      ? { id: fresh.loop(), extent: { kind: 'tile', of: length, tile: part, size } }
      : { ...loop, id: fresh.loop() },
  );
  const renamed = new Map<number, Index>([
    ...loops.map((loop, i) => [loop.id, ofLoop(copies[i]!.id)] as const),
    ...reduce.loops.map((loop, i) => {
      const own = ofLoop(inner[i]!.id);
      return [loop.id, loop === cut ? addIndex(scaleIndex(ofLoop(part), constant(size)), own) : own] as const;
    }),
  ]);
  const locals = new Map<LocalId, LocalId>();
  for (const s of before) if (s.kind === 'let') locals.set(s.local, fresh.local());
  for (const { local } of reduce.lets) locals.set(local, fresh.local());
  const by: Replacements = { ...loopsBy(renamed), makes: (local) => locals.get(local) ?? local };

  const accumulators: Accumulator[] = [];
  const stores: Statement[] = [];
  const second: Accumulator[] = [];
  const lets: Statement[] = [];
  const buffer = (scalar: 'real' | 'int'): ((at: readonly Index[]) => Access) => {
    const id = fresh.buffer({ name: 'parts', scalar, shape, storage: 'arena' });
    return (at) => ({ buffer: id, at, strides });
  };
  const put = (to: Access, value: Expr): void => void stores.push({ kind: 'store', to, value, mode: 'set' });
  const here = [ofLoop(part), ...copies.map(({ id }) => ofLoop(id))];
  const again = fresh.loop();
  const there = [ofLoop(again), ...loops.map(({ id }) => ofLoop(id))];
  for (const { local, op, value, beta } of reduce.accumulators) {
    const own = fresh.local();
    const kept = buffer('real');
    const moved = mapExpr(value, by);
    if (op === 'argmin') {
      // The smallest of the part, and where it is; then the first part with the smallest of all.
      const least = fresh.local();
      const where = buffer('int');
      const first = fresh.local();
      accumulators.push({ local: own, op, value: moved }, { local: least, op: 'min', value: unlessNaN(moved) });
      put(kept(here), { kind: 'local', local: least, scalar: 'real' });
      const position: Index = addIndex(scaleIndex(ofLoop(part), constant(size)), { constant: [], terms: [{ coef: constant(1), atom: { kind: 'value', of: { kind: 'local', local: own, scalar: 'int' } } }] }); // prettier-ignore
      put(where(here), { kind: 'index', of: position });
      second.push({ local: first, op, value: { kind: 'load', from: kept(there) } });
      const chosen: Index = { constant: [], terms: [{ coef: constant(1), atom: { kind: 'value', of: { kind: 'local', local: first, scalar: 'int' } } }] }; // prettier-ignore
      lets.push({ kind: 'let', local, value: { kind: 'load', from: where([chosen, ...there.slice(1)]) } });
    } else {
      accumulators.push({ local: own, op, value: moved, ...(beta === undefined ? {} : { beta: mapExpr(beta, by) }) });
      put(kept(here), { kind: 'local', local: own, scalar: 'real' });
      second.push({ local, op, value: { kind: 'load', from: kept(there) }, ...(beta === undefined ? {} : { beta }) });
    }
  }
  const first: Reduce = { ...(mapStatement({ ...reduce, loops: [], accumulators: [] }, by) as Reduce), loops: inner, accumulators }; // prettier-ignore
  const tiles: Loop = { id: part, extent: { kind: 'tiles', of: length, size } };
  return [
    ...inLoops([tiles, ...copies], [...before.map((s) => mapStatement(s, by)), first, ...stores]),
    ...inLoops(loops, [
      ...before,
      { kind: 'reduce', loops: [{ id: again, extent: { kind: 'dim', dim: parts } }], lets: [], accumulators: second },
      ...lets,
      ...after,
    ]),
  ];
};

/** argmin passes over NaN, min does not: NaN counts as more than anything. */
const unlessNaN = (value: Expr): Expr => ({
  kind: 'map',
  fn: 'select',
  args: [{ kind: 'map', fn: 'is-nan', args: [value] }, { kind: 'number', value: Infinity, scalar: 'real' }, value],
});
