// Three points on paper, where every label that comes too near counts; then digits.
import { describe, expect, it } from 'vitest';
import { accuracy, answersOf, labelsOf, oneStep, threePoints, training } from './digits.ts';
import { backends, numberAt, runExample, testExpected, valueAt } from './example.ts';
import type { Matrix } from './linear-algebra.ts';

testExpected('hinge_all');

describe.each(backends)('hinge over all answers on %s', (backend) => {
  // Scores (2, 0, 0), (0, 2, 0), (1, 2, 0). The first is right by the margin. The second: label 1 by 3, label 2 by 1. The third:
  // label 0 by 2, label 1 by 3.
  it('loss and gradient on three points', async () => {
    const w = [
      [1, 0],
      [0, 1],
      [0, 0],
    ];
    const points = threePoints(
      [
        [2, 0],
        [0, 2],
        [1, 2],
      ],
      [0, 0, 2],
    );
    const result = await runExample('hinge_all', '', backend, points, oneStep({ W: w }));
    expect(numberAt(result, 'objective')).toBeCloseTo((0 + 3 + 1 + 2 + 3) / 3, 5);
    const gradient = [
      [0 + 1, -2 * 2 + 2],
      [0 + 1, 2 + 2],
      [0 - 2 * 1, 2 - 2 * 2],
    ];
    (valueAt(result, 'params.W') as Matrix).forEach((row, c) =>
      row.forEach((x, d) => expect(x).toBeCloseTo(w[c]![d]! - gradient[c]![d]! / 3, 5)),
    );
  });

  it('is right on the test digits', { timeout: 60_000 }, async () => {
    const learned = await runExample('hinge_all', training, backend);
    expect(accuracy(await answersOf('hinge_all', learned, backend), labelsOf('test'))).toBeGreaterThan(0.93);
  });
});
