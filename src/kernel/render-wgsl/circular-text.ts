// Sine, cosine and tangent in WGSL, right for arguments of any size. In: nothing. Out: texts of functions, with the names of those
// that they call. Small arguments are reduced by π/2 in three parts (Cody & Waite), others by as many digits of 2/π as they need
// (Payne & Hanek, "Radian reduction for trigonometric functions", 1983); polynomials of Cephes.
import type { FunctionText } from './function-text.ts';

export const circularText = {
  // The words of a · b, high and low.
  multiply_words: {
    calls: [],
    text: `fn multiply_words(a: u32, b: u32) -> vec2<u32> {
  let ll = (a & 0xffffu) * (b & 0xffffu);
  let lh = (a & 0xffffu) * (b >> 16u);
  let hl = (a >> 16u) * (b & 0xffffu);
  let middle = (ll >> 16u) + (lh & 0xffffu) + (hl & 0xffffu);
  return vec2<u32>((a >> 16u) * (b >> 16u) + (lh >> 16u) + (hl >> 16u) + (middle >> 16u), (middle << 16u) | (ll & 0xffffu));
}`,
  },
  // x = q · π/2 + r: r and q modulo 4, as a float.
  reduce_angle: {
    calls: ['multiply_words', 'opaque'],
    text: `fn reduce_angle(x: f32) -> vec2<f32> {
  if (abs(x) < 8192f) {
    let q = round(x * 0.636619772367f);
    let a = opaque(x - opaque(q * 1.5703125f));
    let b = opaque(a - opaque(q * 4.837512969970703125e-4f));
    return vec2<f32>(b - q * 7.54978995489188216e-8f, q - 4f * floor(0.25f * q));
  }
  let digits = array<u32, 7>(0x28be60dbu, 0x9391054au, 0x7f09d5f4u, 0x7d4d3770u, 0x36d8a566u, 0x4f10e410u, 0x7f9458eau);
  let bits = bitcast<u32>(x);
  let mantissa = ((bits & 0x007fffffu) | 0x00800000u) << 8u;
  let e = ((bits >> 23u) & 0xffu) - 126u;
  let word = e >> 5u;
  let shift = e & 31u;
  var high = 0u;
  if (word > 0u) { high = digits[word - 1u]; }
  var middle = digits[word];
  var low = digits[word + 1u];
  if (shift > 0u) {
    high = (high << shift) | (middle >> (32u - shift));
    middle = (middle << shift) | (low >> (32u - shift));
    low = (low << shift) | (digits[word + 2u] >> (32u - shift));
  }
  let lowest = multiply_words(mantissa, low).x;
  let second = multiply_words(mantissa, middle);
  let tail = second.y + lowest;
  let head = mantissa * high + second.x + select(0u, 1u, tail < lowest);
  // Quarter turns in the two top bits; what is left, as a signed number of 62 bits, is below half a quarter turn.
  var quarter = head >> 30u;
  var rest = i32(head << 2u) >> 2u;
  if (rest < 0) { quarter = quarter + 1u; }
  let r = (f32(rest) * 4294967296f + f32(tail)) * 3.40612158008655459e-19f;
  let turns = f32(select(quarter & 3u, (4u - (quarter & 3u)) & 3u, x < 0f));
  return vec2<f32>(select(r, -r, x < 0f), turns);
}`,
  },
  // Of a reduced angle.
  sin_cos: {
    calls: [],
    text: `fn sin_cos(r: f32) -> vec2<f32> {
  let z = r * r;
  let s = ((-1.9515295891e-4f * z + 8.3321608736e-3f) * z - 1.6666654611e-1f) * z * r + r;
  let c = ((2.443315711809948e-5f * z - 1.388731625493765e-3f) * z + 4.166664568298827e-2f) * z * z - 0.5f * z + 1f;
  return vec2<f32>(s, c);
}`,
  },
  sin_: {
    calls: ['reduce_angle', 'sin_cos', 'is_nan', 'is_infinite', 'from_bits'],
    text: `fn sin_(x: f32) -> f32 {
  if (is_nan(x) || is_infinite(x)) { return from_bits(0x7fc00000u); }
  let a = reduce_angle(x);
  let v = sin_cos(a.x);
  let q = i32(a.y);
  let y = select(v.x, v.y, (q & 1) == 1);
  return select(y, -y, (q & 2) == 2);
}`,
  },
  cos_: {
    calls: ['reduce_angle', 'sin_cos', 'is_nan', 'is_infinite', 'from_bits'],
    text: `fn cos_(x: f32) -> f32 {
  if (is_nan(x) || is_infinite(x)) { return from_bits(0x7fc00000u); }
  let a = reduce_angle(x);
  let v = sin_cos(a.x);
  let q = i32(a.y);
  let y = select(v.y, v.x, (q & 1) == 1);
  return select(y, -y, q == 1 || q == 2);
}`,
  },
  tan_: { calls: ['sin_', 'cos_'], text: 'fn tan_(x: f32) -> f32 { return sin_(x) / cos_(x); }' },
} as const satisfies Readonly<Record<string, FunctionText>>;
