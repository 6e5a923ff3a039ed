// Numbers of two floats in WGSL, which has no float64: the sum of a float and a remainder below half a unit of it, about 48 bits
// (Dekker, "A floating-point technique for extending the available precision", 1971; Knuth's two-sum). In: nothing. Out: texts of
// functions on vec2<f32>, with the names of those that they call. Every rounded intermediate that an identity rests on goes
// through `opaque`, so that no compiler simplifies it away; products are split by bits, so that none is fused.
import type { FunctionText } from './function-text.ts';

export const doubleFloatText = {
  two_sum: {
    calls: ['opaque'],
    text: `fn two_sum(a: f32, b: f32) -> vec2<f32> {
  let s = opaque(a + b);
  let v = opaque(s - a);
  return vec2<f32>(s, opaque(a - opaque(s - v)) + opaque(b - v));
}`,
  },
  two_product: {
    calls: ['opaque'],
    text: `fn two_product(a: f32, b: f32) -> vec2<f32> {
  let ah = bitcast<f32>(bitcast<u32>(a) & 0xfffff000u);
  let bh = bitcast<f32>(bitcast<u32>(b) & 0xfffff000u);
  let al = opaque(a - ah);
  let bl = opaque(b - bh);
  let y = opaque(a * b);
  let e = opaque(opaque(opaque(ah * bh) - y) + opaque(ah * bl));
  return vec2<f32>(y, opaque(e + opaque(al * bh)) + opaque(al * bl));
}`,
  },
  d_add: {
    calls: ['two_sum'],
    text: `fn d_add(a: vec2<f32>, b: vec2<f32>) -> vec2<f32> {
  let s = two_sum(a.x, b.x);
  let t = two_sum(a.y, b.y);
  let u = two_sum(s.x, s.y + t.x);
  return two_sum(u.x, u.y + t.y);
}`,
  },
  d_sub: { calls: ['d_add'], text: 'fn d_sub(a: vec2<f32>, b: vec2<f32>) -> vec2<f32> { return d_add(a, -b); }' },
  d_mul: {
    calls: ['two_product', 'two_sum'],
    text: `fn d_mul(a: vec2<f32>, b: vec2<f32>) -> vec2<f32> {
  let y = two_product(a.x, b.x);
  return two_sum(y.x, y.y + (a.x * b.y + a.y * b.x));
}`,
  },
  d_div: {
    calls: ['d_mul', 'd_sub', 'two_sum'],
    text: `fn d_div(a: vec2<f32>, b: vec2<f32>) -> vec2<f32> {
  let q = a.x / b.x;
  let r = d_sub(a, d_mul(b, vec2<f32>(q, 0f)));
  let s = r.x / b.x;
  let t = d_sub(r, d_mul(b, vec2<f32>(s, 0f)));
  let u = two_sum(q, s);
  return two_sum(u.x, u.y + t.x / b.x);
}`,
  },
  d_sqrt: {
    calls: ['d_mul', 'd_sub', 'two_sum'],
    text: `fn d_sqrt(a: vec2<f32>) -> vec2<f32> {
  if (a.x <= 0f) { return vec2<f32>(0f, 0f); }
  let q = vec2<f32>(sqrt(a.x), 0f);
  let s = d_sub(a, d_mul(q, q)).x / (2f * q.x);
  let better = two_sum(q.x, s);
  let t = d_sub(a, d_mul(better, better)).x / (2f * q.x);
  return two_sum(better.x, better.y + t);
}`,
  },
  // log of a positive number: exponent · log 2 and 2 artanh((m - 1) / (m + 1)), the series in the second float's precision.
  d_log: {
    calls: ['split_', 'd_add', 'd_sub', 'd_mul', 'd_div', 'two_product', 'two_sum'],
    text: `fn d_log(a: vec2<f32>) -> vec2<f32> {
  let s = split_(a.x);
  let m = vec2<f32>(s.x, a.y * (s.x / a.x));
  let u = d_div(d_sub(m, vec2<f32>(1f, 0f)), d_add(m, vec2<f32>(1f, 0f)));
  let z = d_mul(u, u);
  var series = vec2<f32>(0f, 0f);
  for (var k = 23; k >= 1; k -= 2) {
    series = d_add(d_mul(series, z), d_div(vec2<f32>(1f, 0f), vec2<f32>(f32(k), 0f)));
  }
  let exponent = d_add(two_product(s.y, 0.693147180559945309f), vec2<f32>(s.y * -1.90465429995776805e-9f, 0f));
  return d_add(exponent, d_mul(u, series + series));
}`,
  },
  // |a|^b = exp(b log |a|) with the logarithm and its product in two floats. Exceptional arguments as Math.pow has them.
  pow_: {
    calls: ['d_log', 'd_mul', 'exp_', 'is_nan', 'is_infinite', 'from_bits'],
    text: `fn pow_(a: f32, b: f32) -> f32 {
  if (b == 0f) { return 1f; }
  if (is_nan(a)) { return a; }
  if (is_nan(b)) { return b; }
  let size = abs(a);
  if (is_infinite(b)) {
    if (size == 1f) { return from_bits(0x7fc00000u); }
    return select(0f, from_bits(0x7f800000u), (size > 1f) == (b > 0f));
  }
  let whole = floor(b) == b;
  let odd = whole && abs(b) < 16777216f && (i32(b) & 1) == 1;
  let negative = (bitcast<u32>(a) >> 31u) == 1u;
  var y = 1f;
  if (size == 0f || is_infinite(a)) {
    y = select(0f, from_bits(0x7f800000u), (size > 0f) == (b > 0f));
  } else {
    if (negative && !whole) { return from_bits(0x7fc00000u); }
    if (size != 1f) {
      let l = d_log(vec2<f32>(size, 0f));
      if (abs(b * l.x) > 110f) {
        y = select(0f, from_bits(0x7f800000u), b * l.x > 0f);
      } else {
        let e = d_mul(l, vec2<f32>(b, 0f));
        y = exp_(e.x);
        if (!is_infinite(y)) { y = y + y * e.y; }
      }
    }
  }
  return select(y, -y, negative && odd);
}`,
  },
} as const satisfies Readonly<Record<string, FunctionText>>;
