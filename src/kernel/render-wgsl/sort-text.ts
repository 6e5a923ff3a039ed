// A stable ascending sort in WGSL, NaN last: bottom-up merging by one invocation. In: nothing. Out: texts of functions.
import type { FunctionText } from './function-text.ts';

export const sortText = {
  // Whether b, which stands behind a, goes before it.
  goes_before: {
    calls: ['is_nan'],
    text: 'fn goes_before(b: f32, a: f32) -> bool { return select(b < a, !is_nan(b), is_nan(a)); }',
  },
  // Positions stand in the permutation and in w by turns; the values follow at last.
  sort_: {
    calls: ['goes_before', 'f_load', 'f_store'],
    text: `fn sort_(v: i32, values: i32, permutation: i32, w: i32, n: i32) {
  var front = permutation;
  var back = w;
  for (var i = 0; i < n; i++) { m[front + i] = u32(i); }
  for (var width = 1; width < n; width = 2 * width) {
    for (var start = 0; start < n; start += 2 * width) {
      let middle = min(start + width, n);
      let end = min(start + 2 * width, n);
      var a = start;
      var b = middle;
      for (var k = start; k < end; k++) {
        var second = a == middle;
        if (a < middle && b < end) { second = goes_before(f_load(v + i32(m[front + b])), f_load(v + i32(m[front + a]))); }
        if (second) { m[back + k] = m[front + b]; b++; } else { m[back + k] = m[front + a]; a++; }
      }
    }
    let held = front;
    front = back;
    back = held;
  }
  for (var i = 0; i < n; i++) {
    let at = m[front + i];
    m[permutation + i] = at;
    f_store(values + i, f_load(v + i32(at)));
  }
}`,
  },
} as const satisfies Readonly<Record<string, FunctionText>>;
