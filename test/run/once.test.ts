// A run on the backend of float64 computes once: there is nothing to compute again more exactly.
import { expect, test, vi } from 'vitest';
import { referenceBackend } from '../../src/backend/reference.ts';
import { runModel } from '../methods/run-model.ts';

test.each([
  ['a linear system', 'factor f = (y - a * x[n] - b)^2'],
  ['a convex problem', 'factor f = abs(y - a * x[n] - b)'],
])('%s on reference is solved by one call', async (_, factor) => {
  const calls: string[] = [];
  const { load } = referenceBackend;
  vi.spyOn(referenceBackend, 'load').mockImplementation(async (module) => {
    const runner = await load(module);
    return {
      ...runner,
      call: (entry, inputs, options) => {
        calls.push(entry);
        return runner.call(entry, inputs, options);
      },
    };
  });
  const source = `model line
size N = 3
const x = [1, 2, 4]
param a, b : real
plate n in N {
  target y : real
  ${factor}
}
`;
  await runModel(source, { y: [1, 2, 5] });
  expect(calls.filter((entry) => entry === 'infer')).toHaveLength(1);
  vi.restoreAllMocks();
});
