// Matrix products as calls of the packed product of the runtime. In: a `product` and where it stands. Out: a call, by all threads
// where none shares the work already. A product into a private sum, which is kept in double, goes by way of memory of the thread.
import { constantValue, product } from '../../tensor/dims.ts';
import { mostIterations } from '../extents.ts';
import { offsetOf, zero } from '../index-arithmetic.ts';
import type { Access, Loop, Statement } from '../kernel.ts';
import { loopsBy, mapAccess } from '../transform.ts';
import type { Emission } from './emission.ts';
import { indexText, isWide } from './expressions.ts';
import { extentText } from './loops.ts';
import { giveUp } from './polling.ts';
import { intoPrivateSum } from './private-products.ts';
import { strideOf } from './strides.ts';

type Product = Extract<Statement, { kind: 'product' }>;

/** Multiplications that are over in some hundredths of a second. */
const quick = 2 ** 28;

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
  intoPrivateSum(statement, [sizes[0]!, sizes[1]!], call, e);
};

const spaceOfThread = (e: Emission): string => `call->space + ${e.fn.threadNumber()} * EB_PRODUCT_SPACE`;
