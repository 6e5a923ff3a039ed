// Programs that are long, take long, or would not fit: compile time, giving up, sizes beyond what the arithmetic holds.
import { describe, expect, it } from 'vitest';
import { Worker } from 'node:worker_threads';
import { interpretKernels } from '../../../src/kernel/interpret.ts';
import { addIndex, constantIndex, ofLoop } from '../../../src/kernel/index-arithmetic.ts';
import type { KernelProgram, Statement } from '../../../src/kernel/kernel.ts';
import { constant } from '../../../src/tensor/dims.ts';
import { accessTo, at, buffer, kernelsOf, load, local, loop, map, nest, number, reduce, store } from '../writing.ts';
import { compileKernels, compiler, why } from './compiled.ts';

if (compiler === null) it.skip(`large kernels as C: ${why}`, () => undefined);

/** An unrolled model: each step a few small statements on what the steps before have left. */
const unrolled = (steps: number): KernelProgram => {
  const buffers = [buffer('x', 'input', [steps + 8]), buffer('y', 'output', [steps])];
  const to = accessTo(buffers);
  const body = Array.from({ length: steps }, (_, i): readonly Statement[] => [
    { kind: 'let', local: 4 * i, value: map('mul', load(to(0, at(i))), number(0.5)) },
    reduce([loop(2 * i, 6)], [{ local: 4 * i + 1, op: 'min', value: load(to(0, addIndex(ofLoop(2 * i), constantIndex(constant(i))))) }]), // prettier-ignore
    { kind: 'let', local: 4 * i + 2, value: map('add', local(4 * i), i === 0 ? number(0) : local(4 * (i - 1) + 2)) },
    { kind: 'let', local: 4 * i + 3, value: map('exp', map('neg', map('abs', local(4 * i + 1)))) },
    store(to(1, at(i)), map('add', local(4 * i + 2), local(4 * i + 3))),
  ]);
  return kernelsOf(buffers, body.flat());
};

