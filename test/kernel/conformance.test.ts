// Random programs as kernels, after every pass, against the float64 interpreter of tensor programs: in order, shuffled, by threads,
// with buffers sharing places; with all sizes symbolic and with some as numbers. The interpreter of kernels judges every access.
import * as fc from 'fast-check';
import { describe, it } from 'vitest';
import { randomScan } from '../tensor/random-program.ts';
import { agreeAtEveryStage, targetOf, withConstants } from './agreement.ts';
import { randomKernelProgram } from './random-programs.ts';

const runs = Number(process.env['RUNS'] ?? 120);
const seed = Number(process.env['SEED'] ?? 1);

/** Sizes that passes decide by: those of the run, or ones at which it pays to cut, to block and to multiply in tiles. */
const nominal = fc.constantFrom(null, { N: 20_000, K: 24, M: 300 }, { N: 60, K: 1000, M: 5000 });

describe('kernels agree with the tensor program', () => {
  it('for programs of every instruction', () => {
    fc.assert(
      fc.property(
        randomKernelProgram(),
        fc.subarray(['N', 'K', 'M']),
        nominal,
        fc.boolean(),
        ({ program, inputs, sizes }, constants, large, rowBlocks) => {
          const fixed = withConstants(program, sizes, constants);
          agreeAtEveryStage(fixed, inputs, sizes, targetOf({ ...sizes, ...large }, rowBlocks));
        },
      ),
      { seed, numRuns: runs },
    );
  });

  it('for gradients of scans', () => {
    fc.assert(
      fc.property(
        randomScan({ maxSteps: 4, differentiated: true }),
        fc.boolean(),
        ({ program, inputs, sizes }, large) => {
          agreeAtEveryStage(program, inputs, sizes, targetOf(large ? { N: 3000, K: 40, T: 500 } : sizes));
        },
      ),
      { seed, numRuns: Math.ceil(runs / 8) },
    );
  });
});
