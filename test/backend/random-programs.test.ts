// Random programs on every backend against the float64 interpreter.
import fc from 'fast-check';
import { it } from 'vitest';
import { randomProgram } from '../tensor/random-program.ts';
import { agree } from './agreement.ts';
import { onEveryBackend } from './devices.ts';

onEveryBackend((_name, backend) => {
  it('agrees on random programs', async () => {
    await fc.assert(
      fc.asyncProperty(randomProgram({ maxSteps: 10 }), async ({ program, inputs, sizes }) => {
        await agree(program, inputs, { sizes, tolerance: 2e-3, backends: [backend] });
      }),
      { numRuns: Number(process.env['RUNS'] ?? 60), seed: Number(process.env['SEED'] ?? 1) },
    );
  });
});
