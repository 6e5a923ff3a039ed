// Whether a run has converged where both learning and the query after it iterate: the programs say so by themselves.
import { expect, test } from 'vitest';
import { runProgram } from '../../src/backend/reference.ts';
import { finished, requestOf, scalar } from '../learn/training-model.ts';
import { withStory } from '../../src/run/learn-params.ts';

const y = [[1, 2], [3, 1], [2, 2.5]]; // prettier-ignore
const source = (iterations: number): string => `model m
size N, D
param W : real[D] = 1
plate n in N {
  target y : real[D]
  latent z : real
  factor f = ||y - W * z||^2 + z^4
}
infer { minimize z by lbfgs(iterations = ${iterations}) }
train { loss energy  learn W by adam(rate = 0.01)  epochs 2 }`;

test.each([
  [1, 0],
  [200, 1],
])('after learning, a query of at most %d iterations: converged %d', async (iterations, converged) => {
  const request = requestOf(source(iterations), { y });
  const { arrays } = await finished(request);
  const outputs = runProgram(
    request.spec.entries['infer']!,
    { seed: scalar(0), ...request.data, ...arrays },
    { sizes: request.sizes },
  );
  expect(outputs['converged']!.data[0]).toBe(converged);
});

test('learning and query have to have converged both', () => {
  const told = (value: number) => ({ converged: scalar(value) });
  expect(withStory(told(1), told(1))['converged']!.data[0]).toBe(1);
  expect(withStory(told(0), told(1))['converged']!.data[0]).toBe(0);
  expect(withStory(told(1), told(0))['converged']!.data[0]).toBe(0);
  expect(withStory({}, told(1))['converged']!.data[0]).toBe(1);
  expect(withStory({}, null)).toEqual({});
});
