// Central finite differences of programs on the reference backend, for comparison with reverse mode.
import { expect } from 'vitest';
import { runProgram } from '../../src/backend/reference.ts';
import type { TensorData } from '../../src/backend/backend.ts';
import { Builder, type Value } from '../../src/tensor/builder.ts';
import { constant } from '../../src/tensor/dims.ts';
import { gradient } from '../../src/tensor/differentiate.ts';
import { verify } from '../../src/tensor/verify.ts';
import { fillRandom } from '../../src/tensor/threefry.ts';

export const array = (shape: readonly number[], values: readonly number[]): TensorData => ({
  shape,
  data: Float64Array.from(values),
});

/** Seeded numbers, uniform in from..to. */
export const randomNumbers = (count: number, seed: number, from = -1, to = 1): readonly number[] => {
  const out = new Float64Array(count);
  fillRandom('uniform', out, seed, 0, 0);
  return [...out].map((u) => from + (to - from) * u);
};

export interface Point {
  readonly shape: readonly number[];
  readonly values: readonly number[];
}

export const point = (shape: readonly number[], seed: number, from = -1, to = 1): Point => ({
  shape,
  values: randomNumbers(
    shape.reduce((a, b) => a * b, 1),
    seed,
    from,
    to,
  ),
});

/** The outputs of a built function at a point, as plain numbers. */
export const evaluateAt = (
  points: readonly Point[],
  build: (b: Builder, xs: readonly Value[]) => Readonly<Record<string, Value>>,
): Record<string, number[]> => {
  const b = new Builder();
  const xs = points.map((p, i) => b.input(`x${i}`, p.shape.map(constant)));
  const program = b.finish(build(b, xs));
  expect(verify(program)).toEqual([]);
  const inputs = Object.fromEntries(points.map((p, i) => [`x${i}`, array(p.shape, p.values)]));
  return Object.fromEntries(Object.entries(runProgram(program, inputs)).map(([name, t]) => [name, [...t.data]]));
};

/** Reduces any value to a scalar with fixed irregular weights, so that every entry counts differently. */
export const weigh = (b: Builder, value: Value): Value => {
  const flat = value.shape.length === 0 ? value : b.mul(value, b.add(b.sin(b.mul(index(b, value), 1.7)), 1.3));
  return b.sum(flat);
};
const index = (b: Builder, value: Value): Value =>
  value.shape.map((_, axis) => b.mul(b.iota(value.shape, axis), 2 * axis + 1)).reduce((sum, next) => b.add(sum, next));

/** Checks reverse mode against central differences for a scalar function of float arrays. */
export const checkGradient = (
  points: readonly Point[],
  build: (b: Builder, xs: readonly Value[]) => Value,
  { step = 1e-5, tolerance = 1e-6, order = 1 }: { step?: number; tolerance?: number; order?: 1 | 2 } = {},
): void => {
  // order 2: the gradient of a weighted sum of the gradient.
  const scalar = (b: Builder, xs: readonly Value[]): Value => {
    const value = weigh(b, build(b, xs));
    if (order === 1) return value;
    return gradient(b, value, xs)
      .map((g) => weigh(b, g))
      .reduce((sum, next) => b.add(sum, next));
  };
  const found = evaluateAt(points, (b, xs) =>
    Object.fromEntries(gradient(b, scalar(b, xs), xs).map((g, i) => [`g${i}`, g])),
  );
  const at = (moved: readonly Point[]): number => evaluateAt(moved, (b, xs) => ({ f: scalar(b, xs) }))['f']![0]!;
  for (const [i, p] of points.entries())
    for (const [j, value] of p.values.entries()) {
      const shifted = (by: number): readonly Point[] =>
        points.with(i, { shape: p.shape, values: p.values.with(j, value + by) });
      const expected = (at(shifted(step)) - at(shifted(-step))) / (2 * step);
      expect(
        Math.abs(found[`g${i}`]![j]! - expected),
        `d/dx${i}[${j}] = ${found[`g${i}`]![j]}, differences give ${expected}`,
      ).toBeLessThan(tolerance * (1 + Math.abs(expected)));
    }
};
