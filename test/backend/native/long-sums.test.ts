// Sums of many float32 numbers in C: what a running sum of them loses (3.9e-4 of 40,000 tenths) is not lost here, whichever way the
// memory lies.
import { describe, expect, it } from 'vitest';
import { nativeBackends } from '../../../src/backend/native/run.ts';
import { Builder } from '../../../src/tensor/builder.ts';
import { constant } from '../../../src/tensor/dims.ts';
import { moduleOf } from '../agreement.ts';
import { hasCompiler } from './compiler.ts';

describe.runIf(hasCompiler)('sums of 40,000 numbers', () => {
  // As many results that each thread has its own, and so few that they share one.
  it.each([
    [256, 0],
    [3, 0],
    [3, 1],
  ])('%i of them along axis %i', async (results, axis) => {
    const terms = 40_000;
    const shape = axis === 0 ? [terms, results] : [results, terms];
    const b = new Builder();
    const program = b.finish({ sum: b.sum(b.input('x', shape.map(constant)), [axis]) });
    const runner = await nativeBackends.native.load(moduleOf({ infer: program }));
    const x = { shape, data: new Float32Array(terms * results).fill(0.1) };
    const { data } = (await runner.call('infer', { x }, {}))['sum']!;
    await runner.dispose();
    const expected = terms * Math.fround(0.1);
    for (const sum of data) expect(Math.abs(sum / expected - 1)).toBeLessThan(3e-5);
  });
});
