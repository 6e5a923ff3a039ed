// The scalar type of a kernel and what every other part builds on. In: EB_DOUBLE, defined where kernels compute in float64.
// Out: `real`, EB_REAL(literal), EB_FN, EB_SIMD, EB_FMA and bit casts. Everything is C11; gcc and clang extensions are named.
#pragma once
#include <math.h>
#include <stdint.h>
#include <string.h>

#ifdef EB_DOUBLE
typedef double real;
#define EB_REAL(literal) literal
#else
typedef float real;
#define EB_REAL(literal) literal##f
#endif

// A function is written where some kernels use it and others do not.
#define EB_FN static inline __attribute__((unused))
// Scalar functions must disappear into the loop that calls them, or that loop has no vectors.
#define EB_INLINE static inline __attribute__((unused, always_inline))
#define EB_NOINLINE static __attribute__((unused, noinline))

// Before a loop whose iterations are independent. Without OpenMP the pragma would be unknown, which -Wall reports.
#if defined(_OPENMP)
#define EB_SIMD _Pragma("omp simd")
#elif defined(__clang__)
#define EB_SIMD _Pragma("clang loop vectorize(enable)")
#else
#define EB_SIMD _Pragma("GCC ivdep")
#endif

// a b + c, rounded once where the processor can, else twice: an ISO compiler does not contract by itself.
#if defined(__FP_FAST_FMAF) || defined(__FMA__) || defined(__ARM_FEATURE_FMA)
#define EB_FMAF(a, b, c) __builtin_fmaf(a, b, c)
#define EB_FMAD(a, b, c) __builtin_fma(a, b, c)
#else
#define EB_FMAF(a, b, c) ((a) * (b) + (c))
#define EB_FMAD(a, b, c) ((a) * (b) + (c))
#endif

EB_INLINE uint32_t eb_bits_f32(float x) {
  uint32_t bits;
  memcpy(&bits, &x, sizeof bits);
  return bits;
}
EB_INLINE float eb_from_bits_f32(uint32_t bits) {
  float x;
  memcpy(&x, &bits, sizeof x);
  return x;
}
EB_INLINE uint64_t eb_bits_f64(double x) {
  uint64_t bits;
  memcpy(&bits, &x, sizeof bits);
  return bits;
}
EB_INLINE double eb_from_bits_f64(uint64_t bits) {
  double x;
  memcpy(&x, &bits, sizeof x);
  return x;
}

EB_INLINE float eb_abs_f32(float x) { return eb_from_bits_f32(eb_bits_f32(x) & 0x7fffffffu); }
EB_INLINE double eb_abs_f64(double x) { return eb_from_bits_f64(eb_bits_f64(x) & 0x7fffffffffffffffu); }
// The magnitude of x with the sign of `sign`.
EB_INLINE float eb_with_sign_f32(float x, float sign) {
  return eb_from_bits_f32((eb_bits_f32(x) & 0x7fffffffu) | (eb_bits_f32(sign) & 0x80000000u));
}
EB_INLINE double eb_with_sign_f64(double x, double sign) {
  return eb_from_bits_f64((eb_bits_f64(x) & 0x7fffffffffffffffu) | (eb_bits_f64(sign) & 0x8000000000000000u));
}
