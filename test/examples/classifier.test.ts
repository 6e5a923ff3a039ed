// The answers against logits computed here, the objective against log-sum-exp written out, and digits that took no part in
// learning.
import { describe, expect, it } from 'vitest';
import { accuracy, answersOf, imagesOf, indexOfMaximum, labelsOf, scoresOf, testImages, training } from './digits.ts';
import { backends, numberAt, runExample, testExpected, valueAt } from './example.ts';
import type { Matrix } from './linear-algebra.ts';

const logitsOf = (w: Matrix, b: readonly number[], image: readonly number[]): readonly number[] =>
  scoresOf(w, image).map((score, c) => score + b[c]!);
const logSumExp = (row: readonly number[]): number => {
  const most = Math.max(...row);
  return most + Math.log(row.reduce((sum, x) => sum + Math.exp(x - most), 0));
};

testExpected('classifier', (result, flags) => {
  const [w, b] = [valueAt(result, 'params.W') as Matrix, valueAt(result, 'params.b') as number[]];
  const y = labelsOf('train');
  const nll = imagesOf('train').reduce((sum, image, n) => {
    const logits = logitsOf(w, b, image);
    return sum + logSumExp(logits) - logits[y[n]!]!;
  }, 0);
  const lambda = flags.includes('lambda=1') ? 1 : 0.1;
  const decay = lambda * w.flat().reduce((sum, x) => sum + x * x, 0);
  expect(Math.abs(numberAt(result, 'objective') - nll - decay)).toBeLessThan(1e-4 * (nll + decay));
});

describe.each(backends)('softmax regression on %s', (backend) => {
  it('answers with the largest logit, and is right on 0.95 of the test digits', { timeout: 60_000 }, async () => {
    const learned = await runExample('classifier', training, backend);
    const [w, b] = [valueAt(learned, 'params.W') as Matrix, valueAt(learned, 'params.b') as number[]];
    const images = imagesOf('test');
    const answers = await answersOf('classifier', learned, backend);
    expect(answers).toEqual(images.map((image) => indexOfMaximum(logitsOf(w, b, image))));
    expect(accuracy(answers, labelsOf('test'))).toBeGreaterThanOrEqual(0.95);

    const asked = await runExample('classifier', `${testImages} --query marginals`, backend, { params: { W: w, b } });
    const marginals = valueAt(asked, 'marginals.y') as number[][];
    images.slice(0, 50).forEach((image, n) => {
      const logits = logitsOf(w, b, image);
      const z = logSumExp(logits);
      logits.forEach((x, c) => expect(marginals[n]![c]).toBeCloseTo(Math.exp(x - z), 5));
    });
  });
});

// Where the regularizer hardly holds the weights, curvature at the start says little of that at the end: scales made from it must
// not spoil the descent. scikit-learn 1.9.1, LogisticRegression(C=500, solver='newton-cg', tol=1e-10): 8.16797.
it('comes near the minimum with a weak regularizer too', { timeout: 60_000 }, async () => {
  const learned = await runExample('classifier', `${training} --set lambda=0.001`, 'wasm');
  expect(Math.abs(numberAt(learned, 'objective') / 8.16797230361443 - 1)).toBeLessThan(1e-3);
});
