// `webgpu`, kernels of our own, against the float64 interpreter: random programs in all ways of spreading work over a device, random
// numbers bit for bit, long sums, more workgroups than a dimension takes, whiles that are watched and stopped.
import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import type { Backend, CallOptions, TensorData } from '../../src/backend/backend.ts';
import { runProgram } from '../../src/backend/reference.ts';
import { webgpuBackend } from '../../src/backend/webgpu/run.ts';
import { Builder } from '../../src/tensor/builder.ts';
import { constant, size } from '../../src/tensor/dims.ts';
import type { Program } from '../../src/tensor/program.ts';
import { fillRandom } from '../../src/tensor/threefry.ts';
import { randomKernelProgram } from '../kernel/random-programs.ts';
import { agree, close, moduleOf, randomNumbers } from './agreement.ts';
import { chain, kmeans } from './programs.ts';
import { onWebgpu, takings } from './webgpu-kernels-device.ts';

const runs = Number(process.env['RUNS'] ?? 15);
const seed = Number(process.env['SEED'] ?? 1);

type Inputs = Readonly<Record<string, TensorData>>;

const results = async (program: Program, inputs: Inputs, options: CallOptions = {}, backend: Backend = webgpuBackend) => {
  const runner = await backend.load(moduleOf({ infer: program }));
  try {
    return await runner.call('infer', inputs, options);
  } finally {
    await runner.dispose();
  }
}; // prettier-ignore

const uniform = (shape: readonly number[], from = 1): TensorData => {
  const next = randomNumbers(from);
  return { shape, data: Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, next) };
};

onWebgpu('programs', () => {
  it.each(Object.entries(takings))('of every instruction, on a device taken %s', { timeout: 120_000 }, async (_, open) => {
    const backend = await open();
    await fc.assert(
      fc.asyncProperty(randomKernelProgram({ jumps: false }), async ({ program, inputs, sizes }) => {
        const expected = runProgram(program, inputs, { sizes });
        const found = await results(program, inputs, { sizes }, backend);
        for (const [name, value] of Object.entries(expected)) close(found[name]!, value, 2e-5, name);
      }),
      { seed, numRuns: runs },
    );
  }); // prettier-ignore

  it.each(Object.entries(takings))('k-means and a chain, on a device taken %s', { timeout: 60_000 }, async (_, open) => {
    const backend = await open();
    const lloyd = { y: uniform([400, 3]), start: uniform([5, 3], 2) };
    await agree(kmeans().entries['infer']!, lloyd, { backends: [backend], tolerance: 1e-5 });
    const messages = { emission: uniform([40, 3, 4]), transition: uniform([4, 4], 2) };
    for (const beta of [0.5, 1, Infinity])
      await agree(chain().entries['infer']!, { ...messages, beta: { shape: [], data: Float32Array.of(beta) } }, { backends: [backend], tolerance: 1e-5 });
  }); // prettier-ignore

  it.each(Object.entries(takings))('products of any shape, on a device taken %s', { timeout: 60_000 }, async (_, open) => {
    const backend = await open();
    for (const [I, J, K] of [[70, 66, 37], [1, 130, 5], [9, 3, 3000]] as const) {
      const b = new Builder();
      const [x, y] = [b.input('x', [constant(I), constant(K)]), b.input('y', [constant(J), constant(K)])];
      const product = b.contract('sum-product', [{ value: x, axes: [0, 2] }, { value: y, axes: [1, 2] }], [0, 1]);
      await agree(b.finish({ product }), { x: uniform([I, K]), y: uniform([J, K], 2) }, { backends: [backend], tolerance: 1e-5 });
    }
  }); // prettier-ignore
});

