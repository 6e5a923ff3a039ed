// Every pass keeps programs well formed and their results unchanged, on random programs; and does what it is for.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { runProgram } from '../../src/backend/reference.ts';
import { Builder, type Value } from '../../src/tensor/builder.ts';
import { constant, size } from '../../src/tensor/dims.ts';
import { gradient } from '../../src/tensor/differentiate.ts';
import { countInstrs, removeDeadCode } from '../../src/tensor/passes/dead-code.ts';
import { inlineProgram } from '../../src/tensor/inline.ts';
import { optimise, passes } from '../../src/tensor/passes/index.ts';
import { printProgram } from '../../src/tensor/print.ts';
import type { Program } from '../../src/tensor/program.ts';
import { verify } from '../../src/tensor/verify.ts';
import { randomProgram, type RandomProgram } from './random-program.ts';

const [N, K] = [size('N'), size('K')];

const expectSame = ({ inputs, sizes }: RandomProgram, before: Program, after: Program): void => {
  const [expected, found] = [runProgram(before, inputs, { sizes }), runProgram(after, inputs, { sizes })];
  expect(Object.keys(found)).toEqual(Object.keys(expected));
  for (const [name, { shape, data }] of Object.entries(expected)) {
    expect(found[name]!.shape).toEqual(shape);
    for (const [i, value] of data.entries()) {
      const other = found[name]!.data[i]!;
      const good = Object.is(value, other) || Math.abs(other - value) <= 1e-9 * (1 + Math.abs(value));
      expect(good, `${name}[${i}]: ${value} became ${other}`).toBe(true);
    }
  }
};

/** The program with the gradient of the sum of its outputs as outputs; null where it has none (a while). */
const withGradients = (random: RandomProgram): Program => {
  const b = new Builder();
  const { program } = random;
  const inputs = program.inputs.map(({ name, id }) => b.input(name, program.values[id]!.shape));
  const scanOnly = { ...program, outputs: program.outputs };
  const outputs = inlineProgram(b, scanOnly, inputs);
  const total = outputs.map((v) => b.sum(v)).reduce((sum, v) => b.add(sum, v));
  return b.finish(Object.fromEntries(gradient(b, total, inputs).map((g, i) => [`g${i}`, g])));
};

describe('on random programs', () => {
  test('builders make well-formed programs, printed the same twice', () => {
    fc.assert(
      fc.property(randomProgram(), ({ program }) => {
        expect(verify(program)).toEqual([]);
        expect(printProgram(program)).toBe(printProgram(structuredClone(program)));
      }),
      { numRuns: 300 },
    );
  });
  test.each(passes.map((p) => p.name))('%s', (name) => {
    const { run } = passes.find((p) => p.name === name)!;
    fc.assert(
      fc.property(randomProgram(), (random) => {
        const after = run(random.program);
        expect(verify(after)).toEqual([]);
        expectSame(random, random.program, after);
      }),
      { numRuns: 300 },
    );
  });
  test('all of them in order, also on gradients; a second time changes nothing in meaning', () => {
    fc.assert(
      fc.property(randomProgram({ maxSteps: 6 }), (random) => {
        const whole = hasWhile(random.program) ? random.program : withGradients(random);
        const once = optimise(whole);
        expectSame(random, whole, once);
        expectSame(random, whole, optimise(once));
        expect(countInstrs(once)).toBeLessThanOrEqual(countInstrs(removeDeadCode(whole)) + 2);
      }),
      { numRuns: 300 },
    );
  });
});

const hasWhile = (program: Program): boolean => program.instrs.some((i) => i.op === 'while');
