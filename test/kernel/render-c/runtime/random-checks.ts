// Threefry in C against the TypeScript one: uniforms bit by bit, normals to rounding.
import { expect } from 'vitest';
import { fillRandom } from '../../../../src/tensor/threefry.ts';
import type { Run } from './driver.ts';
import type { Scalar } from './numbers.ts';

const keys = [
  { seed: 0, id: 0, step: 0 },
  { seed: 42, id: 3, step: 17 },
  { seed: -1, id: 1000, step: 2147483647 },
  { seed: -2147483648, id: 7, step: -5 },
] as const;

export const checkRandom = (run: Run, scalar: Scalar): void => {
  const count = 3000;
  const drawn = run(
    keys.flatMap(({ seed, id, step }) =>
      ['uniform', 'normal'].map((distribution) => ({
        call: `call_${distribution}`,
        ints: [count, seed, id, step, 0],
        arrays: [],
        outs: [count],
      })),
    ),
  );
  keys.forEach(({ seed, id, step }, k) => {
    const expected = new Float64Array(count);
    fillRandom('uniform', expected, seed, id, step);
    expect(drawn[2 * k]![0]).toEqual(expected);
    fillRandom('normal', expected, seed, id, step);
    // In float32 a normal near 0 is the cosine of an angle near a quarter turn: the error is absolute, below two units of 5.8.
    const allowed = scalar === 'float32' ? 1e-6 : 1e-14;
    drawn[2 * k + 1]![0]!.forEach((z, i) => expect(Math.abs(z - expected[i]!), `normal ${i}`).toBeLessThan(allowed));
  });
  // An element is its own, wherever counting begins.
  const [[later]] = run([{ call: 'call_uniform', ints: [10, 42, 3, 17, 100], arrays: [], outs: [10] }]) as [
    [Float64Array],
  ];
  expect(later).toEqual(drawn[2]![0]!.slice(100, 110));
};
