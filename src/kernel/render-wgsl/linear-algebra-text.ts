// Dense linear algebra in WGSL: one matrix of a batch each, in numbers of two floats (double-float-text.ts), by the algorithms of
// tensor/host-routines/. In: nothing. Out: texts of functions, with the names of those that they call. They take offsets in memory:
// of arguments and results (one word a number) and of a workspace (two words a number). Results are right to float32 where those
// of float64 are: some 1e-14 of rounding inside.
import type { FunctionText } from './function-text.ts';

export const linearAlgebraText = {
  f_load: { calls: [], text: 'fn f_load(at: i32) -> f32 { return bitcast<f32>(m[at]); }' },
  f_store: { calls: [], text: 'fn f_store(at: i32, x: f32) { m[at] = bitcast<u32>(x); }' },
  d_load: {
    calls: [],
    text: 'fn d_load(at: i32) -> vec2<f32> { return vec2<f32>(bitcast<f32>(m[at]), bitcast<f32>(m[at + 1])); }',
  },
  d_store: {
    calls: [],
    text: 'fn d_store(at: i32, x: vec2<f32>) { m[at] = bitcast<u32>(x.x); m[at + 1] = bitcast<u32>(x.y); }',
  },
  // (a + a') / 2 at row i and column j.
  symmetric_at: {
    calls: ['two_sum', 'f_load'],
    text: `fn symmetric_at(a: i32, n: i32, i: i32, j: i32) -> vec2<f32> {
  return 0.5f * two_sum(f_load(a + i * n + j), f_load(a + j * n + i));
}`,
  },
  // The lower factor of what stands in w, in its place; false where a pivot is not above 1e-13 of its scale.
  factor_positive: {
    calls: ['d_load', 'd_store', 'd_sub', 'd_mul', 'd_div', 'd_sqrt', 'f_load'],
    text: `fn factor_positive(w: i32, n: i32, scale: i32) -> bool {
  for (var i = 0; i < n; i++) {
    for (var j = 0; j <= i; j++) {
      var sum = d_load(w + 2 * (i * n + j));
      for (var q = 0; q < j; q++) {
        sum = d_sub(sum, d_mul(d_load(w + 2 * (i * n + q)), d_load(w + 2 * (j * n + q))));
      }
      if (i != j) {
        d_store(w + 2 * (i * n + j), d_div(sum, d_load(w + 2 * (j * n + j))));
      } else if (sum.x > 1e-13f * f_load(scale + i * n + i)) {
        d_store(w + 2 * (i * n + i), d_sqrt(sum));
      } else {
        return false;
      }
    }
  }
  return true;
}`,
  },
  cholesky_: {
    calls: ['symmetric_at', 'factor_positive', 'd_store', 'd_load', 'f_store', 'from_bits'],
    text: `fn cholesky_(a: i32, out: i32, w: i32, n: i32) {
  for (var i = 0; i < n; i++) {
    for (var j = 0; j <= i; j++) { d_store(w + 2 * (i * n + j), symmetric_at(a, n, i, j)); }
  }
  let good = factor_positive(w, n, a);
  for (var i = 0; i < n; i++) {
    for (var j = 0; j < n; j++) {
      var x = 0f;
      if (j <= i) { x = d_load(w + 2 * (i * n + j)).x; }
      if (!good) { x = from_bits(0x7fc00000u); }
      f_store(out + i * n + j, x);
    }
  }
}`,
  },
  // A column of L⁻¹ b or L⁻ᵀ b after the other; w holds one.
  triangular_solve: {
    calls: ['d_load', 'd_store', 'd_sub', 'd_mul', 'd_div', 'f_load', 'f_store'],
    text: `fn triangular_solve(l: i32, b: i32, out: i32, w: i32, n: i32, columns: i32, transposed: bool) {
  for (var c = 0; c < columns; c++) {
    for (var step = 0; step < n; step++) {
      let i = select(step, n - 1 - step, transposed);
      var sum = vec2<f32>(f_load(b + i * columns + c), 0f);
      for (var k = 0; k < step; k++) {
        let q = select(k, n - 1 - k, transposed);
        let factor = f_load(select(l + i * n + q, l + q * n + i, transposed));
        sum = d_sub(sum, d_mul(vec2<f32>(factor, 0f), d_load(w + 2 * q)));
      }
      d_store(w + 2 * i, d_div(sum, vec2<f32>(f_load(l + i * n + i), 0f)));
    }
    for (var i = 0; i < n; i++) { f_store(out + i * columns + c, d_load(w + 2 * i).x); }
  }
}`,
  },
  // LU with partial pivoting in w, row exchanges behind it; false where it is singular.
  factor_general: {
    calls: ['d_load', 'd_store', 'd_sub', 'd_mul', 'd_div', 'f_load'],
    text: `fn factor_general(a: i32, w: i32, n: i32) -> bool {
  for (var i = 0; i < n * n; i++) { d_store(w + 2 * i, vec2<f32>(f_load(a + i), 0f)); }
  for (var c = 0; c < n; c++) {
    var pivot = c;
    for (var r = c + 1; r < n; r++) {
      if (abs(d_load(w + 2 * (r * n + c)).x) > abs(d_load(w + 2 * (pivot * n + c)).x)) { pivot = r; }
    }
    m[w + 2 * n * n + c] = u32(pivot);
    if (d_load(w + 2 * (pivot * n + c)).x == 0f) { return false; }
    for (var j = 0; j < n && pivot != c; j++) {
      let held = d_load(w + 2 * (c * n + j));
      d_store(w + 2 * (c * n + j), d_load(w + 2 * (pivot * n + j)));
      d_store(w + 2 * (pivot * n + j), held);
    }
    for (var r = c + 1; r < n; r++) {
      let factor = d_div(d_load(w + 2 * (r * n + c)), d_load(w + 2 * (c * n + c)));
      d_store(w + 2 * (r * n + c), factor);
      for (var j = c + 1; j < n; j++) {
        let at = w + 2 * (r * n + j);
        d_store(at, d_sub(d_load(at), d_mul(factor, d_load(w + 2 * (c * n + j)))));
      }
    }
  }
  return true;
}`,
  },
  // A⁻¹ b, a column after the other; of the identity where b is below 0.
  solve_: {
    calls: ['factor_general', 'd_load', 'd_store', 'd_sub', 'd_mul', 'd_div', 'f_load', 'f_store', 'from_bits'],
    text: `fn solve_(a: i32, b: i32, out: i32, w: i32, n: i32, columns: i32) {
  let good = factor_general(a, w, n);
  let x = w + 2 * n * n + n;
  for (var c = 0; c < columns; c++) {
    for (var i = 0; i < n && good; i++) {
      var given = select(0f, 1f, i == c);
      if (b >= 0) { given = f_load(b + i * columns + c); }
      d_store(x + 2 * i, vec2<f32>(given, 0f));
    }
    for (var i = 0; i < n && good; i++) {
      let pivot = i32(m[w + 2 * n * n + i]);
      let held = d_load(x + 2 * i);
      d_store(x + 2 * i, d_load(x + 2 * pivot));
      d_store(x + 2 * pivot, held);
    }
    for (var i = 0; i < n && good; i++) {
      var sum = d_load(x + 2 * i);
      for (var q = 0; q < i; q++) { sum = d_sub(sum, d_mul(d_load(w + 2 * (i * n + q)), d_load(x + 2 * q))); }
      d_store(x + 2 * i, sum);
    }
    for (var i = n - 1; i >= 0 && good; i--) {
      var sum = d_load(x + 2 * i);
      for (var q = i + 1; q < n; q++) { sum = d_sub(sum, d_mul(d_load(w + 2 * (i * n + q)), d_load(x + 2 * q))); }
      d_store(x + 2 * i, d_div(sum, d_load(w + 2 * (i * n + i))));
    }
    for (var i = 0; i < n; i++) {
      var y = from_bits(0x7fc00000u);
      if (good) { y = d_load(x + 2 * i).x; }
      f_store(out + i * columns + c, y);
    }
  }
}`,
  },
  log_abs_det_: {
    calls: ['factor_general', 'd_load', 'd_log', 'd_add', 'f_store', 'from_bits', 'is_nan'],
    text: `fn log_abs_det_(a: i32, out: i32, w: i32, n: i32) {
  if (!factor_general(a, w, n)) { f_store(out, from_bits(0xff800000u)); return; }
  var sum = vec2<f32>(0f, 0f);
  for (var i = 0; i < n; i++) {
    let x = d_load(w + 2 * (i * n + i));
    if (is_nan(x.x)) { f_store(out, x.x); return; }
    sum = d_add(sum, d_log(select(x, -x, x.x < 0f)));
  }
  f_store(out, sum.x);
}`,
  },
} as const satisfies Readonly<Record<string, FunctionText>>;
