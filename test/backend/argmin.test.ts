// argmin where numbers are missing or infinite: what tensor/program.ts says of it, in the interpreters and in compiled kernels. (What
// tfjs gives where a row begins with NaN is its own.)
import { describe, expect, it } from 'vitest';
import { nativeBackends } from '../../src/backend/native/run.ts';
import { runProgram } from '../../src/backend/reference.ts';
import { Builder } from '../../src/tensor/builder.ts';
import { constant, size, type Dim } from '../../src/tensor/dims.ts';
import type { Program } from '../../src/tensor/program.ts';
import { agreeAtEveryStage } from '../kernel/agreement.ts';
import { moduleOf } from './agreement.ts';
import { hasCompiler } from './native/compiler.ts';

const rows: readonly (readonly [readonly number[], number])[] = [
  [[NaN, 2, 1], 2],
  [[2, NaN, 1], 2],
  [[3, 1, 1], 1],
  [[NaN, NaN, NaN], 0],
  [[Infinity, NaN, Infinity], 0],
  [[NaN, 1e30, 2e30], 1],
  [[1, -Infinity, NaN], 1],
];

/** The rows, followed by what is never chosen. */
const inputOf = (length: number) => {
  const filler = Array.from({ length: length - 3 }, () => NaN);
  return { shape: [rows.length, length], data: Float32Array.from(rows.flatMap(([row]) => [...row, ...filler])) };
};

const programOf = (length: Dim): Program => {
  const b = new Builder();
  return b.finish({ at: b.argmin(b.input('x', [constant(rows.length), length]), 1) });
};

// Written out, as a loop, and as one over more than a chunk of values.
describe.each([3, 40, 1000])('argmin over %i entries passes over NaN', (length) => {
  const inputs = { x: inputOf(length) };
  const expected = rows.map(([, at]) => at);
  const lengths = [constant(length), size('N')];

  it('in the interpreter', () => {
    for (const dim of lengths)
      expect([...runProgram(programOf(dim), inputs, { sizes: { N: length } })['at']!.data]).toEqual(expected);
  });

  it('as kernels', () => {
    for (const dim of lengths) agreeAtEveryStage(programOf(dim), inputs, { N: length });
  });

  it.runIf(hasCompiler)('as C', async () => {
    for (const dim of lengths) {
      const sizes = { N: length };
      const runner = await nativeBackends.native.load(moduleOf({ infer: programOf(dim) }, sizes));
      const found = await runner.call('infer', inputs, { sizes });
      await runner.dispose();
      expect([...found['at']!.data]).toEqual(expected);
    }
  });
});

it('is of floats', () => {
  const b = new Builder();
  expect(() => b.argmin(b.iota([constant(3)], 0, 'int'), 0)).toThrow('argmin: expected float');
});
