// The order of the points and the cut into calls: every point once an epoch, no order twice, all orders equally likely.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { chunkFrom, shuffled, stepsPerEpoch } from '../../src/learn/shuffle.ts';

describe('shuffles', () => {
  it('are permutations, the same for the same numbers and others for others', () => {
    fc.assert(
      fc.property(fc.nat(200), fc.nat(2 ** 31), fc.nat(5), fc.nat(1000), (count, seed, restart, epoch) => {
        const order = shuffled(count, seed, restart, epoch);
        expect(order.toSorted()).toEqual(Int32Array.from({ length: count }, (_, i) => i));
        expect(shuffled(count, seed, restart, epoch)).toEqual(order);
      }),
      { numRuns: 50 },
    );
    const orders = [shuffled(50, 1, 0, 0), shuffled(50, 2, 0, 0), shuffled(50, 1, 1, 0), shuffled(50, 1, 0, 1)];
    expect(new Set(orders.map((o) => o.join())).size).toBe(4);
  });

  it('find every order of four points equally often', () => {
    const counts = new Map<string, number>();
    const draws = 24_000;
    for (let epoch = 0; epoch < draws; epoch++) {
      const key = shuffled(4, 7, 0, epoch).join('');
      counts.set(key, (counts.get(key) ?? 0) + 1);
    }
    const expected = draws / 24;
    const chiSquared = [...counts.values()].reduce((sum, n) => sum + (n - expected) ** 2 / expected, 0);
    expect(counts.size).toBe(24);
    // 23 degrees of freedom: above 49.7 once in a thousand.
    expect(chiSquared).toBeLessThan(49.7);
  });
});

describe('calls', () => {
  it('cover an epoch in order, a smaller last batch by itself', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 300 }),
        fc.integer({ min: 1, max: 40 }),
        fc.integer({ min: 1, max: 9 }),
        (points, size, atMost) => {
          const batch = Math.min(size, points);
          const seen: number[] = [];
          for (let step = 0; step < stepsPerEpoch(points, batch);) {
            const chunk = chunkFrom(step, points, batch, atMost);
            expect(chunk.first).toBe(step);
            expect(chunk.steps).toBeLessThanOrEqual(atMost);
            for (let i = 0; i < chunk.steps * chunk.size; i++) seen.push(step * batch + i);
            step += chunk.steps;
          }
          expect(seen).toEqual(Array.from({ length: points }, (_, i) => i));
        },
      ),
    );
  });
});
