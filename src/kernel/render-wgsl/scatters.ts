// Sums into places that an index tells. Iterations of the loops over updates may meet in one place, so they are serial; WGSL has no
// addition that several invocations can make at once. In: kernels. Out: kernels in which the other axes of an update are spread over
// invocations, and the updates are cut into parts that each have a copy of the result, which are added up in order.
import { constant, evaluate, product } from '../../tensor/dims.ts';
import { iterations } from '../extents.ts';
import { Fresh } from '../fresh.ts';
import { addIndex, ofLoop, scaleIndex, stridesOfShape } from '../index-arithmetic.ts';
import { inLoops } from '../in-loops.ts';
import type { Access, BufferId, KernelProgram, Loop, Statement } from '../kernel.ts';
import { loopsBy, mapStatements } from '../transform.ts';
import { visitStatements } from '../visit.ts';
import type { DeviceProfile } from './device-profile.ts';
import { replaceOnHost } from './host-lists.ts';
import { iterationsOf } from './work.ts';

type Sizes = Readonly<Record<string, number>>;
type Store = Extract<Statement, { kind: 'store' }>;

/** Parallel loops, then serial ones, then parallel ones, with lets and one sum in them. */
interface Scatter {
  readonly outer: readonly Loop[];
  readonly serial: readonly Loop[];
  readonly inner: readonly Loop[];
  readonly body: readonly Statement[];
  readonly store: Store;
}

/** Words that copies may take: 64 MiB. */
const mostCopied = 2 ** 24;
/** Updates of a part: fewer are not worth a copy. */
const leastUpdates = 32;

export const spreadScatters = (kernels: KernelProgram, sizes: Sizes, profile: DeviceProfile): KernelProgram => {
  const fresh = new Fresh(kernels);
  const body = replaceOnHost(kernels.body, (statement) => {
    const scatter = scatterOf(statement);
    if (scatter === null) return null;
    const parts = partsOf(scatter, kernels, sizes, profile);
    if (parts > 1) return inParts(scatter, parts, sizes, fresh);
    const { outer, serial, inner, body: all } = scatter;
    const alone: Loop = { id: fresh.loop(), extent: { kind: 'dim', dim: constant(1) } };
    const apart = [...outer, ...inner];
    return inLoops(apart.length === 0 ? [alone] : apart, inLoops(serial, all, 'serial'));
  });
  return fresh.finish(body);
};

const scatterOf = (statement: Statement): Scatter | null => {
  const [outer, serial, inner]: [Loop[], Loop[], Loop[]] = [[], [], []];
  let body: readonly Statement[] = [statement];
  for (let [only] = body; body.length === 1 && only?.kind === 'loop'; [only] = body) {
    if (only.scratch.length + only.privates.length > 0 || only.loop.extent.kind !== 'dim') return null;
    if (only.role === 'serial' && inner.length > 0) return null;
    (only.role === 'serial' ? serial : serial.length === 0 ? outer : inner).push(only.loop);
    ({ body } = only);
  }
  const store = body.at(-1);
  if (serial.length === 0 || store?.kind !== 'store' || store.mode !== 'sum') return null;
  if (body.slice(0, -1).some((s) => s.kind !== 'let') || reads(body, store.to.buffer)) return null;
  return { outer, serial, inner, body, store };
};

const reads = (body: readonly Statement[], buffer: BufferId): boolean => {
  let found = false;
  const access = (a: Access, isRead: boolean): void => {
    if (isRead && a.buffer === buffer) found = true;
  };
  visitStatements(body, { access });
  return found;
};

const partsOf = ({ outer, serial, inner, store }: Scatter, { buffers }: KernelProgram, sizes: Sizes, profile: DeviceProfile): number => {
  if (outer.length > 0 || buffers[store.to.buffer]!.scalar !== 'real') return 1;
  const updates = iterationsOf(serial, sizes);
  const each = iterationsOf(inner, sizes);
  const words = Math.max(1, evaluate(product(buffers[store.to.buffer]!.shape), sizes));
  const wanted = (4 * profile.groups * Math.max(64, profile.width)) / Math.max(1, each);
  // Copies are filled and added up: no more entries of them than there are updates.
  const affordable = Math.min((updates * each) / words, mostCopied / words, updates / leastUpdates);
  return Math.floor(Math.min(wanted, affordable, iterations(serial[0]!.extent, sizes)));
}; // prettier-ignore

const inParts = ({ serial, inner, body, store }: Scatter, parts: number, sizes: Sizes, fresh: Fresh): readonly Statement[] => {
  const [first, ...rest] = serial as [Loop, ...Loop[]];
  const { shape } = fresh.bufferOf(store.to.buffer);
  const length = first.extent.kind === 'dim' ? first.extent.dim : constant(0);
  const size = Math.ceil(evaluate(length, sizes) / parts);
  const count = constant(Math.ceil(evaluate(length, sizes) / size));
  const words = product(shape);
  const copies = fresh.buffer({ name: 'copies', scalar: 'real', shape: [count, ...shape], storage: 'arena' });
  const wholeStride = stridesOfShape([count, words]);
  const loop = (dim: Loop['extent']): Loop => ({ id: fresh.loop(), extent: dim });
  const dim = (value: typeof count): Loop['extent'] => ({ kind: 'dim', dim: value });

  const filled = loop(dim(product([count, words])));
  const fill: Store = { kind: 'store', to: { buffer: copies, at: [ofLoop(filled.id)], strides: [constant(1)] }, value: { kind: 'number', value: 0, scalar: 'real' }, mode: 'set' };

  const part = loop({ kind: 'tiles', of: length, size });
  const within = loop({ kind: 'tile', of: length, tile: part.id, size });
  const at = addIndex(scaleIndex(ofLoop(part.id), constant(size)), ofLoop(within.id));
  const moved = mapStatements(body, loopsBy(new Map([[first.id, at]])));
  const put = moved.at(-1) as Store;
  const to: Access = { buffer: copies, at: [ofLoop(part.id), ...put.to.at], strides: [words, ...put.to.strides] };
  const added = [...moved.slice(0, -1), { ...put, to }];

  const [entry, copy] = [loop(dim(words)), loop(dim(count))];
  const sum = fresh.local();
  const total: Statement = { kind: 'reduce', loops: [copy], lets: [], accumulators: [{ local: sum, op: 'sum', value: { kind: 'load', from: { buffer: copies, at: [ofLoop(copy.id), ofLoop(entry.id)], strides: wholeStride } } }] };
  const result: Store = { kind: 'store', to: { buffer: store.to.buffer, at: [ofLoop(entry.id)], strides: [constant(1)] }, value: { kind: 'local', local: sum, scalar: 'real' }, mode: 'sum' };
  return [
    ...inLoops([filled], [fill]),
    ...inLoops([part, ...inner], inLoops([within, ...rest], added, 'serial')),
    ...inLoops([entry], [total, result]),
  ];
}; // prettier-ignore
