// Random numbers in WGSL: Threefry-2x32-20 as in tensor/threefry.ts, word for word. In: nothing. Out: texts of functions, with the
// names of those that they call. Uniforms are those of every other backend bit for bit, normals up to rounding.
import type { FunctionText } from './function-text.ts';

const rotate = (by: number): string => `x.x = x.x + x.y; x.y = ((x.y << ${by}u) | (x.y >> ${32 - by}u)) ^ x.x;`;

export const randomText = {
  threefry: {
    calls: [],
    text: `fn threefry(key: vec2<u32>, counter: vec2<u32>) -> vec2<u32> {
  let keys = array<u32, 3>(key.x, key.y, 0x1bd11bdau ^ key.x ^ key.y);
  var x = counter + key;
  for (var group = 0u; group < 5u; group++) {
    if (group % 2u == 0u) {
      ${[13, 15, 26, 6].map(rotate).join('\n      ')}
    } else {
      ${[17, 29, 16, 24].map(rotate).join('\n      ')}
    }
    x = x + vec2<u32>(keys[(group + 1u) % 3u], keys[(group + 2u) % 3u] + group + 1u);
  }
  return x;
}`,
  },
  random_uniform: {
    calls: ['threefry'],
    text: `fn random_uniform(seed: i32, id: u32, step: i32, element: i32) -> f32 {
  let words = threefry(vec2<u32>(bitcast<u32>(seed), id), vec2<u32>(bitcast<u32>(step), bitcast<u32>(element)));
  return (f32(words.x >> 9u) + 0.5f) * 1.1920928955078125e-7f;
}`,
  },
  random_normal: {
    calls: ['threefry', 'log_', 'cos_'],
    text: `fn random_normal(seed: i32, id: u32, step: i32, element: i32) -> f32 {
  let words = threefry(vec2<u32>(bitcast<u32>(seed), id), vec2<u32>(bitcast<u32>(step), bitcast<u32>(element)));
  let u = (f32(words.x >> 9u) + 0.5f) * 1.1920928955078125e-7f;
  let v = (f32(words.y >> 9u) + 0.5f) * 1.1920928955078125e-7f;
  return sqrt(-2f * log_(u)) * cos_(6.28318530717959f * v);
}`,
  },
} as const satisfies Readonly<Record<string, FunctionText>>;
