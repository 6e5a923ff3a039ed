// The scalar type of a kernel and what every other part builds on. In: EB_DOUBLE, defined where kernels compute in
// float64. Out: `real`, EB_REAL(literal), EB_FN, EB_SIMD, EB_FMA and bit casts. Everything is C11; gcc and clang
// extensions are named.
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

// Before a loop whose iterations are independent. Without OpenMP the pragma would be unknown, which -Wall reports;
// clang reports loops that stay scalar all the same.
#if defined(__clang__)
#pragma clang diagnostic ignored "-Wpass-failed"
#endif
#if defined(_OPENMP)
#define EB_SIMD _Pragma("omp simd")
#elif defined(__clang__)
#define EB_SIMD _Pragma("clang loop vectorize(assume_safety)")
#else
#define EB_SIMD _Pragma("GCC ivdep")
#endif

// Before a loop over parts of a batch, which threads share one by one.
#if defined(_OPENMP)
#define EB_PRAGMA_OF(text) _Pragma(#text)
#define EB_PARALLEL(threads) EB_PRAGMA_OF(omp parallel for schedule(static, 1) num_threads(threads) if (threads > 1))
#else
#define EB_PARALLEL(threads)
#endif

// a b + c, rounded once where the processor can, else twice: an ISO compiler does not contract by itself.
#if defined(__FP_FAST_FMAF) || defined(__FMA__) || defined(__ARM_FEATURE_FMA)
#define EB_FMAF(a, b, c) __builtin_fmaf(a, b, c)
#define EB_FMAD(a, b, c) __builtin_fma(a, b, c)
#else
#define EB_FMAF(a, b, c) ((a) * (b) + (c))
#define EB_FMAD(a, b, c) ((a) * (b) + (c))
#endif

// x, but not beyond the bounds; NaN stays. Each line is one minimum or maximum of the processor, which gives its second
// operand where one is NaN.
#define EB_CLAMP(x, low, high, into)  \
  into = (high) < (x) ? (high) : (x); \
  into = (low) > into ? (low) : into

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
// `then` where the test holds (1), else `otherwise` (0): by bits, where a compiler might make a branch of `?:` between
// long computations, and a loop would lose its vectors.
EB_INLINE float eb_choose_f32(int32_t test, float then, float otherwise) {
  uint32_t mask = 0u - (uint32_t)test;
  return eb_from_bits_f32((eb_bits_f32(then) & mask) | (eb_bits_f32(otherwise) & ~mask));
}
EB_INLINE double eb_choose_f64(int32_t test, double then, double otherwise) {
  uint64_t mask = 0u - (uint64_t)test;
  return eb_from_bits_f64((eb_bits_f64(then) & mask) | (eb_bits_f64(otherwise) & ~mask));
}
