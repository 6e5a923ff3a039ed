// Three points on paper: which of them say something, the loss, and the step it asks for; then digits.
import { describe, expect, it } from 'vitest';
import { accuracy, answersOf, imagesOf, labelsOf, oneStep, scoresOf, threePoints, training } from './digits.ts';
import { backends, numberAt, runExample, testExpected, valueAt } from './example.ts';
import type { Matrix } from './linear-algebra.ts';

testExpected('hinge');

/** A mean over the images, with the decay once. */
const objectiveOf = (w: Matrix): number => {
  const y = labelsOf('train');
  const hinges = imagesOf('train').reduce((sum, image, n) => {
    const scores = scoresOf(w, image);
    const offending = Math.max(...scores.filter((_, c) => c !== y[n]));
    return sum + Math.max(0, 1 + offending - scores[y[n]!]!);
  }, 0);
  return (hinges + 0.1 * w.flat().reduce((sum, x) => sum + x * x, 0)) / y.length;
};

describe.each(backends)('hinge on %s', (backend) => {
  // Scores (2, 0, 0), (0, 2, 0), (1, 2, 0). The first is right by the margin; label 1 offends in the others, 1 + 2 - 0 = 3 each.
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
    const result = await runExample('hinge', '', backend, points, oneStep({ W: w }));
    expect(numberAt(result, 'objective')).toBeCloseTo((0 + 3 + 3 + 0.1 * 2) / 3, 5);
    const gradient = [
      [0 + 0.2, -2],
      [0 + 1, 2 + 2 + 0.2],
      [-1, -2],
    ];
    (valueAt(result, 'params.W') as Matrix).forEach((row, c) =>
      row.forEach((x, d) => expect(x).toBeCloseTo(w[c]![d]! - gradient[c]![d]! / 3, 5)),
    );
  });

  // 0.02119 is the least objective: LinearSVC of scikit-learn 1.9.1 (test/examples/oracles.py). No step gets below it.
  it('comes near the least objective and is right on the test digits', { timeout: 60_000 }, async () => {
    const learned = await runExample('hinge', training, backend);
    const objective = objectiveOf(valueAt(learned, 'params.W') as Matrix);
    expect(objective).toBeGreaterThan(0.02118);
    expect(objective).toBeLessThan(0.12);
    expect(learned.trace!.length).toBe(30);
    expect(learned.trace!.at(-1)).toBeLessThan(learned.trace![0]! / 10);
    expect(accuracy(await answersOf('hinge', learned, backend), labelsOf('test'))).toBeGreaterThan(0.93);
  });
});
