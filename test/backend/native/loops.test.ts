// Loops of rendered programs on the worker: they run without coming back, and are heard and stopped all the same. Skipped where
// there is no compiler.
import { describe, expect, it } from 'vitest';
import { nativeBackends } from '../../../src/backend/native/run.ts';
import { runProgram } from '../../../src/backend/reference.ts';
import { Builder } from '../../../src/tensor/builder.ts';
import { constant, size } from '../../../src/tensor/dims.ts';
import { moduleOf } from '../agreement.ts';
import { kmeans } from '../programs.ts';
import { hasCompiler } from './compiler.ts';

/** x ← x + 1 and some work, as often as `max`. */
const counting = (max: number) => {
  const b = new Builder();
  const loop = b.while_(
    { max, every: 3, carry: [b.constant(1), b.input('v', [size('N')])] },
    (c) => c.constant(1),
    (c, [x, v]) => [c.add(x!, 1), c.sin(c.add(v!, 0.1))],
  );
  return moduleOf({ infer: b.finish({ x: loop.carry[0]!, v: loop.carry[1]!, steps: loop.steps }) });
};
const inputs = { v: { shape: [2000], data: new Float32Array(2000).fill(0.5) } };

describe.skipIf(!hasCompiler)('a loop on native', () => {
  it('stops when its test says so, as the interpreter does', async () => {
    const spec = kmeans();
    const points = {
      y: {
        shape: [60, 2],
        data: Float32Array.from({ length: 120 }, (_, i) => 4 * (Math.floor(i / 2) % 3) + Math.sin(i)),
      },
      start: { shape: [3, 2], data: Float32Array.of(0, 1, 5, 3, 6, 9) },
    };
    const found = await (await nativeBackends.native.load(spec)).call('infer', points);
    const expected = runProgram(spec.entries['infer']!, points, { sizes: { N: 60, D: 2, K: 3 } });
    expect(found['steps']!.data[0]).toBe(expected['steps']!.data[0]);
    expect([...found['z']!.data]).toEqual([...expected['z']!.data]);
  });

  it('tells its steps while it runs, stops when asked, and gives what it has', async () => {
    const runner = await nativeBackends.native.load(counting(1e9));
    const seen: number[] = [];
    let asked = 0;
    const result = await runner.call('infer', inputs, {
      onStep: (step) => seen.push(step),
      cancelled: () => {
        if (seen.length < 3) return false;
        asked ||= performance.now();
        return true;
      },
    });
    expect(performance.now() - asked).toBeLessThan(200);
    expect(seen).toEqual(seen.toSorted((a, b) => a - b));
    const steps = result['steps']!.data[0]!;
    expect(steps).toBeGreaterThanOrEqual(seen[2]!);
    expect(steps).toBeLessThan(1e9);
    // It was stopped at a test, and all carries are of one step.
    expect(steps % 3).toBe(0);
    expect(result['x']!.data[0]).toBe(Math.min(1 + steps, 2 ** 24));
  });

  it('that is cancelled before it begins takes no step', async () => {
    const runner = await nativeBackends.native.load(counting(1e9));
    const result = await runner.call('infer', inputs, { cancelled: () => true });
    expect(result['steps']!.data[0]).toBe(0);
    expect(result['x']!.data[0]).toBe(1);
    expect([...result['v']!.data]).toEqual([...inputs.v.data]);
  });

  it('gives the same numbers with the same threads, run after run', async () => {
    const b = new Builder();
    const x = b.input('x', [size('N'), constant(3)]);
    const program = b.finish({ sum: b.sum(b.sin(x), [0]), free: b.contract({ kind: 'soft-min', beta: b.constant(2) }, [{ value: x, axes: [0, 1] }], [1]) }); // prettier-ignore
    const runner = await nativeBackends.native.load(moduleOf({ infer: program }));
    const data = Float32Array.from({ length: 3e5 }, (_, i) => Math.sin(i * i));
    const call = () => runner.call('infer', { x: { shape: [1e5, 3], data } }, { threads: 3 });
    const first = await call();
    for (let i = 0; i < 5; i++) expect(await call()).toEqual(first);
  });
});
