// Factors that read a whole array of nodes through a sum, product, maximum or norm. Expected: enumeration of every state, with
// the energy written here in plain numbers.
import { expect, test } from 'vitest';
import { runModel } from './run-model.ts';

const c = [0.5, -1, 2, 0.1, -0.3];
const states = Array.from({ length: 2 ** c.length }, (_, s) => c.map((_, i) => (s >> i) & 1));
const unary = (y: readonly number[]): number => y.reduce((sum, v, i) => sum + c[i]! * v, 0);
const sum = (y: readonly number[]): number => y.reduce((a, b) => a + b, 0);

const cases: readonly { readonly factor: string; readonly energy: (y: readonly number[]) => number }[] = [
  { factor: 'constraint two = (sum[i in N] y[i]) == 2', energy: (y) => (sum(y) === 2 ? 0 : Infinity) },
  { factor: 'factor count = (2.5 - sum(y))^2', energy: (y) => (2.5 - sum(y)) ** 2 },
  { factor: 'factor any = 1.5 * max(y)', energy: (y) => 1.5 * Math.max(...y) },
  { factor: 'factor all = -1.5 * prod[i in N] y[i]', energy: (y) => -1.5 * Math.min(...y) },
  { factor: 'factor size = ||y||^2 * sum[i in N where i > 2] y[i]', energy: (y) => sum(y) * (y[3]! + y[4]!) },
];

test.for(cases)('$factor', async ({ factor, energy }) => {
  const source = `model joint
size N = ${c.length}
latent y[i in N] : binary
const c = [${c.join(', ')}]
factor unary[i in N] = c[i] * y[i]
${factor}
`;
  const energies = states.map((y) => unary(y) + energy(y));
  const z = energies.reduce((total, e) => total + Math.exp(-e), 0);
  const marginals = c.map((_, i) => states.reduce((p, y, s) => p + (y[i]! * Math.exp(-energies[s]!)) / z, 0));
  const soft = await runModel(source, {}, { query: 'marginals' });
  expect(soft.logPartition).toBeCloseTo(Math.log(z), 8);
  const found = Array.from((soft.marginals['y'] as { readonly data: ArrayLike<number> }).data);
  found.forEach((p, i) => expect(p).toBeCloseTo(marginals[i]!, 8));
  const hard = await runModel(source);
  expect(hard.energy!.total).toBeCloseTo(Math.min(...energies), 8);
});
