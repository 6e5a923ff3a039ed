// log |Γ|, ψ and log I₀. In: a real. Out: a real, computed in float64. The same sums as
// src/tensor/special-functions.ts, whose sources they cite: relative error about 1e-14 before rounding. Loops and
// branches: not for vectors.
#pragma once
#include "real.h"

#define EB_PI 3.14159265358979323846

// Lanczos' approximation, g = 7, nine terms, for x ≥ 1/2.
EB_FN double eb_lgamma_upper_f64(double x) {
  static const double coefficients[8] = {676.5203681218851,    -1259.1392167224028,  771.3234287776531,
                                         -176.6150291621406,   12.507343278686905,   -0.13857109526572012,
                                         9.984369578019572e-6, 1.5056327351493116e-7};
  double z = x - 1.0;
  double sum = 0.9999999999998099;
  for (int i = 0; i < 8; i++) sum += coefficients[i] / (z + i + 1);
  double t = z + 7.5;
  return 0.5 * log(2.0 * EB_PI) + (z + 0.5) * log(t) - t + log(sum);
}
EB_FN real eb_lgamma(real a) {
  double x = (double)a;
  if (x != x) return a;
  if (x == HUGE_VAL || (x <= 0.0 && floor(x) == x)) return (real)HUGE_VAL;
  if (x >= 0.5) return (real)eb_lgamma_upper_f64(x);
  return (real)(log(EB_PI / fabs(sin(EB_PI * x))) - eb_lgamma_upper_f64(1.0 - x));
}

// Recurrence up to x ≥ 10, then the asymptotic series DLMF 5.11.2; reflection 5.5.4 below 0.
EB_FN real eb_digamma(real a) {
  double x = (double)a;
  if (x != x || x == -HUGE_VAL || (x <= 0.0 && floor(x) == x)) return (real)__builtin_nan("");
  double shift = 0.0;
  double z = x;
  if (z < 0.0) {
    shift = -EB_PI / tan(EB_PI * z);
    z = 1.0 - z;
  }
  for (; z < 10.0; z += 1.0) shift -= 1.0 / z;
  double r = 1.0 / (z * z);
  double series =
      r * (1.0 / 12 -
           r * (1.0 / 120 - r * (1.0 / 252 - r * (1.0 / 240 - r * (1.0 / 132 - r * (691.0 / 32760 - r / 12.0))))));
  return (real)(shift + log(z) - 0.5 / z - series);
}

// Power series DLMF 10.25.2 for |x| < 30, else the asymptotic series 10.40.1.
EB_FN real eb_log_bessel_i0(real a) {
  double z = fabs((double)a);
  if (z != z) return a;
  double term = 1.0;
  double sum = 1.0;
  if (z < 30.0) {
    double quarter = z * z / 4.0;
    for (int k = 1; k < 200 && term > sum * 1e-17; k++) {
      term *= quarter / ((double)k * k);
      sum += term;
    }
    return (real)log(sum);
  }
  for (int k = 1; k < 20; k++) {
    term *= (double)((2 * k - 1) * (2 * k - 1)) / (8.0 * k * z);
    sum += term;
  }
  return (real)(z - 0.5 * log(2.0 * EB_PI * z) + log(sum));
}
