// Indices through reshapes against the offsets they stand for, and where no division is needed.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ofLoop, offsetOf, stridesOfShape } from '../../../src/kernel/index-arithmetic.ts';
import { evaluateIndex } from './evaluate-index.ts';
import { printIndex } from '../../../src/kernel/print-expressions.ts';
import { divideExactly, isAtMost } from '../../../src/kernel/lower/dim-division.ts';
import { throughReshape } from '../../../src/kernel/lower/reshape.ts';
import { add, constant, multiply, print, product, size, subtract, type Dim } from '../../../src/tensor/dims.ts';

const [N, K, D] = [size('N'), size('K'), size('D')];
const one = constant(1);

const printed = (from: readonly Dim[], to: readonly Dim[]): readonly string[] =>
  throughReshape(from, to, to.map((_, i) => ofLoop(i)), (loop) => to[loop]!).map(printIndex); // prettier-ignore

describe('an index through a reshape', () => {
  it('is the same where only axes of length 1 come and go', () => {
    expect(printed([N, K], [N, one, K, one])).toEqual(['i0', 'i2']);
    expect(printed([one, N, one], [N])).toEqual(['0', 'i0', '0']);
    expect(printed([], [one, one])).toEqual([]);
  });

  it('is affine where axes are merged', () => {
    expect(printed([multiply(N, K)], [N, K])).toEqual(['K*i0 + i1']);
    expect(printed([multiply(N, K), D], [N, K, D])).toEqual(['K*i0 + i1', 'i2']);
  });

  it('divides where axes are split, each block by itself', () => {
    expect(printed([N, K], [multiply(N, K)])).toEqual(['floor(i0 / K)', '(i0) mod K']);
    expect(printed([D, N, K], [D, multiply(N, K)])).toEqual(['i0', 'floor(i1 / K)', '(i1) mod K']);
  });

  it('needs no division of what a loop of that length counts', () => {
    const [outer, inner] = [ofLoop(0), ofLoop(1)];
    const merged = offsetOf({ buffer: 0, at: [outer, inner], strides: [K, one] });
    const lengths = (loop: number): Dim => (loop === 0 ? N : K);
    expect(throughReshape([N, K], [multiply(N, K)], [merged], lengths).map(printIndex)).toEqual(['i0', 'i1']);
  });

  it('gives the entry at the same offset, for any two shapes of one count', () => {
    const factors = fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 1, maxLength: 6 });
    fc.assert(
      fc.property(factors, fc.array(fc.nat({ max: 5 })), fc.array(fc.nat({ max: 5 })), (sizes, left, right) => {
        // Two ways to merge neighbouring factors.
        const merged = (cuts: readonly number[]): readonly Dim[] => {
          const shape: number[] = [];
          for (const [i, factor] of sizes.entries())
            if (i === 0 || cuts.includes(i)) shape.push(factor);
            else shape[shape.length - 1]! *= factor;
          return shape.map(constant);
        };
        const [from, to] = [merged(left), merged(right)];
        const at = throughReshape(from, to, to.map((_, i) => ofLoop(i)), (loop) => to[loop]!); // prettier-ignore
        const [source, result] = [from, to].map((shape, i) =>
          offsetOf({ buffer: 0, at: i === 0 ? at : to.map((_, axis) => ofLoop(axis)), strides: stridesOfShape(shape) }),
        );
        const lengths = to.map((dim) => dim[0]!.coef);
        for (let offset = 0; offset < lengths.reduce((a, b) => a * b, 1); offset++) {
          let rest = offset;
          const loops = lengths.toReversed().map((length) => {
            const i = rest % length;
            rest = Math.floor(rest / length);
            return i;
          });
          const values = loops.toReversed();
          expect(evaluateIndex(result!, values, {})).toBe(offset);
          expect(evaluateIndex(source!, values, {})).toBe(offset);
        }
      }),
      { seed: 1, numRuns: 200 },
    );
  });
});

describe('division of sizes', () => {
  const shown = (a: Dim, b: Dim): string | null => {
    const found = divideExactly(a, b);
    return found === null ? null : print(found);
  };
  it('finds the quotient where there is one', () => {
    expect(shown(multiply(multiply(N, K), constant(6)), multiply(K, constant(2)))).toBe('3*N');
    expect(shown(multiply(add(N, one), subtract(K, D)), add(N, one))).toBe(print(subtract(K, D)));
    expect(shown([], K)).toBe('0');
  });
  it('finds none where there is none', () => {
    expect(shown(N, K)).toBeNull();
    expect(shown(constant(6), constant(4))).toBeNull();
    expect(shown(add(N, one), N)).toBeNull();
    expect(shown(N, [])).toBeNull();
  });
  it('knows what is never larger, sizes being at least 1', () => {
    expect(isAtMost(N, multiply(N, K))).toBe(true);
    expect(isAtMost(add(N, K), add(multiply(N, K), one))).toBe(true);
    expect(isAtMost(multiply(N, K), N)).toBe(false);
    expect(isAtMost(N, K)).toBe(false);
    expect(isAtMost(product([]), N)).toBe(true);
  });
});
