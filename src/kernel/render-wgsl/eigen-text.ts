// Eigenvalues and vectors of a symmetric matrix in WGSL: Jacobi's rotations (Golub & Van Loan, Matrix Computations, 8.5), in numbers
// of two floats; small matrices, for each sweep takes 6 n³ operations of one invocation. In: nothing. Out: texts of functions.
import type { FunctionText } from './function-text.ts';

export const eigenText = {
  // Turns entries a and b of memory by (c, s): a' = c a - s b, b' = s a + c b.
  turn: {
    calls: ['d_load', 'd_store', 'd_mul', 'd_add', 'd_sub'],
    text: `fn turn(at: i32, to: i32, c: vec2<f32>, s: vec2<f32>) {
  let x = d_load(at);
  let y = d_load(to);
  d_store(at, d_sub(d_mul(c, x), d_mul(s, y)));
  d_store(to, d_add(d_mul(s, x), d_mul(c, y)));
}`,
  },
  // One rotation that makes entry (i, j) zero.
  rotate: {
    calls: ['turn', 'd_load', 'd_store', 'd_add', 'd_sub', 'd_mul', 'd_div', 'd_sqrt'],
    text: `fn rotate(w: i32, v: i32, n: i32, i: i32, j: i32) {
  let one = vec2<f32>(1f, 0f);
  let off = d_load(w + 2 * (i * n + j));
  let angle = d_div(d_sub(d_load(w + 2 * (j * n + j)), d_load(w + 2 * (i * n + i))), 2f * off);
  let size = select(angle, -angle, angle.x < 0f);
  var t = d_div(vec2<f32>(0.5f, 0f), size);
  if (size.x < 1e7f) { t = d_div(one, d_add(size, d_sqrt(d_add(d_mul(size, size), one)))); }
  t = select(t, -t, angle.x < 0f);
  let c = d_div(one, d_sqrt(d_add(d_mul(t, t), one)));
  let s = d_mul(t, c);
  for (var k = 0; k < n; k++) { turn(w + 2 * (k * n + i), w + 2 * (k * n + j), c, s); }
  for (var k = 0; k < n; k++) { turn(w + 2 * (i * n + k), w + 2 * (j * n + k), c, s); }
  for (var k = 0; k < n; k++) { turn(v + 2 * (k * n + i), v + 2 * (k * n + j), c, s); }
  d_store(w + 2 * (i * n + j), vec2<f32>(0f, 0f));
  d_store(w + 2 * (j * n + i), vec2<f32>(0f, 0f));
}`,
  },
  eigh_: {
    calls: ['rotate', 'symmetric_at', 'd_load', 'd_store', 'f_load', 'f_store', 'is_nan', 'is_infinite', 'from_bits'],
    text: `fn eigh_(a: i32, values: i32, vectors: i32, w: i32, n: i32) {
  let v = w + 2 * n * n;
  var good = true;
  var scale = 0f;
  for (var i = 0; i < n; i++) {
    for (var j = 0; j < n; j++) {
      let x = symmetric_at(a, n, i, j);
      if (is_nan(x.x) || is_infinite(x.x)) { good = false; }
      scale = max(scale, abs(x.x));
      d_store(w + 2 * (i * n + j), x);
      d_store(v + 2 * (i * n + j), vec2<f32>(select(0f, 1f, i == j), 0f));
    }
  }
  for (var sweep = 0; sweep < 15 && good; sweep++) {
    var left = 0f;
    for (var i = 0; i < n; i++) {
      for (var j = i + 1; j < n; j++) {
        let off = abs(d_load(w + 2 * (i * n + j)).x);
        left = max(left, off);
        if (off > scale * 1e-14f) { rotate(w, v, n, i, j); }
      }
    }
    if (left <= scale * 1e-14f) { break; }
  }
  // Values ascending by selection; columns signed so that their largest entry is positive.
  for (var i = 0; i < n; i++) {
    var smallest = i;
    for (var j = i + 1; j < n; j++) {
      let x = d_load(w + 2 * (j * n + j));
      let y = d_load(w + 2 * (smallest * n + smallest));
      if (x.x < y.x || (x.x == y.x && x.y < y.y)) { smallest = j; }
    }
    let held = d_load(w + 2 * (i * n + i));
    let value = d_load(w + 2 * (smallest * n + smallest));
    d_store(w + 2 * (smallest * n + smallest), held);
    d_store(w + 2 * (i * n + i), value);
    var largest = 0f;
    for (var r = 0; r < n; r++) {
      let x = d_load(v + 2 * (r * n + smallest));
      d_store(v + 2 * (r * n + smallest), d_load(v + 2 * (r * n + i)));
      d_store(v + 2 * (r * n + i), x);
      if (abs(x.x) > abs(largest) * 1.000001f) { largest = x.x; }
    }
    f_store(values + i, select(from_bits(0x7fc00000u), value.x, good));
    for (var r = 0; r < n; r++) {
      let x = d_load(v + 2 * (r * n + i)).x;
      f_store(vectors + r * n + i, select(from_bits(0x7fc00000u), select(x, -x, largest < 0f), good));
    }
  }
}`,
  },
} as const satisfies Readonly<Record<string, FunctionText>>;
