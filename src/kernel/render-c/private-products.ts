// Products that add to a private sum, which is kept in double: they gather in `real` in memory of the thread, and are added to the
// sum when they are many terms, and when the part of the loop ends. In: such a product, and how it is called. Out: lines.
import { InternalError } from '../../diagnostics/diagnostic.ts';
import { add, constant, constantValue, isOne, multiply, type Dim } from '../../tensor/dims.ts';
import { mostIterations } from '../extents.ts';
import { offsetOf, zero } from '../index-arithmetic.ts';
import type { Index, Statement } from '../kernel.ts';
import { loopsBy, mapAccess } from '../transform.ts';
import type { Emission } from './emission.ts';
import { indexText } from './expressions.ts';
import { strideOf } from './strides.ts';

type Product = Extract<Statement, { kind: 'product' }>;

/** Terms of a sum in `real`. */
const mostTerms = 4096;

/** `sizes` are the rows and columns as C; `call` renders the product into the given base and strides. */
export const intoPrivateSum = (
  { rows, columns, inner, out, accumulate }: Product,
  sizes: readonly [string, string],
  call: (target: readonly [string, string, string], adds: boolean) => void,
  e: Emission,
): void => {
  if (!accumulate) throw new InternalError('a product that does not add to its private sum');
  e.entry.uses('eb_settle');
  const at = offsetOf(mapAccess(out, loopsBy(new Map([rows, columns].map((loop) => [loop.id, zero]))), true));
  const most = [rows, columns].map((loop) => mostIterations(loop.extent)) as [Dim, Dim];
  const strides = [rows, columns].map((loop) => strideOf(out, loop)) as [Dim, Dim];
  const field = e.entry.reserveOfThread(add(multiply(...most), constant(1)));
  // Laid out as the sum is, so that both are gone through in order.
  const turned = isOne(strides[0]);
  const inOrder = <T>(pair: readonly [T, T]): readonly [T, T] => (turned ? [pair[1], pair[0]] : pair);
  const partialIn = (of: Emission): string => `(real *)(void *)(call->scratch + ${of.fn.threadNumber()} * call->scratch_bytes + call->${field})`; // prettier-ignore
  const settle = (of: Emission, lengths: readonly [string, string], times: number): string => {
    const [row, column] = inOrder(strides).map((stride) => of.fn.dim(stride));
    return `eb_settle(${[...inOrder(lengths), sumAt(at, out.buffer, of), row, column, partialIn(of), times].join(', ')});`;
  };
  const dims = (of: Emission): readonly [string, string] => [of.fn.dim(most[0]), of.fn.dim(most[1])];
  // A sum whose place changes from product to product takes each by itself.
  const gathers = at.terms.length === 0 && e.part?.sums.has(out.buffer) === true;
  const lengths = gathers ? dims(e) : sizes;
  const target = turned ? (['1', lengths[0]] as const) : ([lengths[1], '1'] as const);
  call([partialIn(e), ...target], gathers);
  if (!gathers) {
    e.fn.line(settle(e, lengths, 0));
    return;
  }
  const part = { ...e, fn: e.part!.fn };
  const bytes = `(size_t)(${dims(part).join(' * ')} + 1) * sizeof(real)`;
  part.fn.around(`memset(${partialIn(part)}, 0, ${bytes});`, settle(part, dims(part), 0));
  const terms = constantValue(mostIterations(inner.extent)) ?? mostTerms;
  e.fn.line(settle(e, lengths, Math.max(1, Math.floor(mostTerms / Math.max(1, terms)))));
};

const sumAt = (at: Index, buffer: number, e: Emission): string => {
  const offset = indexText(at, e);
  return offset === '0' ? e.fn.buffer(buffer) : `${e.fn.buffer(buffer)} + ${offset}`;
};
