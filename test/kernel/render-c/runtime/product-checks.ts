// Products of every shape and stride against the plain triple loop. Whole numbers, so that every order of additions is exact and
// nothing but equality will do; what lies beside c in its buffer has to stay.
import fc from 'fast-check';
import { expect } from 'vitest';
import type { Command, Run } from './driver.ts';
import { generator, type Scalar } from './numbers.ts';

/** A matrix in a buffer: where its first entry is, and how far rows and columns are apart. */
interface Layout {
  readonly length: number;
  readonly offset: number;
  readonly rows: number;
  readonly columns: number;
}
type Arrangement = 'rows' | 'columns' | 'padded rows' | 'padded columns' | 'backwards' | 'spread';
const arrangements: readonly Arrangement[] = [
  'rows',
  'columns',
  'padded rows',
  'padded columns',
  'backwards',
  'spread',
];

const layout = (arrangement: Arrangement, rows: number, columns: number): Layout => {
  switch (arrangement) {
    case 'rows':
      return { length: rows * columns, offset: 0, rows: columns, columns: 1 };
    case 'columns':
      return { length: rows * columns, offset: 0, rows: 1, columns: rows };
    case 'padded rows':
      return { length: rows * (columns + 3), offset: 2, rows: columns + 3, columns: 1 };
    case 'padded columns':
      return { length: (rows + 5) * columns, offset: 4, rows: 1, columns: rows + 5 };
    case 'backwards':
      return { length: rows * columns, offset: Math.max(0, rows * columns - 1), rows: -columns, columns: -1 };
    case 'spread':
      return { length: rows * columns * 6, offset: 1, rows: columns * 6, columns: 3 };
  }
};

interface Case {
  readonly m: number;
  readonly n: number;
  readonly k: number;
  readonly a: Arrangement;
  readonly b: Arrangement;
  readonly c: Arrangement;
  readonly accumulate: boolean;
  readonly threads: number;
  readonly packed: boolean;
}

const prepare = (test: Case, seed: number): { readonly command: Command; readonly expected: Float64Array } => {
  const { m, n, k } = test;
  const [a, b, c] = [layout(test.a, m, k), layout(test.b, k, n), layout(test.c, m, n)];
  const random = generator(seed);
  const whole = ({ length }: Layout): Float64Array => Float64Array.from({ length }, () => Math.floor(random() * 9) - 4);
  const [left, right, before] = [whole(a), whole(b), whole(c)];
  const expected = before.slice();
  for (let i = 0; i < m; i++)
    for (let j = 0; j < n; j++) {
      const at = c.offset + i * c.rows + j * c.columns;
      let sum = test.accumulate ? before[at]! : 0;
      for (let p = 0; p < k; p++)
        sum += left[a.offset + i * a.rows + p * a.columns]! * right[b.offset + p * b.rows + j * b.columns]!;
      expected[at] = sum;
    }
  const layouts = [a, b, c].flatMap(({ offset, rows, columns }) => [offset, rows, columns]);
  const command: Command = {
    call: test.packed ? 'call_product_packed' : 'call_product',
    ints: [m, n, k, ...layouts, Number(test.accumulate), test.threads, c.length],
    arrays: [left, right, before],
    outs: [c.length],
  };
  return { command, expected };
};

const check = (run: Run, tests: readonly Case[]): void => {
  const prepared = tests.map((test, i) => prepare(test, i));
  const results = run(prepared.map(({ command }) => command));
  prepared.forEach(({ expected }, i) => {
    const found = results[i]![0]!;
    // Sums of whole numbers may be 0 or -0.
    if (!expected.every((x, e) => x === found[e])) expect.fail(`wrong: ${JSON.stringify(tests[i])}`);
  });
};

/** Around the sides of tiles, vectors and blocks, each in some of the arrangements. */
export const checkShapes = (run: Run, dense: boolean): void => {
  const sides = dense ? [0, 1, 2, 3, 5, 8, 9, 16, 17, 31, 32, 33, 70] : [0, 1, 5, 16, 33];
  const shapes = sides.flatMap((m) => sides.flatMap((n) => [0, 1, 2, 8, 17, 64].map((k) => ({ m, n, k }))));
  // 257 and 300 are more than a block of the inner index and of the rows, 600 more than one of the columns.
  const large = dense ? [{ m: 300, n: 70, k: 600 }, { m: 33, n: 600, k: 257 }, { m: 65, n: 1030, k: 65 }, { m: 520, n: 1, k: 300 }, { m: 1, n: 300, k: 520 }, { m: 17, n: 9, k: 5000 }] : [{ m: 40, n: 80, k: 300 }]; // prettier-ignore
  const tests = [...shapes, ...large, ...large].map((shape, i): Case => {
    const pick = (step: number): Arrangement => arrangements[Math.floor(i / step) % arrangements.length]!;
    return {
      ...shape,
      a: pick(1),
      b: pick(5),
      c: pick(7),
      accumulate: i % 2 === 0,
      threads: 1 + (i % 3),
      packed: i % 4 === 3,
    };
  });
  check(run, tests);
};

export const checkRandomProducts = (run: Run, runs: number): void => {
  const side = fc.integer({ min: 0, max: 90 });
  const arrangement = fc.constantFrom(...arrangements);
  const test = fc.record({ m: side, n: side, k: fc.integer({ min: 0, max: 300 }), a: arrangement, b: arrangement, c: arrangement, accumulate: fc.boolean(), threads: fc.constantFrom(1, 2, 3), packed: fc.boolean() }); // prettier-ignore
  fc.assert(
    fc.property(fc.array(test, { minLength: 1, maxLength: 30 }), (tests) => check(run, tests)),
    { seed: 5, numRuns: runs },
  );
};

/** Many terms of a float32 sum: a single running sum loses digits with every term. */
export const checkLongSums = (run: Run, scalar: Scalar): void => {
  const k = 400_000;
  const random = generator(11);
  const left = Float64Array.from({ length: k }, () => Math.fround(random()));
  const ones = new Float64Array(k).fill(1);
  const exact = left.reduce((sum, x) => sum + x, 0);
  const [[found]] = run([{ call: 'call_product', ints: [1, 1, k, 0, k, 1, 0, 1, 1, 0, 1, 1, 0, 1, 1], arrays: [left, ones, [0]], outs: [1] }]) as [[Float64Array]]; // prettier-ignore
  expect(Math.abs(found[0]! / exact - 1)).toBeLessThan(scalar === 'float32' ? 2e-6 : 1e-13);
};

/** The same numbers with 1, 2 and 5 threads, bit by bit; 130 rows leave two for the last of five. */
export const checkThreads = (run: Run): void => {
  const [m, n, k] = [130, 75, 400];
  const random = generator(12);
  const numbers = (length: number): Float64Array => Float64Array.from({ length }, () => random() - 0.5);
  const arrays = [numbers(m * k), numbers(k * n), new Float64Array(m * n)];
  // b by rows, and by columns.
  for (const [rows, columns] of [
    [n, 1],
    [1, k],
  ] as const) {
    // prettier-ignore
    const command = (threads: number): Command => ({
      call: 'call_product',
      ints: [m, n, k, 0, k, 1, 0, rows, columns, 0, n, 1, 0, threads, m * n],
      arrays,
      outs: [m * n],
    });
    const results = run([1, 2, 5].map(command));
    expect(results[1]).toEqual(results[0]);
    expect(results[2]).toEqual(results[0]);
  }
};
