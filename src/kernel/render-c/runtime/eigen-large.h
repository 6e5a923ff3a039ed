// Eigenvalues and vectors of one symmetric matrix: Householder tridiagonalisation and implicit QL, as
// src/tensor/host-routines/eigh.ts in float64 (EISPACK tred2 and tql2; Bowdler, Martin, Reinsch, Wilkinson 1968).
// In: v, n × n and symmetric. Out: vectors in the rows of v, values in d, in no order.
#pragma once
#include "real.h"

// v becomes the orthogonal transformation, d the diagonal, e the subdiagonal in e[1..]. Row j of v here is column j of
// the original, so that the rotations that follow run along rows.
EB_NOINLINE void eb_tridiagonalise(int64_t n, double *v, double *d, double *e) {
#define EB_V(row, column) v[(column)*n + (row)]
  for (int64_t j = 0; j < n; j++) d[j] = EB_V(n - 1, j);
  for (int64_t i = n - 1; i > 0; i--) {
    double scale = 0.0;
    double h = 0.0;
    for (int64_t k = 0; k < i; k++) scale += fabs(d[k]);
    if (scale == 0.0) {
      e[i] = d[i - 1];
      for (int64_t j = 0; j < i; j++) {
        d[j] = EB_V(i - 1, j);
        EB_V(i, j) = 0.0;
        EB_V(j, i) = 0.0;
      }
    } else {
      for (int64_t k = 0; k < i; k++) {
        d[k] /= scale;
        h += d[k] * d[k];
      }
      double f = d[i - 1];
      double g = f > 0.0 ? -sqrt(h) : sqrt(h);
      e[i] = scale * g;
      h -= f * g;
      d[i - 1] = f - g;
      for (int64_t j = 0; j < i; j++) e[j] = 0.0;
      for (int64_t j = 0; j < i; j++) {
        double dj = d[j];
        EB_V(j, i) = dj;
        double sum = e[j] + EB_V(j, j) * dj;
        for (int64_t k = j + 1; k < i; k++) {
          sum += EB_V(k, j) * d[k];
          e[k] += EB_V(k, j) * dj;
        }
        e[j] = sum;
      }
      double dot = 0.0;
      for (int64_t j = 0; j < i; j++) {
        e[j] /= h;
        dot += e[j] * d[j];
      }
      double half = dot / (h + h);
      for (int64_t j = 0; j < i; j++) e[j] -= half * d[j];
      for (int64_t j = 0; j < i; j++) {
        double dj = d[j];
        double ej = e[j];
        for (int64_t k = j; k < i; k++) EB_V(k, j) -= dj * e[k] + ej * d[k];
        d[j] = EB_V(i - 1, j);
        EB_V(i, j) = 0.0;
      }
    }
    d[i] = h;
  }
  for (int64_t i = 0; i < n - 1; i++) {
    EB_V(n - 1, i) = EB_V(i, i);
    EB_V(i, i) = 1.0;
    double h = d[i + 1];
    if (h != 0.0) {
      for (int64_t k = 0; k <= i; k++) d[k] = EB_V(k, i + 1) / h;
      for (int64_t j = 0; j <= i; j++) {
        double g = 0.0;
        for (int64_t k = 0; k <= i; k++) g += EB_V(k, i + 1) * EB_V(k, j);
        for (int64_t k = 0; k <= i; k++) EB_V(k, j) -= g * d[k];
      }
    }
    for (int64_t k = 0; k <= i; k++) EB_V(k, i + 1) = 0.0;
  }
  for (int64_t j = 0; j < n; j++) {
    d[j] = EB_V(n - 1, j);
    EB_V(n - 1, j) = 0.0;
  }
  EB_V(n - 1, n - 1) = 1.0;
  e[0] = 0.0;
#undef EB_V
}

// Implicit QL on the tridiagonal matrix (d, e), accumulating the rotations into the rows of v.
EB_NOINLINE void eb_implicit_ql(int64_t n, double *v, double *d, double *e) {
  const double epsilon = 2.220446049250313e-16;
  for (int64_t i = 1; i < n; i++) e[i - 1] = e[i];
  e[n - 1] = 0.0;
  double shift = 0.0;
  double largest = 0.0;
  for (int64_t l = 0; l < n; l++) {
    double size = fabs(d[l]) + fabs(e[l]);
    largest = size > largest ? size : largest;
    int64_t m = l;
    while (m < n - 1 && fabs(e[m]) > epsilon * largest) m++;
    for (int sweep = 0; m > l && sweep < 60; sweep++) {
      double g = d[l];
      double p = (d[l + 1] - g) / (2.0 * e[l]);
      double r = hypot(p, 1.0);
      if (p < 0.0) r = -r;
      d[l] = e[l] / (p + r);
      d[l + 1] = e[l] * (p + r);
      double next = d[l + 1];
      double h = g - d[l];
      for (int64_t i = l + 2; i < n; i++) d[i] -= h;
      shift += h;
      p = d[m];
      double c = 1.0, c2 = 1.0, c3 = 1.0;
      double el1 = e[l + 1];
      double s = 0.0, s2 = 0.0;
      for (int64_t i = m - 1; i >= l; i--) {
        c3 = c2;
        c2 = c;
        s2 = s;
        g = c * e[i];
        h = c * p;
        r = hypot(p, e[i]);
        e[i + 1] = s * r;
        s = e[i] / r;
        c = p / r;
        p = c * d[i] - s * g;
        d[i + 1] = h + s * (c * g + s * d[i]);
        double *restrict low = v + i * n;
        double *restrict high = low + n;
        EB_SIMD
        for (int64_t k = 0; k < n; k++) {
          double held = high[k];
          high[k] = s * low[k] + c * held;
          low[k] = c * low[k] - s * held;
        }
      }
      p = (-s * s2 * c3 * el1 * e[l]) / next;
      e[l] = s * p;
      d[l] = c * p;
      if (fabs(e[l]) <= epsilon * largest) break;
    }
    d[l] += shift;
    e[l] = 0.0;
  }
}
