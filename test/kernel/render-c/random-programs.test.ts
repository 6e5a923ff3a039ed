// Random programs of every instruction as C in float64, under the sanitizers of addresses and of undefined behaviour, against the
// interpreter of tensor programs. As lowered, and fused and scheduled; sizes symbolic, and as numbers. Many programs are compiled
// as one file; a failure shrinks to few.
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { runProgram } from '../../../src/backend/reference.ts';
import { close } from '../../backend/agreement.ts';
import { randomScan, type RandomProgram } from '../../tensor/random-program.ts';
import { stagesOf, targetOf, withConstants } from '../agreement.ts';
import { randomKernelProgram } from '../random-programs.ts';
import { compiler, why } from './compiled.ts';
import { runCases, type Case } from './driver.ts';

const batches = Number(process.env['RUNS'] ?? 4);
const seed = Number(process.env['SEED'] ?? 1);

/** Sizes that passes decide by, other than those of the run: at these it pays to cut, to block and to multiply in tiles. */
const nominal = fc.constantFrom(null, { N: 20_000, K: 24, M: 300, T: 500 }, { N: 60, K: 1000, M: 5000, T: 9 });

interface Picked {
  readonly random: RandomProgram;
  readonly constants: readonly string[];
  readonly large: Readonly<Record<string, number>> | null;
  readonly last: boolean;
}
const picked = (random: fc.Arbitrary<RandomProgram>): fc.Arbitrary<Picked> =>
  fc.record({ random, constants: fc.subarray(['N', 'K', 'M', 'T']), large: nominal, last: fc.boolean() });

const caseOf = ({ random: { program, inputs, sizes }, constants, large, last }: Picked): Case => {
  const fixed = withConstants(program, sizes, constants.filter((name) => name in sizes)); // prettier-ignore
  const stages = stagesOf(fixed, targetOf({ ...sizes, ...large }));
  return { kernels: (last ? stages.at(-1)! : stages[0]!).kernels, inputs, sizes };
};

const agree = (all: readonly Picked[], flags: readonly string[]): void => {
  const found = runCases(all.map(caseOf), flags);
  all.forEach(({ random: { program, inputs, sizes } }, i) => {
    const expected = runProgram(program, inputs, { sizes });
    for (const [name, value] of Object.entries(expected)) close(found[i]![name]!, value, 1e-9, name);
  });
};

if (compiler === null) it.skip(`random programs as C: ${why}`, () => undefined);

describe.skipIf(compiler === null)('random programs as C', () => {
  const sanitized = ['-O0', '-g', '-fsanitize=address,undefined', '-fno-sanitize-recover=all', '-fopenmp'];
  it.each([
    ['of every instruction, sanitized', randomKernelProgram(), 24, sanitized, batches],
    ['scans and their gradients, sanitized', randomScan({ maxSteps: 4, differentiated: true }), 8, sanitized, 1],
    ['of every instruction, optimised', randomKernelProgram(), 16, ['-O3', '-march=native', '-fopenmp'], 1],
    ['of every instruction, optimised, without OpenMP', randomKernelProgram(), 16, ['-O3', '-march=native', '-fno-math-errno', '-fno-trapping-math'], 1], // prettier-ignore
  ] as const)('%s', { timeout: 240_000 }, (_, random, count, flags, numRuns) => {
    const programs = fc.array(picked(random), { minLength: 1, maxLength: count, size: 'max' });
    expect(fc.sample(programs, { seed, numRuns }).flat().length).toBeGreaterThan(numRuns * 2);
    fc.assert(
      fc.property(programs, (all) => agree(all, flags)),
      { seed, numRuns, interruptAfterTimeLimit: 200_000 },
    );
  });
});
