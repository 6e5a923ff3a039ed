// Matrix products with a long inner axis and a small result (sums over rows of data), in parts: each part of the inner axis has a
// result of its own, and the results are added up. In: kernels. Out: kernels that keep the device busy.
import { constant, evaluate } from '../../tensor/dims.ts';
import { iterations } from '../extents.ts';
import { Fresh } from '../fresh.ts';
import { addIndex, ofLoop, scaleIndex, stridesOfShape } from '../index-arithmetic.ts';
import { inLoops } from '../in-loops.ts';
import type { Access, Index, KernelProgram, Loop, Statement } from '../kernel.ts';
import { loopsBy, mapAccess, mapStatement } from '../transform.ts';
import type { DeviceProfile } from './device-profile.ts';
import { replaceOnHost } from './host-lists.ts';
import { productNestOf } from './product-shader.ts';
import { iterationsOf } from './work.ts';

type Product = Extract<Statement, { kind: 'product' }>;
type Sizes = Readonly<Record<string, number>>;

/** Entries of the result that one workgroup makes. */
const tile = 64 * 64;
/** Terms of a part: fewer are not worth a result of their own. */
const leastTerms = 256;

export const splitLongProducts = (kernels: KernelProgram, sizes: Sizes, profile: DeviceProfile): KernelProgram => {
  const fresh = new Fresh(kernels);
  const body = replaceOnHost(kernels.body, (statement) => {
    const nest =
      statement.kind === 'product'
        ? { loops: [], product: statement }
        : statement.kind === 'loop'
          ? productNestOf(statement)
          : null;
    if (nest === null) return null;
    const { rows, columns, inner } = nest.product;
    if ([...nest.loops, rows, columns, inner].some(({ extent }) => extent.kind !== 'dim')) return null;
    const entries = iterationsOf([...nest.loops, rows, columns], sizes);
    const groups = profile.fastShared ? Math.ceil(entries / tile) : Math.ceil(entries / 16 / profile.apart);
    const terms = iterations(inner.extent, sizes);
    const parts = Math.min(Math.floor((2 * profile.groups) / Math.max(1, groups)), Math.floor(terms / leastTerms));
    const work = 2 * entries * terms;
    return parts < 2 || work / profile.width < 4 * profile.dispatch ? null : inParts(nest.loops, nest.product, parts, sizes, fresh); // prettier-ignore
  });
  return fresh.finish(body);
};

const dimOf = ({ extent }: Loop): ReturnType<typeof constant> => (extent.kind === 'dim' ? extent.dim : constant(0));

const inParts = (loops: readonly Loop[], product: Product, parts: number, sizes: Sizes, fresh: Fresh): readonly Statement[] => {
  const { rows, columns, inner, out } = product;
  const size = Math.ceil(iterations(inner.extent, sizes) / parts);
  const length = dimOf(inner);
  const count = constant(Math.ceil(evaluate(length, sizes) / size));
  const part: Loop = { id: fresh.loop(), extent: { kind: 'tiles', of: length, size } };
  const within: Loop = { id: fresh.loop(), extent: { kind: 'tile', of: length, tile: part.id, size } };
  const all = [...loops, rows, columns];
  const shape = [count, ...all.map(dimOf)];
  const strides = stridesOfShape(shape);
  const results = fresh.buffer({ name: 'parts', scalar: 'real', shape, storage: 'arena' });
  const own = (at: readonly Index[]): Access => ({ buffer: results, at, strides });
  const place = addIndex(scaleIndex(ofLoop(part.id), constant(size)), ofLoop(within.id));
  const by = loopsBy(new Map([[inner.id, place]]));
  const partial: Product = {
    ...product,
    inner: within,
    left: mapAccess(product.left, by, true),
    right: mapAccess(product.right, by, true),
    out: own([ofLoop(part.id), ...all.map(({ id }) => ofLoop(id))]),
    accumulate: false,
  };
  const copies = all.map((loop) => ({ ...loop, id: fresh.loop() }));
  const renamed = loopsBy(new Map(all.map((loop, i) => [loop.id, ofLoop(copies[i]!.id)])));
  const again: Loop = { id: fresh.loop(), extent: { kind: 'dim', dim: count } };
  const sum = fresh.local();
  const total: Statement = {
    kind: 'reduce',
    loops: [again],
    lets: [],
    accumulators: [{ local: sum, op: 'sum', value: { kind: 'load', from: own([ofLoop(again.id), ...copies.map(({ id }) => ofLoop(id))]) } }],
  };
  const put: Statement = mapStatement({ kind: 'store', to: out, value: { kind: 'local', local: sum, scalar: 'real' }, mode: product.accumulate ? 'sum' : 'set' }, renamed);
  return [...inLoops([part, ...loops], [partial]), ...inLoops(copies, [total, put])];
}; // prettier-ignore
