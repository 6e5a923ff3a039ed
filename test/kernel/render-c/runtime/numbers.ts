// Numbers to try functions on, and distances between them. All seeded: the same in every run.
import type { Build } from './driver.ts';

export type Scalar = Build['scalar'];

/** Uniform in [0, 1): mulberry32, a plain generator that is not the one under test. */
export const generator = (seed: number): (() => number) => {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
};

const facts = {
  float32: { digits: 24, least: -149, most: 3.4028234663852886e38, normal: 2 ** -126 },
  float64: { digits: 53, least: -1074, most: Number.MAX_VALUE, normal: 2 ** -1022 },
} as const;

export const rounded = (x: number, scalar: Scalar): number => (scalar === 'float32' ? Math.fround(x) : x);
export const mostOf = (scalar: Scalar): number => facts[scalar].most;

/** The unit in the last place of a number of that size. */
export const ulp = (x: number, scalar: Scalar): number => {
  const { digits, least, most, normal } = facts[scalar];
  const size = Math.min(Math.abs(x), most);
  if (size < normal) return 2 ** least;
  let exponent = Math.floor(Math.log2(size));
  if (2 ** exponent > size) exponent--;
  else if (2 ** (exponent + 1) <= size) exponent++;
  return 2 ** (exponent - digits + 1);
};

/** How far `found` is from `expected` in ulps; 0 where both are NaN, or infinite alike; Infinity where only one is. A result that
 *  overflows may be the largest number, and the other way round. A zero has to have the right sign. */
export const distance = (found: number, expected: number, scalar: Scalar): number => {
  if (Number.isNaN(found) || Number.isNaN(expected))
    return Number.isNaN(found) && Number.isNaN(expected) ? 0 : Infinity;
  const { most } = facts[scalar];
  const bounded = (x: number): number => Math.max(-most - ulp(most, scalar), Math.min(most + ulp(most, scalar), x));
  if (found === 0 && expected === 0 && Object.is(found, -0) !== Object.is(expected, -0)) return Infinity;
  return Math.abs(bounded(found) - bounded(expected)) / ulp(expected, scalar);
};

/** Zeros, infinities, NaN, the smallest and the largest, ones and their neighbours, multiples of π/2, whole numbers and halves. */
export const specials = (scalar: Scalar): readonly number[] => {
  const { least, most, normal } = facts[scalar];
  const positive = [0, 2 ** least, 3 * 2 ** least, normal - 2 ** least, normal, 1e-20, 2 ** -24, 1e-3, 0.5, 1, 1.5, 2, 2.5, 3, 3.5, 7, 10, 88, 89, 103, 104, 709, 710, 745, 746, 1e4, 8388607.5, 8388609, 1e9, 1e30, most, Infinity]; // prettier-ignore
  const quarters = Array.from({ length: 40 }, (_, k) => rounded(k * (Math.PI / 2), scalar));
  const near = [0.5, 1, 2, 4].flatMap((x) => [x - ulp(x, scalar) / 2, x + ulp(x, scalar)]);
  const all = [...positive, ...quarters, ...near].map((x) => rounded(x, scalar));
  return [NaN, ...all, ...all.map((x) => -x)];
};

/** Numbers of every exponent from `from` to `to` (as powers of 2) and both signs, `each` a power, beside the specials. */
export const grid = (scalar: Scalar, from: number, to: number, each: number, seed: number): readonly number[] => {
  const random = generator(seed);
  const numbers: number[] = [...specials(scalar)];
  for (let exponent = from; exponent <= to; exponent++)
    for (let i = 0; i < each; i++) {
      const size = rounded((1 + random()) * 2 ** exponent, scalar);
      if (Number.isFinite(size)) numbers.push(size, -size);
    }
  return numbers;
};

/** Uniform in [from, to]. */
export const between = (scalar: Scalar, from: number, to: number, count: number, seed: number): readonly number[] => {
  const random = generator(seed);
  return Array.from({ length: count }, () => rounded(from + (to - from) * random(), scalar));
};

/** Standard normal. */
export const normals = (count: number, seed: number): Float64Array => {
  const random = generator(seed);
  return Float64Array.from(
    { length: count },
    () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random()),
  );
};
