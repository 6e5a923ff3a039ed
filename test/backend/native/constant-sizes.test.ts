// Which sizes a compiled program has as numbers, call by call.
import { describe, expect, it } from 'vitest';
import { ConstantSizes } from '../../../src/backend/native/constant-sizes.ts';
import { Builder } from '../../../src/tensor/builder.ts';
import { size } from '../../../src/tensor/dims.ts';
import type { Program } from '../../../src/tensor/program.ts';

const product = (): Program => {
  const b = new Builder();
  return b.finish({ z: b.matmul(b.input('x', [size('N'), size('K')]), b.input('y', [size('K'), size('M')])) });
};
const scan = (resumable: boolean): Program => {
  const b = new Builder();
  const loop = b.scan({ length: size('T'), carry: [b.input('x', [size('N')])], resumable }, (c, [h]) => ({
    carry: [c.tanh(h!)],
    ys: [],
  }));
  return b.finish({ x: loop.carry[0]! });
};

describe('constant sizes', () => {
  it('are the small ones', () => {
    expect(new ConstantSizes(product()).of({ N: 100_000, K: 16, M: 512 })).toEqual({ K: 16, M: 512 });
  });

  it('are those that have not changed: an entry is compiled once more for each size at most', () => {
    const sizes = new ConstantSizes(product());
    expect(sizes.of({ N: 32, K: 16, M: 8 })).toEqual({ N: 32, K: 16, M: 8 });
    expect(sizes.of({ N: 17, K: 16, M: 8 })).toEqual({ K: 16, M: 8 });
    expect(sizes.of({ N: 32, K: 16, M: 8 })).toEqual({ K: 16, M: 8 });
    expect(sizes.of({ N: 5, K: 15, M: 8 })).toEqual({ M: 8 });
  });

  it('stand in one order, whatever the order in which they are given', () => {
    const names = (given: Record<string, number>) => Object.keys(new ConstantSizes(product()).of(given));
    expect(names({ M: 1, K: 2, N: 3 })).toEqual(names({ N: 3, M: 1, K: 2 }));
  });

  it('count steps only where they are few, and never where a scan goes on from call to call', () => {
    expect(new ConstantSizes(scan(false)).of({ N: 100, T: 100 })).toEqual({ N: 100 });
    expect(new ConstantSizes(scan(false)).of({ N: 100, T: 3 })).toEqual({ N: 100, T: 3 });
    expect(new ConstantSizes(scan(true)).of({ N: 100, T: 3 })).toEqual({ N: 100 });
  });
});
