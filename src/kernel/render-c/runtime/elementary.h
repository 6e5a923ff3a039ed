// The elementary functions of `real`: ours, which vectorise, but in float64 sin, cos, tan, erf, pow and atan2 of the C
// library. In: reals. Out: reals; errors at each function of the parts included.
#pragma once
#include "error-function-f32.h"
#include "exponential-f32.h"
#include "exponential-f64.h"
#include "logarithm-f32.h"
#include "logarithm-f64.h"
#include "powers-f32.h"
#include "trigonometry-f32.h"

#ifdef EB_DOUBLE
#define EB_OF_REAL(name) name##_f64
EB_INLINE real eb_sin(real a) { return sin(a); }
EB_INLINE real eb_cos(real a) { return cos(a); }
EB_INLINE real eb_tan(real a) { return tan(a); }
EB_INLINE real eb_erf(real a) { return erf(a); }
// C gives 1 for (±1)^±infinity and 1^NaN.
EB_INLINE real eb_pow(real a, real b) { return eb_abs_f64(a) == 1 && b - b != 0 ? b - b : pow(a, b); }
EB_INLINE real eb_atan2(real a, real b) { return atan2(a, b); }
#else
#define EB_OF_REAL(name) name##_f32
EB_INLINE real eb_sin(real a) { return eb_sin_f32(a); }
EB_INLINE real eb_cos(real a) { return eb_cos_f32(a); }
EB_INLINE real eb_tan(real a) { return eb_tan_f32(a); }
EB_INLINE real eb_erf(real a) { return eb_erf_f32(a); }
EB_INLINE real eb_pow(real a, real b) { return eb_pow_f32(a, b); }
EB_INLINE real eb_atan2(real a, real b) { return eb_atan2_f32(a, b); }
#endif
EB_INLINE real eb_exp(real a) { return EB_OF_REAL(eb_exp)(a); }
EB_INLINE real eb_log(real a) { return EB_OF_REAL(eb_log)(a); }
EB_INLINE real eb_expm1(real a) { return EB_OF_REAL(eb_expm1)(a); }
EB_INLINE real eb_log1p(real a) { return EB_OF_REAL(eb_log1p)(a); }
EB_INLINE real eb_tanh(real a) { return EB_OF_REAL(eb_tanh)(a); }
EB_INLINE real eb_sinh(real a) { return EB_OF_REAL(eb_sinh)(a); }

// e^|a| / 2 does not overflow before cosh does. Within 2 ulp.
EB_INLINE real eb_cosh(real a) {
  real half = EB_OF_REAL(eb_exp_shifted)(EB_OF_REAL(eb_abs)(a), -1);
  return half + EB_REAL(0.25) / half;
}
// With t = e^-|a|, which does not overflow, q = t / (1 + t): 1 - q, and t - t q for a < 0. Within 2 ulp.
EB_INLINE real eb_sigmoid(real a) {
  real t = EB_OF_REAL(eb_exp)(-EB_OF_REAL(eb_abs)(a));
  real q = t / (1 + t);
  return a < 0 ? t - t * q : 1 - q;
}
// max(a, 0) + log(1 + e^-|a|). Within 2 ulp.
EB_INLINE real eb_softplus(real a) {
  real t = EB_OF_REAL(eb_exp)(-EB_OF_REAL(eb_abs)(a));
  real u = 1 + t;
  return (a < 0 ? 0 : a) + (u == 1 ? t : EB_OF_REAL(eb_log1p_finite)(t, u));
}
