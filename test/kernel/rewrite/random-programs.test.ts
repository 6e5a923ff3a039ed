// Every rewrite keeps random programs, and gradients of them, well formed and their results the same.
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { rewriteForKernels, rewrites } from '../../../src/kernel/rewrite/index.ts';
import { specialise } from '../../../src/kernel/rewrite/specialise.ts';
import { randomProgram, randomScan } from '../../tensor/random-program.ts';
import { expectSame, targetOf } from './agreement.ts';

test.each(rewrites.map((rewrite) => rewrite.name))('%s', (name) => {
  const { run } = rewrites.find((rewrite) => rewrite.name === name)!;
  fc.assert(
    fc.property(randomProgram(), ({ program, inputs, sizes }) =>
      expectSame(program, run(program, targetOf(sizes)), inputs, sizes, 1e-9),
    ),
    { seed: 1, numRuns: 150 },
  );
});

test('all of them, with sizes as names and as numbers', () => {
  fc.assert(
    fc.property(randomProgram({ maxSteps: 8 }), ({ program, inputs, sizes }) => {
      const target = targetOf(sizes);
      expectSame(program, rewriteForKernels(program, target), inputs, sizes, 1e-9);
      expectSame(program, rewriteForKernels(specialise(program, sizes), target), inputs, sizes, 1e-9);
    }),
    { seed: 2, numRuns: 200 },
  );
});

test('all of them on scans and their gradients', () => {
  fc.assert(
    fc.property(randomScan({ maxSteps: 5, differentiated: true }), ({ program, inputs, sizes }) => {
      const target = targetOf(sizes);
      expectSame(program, rewriteForKernels(program, target), inputs, sizes, 1e-8);
      expectSame(program, rewriteForKernels(specialise(program, sizes), target), inputs, sizes, 1e-8);
    }),
    { seed: 3, numRuns: 100 },
  );
});

test('each has a name of its own and a reason', () => {
  expect(new Set(rewrites.map((rewrite) => rewrite.name)).size).toBe(rewrites.length);
  for (const { why } of rewrites) expect(why.length).toBeGreaterThan(10);
});
