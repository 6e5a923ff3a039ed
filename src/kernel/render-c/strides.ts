// Strides of accesses. In: an access and a loop in which it is affine. Out: entries from one iteration to the next. Throws
// InternalError where it is not affine in the loop.
import { InternalError } from '../../diagnostics/diagnostic.ts';
import type { Dim } from '../../tensor/dims.ts';
import { offsetOf } from '../index-arithmetic.ts';
import type { Access, Loop } from '../kernel.ts';
import { coefficientOf } from '../visit.ts';

export const strideOf = (access: Access, loop: Loop): Dim => {
  const stride = coefficientOf(offsetOf(access), loop.id);
  if (stride === null) throw new InternalError('an access of a product that is not affine in its loops');
  return stride;
};
