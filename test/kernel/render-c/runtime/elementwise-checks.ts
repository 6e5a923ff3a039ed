// Every elementwise function against its float64 definition, at special values and over dense grids: distances in units in the last
// place, bounded by a total table.
import { expect } from 'vitest';
import { elementwiseTable } from '../../../../src/tensor/elementwise-table.ts';
import type { Elementwise } from '../../../../src/tensor/elementwise.ts';
import { cName, type Command, type Run } from './driver.ts';
import { between, distance, generator, grid, rounded, specials, type Scalar } from './numbers.ts';

interface Bound {
  /** In units in the last place of the result; the definitions in JavaScript are within one or two of the truth themselves. */
  readonly ulps: Readonly<Record<Scalar, number>>;
  /** What is allowed beside that near zeros of the function, where relative errors of the definition are large. */
  readonly absolute?: number;
  /** A zero of either sign will do. */
  readonly anyZero?: true;
  /** Where the function is held to its bound. */
  readonly within?: (a: number, b: number, scalar: Scalar) => boolean;
}
const exact: Bound = { ulps: { float32: 0, float64: 0 } };
/** Correctly rounded in float32: half a unit off the float64 value. */
const rounding: Bound = { ulps: { float32: 0.5, float64: 0 } };
const bounds: Readonly<Record<Elementwise, Bound>> = {
  neg: exact,
  abs: exact,
  sign: exact,
  square: rounding,
  reciprocal: rounding,
  sqrt: rounding,
  exp: { ulps: { float32: 1.1, float64: 2 } },
  expm1: { ulps: { float32: 1.6, float64: 3 } },
  log: { ulps: { float32: 0.9, float64: 2 } },
  log1p: { ulps: { float32: 0.9, float64: 2 } },
  // A float32 beyond 2⁴⁸ (2²⁸ without fused multiplications) counts as a whole number of turns: its neighbours are many turns away.
  sin: {
    ulps: { float32: 1.7, float64: 2 },
    within: (a, _, scalar) => scalar === 'float64' || !(Math.abs(a) >= 2 ** 28),
  },
  cos: {
    ulps: { float32: 1.7, float64: 2 },
    within: (a, _, scalar) => scalar === 'float64' || !(Math.abs(a) >= 2 ** 28),
  },
  tan: {
    ulps: { float32: 0.8, float64: 2 },
    within: (a, _, scalar) => scalar === 'float64' || !(Math.abs(a) >= 2 ** 28),
  },
  sinh: { ulps: { float32: 1.7, float64: 4 } },
  cosh: { ulps: { float32: 1.5, float64: 4 } },
  tanh: { ulps: { float32: 1.4, float64: 4 } },
  // The definition takes e^a twice for a < 0.
  sigmoid: { ulps: { float32: 1.8, float64: 4 } },
  softplus: { ulps: { float32: 1.7, float64: 4 } },
  relu: exact,
  floor: exact,
  // -0.3 rounds to 0 by the definition and to -0 by IEEE 754.
  round: { ...exact, anyZero: true },
  erf: { ulps: { float32: 1.2, float64: 100 } },
  lgamma: { ulps: { float32: 0.6, float64: 100 }, absolute: 1e-13 },
  digamma: { ulps: { float32: 0.6, float64: 100 }, absolute: 1e-13 },
  'log-bessel-i0': { ulps: { float32: 0.6, float64: 100 }, absolute: 1e-13 },
  not: exact,
  'is-nan': exact,
  'stop-gradient': exact,
  add: rounding,
  sub: rounding,
  mul: rounding,
  div: rounding,
  pow: { ulps: { float32: 0.51, float64: 4 } },
  min: exact,
  max: exact,
  // A quotient that rounds to a whole number changes the result by the divisor: exact where quotients are.
  mod: { ...exact, within: (a, b) => Number.isInteger(a * 4) && Number.isInteger(b * 4) && Math.abs(a) < 1e4 && Math.abs(b) < 1e4 }, // prettier-ignore
  atan2: { ulps: { float32: 0.51, float64: 2 } },
  lt: exact,
  le: exact,
  gt: exact,
  ge: exact,
  eq: exact,
  ne: exact,
  and: exact,
  or: exact,
  select: exact,
};

/** Values for each argument; `each` says how dense. */
const argumentsOf = (fn: Elementwise, scalar: Scalar, each: number): readonly (readonly number[])[] => {
  const { arity } = elementwiseTable[fn];
  const [from, to] = scalar === 'float32' ? [-148, 127] : [-1073, 1023];
  if (arity === 1) return [[...grid(scalar, from!, to!, each, 1), ...between(scalar, -12, 12, 250 * each, 2), ...between(scalar, -110, 95, 100 * each, 3)]]; // prettier-ignore
  // Every pair of special values, then random ones of like size, small whole numbers and halves.
  const special = specials(scalar);
  const columns: number[][] = Array.from({ length: arity }, () => []);
  for (const a of special)
    for (const b of special) {
      columns[0]!.push(a);
      columns[1]!.push(b);
      columns[2]?.push(7);
    }
  const random = generator(4);
  for (let i = 0; i < 400 * each; i++) {
    const kind = i % 4;
    const draw = (): number =>
      kind === 0 ? Math.round(random() * 40 - 20) / 2 : (random() - 0.5) * 10 ** Math.round(random() * kind * 3);
    for (const column of columns) column.push(rounded(draw(), scalar));
  }
  return columns;
};

