// Random programs as kernels against the float64 interpreter, made for small sizes and for large ones: what is stored and what
// becomes a matrix product depends on them.
import fc from 'fast-check';
import { describe, it } from 'vitest';
import { randomProgram, randomScan, type RandomProgram } from '../../tensor/random-program.ts';
import { agree } from './agree.ts';

const runs = { numRuns: Number(process.env['RUNS'] ?? 60), seed: Number(process.env['SEED'] ?? 1) };
const large = { N: 3000, K: 2000, T: 100 };

const agreeTwice = ({ program, inputs, sizes }: RandomProgram): void => {
  agree(program, inputs, sizes);
  agree(program, inputs, sizes, large);
};

describe('random programs as kernels', () => {
  it('give the same numbers', () => {
    fc.assert(fc.property(randomProgram({ maxSteps: 12 }), agreeTwice), runs);
  });

  it('scans and their gradients give the same numbers', () => {
    fc.assert(
      fc.property(fc.boolean(), randomScan({ maxSteps: 5, differentiated: false }), (_, scan) => agreeTwice(scan)),
      runs,
    );
    fc.assert(fc.property(randomScan({ maxSteps: 3, differentiated: true }), agreeTwice), {
      ...runs,
      numRuns: Math.ceil(runs.numRuns / 4),
    });
  });
});
