// Elementary functions in WGSL. In: nothing. Out: texts of functions on f32, with the names of those that they call. WGSL leaves
// its own exp, log, sin and pow too much freedom (sin may be off by 2⁻¹¹, log by 2⁻²¹ near 1), and compilers may take it that no
// number is infinite or NaN: these functions look at bits. Polynomials are those of Cephes (Moshier, 1989), single precision; the
// errors stay within a few units in the last place.
import type { FunctionText } from './function-text.ts';

/** Bits that no compiler knows to be 0 (p[0].x is 0): what passes through stays as it was rounded, constants stay unread. */
export const elementaryText = {
  opaque: { calls: [], text: 'fn opaque(x: f32) -> f32 { return bitcast<f32>(bitcast<u32>(x) ^ p[0].x); }' },
  from_bits: { calls: [], text: 'fn from_bits(x: u32) -> f32 { return bitcast<f32>(x ^ p[0].x); }' },
  is_nan: { calls: [], text: 'fn is_nan(x: f32) -> bool { return (bitcast<u32>(x) & 0x7fffffffu) > 0x7f800000u; }' },
  is_infinite: {
    calls: [],
    text: 'fn is_infinite(x: f32) -> bool { return (bitcast<u32>(x) & 0x7fffffffu) == 0x7f800000u; }',
  },
  // NaN goes through: WGSL's own may give either argument.
  least: {
    calls: ['is_nan'],
    text: 'fn least(a: f32, b: f32) -> f32 { return select(b, a, a < b || is_nan(a)); }',
  },
  most: {
    calls: ['is_nan'],
    text: 'fn most(a: f32, b: f32) -> f32 { return select(b, a, a > b || is_nan(a)); }',
  },
  square: { calls: [], text: 'fn square(x: f32) -> f32 { return x * x; }' },
  sign_: {
    calls: ['is_nan'],
    text: 'fn sign_(x: f32) -> f32 { return select(sign(x), x, is_nan(x)); }',
  },
  sqrt_: {
    calls: ['from_bits', 'is_infinite'],
    text: `fn sqrt_(x: f32) -> f32 {
  if (x < 0f) { return from_bits(0x7fc00000u); }
  if (x == 0f || is_infinite(x)) { return x; }
  return sqrt(x);
}`,
  },
  // The remainder by floor; division may be off by the last place, which an exact multiple must not show.
  mod_: {
    calls: [],
    text: `fn mod_(a: f32, b: f32) -> f32 {
  let q = floor(a / b);
  let r = a - b * q;
  if (r == b && a == b * (q + 1f)) { return 0f; }
  return select(r, r + b, select((r > 0f), (r < 0f), (b > 0f)) && r != b);
}`,
  },
  exp_: {
    calls: ['from_bits', 'is_nan'],
    text: `fn exp_(x: f32) -> f32 {
  let n = round(clamp(x, -105f, 90f) * 1.44269504088896341f);
  let r = clamp(x, -105f, 90f) - n * 0.693359375f + n * 2.12194440e-4f;
  var y = 1.9875691500e-4f;
  y = y * r + 1.3981999507e-3f;
  y = y * r + 8.3334519073e-3f;
  y = y * r + 4.1665795894e-2f;
  y = y * r + 1.6666665459e-1f;
  y = y * r + 5.0000001201e-1f;
  y = y * r * r + r + 1f;
  let k = i32(n);
  let h = k >> 1u;
  let scaled = y * bitcast<f32>((h + 127) << 23u) * bitcast<f32>((k - h + 127) << 23u);
  if (is_nan(x)) { return x; }
  if (x > 88.7228394f) { return from_bits(0x7f800000u); }
  return select(scaled, 0f, x < -104f);
}`,
  },
  // Of a positive finite number: the exponent and the mantissa in [√½, √2).
  split_: {
    calls: [],
    text: `fn split_(x: f32) -> vec2<f32> {
  let tiny = x < 1.17549435e-38f;
  let bits = bitcast<u32>(select(x, x * 16777216f, tiny));
  var e = f32(i32(bits >> 23u) - 126) - select(0f, 24f, tiny);
  var m = bitcast<f32>((bits & 0x007fffffu) | 0x3f000000u);
  if (m < 0.707106781f) { m = m + m; e = e - 1f; }
  return vec2<f32>(m, e);
}`,
  },
  log_: {
    calls: ['split_', 'from_bits', 'is_nan', 'is_infinite'],
    text: `fn log_(x: f32) -> f32 {
  if (is_nan(x) || (bitcast<u32>(x) == 0x7f800000u)) { return x; }
  if (x == 0f) { return from_bits(0xff800000u); }
  if (x < 0f) { return from_bits(0x7fc00000u); }
  let s = split_(x);
  let r = s.x - 1f;
  let z = r * r;
  var y = 7.0376836292e-2f;
  y = y * r - 1.1514610310e-1f;
  y = y * r + 1.1676998740e-1f;
  y = y * r - 1.2420140846e-1f;
  y = y * r + 1.4249322787e-1f;
  y = y * r - 1.6668057665e-1f;
  y = y * r + 2.0000714765e-1f;
  y = y * r - 2.4999993993e-1f;
  y = y * r + 3.3333331174e-1f;
  y = y * r * z - 2.12194440e-4f * s.y - 0.5f * z;
  return (r + y) + 0.693359375f * s.y;
}`,
  },
  // Both by the logarithm and exponential of what was rounded (Goldberg, "What every computer scientist should know about
  // floating-point arithmetic", theorem 4; Kahan's expm1).
  log1p_: {
    calls: ['log_', 'opaque', 'is_infinite'],
    text: `fn log1p_(x: f32) -> f32 {
  let u = opaque(1f + x);
  if (u == 1f) { return x; }
  if (is_infinite(u)) { return log_(u); }
  return log_(u) * (x / opaque(u - 1f));
}`,
  },
  expm1_: {
    calls: ['exp_', 'log_', 'opaque', 'is_infinite'],
    text: `fn expm1_(x: f32) -> f32 {
  let u = opaque(exp_(x));
  if (u == 1f) { return x; }
  let below = opaque(u - 1f);
  if (below == -1f || is_infinite(u)) { return below; }
  if (abs(x) > 1f) { return below; }
  return below * (x / log_(u));
}`,
  },
  sinh_: {
    calls: ['expm1_', 'exp_'],
    text: `fn sinh_(x: f32) -> f32 {
  let z = abs(x);
  if (z > 20f) { let h = exp_(0.5f * z); return sign(x) * (0.5f * h) * h; }
  let e = expm1_(z);
  let s = 0.5f * (e + e / (e + 1f));
  return select(s, -s, x < 0f);
}`,
  },
  cosh_: {
    calls: ['exp_'],
    text: `fn cosh_(x: f32) -> f32 {
  let h = exp_(0.5f * abs(x));
  if (abs(x) > 20f) { return (0.5f * h) * h; }
  let e = exp_(abs(x));
  return 0.5f * (e + 1f / e);
}`,
  },
  tanh_: {
    calls: ['expm1_', 'is_nan'],
    text: `fn tanh_(x: f32) -> f32 {
  if (is_nan(x)) { return x; }
  let e = expm1_(-2f * min(abs(x), 20f));
  let t = -e / (e + 2f);
  return select(t, -t, x < 0f);
}`,
  },
  sigmoid_: {
    calls: ['exp_'],
    text: `fn sigmoid_(x: f32) -> f32 {
  let e = exp_(-abs(x));
  return select(e, 1f, x >= 0f) / (1f + e);
}`,
  },
  softplus_: {
    calls: ['exp_', 'log1p_', 'most'],
    text: 'fn softplus_(x: f32) -> f32 { return most(x, 0f) + log1p_(exp_(-abs(x))); }',
  },
  atan2_: {
    calls: ['is_nan', 'is_infinite'],
    text: `fn atan2_(y: f32, x: f32) -> f32 {
  if (is_nan(x)) { return x; }
  if (is_nan(y)) { return y; }
  let ax = abs(x);
  let ay = abs(y);
  var t = min(ax, ay) / max(ax, ay);
  if (max(ax, ay) == 0f) { t = 0f; }
  if (is_infinite(x) && is_infinite(y)) { t = 1f; }
  var start = 0f;
  if (t > 0.414213562f) { start = 0.785398163f; t = (t - 1f) / (t + 1f); }
  let z = t * t;
  var r = 8.05374449538e-2f;
  r = r * z - 1.38776856032e-1f;
  r = r * z + 1.99777106478e-1f;
  r = r * z - 3.33329491539e-1f;
  r = start + (r * z * t + t);
  if (ay > ax) { r = 1.57079632679f - r; }
  if ((bitcast<u32>(x) >> 31u) == 1u) { r = 3.14159265359f - r; }
  return select(r, -r, (bitcast<u32>(y) >> 31u) == 1u);
}`,
  },
} as const satisfies Readonly<Record<string, FunctionText>>;
