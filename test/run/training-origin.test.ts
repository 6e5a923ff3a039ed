// Digests of data: all numbers count, whatever the pieces in which they are read.
import { describe, expect, it } from 'vitest';
import { digestOf } from '../../src/run/training-origin.ts';

describe('digests of data', () => {
  const data = Float64Array.from({ length: 7 }, (_, i) => i / 3);

  it('do not depend on the pieces in which large arrays are read', () => {
    const whole = digestOf({ shape: [7], data });
    for (const piece of [1, 3, 8, 55, 56, 57]) expect(digestOf({ shape: [7], data }, piece)).toBe(whole);
  });

  it('depend on every number, its place in memory apart, and on the shape', () => {
    const whole = digestOf({ shape: [7], data });
    for (let i = 0; i < 7; i++) expect(digestOf({ shape: [7], data: data.with(i, 9) }, 8)).not.toBe(whole);
    expect(digestOf({ shape: [7, 1], data })).not.toBe(whole);
    expect(digestOf({ shape: [5], data: data.subarray(2) }, 8)).toBe(digestOf({ shape: [5], data: data.slice(2) }));
  });
});
