// Threefry against the known-answer vectors of Random123 (kat_vectors, threefry2x32 with 20 rounds), and the distributions.
import { describe, expect, test } from 'vitest';
import { runProgram } from '../../src/backend/reference.ts';
import { Builder } from '../../src/tensor/builder.ts';
import { constant } from '../../src/tensor/dims.ts';
import { fillRandom, threefry2x32 } from '../../src/tensor/threefry.ts';

test.each([
  { counter: [0, 0], key: [0, 0], expected: [0x6b200159, 0x99ba4efe] },
  { counter: [0xffffffff, 0xffffffff], key: [0xffffffff, 0xffffffff], expected: [0x1cb996fc, 0xbb002be7] },
  { counter: [0x243f6a88, 0x85a308d3], key: [0x13198a2e, 0x03707344], expected: [0xc4923a9c, 0x483df7a0] },
])('known answer for counter $counter', ({ counter, key, expected }) => {
  const words = new Uint32Array(2);
  threefry2x32(key[0]!, key[1]!, counter[0]!, counter[1]!, words);
  expect([...words]).toEqual(expected);
});

describe('distributions', () => {
  const count = 20_000;
  const draw = (distribution: 'uniform' | 'normal', seed: number, id = 0, step = 0): Float64Array => {
    const out = new Float64Array(count);
    fillRandom(distribution, out, seed, id, step);
    return out;
  };
  const moment = (x: Float64Array, power: number): number => x.reduce((s, v) => s + v ** power, 0) / count;
  test('uniform: open interval, moments within five standard errors, float32 exact', () => {
    const u = draw('uniform', 3);
    expect(Math.min(...u)).toBeGreaterThan(0);
    expect(Math.max(...u)).toBeLessThan(1);
    expect(u.every((x) => Math.fround(x) === x)).toBe(true);
    expect(Math.abs(moment(u, 1) - 1 / 2)).toBeLessThan(5 * Math.sqrt(1 / 12 / count));
    expect(Math.abs(moment(u, 2) - 1 / 3)).toBeLessThan(5 * Math.sqrt(4 / 45 / count));
  });
  test('normal: moments within five standard errors', () => {
    const z = draw('normal', 4);
    expect(Math.abs(moment(z, 1))).toBeLessThan(5 / Math.sqrt(count));
    expect(Math.abs(moment(z, 2) - 1)).toBeLessThan(5 * Math.sqrt(2 / count));
    expect(Math.abs(moment(z, 3))).toBeLessThan(5 * Math.sqrt(15 / count));
    expect(Math.abs(moment(z, 4) - 3)).toBeLessThan(5 * Math.sqrt(96 / count));
  });
  test('seed, instruction and step each give another stream; the same three the same', () => {
    const base = draw('uniform', 1, 2, 3);
    for (const other of [draw('uniform', 2, 2, 3), draw('uniform', 1, 3, 3), draw('uniform', 1, 2, 4)]) {
      const correlation = base.reduce((s, u, i) => s + (u - 0.5) * (other[i]! - 0.5), 0) / count / (1 / 12);
      expect(Math.abs(correlation)).toBeLessThan(5 / Math.sqrt(count));
    }
    expect(draw('uniform', 1, 2, 3)).toEqual(base);
  });
});

test('two random instructions of a program differ, in loops by step', () => {
  const b = new Builder();
  const seed = b.input('seed', []);
  const shape = [constant(4)];
  const { ys } = b.scan({ length: constant(3), carry: [0] }, (c, [t]) => ({
    carry: [c.add(t!, 1)],
    ys: [c.random('normal', shape, seed, t!)],
  }));
  const program = b.finish({
    x: b.random('uniform', shape, seed, 0),
    y: b.random('uniform', shape, seed, 0),
    z: ys[0]!,
  });
  const run = (value: number) => runProgram(program, { seed: { shape: [], data: Float64Array.of(value) } });
  const { x, y, z } = run(1);
  expect([...x!.data]).not.toEqual([...y!.data]);
  expect(new Set(z!.data).size).toBe(12);
  expect(run(1)).toEqual(run(1));
  expect([...run(2)['x']!.data]).not.toEqual([...x!.data]);
});
