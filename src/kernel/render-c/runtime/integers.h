// Elementwise functions on ints (indices). In: 32-bit integers. Out: an integer, or a real 0 or 1 for conditions.
// Overflow wraps; mod by 0 is 0.
#pragma once
#include "real.h"

EB_INLINE int32_t eb_int_neg(int32_t a) { return (int32_t)(0u - (uint32_t)a); }
EB_INLINE int32_t eb_int_abs(int32_t a) { return a < 0 ? eb_int_neg(a) : a; }
EB_INLINE int32_t eb_int_sign(int32_t a) { return (a > 0) - (a < 0); }
EB_INLINE int32_t eb_int_square(int32_t a) { return (int32_t)((uint32_t)a * (uint32_t)a); }
EB_INLINE int32_t eb_int_stop_gradient(int32_t a) { return a; }
EB_INLINE int32_t eb_int_add(int32_t a, int32_t b) { return (int32_t)((uint32_t)a + (uint32_t)b); }
EB_INLINE int32_t eb_int_sub(int32_t a, int32_t b) { return (int32_t)((uint32_t)a - (uint32_t)b); }
EB_INLINE int32_t eb_int_mul(int32_t a, int32_t b) { return (int32_t)((uint32_t)a * (uint32_t)b); }
EB_INLINE int32_t eb_int_min(int32_t a, int32_t b) { return a < b ? a : b; }
EB_INLINE int32_t eb_int_max(int32_t a, int32_t b) { return a > b ? a : b; }
// With the sign of the divisor. INT32_MIN / -1 overflows, and everything is 0 mod ±1.
EB_INLINE int32_t eb_int_mod(int32_t a, int32_t b) {
  int32_t by = ((b == 0) | (b == -1)) ? 1 : b;
  int32_t rest = a % by;
  return rest + (((rest != 0) & ((rest < 0) != (by < 0))) ? by : 0);
}
EB_INLINE real eb_int_lt(int32_t a, int32_t b) { return a < b ? 1 : 0; }
EB_INLINE real eb_int_le(int32_t a, int32_t b) { return a <= b ? 1 : 0; }
EB_INLINE real eb_int_gt(int32_t a, int32_t b) { return a > b ? 1 : 0; }
EB_INLINE real eb_int_ge(int32_t a, int32_t b) { return a >= b ? 1 : 0; }
EB_INLINE real eb_int_eq(int32_t a, int32_t b) { return a == b ? 1 : 0; }
EB_INLINE real eb_int_ne(int32_t a, int32_t b) { return a != b ? 1 : 0; }
EB_INLINE int32_t eb_int_select(real test, int32_t then, int32_t otherwise) { return test != 0 ? then : otherwise; }

// A real as an index: towards zero, wrapping beyond 32 bits, 0 for NaN and infinities, as `| 0` does in JavaScript. A
// real beyond 2^53 has no low bits that mean anything, but the conversion must not be undefined.
EB_INLINE int32_t eb_int_of_real(real a) {
  double whole = (double)a;
  double inside = fabs(whole) < 9007199254740992.0 ? whole : 0.0;
  return (int32_t)(uint32_t)(uint64_t)(int64_t)inside;
}
