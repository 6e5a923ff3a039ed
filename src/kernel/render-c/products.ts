// Matrix products as calls of the packed product of the runtime. In: a `product` and where it stands. Out: a call, by all threads
// where none shares the work already. A product into a private sum, which is kept in double, goes by way of the thread's space.
import { constantValue, multiply, product, type Dim } from '../../tensor/dims.ts';
import { mostIterations } from '../extents.ts';
import { offsetOf, zero } from '../index-arithmetic.ts';
import { InternalError } from '../../diagnostics/diagnostic.ts';
import type { Access, Loop, Statement } from '../kernel.ts';
import { coefficientOf, loopsBy, mapAccess } from '../transform.ts';
import type { Emission } from './emission.ts';
import { indexText, isWide } from './expressions.ts';
import { extentText } from './loops.ts';
import { giveUp } from './polling.ts';

type Product = Extract<Statement, { kind: 'product' }>;

/** Multiplications that are over in some hundredths of a second. */
const quick = 2 ** 28;

const strideOf = (access: Access, loop: Loop): Dim => {
  const stride = coefficientOf(offsetOf(access), loop.id);
  if (stride === null) throw new InternalError('an access of a product that is not affine in its loops');
  return stride;
};

export const renderProduct = (statement: Product, e: Emission): void => {
  const { rows, columns, inner, out, left, right, accumulate } = statement;
  e.entry.uses('eb_product');
  e.entry.needsSpace();
  const still = loopsBy(new Map([rows, columns, inner].map((loop) => [loop.id, zero])));
  const base = (access: Access): string => {
    const at = indexText(offsetOf(mapAccess(access, still, true)), e);
    return at === '0' ? e.fn.buffer(access.buffer) : `${e.fn.buffer(access.buffer)} + ${at}`;
  };
  const stride = (access: Access, loop: Loop): string => e.fn.dim(strideOf(access, loop));
  const sizes = [rows, columns, inner].map((loop) => extentText(loop.extent, e));
  const operands = [
    base(left), stride(left, rows), stride(left, inner), base(right), stride(right, inner), stride(right, columns),
  ]; // prettier-ignore
  const work = constantValue(product([rows, columns, inner].map((loop) => mostIterations(loop.extent))));
  const call = (target: readonly string[], adds: boolean): void => {
    const args = [...sizes, ...operands, ...target, adds ? '1' : '0'];
    const small = work !== null && work < quick;
    if (e.threaded && small) {
      e.fn.line(`eb_product(${[...args, spaceOfThread(e)].join(', ')});`);
      return;
    }
    e.entry.uses('eb_polled_product');
    const [space, threads] = e.threaded ? [spaceOfThread(e), '1'] : ['call->space', 'call->threads'];
    e.fn.line(`eb_polled_product(${[...args, space, threads, 'call->control'].join(', ')});`);
    if (!e.threaded || !small) giveUp(e);
  };
  if (!isWide(out, e)) {
    call([base(out), stride(out, rows), stride(out, columns)], accumulate);
    return;
  }
  const most = multiply(mostIterations(rows.extent), mostIterations(columns.extent));
  const field = e.entry.reserveOfThread(most);
  const [m, n, tile] = ['m', 'n', 'tile'].map((name) => e.fn.temporary(name)) as [string, string, string];
  e.fn.line(`const int64_t ${m} = ${sizes[0]}, ${n} = ${sizes[1]};`);
  e.fn.line(`real *const ${tile} = (real *)(void *)(call->scratch + ${e.fn.threadNumber()} * call->scratch_bytes + call->${field});`); // prettier-ignore
  call([tile, n, '1'], false);
  const target = base(out);
  const [rowStride, columnStride] = [stride(out, rows), stride(out, columns)];
  e.fn.block(`for (int64_t r = 0; r < ${m}; r++)`, () => {
    e.fn.line('EB_SIMD');
    const entry = `(${target})[r * ${rowStride} + c * ${columnStride}]`;
    e.fn.line(`for (int64_t c = 0; c < ${n}; c++) ${entry} ${accumulate ? '+=' : '='} ${tile}[r * ${n} + c];`);
  });
};

const spaceOfThread = (e: Emission): string => `call->space + ${e.fn.threadNumber()} * EB_PRODUCT_SPACE`;
