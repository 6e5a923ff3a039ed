// Positive definite block-tridiagonal systems in WGSL, by the algorithm of tensor/host-routines/block-tridiagonal.ts in numbers of
// two floats. In: nothing. Out: texts of functions. Blocks stand in a workspace, two words a number.
import type { FunctionText } from './function-text.ts';

export const blockTridiagonalText = {
  // out (+)= sign · a b for d × d blocks, each factor optionally transposed.
  multiply_block: {
    calls: ['d_load', 'd_store', 'd_add', 'd_mul'],
    text: `fn multiply_block(a: i32, at: bool, b: i32, bt: bool, out: i32, d: i32, sign: f32, accumulate: bool) {
  for (var i = 0; i < d; i++) {
    for (var j = 0; j < d; j++) {
      var sum = vec2<f32>(0f, 0f);
      for (var k = 0; k < d; k++) {
        let x = d_load(a + 2 * select(i * d + k, k * d + i, at));
        let y = d_load(b + 2 * select(k * d + j, j * d + k, bt));
        sum = d_add(sum, d_mul(x, y));
      }
      let to = out + 2 * (i * d + j);
      sum = sign * sum;
      if (accumulate) { sum = d_add(d_load(to), sum); }
      d_store(to, sum);
    }
  }
}`,
  },
  // The inverse of the block at w, whose factor takes its place; log det in two floats, NaN where it is not positive.
  invert_positive: {
    calls: ['factor_positive', 'd_load', 'd_store', 'd_add', 'd_sub', 'd_mul', 'd_div', 'd_log', 'from_bits'],
    text: `fn invert_positive(w: i32, scale: i32, out: i32, column: i32, d: i32) -> vec2<f32> {
  if (!factor_positive(w, d, scale)) { return vec2<f32>(from_bits(0x7fc00000u), 0f); }
  var total = vec2<f32>(0f, 0f);
  for (var i = 0; i < d; i++) { total = d_add(total, 2f * d_log(d_load(w + 2 * (i * d + i)))); }
  for (var c = 0; c < d; c++) {
    for (var i = 0; i < d; i++) {
      var sum = vec2<f32>(select(0f, 1f, i == c), 0f);
      for (var k = 0; k < i; k++) { sum = d_sub(sum, d_mul(d_load(w + 2 * (i * d + k)), d_load(column + 2 * k))); }
      d_store(column + 2 * i, d_div(sum, d_load(w + 2 * (i * d + i))));
    }
    for (var i = d - 1; i >= 0; i--) {
      var sum = d_load(column + 2 * i);
      for (var k = i + 1; k < d; k++) { sum = d_sub(sum, d_mul(d_load(w + 2 * (k * d + i)), d_load(column + 2 * k))); }
      d_store(column + 2 * i, d_div(sum, d_load(w + 2 * (i * d + i))));
    }
    for (var i = 0; i < d; i++) { d_store(out + 2 * (i * d + c), d_load(column + 2 * i)); }
  }
  return total;
}`,
  },
  // Forwards: the inverses of the Schur complements S[t] = D[t] - E[t] S[t-1]⁻¹ E[t]ᵀ and the gains E[t] S[t-1]⁻¹; backwards: the
  // solution and the blocks of the inverse.
  block_tridiagonal: {
    calls: [
      'multiply_block',
      'invert_positive',
      'symmetric_at',
      'd_load',
      'd_store',
      'd_add',
      'd_sub',
      'd_mul',
      'f_load',
      'f_store',
      'is_nan',
    ],
    text: `fn block_tridiagonal(diagonal: i32, below: i32, right: i32, x: i32, log_det: i32, covariance: i32, cross_covariance: i32, w: i32, steps: i32, d: i32) {
  let square = d * d;
  let inverses = w;
  let gains = inverses + 2 * steps * square;
  let y = gains + 2 * steps * square;
  let schur = y + 2 * steps * d;
  let e = schur + 2 * square;
  let after = e + 2 * square;
  let cross_block = after + 2 * square;
  let column = cross_block + 2 * square;
  var total = vec2<f32>(0f, 0f);
  for (var t = 0; t < steps; t++) {
    for (var i = 0; i < square; i++) { d_store(schur + 2 * i, symmetric_at(diagonal + t * square, d, i / d, i % d)); }
    for (var i = 0; i < d; i++) { d_store(y + 2 * (t * d + i), vec2<f32>(f_load(right + t * d + i), 0f)); }
    let gain = gains + 2 * t * square;
    if (t > 0) {
      for (var i = 0; i < square; i++) { d_store(e + 2 * i, vec2<f32>(f_load(below + t * square + i), 0f)); }
      multiply_block(e, false, inverses + 2 * (t - 1) * square, false, gain, d, 1f, false);
      multiply_block(gain, false, e, true, schur, d, -1f, true);
      for (var i = 0; i < d; i++) {
        var sum = d_load(y + 2 * (t * d + i));
        for (var j = 0; j < d; j++) {
          sum = d_sub(sum, d_mul(d_load(gain + 2 * (i * d + j)), d_load(y + 2 * ((t - 1) * d + j))));
        }
        d_store(y + 2 * (t * d + i), sum);
      }
    }
    total = d_add(total, invert_positive(schur, diagonal + t * square, inverses + 2 * t * square, column, d));
    if (is_nan(total.x)) { break; }
  }
  f_store(log_det, total.x);
  if (is_nan(total.x)) {
    for (var i = 0; i < steps * d; i++) { f_store(x + i, total.x); }
    for (var i = 0; i < steps * square; i++) { f_store(covariance + i, total.x); f_store(cross_covariance + i, total.x); }
    return;
  }
  for (var t = steps - 1; t >= 0; t--) {
    let inverse = inverses + 2 * t * square;
    let gain = gains + 2 * (t + 1) * square;
    for (var i = 0; i < d; i++) {
      var sum = vec2<f32>(0f, 0f);
      for (var j = 0; j < d; j++) { sum = d_add(sum, d_mul(d_load(inverse + 2 * (i * d + j)), d_load(y + 2 * (t * d + j)))); }
      for (var j = 0; j < d && t < steps - 1; j++) {
        sum = d_sub(sum, d_mul(d_load(gain + 2 * (j * d + i)), d_load(y + 2 * ((t + 1) * d + j))));
      }
      d_store(column + 2 * i, sum);
    }
    for (var i = 0; i < d; i++) {
      d_store(y + 2 * (t * d + i), d_load(column + 2 * i));
      f_store(x + t * d + i, d_load(column + 2 * i).x);
    }
    if (t < steps - 1) {
      multiply_block(after, false, gain, false, cross_block, d, -1f, false);
      for (var i = 0; i < square; i++) { f_store(cross_covariance + (t + 1) * square + i, d_load(cross_block + 2 * i).x); }
      multiply_block(gain, true, cross_block, false, inverse, d, -1f, true);
    }
    for (var i = 0; i < square; i++) {
      let z = d_load(inverse + 2 * i);
      d_store(after + 2 * i, z);
      f_store(covariance + t * square + i, z.x);
    }
  }
  for (var i = 0; i < square; i++) { f_store(cross_covariance + i, 0f); }
}`,
  },
} as const satisfies Readonly<Record<string, FunctionText>>;