export const checkElementwise = (run: Run, scalar: Scalar, each: number): void => {
  const functions = Object.keys(elementwiseTable) as readonly Elementwise[];
  const inputs = functions.map((fn) => argumentsOf(fn, scalar, each));
  const commands = functions.map((fn, f): Command => {
    const count = inputs[f]![0]!.length;
    return { call: `map_${cName(fn)}`, ints: [count], arrays: inputs[f]!, outs: [count] };
  });
  const results = run(commands);
  functions.forEach((fn, f) => {
    const { ulps, absolute = 0, anyZero, within } = bounds[fn];
    const [a, b = [], c = []] = inputs[f]!;
    let tried = 0;
    a!.forEach((x, i) => {
      if (within !== undefined && !within(x, b[i]!, scalar)) return;
      tried++;
      const found = results[f]![0]![i]!;
      const expected = elementwiseTable[fn].value(x, b[i]!, c[i]!);
      if (anyZero && found === 0 && expected === 0) return;
      if (Math.abs(found - expected) <= absolute) return;
      // A result too small for the scalar may be a zero, whatever the definition gives.
      const off = distance(found, rounded(expected, scalar) === 0 && found === 0 ? found : expected, scalar);
      if (off > ulps[scalar])
        expect.fail(`${fn}(${[x, b[i], c[i]].filter((v) => v !== undefined).join(', ')}) is ${found}, not ${expected}: ${off} ulp`); // prettier-ignore
    });
    expect(tried, fn).toBeGreaterThan(500);
  });
};

/** Angles beyond what float32 can tell: still the sine and cosine of something, and NaN for infinities. */
export const checkHugeAngles = (run: Run): void => {
  const angles = grid('float32', 28, 127, 20, 5).filter((x) => Math.abs(x) >= 2 ** 28 || Number.isNaN(x));
  const [sin, cos] = run(['sin', 'cos'].map((fn) => ({ call: `map_eb_${fn}`, ints: [angles.length], arrays: [angles], outs: [angles.length] }))).map(([out]) => out!) as [Float64Array, Float64Array]; // prettier-ignore
  angles.forEach((x, i) => {
    if (Number.isFinite(x)) expect(Math.abs(sin[i]! ** 2 + cos[i]! ** 2 - 1), `at ${x}`).toBeLessThan(1e-6);
    else expect([sin[i], cos[i]]).toEqual([NaN, NaN]);
  });
};

const ints = [0, 1, -1, 2, -2, 3, 7, -7, 10, 1000, -1000, 46341, 2147483647, -2147483647, -2147483648];
/** int32 arithmetic wraps; what JavaScript says of 32-bit integers. */
const intDefinitions: Readonly<Record<string, (a: number, b: number) => number>> = {
  neg: (a) => -a | 0,
  abs: (a) => Math.abs(a) | 0,
  sign: Math.sign,
  square: (a) => Math.imul(a, a),
  add: (a, b) => (a + b) | 0,
  sub: (a, b) => (a - b) | 0,
  mul: Math.imul,
  min: Math.min,
  max: Math.max,
  mod: (a, b) => (b === 0 ? 0 : a - b * Math.floor(a / b)),
  lt: (a, b) => Number(a < b),
  le: (a, b) => Number(a <= b),
  gt: (a, b) => Number(a > b),
  ge: (a, b) => Number(a >= b),
  eq: (a, b) => Number(a === b),
  ne: (a, b) => Number(a !== b),
};
/** Only with float64, which holds every int. */
export const checkInts = (run: Run): void => {
  const left = ints.flatMap((a) => ints.map(() => a));
  const right = ints.flatMap(() => ints);
  const names = Object.keys(intDefinitions);
  const results = run(names.map((fn) => ({ call: `map_eb_int_${fn}`, ints: [left.length], arrays: [left, right], outs: [left.length] }))); // prettier-ignore
  names.forEach((fn, f) => {
    const expected = left.map((a, i) => intDefinitions[fn]!(a, right[i]!) + 0);
    expect(
      [...results[f]![0]!].map((x) => x + 0),
      fn,
    ).toEqual(expected);
  });
};

/** A real as an index: what `| 0` says, but that beyond 2^53 everything is 0. */
export const checkIntOfReal = (run: Run, scalar: Scalar): void => {
  const reals = [...specials(scalar), ...between(scalar, -5e9, 5e9, 300, 6)];
  const [[high, low]] = run([{ call: 'call_int_of_real', ints: [reals.length], arrays: [reals], outs: [reals.length, reals.length] }]) as [[Float64Array, Float64Array]]; // prettier-ignore
  reals.forEach((x, i) => expect(high[i]! * 65536 + low[i]!, String(x)).toBe(Math.abs(x) < 2 ** 53 ? x | 0 : 0));
};
