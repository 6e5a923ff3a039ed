// The elementary functions of `real`: float32 ones of our own, which vectorise; in float64 exp and log of our own, and else
// those of the C library. In: reals. Out: reals; errors at each function of the parts included.
#pragma once
#include "error-function-f32.h"
#include "logarithm-f32.h"
#include "powers-f32.h"
#include "trigonometry-f32.h"

#ifdef EB_DOUBLE
EB_INLINE real eb_exp(real a) { return eb_exp_f64(a); }
EB_INLINE real eb_log(real a) { return eb_log_f64(a); }
EB_INLINE real eb_expm1(real a) { return expm1(a); }
EB_INLINE real eb_log1p(real a) { return log1p(a); }
EB_INLINE real eb_sin(real a) { return sin(a); }
EB_INLINE real eb_cos(real a) { return cos(a); }
EB_INLINE real eb_tan(real a) { return tan(a); }
EB_INLINE real eb_sinh(real a) { return sinh(a); }
EB_INLINE real eb_cosh(real a) { return cosh(a); }
EB_INLINE real eb_tanh(real a) { return tanh(a); }
EB_INLINE real eb_sigmoid(real a) {
  double t = eb_exp_f64(-eb_abs_f64(a));
  return (a < 0 ? t : 1.0) / (1.0 + t);
}
EB_INLINE real eb_softplus(real a) { return (a < 0 ? 0 : a) + log1p(eb_exp_f64(-eb_abs_f64(a))); }
EB_INLINE real eb_erf(real a) { return erf(a); }
// C gives 1 for (±1)^±infinity and 1^NaN.
EB_INLINE real eb_pow(real a, real b) { return eb_abs_f64(a) == 1 && b - b != 0 ? b - b : pow(a, b); }
EB_INLINE real eb_atan2(real a, real b) { return atan2(a, b); }
#else
EB_INLINE real eb_exp(real a) { return eb_exp_f32(a); }
EB_INLINE real eb_log(real a) { return eb_log_f32(a); }
EB_INLINE real eb_expm1(real a) { return eb_expm1_f32(a); }
EB_INLINE real eb_log1p(real a) { return eb_log1p_f32(a); }
EB_INLINE real eb_sin(real a) { return eb_sin_f32(a); }
EB_INLINE real eb_cos(real a) { return eb_cos_f32(a); }
EB_INLINE real eb_tan(real a) { return eb_tan_f32(a); }
EB_INLINE real eb_sinh(real a) { return eb_sinh_f32(a); }
EB_INLINE real eb_cosh(real a) { return eb_cosh_f32(a); }
EB_INLINE real eb_tanh(real a) { return eb_tanh_f32(a); }
EB_INLINE real eb_sigmoid(real a) { return eb_sigmoid_f32(a); }
EB_INLINE real eb_softplus(real a) { return eb_softplus_f32(a); }
EB_INLINE real eb_erf(real a) { return eb_erf_f32(a); }
EB_INLINE real eb_pow(real a, real b) { return eb_pow_f32(a, b); }
EB_INLINE real eb_atan2(real a, real b) { return eb_atan2_f32(a, b); }
#endif
