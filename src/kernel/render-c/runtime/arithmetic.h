// Elementwise functions that are a few instructions each. In: reals (0 is false). Out: a real; conditions give 0 or 1.
// Meaning: src/tensor/elementwise-table.ts. All are free of branches, so that loops over them become vector loops.
#pragma once
#include "real.h"

EB_INLINE real eb_neg(real a) { return -a; }
EB_INLINE real eb_square(real a) { return a * a; }
EB_INLINE real eb_reciprocal(real a) { return 1 / a; }
EB_INLINE real eb_stop_gradient(real a) { return a; }
EB_INLINE real eb_add(real a, real b) { return a + b; }
EB_INLINE real eb_sub(real a, real b) { return a - b; }
EB_INLINE real eb_mul(real a, real b) { return a * b; }
EB_INLINE real eb_div(real a, real b) { return a / b; }
// ±0 and NaN are their own sign.
EB_INLINE real eb_sign(real a) { return a > 0 ? 1 : a < 0 ? -1 : a; }
// max(a, 0), where max(-0, 0) is 0 and NaN stays.
EB_INLINE real eb_relu(real a) { return (a < 0 ? 0 : a) + 0; }

EB_INLINE real eb_lt(real a, real b) { return a < b ? 1 : 0; }
EB_INLINE real eb_le(real a, real b) { return a <= b ? 1 : 0; }
EB_INLINE real eb_gt(real a, real b) { return a > b ? 1 : 0; }
EB_INLINE real eb_ge(real a, real b) { return a >= b ? 1 : 0; }
EB_INLINE real eb_eq(real a, real b) { return a == b ? 1 : 0; }
EB_INLINE real eb_ne(real a, real b) { return a != b ? 1 : 0; }
EB_INLINE real eb_and(real a, real b) { return ((a != 0) & (b != 0)) ? 1 : 0; }
EB_INLINE real eb_or(real a, real b) { return ((a != 0) | (b != 0)) ? 1 : 0; }
EB_INLINE real eb_not(real a) { return a == 0 ? 1 : 0; }
EB_INLINE real eb_is_nan(real a) { return a != a ? 1 : 0; }
EB_INLINE real eb_select(real test, real then, real otherwise) { return test != 0 ? then : otherwise; }

// min(a, b) and min(b, a) of the machine differ where a or b is NaN, or both are zeros: then one is a, the other b. All
// bits of both are NaN where either is, -0 where either is, and the minimum otherwise. max is -min(-a, -b).
#ifdef EB_DOUBLE
EB_INLINE real eb_abs(real a) { return eb_abs_f64(a); }
EB_INLINE real eb_sqrt(real a) { return __builtin_sqrt(a); }
EB_INLINE real eb_floor(real a) { return __builtin_floor(a); }
// In the rounding mode that C starts in: halves to even.
EB_INLINE real eb_round(real a) { return __builtin_rint(a); }
EB_INLINE real eb_min(real a, real b) {
  return eb_from_bits_f64(eb_bits_f64(a < b ? a : b) | eb_bits_f64(b < a ? b : a));
}
#else
EB_INLINE real eb_abs(real a) { return eb_abs_f32(a); }
EB_INLINE real eb_sqrt(real a) { return __builtin_sqrtf(a); }
EB_INLINE real eb_floor(real a) { return __builtin_floorf(a); }
EB_INLINE real eb_round(real a) { return __builtin_rintf(a); }
EB_INLINE real eb_min(real a, real b) {
  return eb_from_bits_f32(eb_bits_f32(a < b ? a : b) | eb_bits_f32(b < a ? b : a));
}
#endif
EB_INLINE real eb_max(real a, real b) { return -eb_min(-a, -b); }
// With the sign of the divisor.
EB_INLINE real eb_mod(real a, real b) { return a - b * eb_floor(a / b); }
