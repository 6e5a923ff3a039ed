// Scans and whiles on every backend: carries that swap, stay or come from outside, reversed scans, loops in loops, no steps at
// all, cancelling and progress.
import { describe, expect, it } from 'vitest';
import { runProgram } from '../../src/backend/reference.ts';
import { Builder } from '../../src/tensor/builder.ts';
import { add, constant, size } from '../../src/tensor/dims.ts';
import { agree, moduleOf, numbersOf, randomNumbers } from './agreement.ts';
import { onEveryBackend } from './devices.ts';
import { chain, kmeans } from './programs.ts';

const [N, T] = [size('N'), size('T')];
const vector = (b: Builder, name: string) => b.input(name, [N]);

describe('scan', () => {
  const program = (reverse: boolean) => {
    const b = new Builder();
    const [p, q] = [vector(b, 'p'), vector(b, 'q')];
    const xs = b.input('xs', [T, N]);
    const result = b.scan(
      { length: T, carry: [p, q, p, b.constant(0)], xs: [xs, b.iota([T], 0, 'int')], reverse },
      (c, [u, v, kept, sum], [x, i]) => ({
        // The first two swap, the third stays; one output is a carry, one comes from outside, one twice.
        carry: [c.mul(v!, 0.5), u!, kept!, c.add(sum!, c.sum(x!))],
        ys: [u!, q, c.add(x!, u!), c.add(x!, u!), i!],
      }),
    );
    const [a, bb, kept, sum] = result.carry;
    return b.finish({
      a: a!,
      b: bb!,
      kept: kept!,
      sum: sum!,
      ...Object.fromEntries(result.ys.map((y, i) => [`y${i}`, y])),
    });
  };
  it.each([
    ['forwards', false, 5],
    ['backwards', true, 5],
    ['one step', false, 1],
    ['no steps', true, 0],
  ] as const)('%s', async (_name, reverse, steps) => {
    const sizes = { N: 3, T: steps };
    const next = randomNumbers(steps + 1);
    const inputs = {
      p: numbersOf([N], sizes, next),
      q: numbersOf([N], sizes, next),
      xs: numbersOf([T, N], sizes, next),
    };
    await agree(program(reverse), inputs, { sizes });
  });

  it('inside a scan inside a while', async () => {
    const b = new Builder();
    const xs = b.input('xs', [T, N]);
    const outer = b.while_(
      { max: 4, carry: [b.zeros([N]), b.constant(0)] },
      (c, [, i]) => c.lt(i!, 3),
      (c, [v, i]) => {
        const once = c.scan({ length: T, carry: [v!], xs: [xs] }, (d, [h], [x]) => {
          const inner = d.scan({ length: constant(2), carry: [h!] }, (e, [g]) => ({
            carry: [e.mul(e.add(g!, x!), 0.9)],
            ys: [e.sum(g!)],
          }));
          return { carry: [d.add(inner.carry[0]!, d.mean(inner.ys[0]!))], ys: [] };
        });
        return [c.mul(once.carry[0]!, 0.5), c.add(i!, 1)];
      },
    );
    const sizes = { N: 3, T: 4 };
    await agree(
      b.finish({ v: outer.carry[0]!, steps: outer.steps }),
      { xs: numbersOf([T, N], sizes, randomNumbers(8)) },
      { sizes },
    );
  });
});

it('a size that no shape mentions', async () => {
  const b = new Builder();
  const program = b.finish({ n: b.mul(b.dim(add(N, constant(1))), b.input('x', [])) });
  await agree(program, { x: { shape: [], data: Float32Array.of(3) } }, { sizes: { N: 5 } });
});

it('a chain of messages', async () => {
  const sizes = { T: 7, B: 2, S: 5 };
  const next = randomNumbers(2);
  const [, B, S] = [0, size('B'), size('S')];
  for (const beta of [1, 30]) {
    const inputs = {
      emission: numbersOf([T, B, S], sizes, () => 9 * next()),
      transition: numbersOf([S, S], sizes, () => 9 * next()),
      beta: { shape: [], data: Float32Array.of(beta) },
    };
    await agree(chain().entries['infer']!, inputs, { sizes });
  }
});

onEveryBackend((_name, backend) => {
  const sizes = { N: 60, D: 2, K: 3 };
  const next = randomNumbers(4);
  const y = {
    shape: [60, 2],
    data: Float32Array.from({ length: 120 }, (_, i) => 4 * (Math.floor(i / 2) % 3) + next()),
  };
  const start = { shape: [3, 2], data: Float32Array.of(0, 1, 5, 3, 6, 9) };

  it('stops when its test says so, as the interpreter does', async () => {
    const spec = kmeans();
    const found = await (await backend.load(spec)).call('infer', { y, start });
    const expected = runProgram(spec.entries['infer']!, { y, start }, { sizes });
    expect(found['steps']!.data[0]).toBe(expected['steps']!.data[0]);
    expect([...found['z']!.data]).toEqual([...expected['z']!.data]);
    for (const [i, w] of expected['w']!.data.entries()) expect(found['w']!.data[i]).toBeCloseTo(w, 5);
  });

  it('reports steps and stops when cancelled, with what it has', async () => {
    const b = new Builder();
    const loop = b.while_(
      { max: 50, every: 3, carry: [b.constant(1)] },
      (c) => c.constant(1),
      (c, [x]) => [c.add(x!, 1)],
    );
    const runner = await backend.load(moduleOf({ infer: b.finish({ x: loop.carry[0]!, steps: loop.steps }) }));
    const seen: number[] = [];
    const result = await runner.call(
      'infer',
      {},
      { onStep: (step) => seen.push(step), cancelled: () => seen.length >= 4 },
    );
    expect(seen).toEqual([1, 2, 3, 4]);
    expect(result['x']!.data[0]).toBe(5);
    expect(result['steps']!.data[0]).toBe(4);
  });

  it('lets the event loop run', async () => {
    const b = new Builder();
    const loop = b.while_(
      { max: 1e7, every: 1, carry: [b.constant(1)] },
      (c) => c.constant(1),
      (c, [x]) => [c.add(x!, 1)],
    );
    const runner = await backend.load(moduleOf({ infer: b.finish({ steps: loop.steps }) }));
    let stop = false;
    setTimeout(() => (stop = true), 100);
    const result = await runner.call('infer', {}, { cancelled: () => stop });
    expect(result['steps']!.data[0]).toBeLessThan(1e7);
  });
});
