// Special functions in WGSL: the formulas of tensor/special-functions.ts in the form that float32 bears. In: nothing. Out: texts of
// functions, with the names of those that they call. Absolute errors are a few 1e-7 of the largest number in sight.
import type { FunctionText } from './function-text.ts';

export const specialText = {
  // Series DLMF 7.6.2 for |x| < 2, else 1 - erfc by the continued fraction 7.9.1.
  erf_: {
    calls: ['exp_', 'is_nan'],
    text: `fn erf_(x: f32) -> f32 {
  if (is_nan(x)) { return x; }
  let z = abs(x);
  var y = 1f;
  if (z < 2f) {
    var term = z;
    var sum = z;
    for (var k = 1; k < 40 && term > sum * 1e-9f; k++) {
      term = term * (2f * z * z) / f32(2 * k + 1);
      sum = sum + term;
    }
    y = 1.12837916709551f * exp_(-z * z) * sum;
  } else if (z < 4.5f) {
    var fraction = 0f;
    for (var k = 30; k >= 1; k--) { fraction = 0.5f * f32(k) / (z + fraction); }
    y = 1f - exp_(-z * z) / (1.77245385090552f * (z + fraction));
  }
  return select(y, -y, x < 0f);
}`,
  },
  // log |sin πx| with the period taken off exactly.
  log_sin_pi: {
    calls: ['log_', 'sin_'],
    text: `fn log_sin_pi(x: f32) -> f32 {
  return log_(sin_(3.14159265358979f * abs(x - round(x))));
}`,
  },
  // Of x ≥ 0.5: recurrence up to 3, no further than the series needs, then Stirling's series (DLMF 5.11.1).
  lgamma_positive: {
    calls: ['log_'],
    text: `fn lgamma_positive(x: f32) -> f32 {
  var z = x;
  var product = 1f;
  for (; z < 3f; z = z + 1f) { product = product * z; }
  let r = 1f / (z * z);
  let series = (0.0833333333333f - r * (0.00277777777778f - r * (0.000793650793651f - r * (0.000595238095238f - r * (0.000841750841751f - r * 0.00191752691753f))))) / z;
  return ((z - 0.5f) * (log_(z) - 1f) - 0.5f) + (0.918938533204673f + series) - log_(product);
}`,
  },
  lgamma_: {
    calls: ['lgamma_positive', 'log_sin_pi', 'is_nan', 'is_infinite', 'from_bits'],
    text: `fn lgamma_(x: f32) -> f32 {
  if (is_nan(x)) { return x; }
  if ((x <= 0f && floor(x) == x) || is_infinite(x)) { return from_bits(0x7f800000u); }
  if (x < 0.5f) { return 1.1447298858494f - log_sin_pi(x) - lgamma_positive(1f - x); }
  return lgamma_positive(x);
}`,
  },
  // Reflection DLMF 5.5.4, recurrence up to 10, asymptotic series 5.11.2.
  digamma_: {
    calls: ['log_', 'tan_', 'is_nan', 'from_bits'],
    text: `fn digamma_(x: f32) -> f32 {
  if (is_nan(x) || (x <= 0f && floor(x) == x)) { return from_bits(0x7fc00000u); }
  var shift = 0f;
  var z = x;
  if (z < 0f) {
    shift = -3.14159265358979f / tan_(3.14159265358979f * (z - round(z)));
    z = 1f - z;
  }
  var inverses = 0f;
  for (; z < 10f; z = z + 1f) { inverses = inverses + 1f / z; }
  let r = 1f / (z * z);
  let series = r * (0.0833333333333f - r * (0.00833333333333f - r * 0.00396825396825f));
  return (shift - inverses) + (log_(z) - 0.5f / z - series);
}`,
  },
  // Power series DLMF 10.25.2 for |x| < 30, else the asymptotic series 10.40.1.
  log_bessel_i0_: {
    calls: ['log_', 'log1p_', 'is_nan'],
    text: `fn log_bessel_i0_(x: f32) -> f32 {
  let z = abs(x);
  if (is_nan(z)) { return z; }
  var term = 1f;
  var rest = 0f;
  if (z < 30f) {
    let quarter = 0.25f * z * z;
    for (var k = 1; k < 80 && term > (1f + rest) * 1e-9f; k++) {
      term = term * quarter / f32(k * k);
      rest = rest + term;
    }
    return log1p_(rest);
  }
  for (var k = 1; k < 8; k++) {
    term = term * f32((2 * k - 1) * (2 * k - 1)) / (8f * f32(k) * z);
    rest = rest + term;
  }
  return z - 0.5f * (log_(z) + 1.83787706640935f) + log1p_(rest);
}`,
  },
} as const satisfies Readonly<Record<string, FunctionText>>;
