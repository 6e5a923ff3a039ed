// `webgpu`, kernels of our own: every elementwise function at hard places against its float64 definition.
import { expect, it } from 'vitest';
import type { TensorData } from '../../src/backend/backend.ts';
import { webgpuBackend } from '../../src/backend/webgpu/run.ts';
import { Builder } from '../../src/tensor/builder.ts';
import { constant, size } from '../../src/tensor/dims.ts';
import { elementwiseTable } from '../../src/tensor/elementwise-table.ts';
import type { Elementwise } from '../../src/tensor/elementwise.ts';
import type { Program } from '../../src/tensor/program.ts';
import { moduleOf, randomNumbers } from './agreement.ts';
import { onWebgpu } from './webgpu-kernels-device.ts';

const vector = (data: Float32Array): TensorData => ({ shape: [data.length], data });

const results = async (program: Program, inputs: Readonly<Record<string, TensorData>>) => {
  const runner = await webgpuBackend.load(moduleOf({ infer: program }));
  const found = await runner.call('infer', inputs);
  await runner.dispose();
  return found;
};

onWebgpu('elementwise functions', () => {
  const functions = Object.keys(elementwiseTable) as Elementwise[];
  const places = [
    0, 1, -1, 0.5, -0.5, 2, -2, 3, 0.25, 1e-8, -1e-8, 1e-30, 1e10, 1e20, 1e30, -1e30, 3e38, 88.5, -88.5, 89, -104, 100,
    30, -30, 1e4, 1e5, 123456.7, -1e7, 8191.5, Infinity, -Infinity, NaN, 0.1, 0.9, 1.1, 10, 20, 4.2, -4.2, -0.3, -1.7,
    1.0000001, 0.9999999,
  ]; // prettier-ignore
  const next = randomNumbers(5);
  const xs = Float32Array.from([
    ...places,
    ...Array.from({ length: 200 }, () => 20 * next() - 10),
    ...Array.from({ length: 200 }, () => Math.exp(40 * next() - 20) * (next() < 0.5 ? -1 : 1)),
  ]);
  const ys = xs.map((_, i) => (i % 3 === 0 ? Math.round(6 * next() - 3) : xs[(i * 31) % xs.length]!));
  const zs = xs.toReversed();
  /** Of the number, or of 1 where a function goes through 0 as a difference of such. */
  const absolute: Partial<Record<Elementwise, number>> = { lgamma: 1, digamma: 3, erf: 0.1, tan: 0.1 };

  it('agree with their definitions', { timeout: 60_000 }, async () => {
    const b = new Builder();
    const args = ['x', 'y', 'z'].map((name) => b.input(name, [constant(xs.length)]));
    // The remainder of a number by a much smaller one is all rounding; it has a test of its own.
    const tested = functions.filter((fn) => fn !== 'mod');
    const outputs = Object.fromEntries(
      tested.map((fn) => [fn, b.map(fn, ...args.slice(0, elementwiseTable[fn].arity))]),
    );
    const found = await results(b.finish(outputs), { x: vector(xs), y: vector(ys), z: vector(zs) });
    const wrong = tested.flatMap((fn) =>
      [...xs].flatMap((x, i) => {
        const expected = Math.fround(elementwiseTable[fn].value(x, ys[i]!, zs[i]!));
        const y = found[fn]!.data[i]!;
        if (Number.isNaN(expected) ? Number.isNaN(y) : y === expected) return [];
        // WGSL may take numbers below the smallest normal one for 0.
        if (Math.abs(expected) < 1.2e-38 && Math.abs(y) < 1.2e-38) return [];
        const within = 5e-7 * Math.max(Math.abs(expected), absolute[fn] ?? 1e-6);
        return Math.abs(y - expected) <= within ? [] : [`${fn}(${x}, ${ys[i]!}, ${zs[i]!}) = ${y}, not ${expected}`];
      }),
    );
    expect(wrong).toEqual([]);
  });

  it('remainders have the sign of the divisor, and multiples none', async () => {
    const b = new Builder();
    const [x, y] = [b.input('x', [size('N')]), b.input('y', [size('N')])];
    const a = Float32Array.of(7, -7, 7, -7, 6, -6, 0.5, 1, 1e6);
    const d = Float32Array.of(3, 3, -3, -3, 3, 3, 0.25, -1e30, 7);
    const { r } = await results(b.finish({ r: b.map('mod', x, y) }), { x: vector(a), y: vector(d) });
    expect([...r!.data]).toEqual([1, 2, -2, -1, 0, 0, 0, Math.fround(-1e30), 1e6 % 7]);
  });
});
