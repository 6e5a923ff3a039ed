// A long chain on the default backend, in float32: log Z keeps its digits. Expected: the largest eigenvalues of the 2 × 2
// transfer matrix in closed form (Ising 1925), free ends: Z = 2 (2 cosh J)^(T-1).
import { expect, test } from 'vitest';
import { runModel } from './run-model.ts';

test('log Z of an Ising chain of 20,000 spins', async () => {
  const source = `model chain
size T = 20000
latent s[t in T] : spin
factor pair[t in 1..T] = -0.73 * s[t-1] * s[t]
`;
  const report = await runModel(source, {}, { query: 'logz', backend: 'wasm' });
  const expected = Math.log(2) + 19_999 * Math.log(2 * Math.cosh(0.73));
  expect(Math.abs(report.logPartition! - expected)).toBeLessThan(0.02);
});

test('a program of more results than a call has room for variables', async () => {
  // Spins coupled to the last but one: two chains side by side.
  const source = `model chains
size T = 1200
latent s[t in T] : spin
factor pair[t in 2..T] = -0.73 * s[t-2] * s[t]
`;
  const report = await runModel(source, {}, { query: 'logz', backend: 'wasm' });
  const expected = 2 * (Math.log(2) + 599 * Math.log(2 * Math.cosh(0.73)));
  expect(Math.abs(report.logPartition! - expected)).toBeLessThan(0.02);
}, 30_000);