describe.skipIf(compiler === null)('large kernels as C', () => {
  const optimised = { real: 'double', flags: ['-O3', '-march=native', '-fopenmp'] } as const;

  it('5,000 statements are compiled in seconds', { timeout: 120_000 }, () => {
    const kernels = unrolled(1000);
    const x = { shape: [1008], data: Float64Array.from({ length: 1008 }, (_, i) => Math.sin(i)) };
    const started = performance.now();
    const compiled = compileKernels(kernels, optimised);
    // Some 2 s by itself; other tests run beside it.
    expect(performance.now() - started).toBeLessThan(30_000);
    const expected = interpretKernels(kernels, { x }, {})['y']!.data;
    const { outputs } = compiled.run({ x }, {});
    for (const [i, value] of expected.entries()) expect(outputs['y']!.data[i]).toBeCloseTo(value, 9);
  });

  /** One long reduction, a nest, a scan and a product: each would take minutes. */
  const endless: Readonly<Record<string, () => KernelProgram>> = {
    'a reduction': () => {
      const buffers = [buffer('x', 'input', []), buffer('y', 'output', [])];
      const to = accessTo(buffers);
      const value = map('sin', map('add', load(to(0)), { kind: 'cast', to: 'real', of: { kind: 'index', of: ofLoop(0) } })); // prettier-ignore
      return kernelsOf(buffers, [reduce([loop(0, 'N'), loop(1, 'N')], [{ local: 0, op: 'sum', value }]), store(to(1), local(0))]); // prettier-ignore
    },
    'a nest on threads': () => {
      const buffers = [buffer('x', 'input', []), buffer('y', 'output', [2])];
      const to = accessTo(buffers);
      const inner = reduce([loop(2, 'N')], [{ local: 0, op: 'min', value: map('cos', map('add', load(to(0)), { kind: 'cast', to: 'real', of: { kind: 'index', of: ofLoop(2) } })) }]); // prettier-ignore
      const rows = nest('serial', loop(1, 'N'), [inner, store(to(1, 0), local(0))]);
      return kernelsOf(buffers, [nest('parallel', loop(0, 2), [rows])]);
    },
    'a scan': () => {
      const buffers = [buffer('x', 'input', []), buffer('y', 'output', [4])];
      const to = accessTo(buffers);
      const step = nest('parallel', loop(1, 4), [store(to(1, 1), map('sin', map('add', load(to(1, 1)), load(to(0)))))]);
      return kernelsOf(buffers, [
        nest('parallel', loop(2, 4), [store(to(1, 2), number(1))]),
        nest('serial', loop(0, 'N'), [nest('serial', loop(3, 'N'), [step])]),
      ]);
    },
  };

  it.each(Object.keys(endless))('%s is given up within 0.1 s', { timeout: 30_000 }, async (name) => {
    const kernels = endless[name]!();
    const compiled = compileKernels(kernels, optimised);
    const control = new Int32Array(new SharedArrayBuffer(8));
    // Another thread says so while this one computes.
    const text = `const { workerData } = require('node:worker_threads');
      setTimeout(() => { Atomics.store(workerData, 1, Date.now() % 2 ** 30); Atomics.store(workerData, 0, 2); }, 300);`;
    const worker = new Worker(text, { eval: true, workerData: control });
    await new Promise((resolve) => worker.once('online', resolve));
    const { status } = compiled.run({ x: { shape: [], data: Float64Array.of(1) } }, { N: 3_000_000 }, { threads: 2, control }); // prettier-ignore
    const late = (Date.now() % 2 ** 30) - Atomics.load(control, 1);
    expect(status).toBe(2);
    // What this takes on a machine that other tests use too; by itself it is some milliseconds.
    expect(late).toBeLessThan(1000);
    await worker.terminate();
  });

  it('the same program gives the same text, and the same numbers whenever it runs on as many threads', () => {
    const buffers = [buffer('x', 'input', ['N']), buffer('y', 'output', [3]), buffer('own', 'scratch', [3])];
    const to = accessTo(buffers);
    const fill = nest('parallel', loop(0, 3), [store(to(1, 0), number(0))]);
    const add = nest('serial', loop(2, 3), [store(to(2, 2), map('mul', load(to(0, 1)), map('sin', load(to(0, 1)))), 'sum')]); // prettier-ignore
    const rows = nest('parallel', loop(1, 'N'), [add], { privates: [{ copy: 2, into: 1, op: 'sum' }] });
    const kernels = kernelsOf(buffers, [fill, rows]);
    const compiled = compileKernels(kernels, { flags: ['-O3', '-march=native', '-fopenmp'] });
    expect(compileKernels(kernels, { flags: ['-O0'] }).source).toBe(compiled.source);
    const N = 300_000;
    const x = { shape: [N], data: Float32Array.from({ length: N }, (_, i) => Math.sin(i * i)) };
    const once = (threads: number) => [...compiled.run({ x }, { N }, { threads }).outputs['y']!.data];
    for (const threads of [1, 2, 5]) {
      const first = once(threads);
      for (let run = 0; run < 5; run++) expect(once(threads)).toEqual(first);
    }
  });

  it('sizes that would not fit are told apart', () => {
    const buffers = [
      buffer('x', 'input', ['N', 'M']),
      buffer('a', 'arena', ['N', 'M']),
      buffer('y', 'output', ['N'], 'int'),
    ];
    const to = accessTo(buffers);
    const body = [
      nest('parallel', loop(0, 'N'), [nest('parallel', loop(1, 'M'), [store(to(1, 0, 1), map('exp', load(to(0, 0, 1))))])]), // prettier-ignore
      nest('parallel', loop(2, 'N'), [
        reduce([loop(3, 'M')], [{ local: 0, op: 'argmin', value: load(to(1, 2, 3)) }]),
        store(to(2, 2), local(0, 'int')),
      ]),
    ];
    const { bytes } = compileKernels(kernelsOf(buffers, body), { real: 'float' });
    const arena = (N: number, M: number): number => bytes({ N, M }, 1);
    expect(arena(1000, 1000)).toBeGreaterThanOrEqual(4e6);
    // More than 32 bits count, and more memory than there is.
    expect(arena(2 ** 33, 8)).toBeGreaterThanOrEqual(2 ** 38);
    // An arg min is an int; products of sizes must not wrap.
    expect(arena(8, 2 ** 31)).toBe(-1);
    expect(arena(2 ** 31, 2 ** 30)).toBe(-1);
    expect(arena(2 ** 40, 2 ** 24)).toBe(-1);
    expect(arena(-1, 5)).toBe(-1);
  });
});
