// Special functions against values with 15 digits from published tables (Abramowitz & Stegun; DLMF) and functional equations.
import { expect, test } from 'vitest';
import { digamma, erf, lgamma, logBesselI0, roundHalfEven } from '../../src/tensor/special-functions.ts';

const near = (found: number, expected: number): void =>
  expect(Math.abs(found - expected)).toBeLessThan(1e-13 * (1 + Math.abs(expected)));

test('erf: table, oddness, limits, both branches joined', () => {
  near(erf(0.5), 0.520499877813047);
  near(erf(1), 0.842700792949715);
  near(erf(2), 0.995322265018953);
  near(erf(3), 0.999977909503001);
  near(erf(4), 0.999999984582742);
  near(erf(-1.3), -erf(1.3));
  expect([erf(0), erf(7), erf(-Infinity)]).toEqual([0, 1, -1]);
});
test('log-gamma: factorials, one half, recurrence', () => {
  for (let n = 1, factorial = 1; n < 20; factorial *= n, n++) near(lgamma(n), Math.log(factorial));
  near(lgamma(0.5), Math.log(Math.PI) / 2);
  for (const x of [0.1, 0.7, 3.3, 40, 1e5]) near(lgamma(x + 1), lgamma(x) + Math.log(x));
  expect(lgamma(0)).toBe(Infinity);
});
test('digamma: -γ, one half, recurrence, reflection', () => {
  const gamma = 0.5772156649015329;
  near(digamma(1), -gamma);
  near(digamma(0.5), -gamma - 2 * Math.log(2));
  for (const x of [0.3, 2.5, 12, 1e4]) near(digamma(x + 1), digamma(x) + 1 / x);
  near(digamma(-0.3), digamma(1.3) + Math.PI / Math.tan(Math.PI * 0.3));
});
test('log I₀: table, both branches joined, large arguments', () => {
  near(logBesselI0(0), 0);
  near(logBesselI0(1), Math.log(1.266065877752008));
  near(logBesselI0(5), Math.log(27.239871823604442));
  near(logBesselI0(30 - 1e-12), logBesselI0(30 + 1e-12));
  near(logBesselI0(1e5), 1e5 - 0.5 * Math.log(2 * Math.PI * 1e5) + Math.log1p(1 / 8e5));
});
test('rounding: halves to even', () => {
  expect([-2.5, -1.5, -0.5, 0.5, 1.5, 2.5, 0.49999999999999994].map(roundHalfEven).map((x) => x + 0)).toEqual([
    -2, -2, 0, 0, 2, 2, 0,
  ]);
});
