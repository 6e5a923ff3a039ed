// sin of an angle given as quarter turns and a rest, in float64: what Box-Muller needs. Free of branches.
#pragma once
#include "real.h"

// Coefficients of fdlibm's k_sin.c and k_cos.c (Sun Microsystems 1993), |r| ≤ π/4. Within 1 ulp.
EB_INLINE double eb_sin_reduced_f64(double r) {
  double z = r * r;
  double z2 = z * z;
  double p0 = EB_FMAD(8.33333333332248946124e-3, z, -1.66666666666666324348e-1);
  double p2 = EB_FMAD(2.75573137070700676789e-6, z, -1.98412698298579493134e-4);
  double p4 = EB_FMAD(1.58969099521155010221e-10, z, -2.50507602534068634195e-8);
  return EB_FMAD(EB_FMAD(EB_FMAD(p4, z2, p2), z2, p0) * z, r, r);
}
EB_INLINE double eb_cos_reduced_f64(double r) {
  double z = r * r;
  double z2 = z * z;
  double p0 = EB_FMAD(-1.38888888888741095749e-3, z, 4.16666666666666019037e-2);
  double p2 = EB_FMAD(-2.75573143513906633035e-7, z, 2.48015872894767294178e-5);
  double p4 = EB_FMAD(-1.13596475577881948265e-11, z, 2.08757232129817482790e-9);
  return EB_FMAD(EB_FMAD(EB_FMAD(p4, z2, p2), z2, p0), z2, EB_FMAD(-0.5, z, 1.0));
}
// sin of r + n quarter turns.
EB_INLINE double eb_sin_quarter_f64(double r, int32_t n) {
  double y = eb_choose_f64(n & 1, eb_cos_reduced_f64(r), eb_sin_reduced_f64(r));
  return eb_from_bits_f64(eb_bits_f64(y) ^ (((uint64_t)n & 2u) << 62));
}