onWebgpu('numbers', () => {
  it('uniforms are those of every backend bit for bit, whatever the seed', async () => {
    for (const given of [0, 7, 2 ** 24 + 1, 2 ** 32 + 5, -3]) {
      const b = new Builder();
      const program = b.finish({ u: b.random('uniform', [constant(1000)], b.input('seed', []), b.constant(11)) });
      const id = program.instrs.flatMap((instr) => (instr.op === 'random' ? [instr.id] : []))[0]!;
      const { u } = await results(program, { seed: { shape: [], data: Float64Array.of(given) } });
      const expected = new Float32Array(1000);
      fillRandom('uniform', expected, given, id, 11);
      expect(u!.data).toEqual(expected);
    }
  });

  it('sums of millions lose nothing, and the smallest is the first of equals', { timeout: 60_000 }, async () => {
    const n = 1 << 22;
    const b = new Builder();
    const x = b.input('x', [size('N')]);
    const data = new Float32Array(n).fill(Math.fround(0.1));
    for (const at of [3_000_000, 3_000_001, 4_000_000]) data[at] = -2;
    data[5] = NaN;
    const finite = b.select(b.isNan(x), 0.1, x);
    const program = b.finish({ sum: b.sum(finite), least: b.min(finite, [0]), first: b.argmin(x, 0), any: b.min(x, [0]) }); // prettier-ignore
    for (const open of Object.values(takings).slice(0, 2)) {
      const found = await results(program, { x: { shape: [n], data } }, {}, await open());
      const exact = (n - 3) * Math.fround(0.1) - 6;
      expect(Math.abs(found['sum']!.data[0]! / exact - 1)).toBeLessThan(2e-6);
      expect(found['least']!.data[0]).toBe(-2);
      expect(found['first']!.data[0]).toBe(3_000_000);
      expect(found['any']!.data[0]).toBeNaN();
    }
  });

  it('a result of more workgroups than one dimension of a dispatch takes', { timeout: 60_000 }, async () => {
    const n = 65_535 * 64 + 100;
    const b = new Builder();
    const x = b.input('x', [size('N')]);
    const data = Float32Array.from({ length: n }, (_, i) => i % 1000);
    const { y } = await results(b.finish({ y: b.add(b.mul(x, 2), 1) }), { x: { shape: [n], data } });
    expect(y!.data.every((value, i) => value === 2 * (i % 1000) + 1)).toBe(true);
  });
});

onWebgpu('whiles', () => {
  /** Counts from 1 by ones; `busy` numbers are moved in every step, so that one workgroup is not enough. */
  const counting = (max: number, busy: number): Program => {
    const b = new Builder();
    const loop = b.while_(
      { max, every: 1, carry: [b.constant(1), b.zeros([constant(busy)])] },
      (c) => c.constant(1),
      (c, [x, v]) => [c.add(x!, 1), c.sin(c.add(v!, 1))],
    );
    return b.finish({ x: loop.carry[0]!, v: loop.carry[1]!, steps: loop.steps });
  };

  it('tell of steps and stop where the caller says', async () => {
    const seen: number[] = [];
    const watch = { onStep: (step: number) => void seen.push(step), cancelled: () => seen.length >= 3 };
    const found = await results(counting(1e6, 200_000), {}, watch);
    expect(seen).toHaveLength(3);
    expect(found['steps']!.data[0]).toBe(seen.at(-1));
    expect(found['x']!.data[0]).toBe(1 + seen.at(-1)!);
  });

  it('within one workgroup let the event loop run and stop in time', { timeout: 30_000 }, async () => {
    let stop = false;
    setTimeout(() => (stop = true), 300);
    const found = await results(counting(1e7, 1), {}, { cancelled: () => stop });
    const steps = found['steps']!.data[0]!;
    expect(steps).toBeGreaterThan(0);
    expect(steps).toBeLessThan(1e7);
    expect(found['x']!.data[0]).toBe(1 + steps);
  });

  it('inside of a loop that the device runs are told, and later ones take no step', { timeout: 30_000 }, async () => {
    const b = new Builder();
    const restarts = b.scan({ length: constant(4000), carry: [b.constant(0)], xs: [] }, (c, [sum]) => {
      const inner = c.while_({ max: 1000, every: 1, carry: [c.constant(0)] }, (d) => d.constant(1), (d, [x]) => [d.add(x!, 1)]); // prettier-ignore
      return { carry: [c.add(sum!, inner.steps)], ys: [inner.steps] };
    });
    const program = b.finish({ steps: restarts.ys[0]! });
    let stop = false;
    setTimeout(() => (stop = true), 300);
    const { steps } = await results(program, {}, { cancelled: () => stop });
    expect(steps!.data[0]).toBe(1000);
    expect(steps!.data.at(-1)).toBe(0);
  });

  it('that never begin take no step', async () => {
    const b = new Builder();
    const loop = b.while_({ max: 5, every: 2, carry: [b.input('x', [])] }, (c, [x]) => c.lt(x!, 3), (c, [x]) => [c.add(x!, 1)]); // prettier-ignore
    const program = b.finish({ x: loop.carry[0]!, steps: loop.steps });
    for (const open of Object.values(takings))
      for (const [start, end, steps] of [[4, 4, 0], [2, 4, 2], [0, 4, 4], [-9, -4, 5]] as const) {
        const found = await results(program, { x: { shape: [], data: Float32Array.of(start) } }, {}, await open());
        expect([found['x']!.data[0], found['steps']!.data[0]]).toEqual([end, steps]);
      }
  }); // prettier-ignore
});
