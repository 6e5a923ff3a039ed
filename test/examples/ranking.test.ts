// Three points on paper, each with one violator at most, so that chance has no say; a row that grows too long; then digits.
import { describe, expect, it } from 'vitest';
import { accuracy, answersOf, labelsOf, oneStep, threePoints, training } from './digits.ts';
import { backends, numberAt, runExample, testExpected, valueAt } from './example.ts';
import type { Matrix } from './linear-algebra.ts';

/** Each label has its place in the unit ball. */
const expectInBall = (v: Matrix): void => v.forEach((row) => expect(Math.hypot(...row)).toBeLessThan(1 + 1e-5));

testExpected('ranking', (result) => expectInBall(valueAt(result, 'params.V') as Matrix));

const expectNear = (found: Matrix, wanted: Matrix): void =>
  found.forEach((row, i) => row.forEach((x, j) => expect(x).toBeCloseTo(wanted[i]![j]!, 5)));

describe.each(backends)('ranking on %s', (backend) => {
  // Scores (2, 0, -1.2), (0, 2, -1.6), (1, 2, -2.2), and 0 is right: label 1 violates in the second, 0.1 + 2 - 0, and in the
  // third, 0.1 + 2 - 1. There the loss is 0.1 + (V_1 - V_0) . U x, with slopes U x, -U x, and (V_1 - V_0) x'.
  it('loss and gradient on three points', async () => {
    const starts = {
      U: [
        [1, 0],
        [0, 1],
      ],
      V: [
        [1, 0],
        [0, 1],
        [-0.6, -0.8],
      ],
    };
    const points = threePoints(
      [
        [2, 0],
        [0, 2],
        [1, 2],
      ],
      [0, 0, 0],
    );
    const result = await runExample('ranking', '', backend, points, oneStep(starts));
    expect(numberAt(result, 'objective')).toBeCloseTo((0 + 2.1 + 1.1) / 3, 5);
    const sum = [0 + 1, 2 + 2];
    expectNear(valueAt(result, 'params.U') as Matrix, [
      [1 + sum[0]! / 3, sum[1]! / 3],
      [-sum[0]! / 3, 1 - sum[1]! / 3],
    ]);
    // The first row goes to (4/3, 4/3), and back to the sphere.
    expectNear(valueAt(result, 'params.V') as Matrix, [
      [Math.SQRT1_2, Math.SQRT1_2],
      [-sum[0]! / 3, 1 - sum[1]! / 3],
      [-0.6, -0.8],
    ]);
  });

  it('is right on the test digits', { timeout: 60_000 }, async () => {
    const learned = await runExample('ranking', training, backend);
    expect(accuracy(await answersOf('ranking', learned, backend), labelsOf('test'))).toBeGreaterThan(0.87);
  });
});
