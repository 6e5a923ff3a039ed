// erf in float32, within 1.2 ulp. Free of branches.
#pragma once
#include "exponential-f32.h"

// x P(x²) up to 1; beyond, 1 - e^-(t + Q(t)) up to 4, where erf is 1 to rounding. P - 1 and Q are minimax polynomials
// (Remez exchange in 60 digits) with relative errors of erf of 1.2e-9 and 1.1e-9.
EB_INLINE float eb_erf_f32(float x) {
  float z = x * x;
  float p = 7.85386131791e-5f;
  p = EB_FMAF(p, z, -8.01019361484e-4f);
  p = EB_FMAF(p, z, 5.18832768458e-3f);
  p = EB_FMAF(p, z, -2.68538119347e-2f);
  p = EB_FMAF(p, z, 1.12835851486e-1f);
  p = EB_FMAF(p, z, -3.76126258242e-1f);
  p = EB_FMAF(p, z, 1.28379165727e-1f);
  float small = EB_FMAF(p, x, x);
  float size = eb_abs_f32(x);
  float t = 4.0f < size ? 4.0f : size;
  float q = -1.86379214514e-4f;
  q = EB_FMAF(q, t, 2.9476585388e-3f);
  q = EB_FMAF(q, t, -2.18380649835e-2f);
  q = EB_FMAF(q, t, 1.03106756635e-1f);
  q = EB_FMAF(q, t, 6.38144830438e-1f);
  q = EB_FMAF(q, t, 1.27089191550e-1f);
  q = EB_FMAF(q, t, 3.41522689448e-4f);
  float large = eb_with_sign_f32(1.0f - eb_exp_f32(-(t + q)), x);
  return eb_choose_f32(size >= 1.0f, large, small);
}
