// Eigenvalues and vectors of eight small symmetric matrices, one in each lane: Jacobi rotations, cyclic by rows, until
// nothing is left off the diagonal (Golub & Van Loan, Matrix Computations, 8.5): every lane does the same, and small
// values keep their digits. In: a, n × n and symmetric, its largest entry between 1 and 2 (or all 0). Out: values on
// the diagonal of a, in no order; vectors in the rows of v.
#pragma once
#include "lanes.h"

EB_NOINLINE void eb_jacobi_lanes(int64_t n, eb_lanes *a, eb_lanes *v) {
  const eb_lanes none = {0};
  const eb_lanes one = none + 1.0;
  for (int64_t e = 0; e < n * n; e++) v[e] = none + (e % (n + 1) == 0 ? 1.0 : 0.0);
  // Convergence is quadratic: six sweeps do as a rule, and what forty leave is rounding.
  for (int sweep = 0; sweep < 40; sweep++) {
    eb_lane_mask turned = {0};
    for (int64_t p = 0; p < n; p++)
      for (int64_t q = p + 1; q < n; q++) {
        eb_lanes apq = a[p * n + q];
        eb_lanes app = a[p * n + p];
        eb_lanes aqq = a[q * n + q];
        // An entry that changes neither value counts as 0; so does, later on, what is rounding of the largest: the
        // values of a null space never get larger than that.
        eb_lanes size = EB_ABS_LANES(apq) * 4503599627370496.0;
        eb_lane_mask turns = (size > EB_ABS_LANES(app)) | (size > EB_ABS_LANES(aqq));
        turns &= size > (sweep < 8 ? 0.0 : 0.25);
        if (!eb_any_lane(&turns)) continue;
        turned |= turns;
        // t = tan of the smaller angle that makes the entry 0: t² + 2 θ t - 1 = 0, θ = (aqq - app) / (2 apq).
        eb_lanes theta = (aqq - app) / (2.0 * EB_CHOOSE_LANES(turns, apq, one));
        eb_lanes root = theta * theta + 1.0;
        eb_sqrt_lanes(&root);
        eb_lanes t = 1.0 / (EB_ABS_LANES(theta) + root);
        t = EB_CHOOSE_LANES(theta < 0.0, -t, t);
        t = EB_CHOOSE_LANES(turns, t, none);
        eb_lanes length = t * t + 1.0;
        eb_sqrt_lanes(&length);
        eb_lanes c = 1.0 / length;
        eb_lanes s = t * c;
        a[p * n + p] = app - t * apq;
        a[q * n + q] = aqq + t * apq;
        a[p * n + q] = a[q * n + p] = EB_CHOOSE_LANES(turns, none, apq);
        for (int64_t k = 0; k < n; k++) {
          if (k != p && k != q) {
            eb_lanes akp = a[k * n + p];
            eb_lanes akq = a[k * n + q];
            a[k * n + p] = a[p * n + k] = c * akp - s * akq;
            a[k * n + q] = a[q * n + k] = s * akp + c * akq;
          }
          eb_lanes vp = v[p * n + k];
          eb_lanes vq = v[q * n + k];
          v[p * n + k] = c * vp - s * vq;
          v[q * n + k] = s * vp + c * vq;
        }
      }
    if (!eb_any_lane(&turned)) break;
  }
}
