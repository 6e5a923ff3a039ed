// Routines of linear algebra as calls of the runtime, which works in double. In: a `routine` and where it stands. Out: a call on
// whole buffers; leading axes are a batch.
import { product, type Dim } from '../../tensor/dims.ts';
import type { RoutineName } from '../../tensor/routines.ts';
import type { Statement } from '../kernel.ts';
import type { Emission } from './emission.ts';
import { int64Of } from './numbers.ts';

/** Batch, then the sizes that the functions take, from the shapes of the arguments. */
const sizesOf: Readonly<Record<RoutineName, (first: readonly Dim[], second: readonly Dim[]) => readonly Dim[]>> = {
  cholesky: (a) => [product(a.slice(0, -2)), a.at(-1)!],
  'triangular-solve': (a, b) => [product(a.slice(0, -2)), a.at(-1)!, b.at(-1)!],
  'triangular-solve-transposed': (a, b) => [product(a.slice(0, -2)), a.at(-1)!, b.at(-1)!],
  solve: (a, b) => [product(a.slice(0, -2)), a.at(-1)!, b.at(-1)!],
  inverse: (a) => [product(a.slice(0, -2)), a.at(-1)!],
  'log-abs-det': (a) => [product(a.slice(0, -2)), a.at(-1)!],
  eigh: (a) => [product(a.slice(0, -2)), a.at(-1)!],
  sort: (v) => [product(v.slice(0, -1)), v.at(-1)!],
  'block-tridiagonal': (a) => [product(a.slice(0, -3)), a.at(-3)!, a.at(-1)!],
};

export const renderRoutine = ({ name, args, outs }: Extract<Statement, { kind: 'routine' }>, e: Emission): void => {
  const { buffers } = e.entry.kernels;
  const shapes = args.map((id) => buffers[id]!.shape);
  const sizes = sizesOf[name](shapes[0]!, shapes[1] ?? []);
  const called = `eb_${name.replaceAll('-', '_')}`;
  e.entry.uses(called);
  e.entry.uses(`${called}_space`);
  const inLayout = sizes.map((dim) => int64Of(dim, (size) => `call->${e.entry.names.sizes.get(size)!}`));
  e.entry.needsDoubles((threads) => `${called}_space(${[...inLayout, threads].join(', ')})`);
  const pointers = [...args, ...outs].map((id) => e.fn.buffer(id));
  const base = e.threaded ? `call->routines + ${e.fn.threadNumber()} * call->routine_bytes` : 'call->routines';
  const all = [...sizes.map((dim) => e.fn.dim(dim)), ...pointers, `(double *)(void *)(${base})`, e.threaded ? '1' : 'call->threads']; // prettier-ignore
  e.fn.line(`${called}(${all.join(', ')});`);
};
