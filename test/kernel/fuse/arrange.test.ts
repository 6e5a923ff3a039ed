// Clusters keep what depends on each other in order: random items, random waits, random likes.
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { arrange, type Arranged, type Waits } from '../../../src/kernel/fuse/arrange.ts';

interface Case {
  /** For each item a key, and the earlier ones it waits for, as shares of what is there. */
  readonly items: readonly { readonly key: number; readonly waits: readonly number[]; readonly shy: boolean }[];
}
const cases: fc.Arbitrary<Case> = fc.record({
  items: fc.array(fc.record({ key: fc.nat(2), waits: fc.array(fc.nat(99), { maxLength: 3 }), shy: fc.boolean() }), {
    maxLength: 40,
  }),
});

const waitsOfCase = ({ items }: Case): Waits =>
  items.map(({ waits }, i) => (i === 0 ? [] : [...new Set(waits.map((share) => i - 1 - (share % i)))]));

/** Items of key 0 stay alone, shy ones share a cluster with at most two others. */
const arranged = (given: Case): readonly Arranged<number, number>[] =>
  arrange<number, number>([...given.items.keys()], waitsOfCase(given), {
    keyOf: (item) => (given.items[item]!.key === 0 ? null : String(given.items[item]!.key)),
    open: () => 1,
    join: (count, joining) =>
      joining.some((item) => given.items[item]!.shy) && count + joining.length > 3 ? null : count + joining.length,
  });

describe('clusters', () => {
  it('hold every item once, after all that it waits for', () => {
    fc.assert(
      fc.property(cases, (given) => {
        const order = arranged(given).flatMap(({ items }) => items);
        expect(order.toSorted((a, b) => a - b)).toEqual([...given.items.keys()]);
        const place = new Map(order.map((item, i) => [item, i]));
        waitsOfCase(given).forEach((waits, item) => {
          for (const earlier of waits) expect(place.get(earlier)).toBeLessThan(place.get(item)!);
        });
      }),
      { seed: 1, numRuns: 400 },
    );
  });

  it('hold items of one key', () => {
    fc.assert(
      fc.property(cases, (given) => {
        for (const { items, state } of arranged(given)) {
          expect(new Set(items.map((item) => given.items[item]!.key)).size).toBe(1);
          expect(state === null ? 1 : state).toBe(items.length);
        }
      }),
      { seed: 2, numRuns: 200 },
    );
  });

  it('become one where one waits for the other and for nothing behind it', () => {
    // Items like neighbours only: 2 would not join 0 while 1 is missing, and 1 joins 2.
    const like = (items: readonly number[]): boolean =>
      items.toSorted((a, b) => a - b).every((item, i, all) => i === 0 || all[i - 1] === item - 1);
    const found = arrange<number, readonly number[]>([0, 2, 1], [[], [0], []], {
      keyOf: () => 'one',
      open: (item) => [item],
      join: (items, joining) => (like([...items, ...joining]) ? [...items, ...joining] : null),
    });
    expect(found.map(({ items }) => items)).toEqual([[0, 2, 1]]);
  });

  const keys = (...list: readonly (readonly [key: number, ...waits: readonly number[]])[]) =>
    arrange<number, number>(
      [...list.keys()],
      list.map(([, ...waits]) => waits),
      {
        keyOf: (item) => (list[item]![0] === 0 ? null : String(list[item]![0])),
        open: () => 0,
        join: (state) => state,
      },
    ).map(({ items }) => items);

  it('take in what has to wait for nothing else', () => {
    expect(keys([1], [0], [1, 0, 1])).toEqual([[1], [0, 2]]);
  });

  it('leave out what waits for one that waits for them', () => {
    expect(keys([1], [0, 0], [1, 0, 1])).toEqual([[0], [1], [2]]);
  });

  it('are not joined across one that waits for them, though another may join them', () => {
    // 1 joins 0; 2 waits for both and 3 for 2; 4 waits for nothing and joins the nearest.
    expect(keys([1], [1], [0, 0, 1], [1, 2], [1])).toEqual([[0, 1], [2], [3, 4]]);
  });

  it('come in the order of the program where nothing else is asked', () => {
    expect(keys([1], [0], [2], [1], [0, 3], [2])).toEqual([[0, 3], [1], [2, 5], [4]]);
  });

  it('take linear time', () => {
    const many = 4000;
    const started = process.cpuUsage().user;
    const found = arrange<number, number>(
      Array.from({ length: many }, (_, i) => i),
      Array.from({ length: many }, (_, i) => (i % 3 === 0 || i === 0 ? [] : [i - 1])),
      { keyOf: (item) => String(item % 5), open: () => 1, join: (count) => (count < 8 ? count + 1 : null) },
    );
    expect(found.flatMap(({ items }) => items)).toHaveLength(many);
    // Quadratic work on so many would take minutes.
    expect(process.cpuUsage().user - started).toBeLessThan(5e6);
  });
});
