import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readIdx } from '../../src/data/idx.ts';

/** A file as its description has it: zero, zero, type, rank, big-endian lengths, big-endian elements. */
const file = (type: number, shape: readonly number[], numbers: Buffer): Buffer => {
  const header = Buffer.from([0, 0, type, shape.length, ...shape.flatMap(() => [0, 0, 0, 0])]);
  shape.forEach((length, axis) => header.writeUInt32BE(length, 4 + 4 * axis));
  return Buffer.concat([header, numbers]);
};

const written = (width: number, write: (b: Buffer, value: number, at: number) => void, values: readonly number[]) => {
  const body = Buffer.alloc(values.length * width);
  values.forEach((value, i) => write(body, value, i * width));
  return body;
};

describe('idx', () => {
  it.each<[string, number, Buffer, readonly number[]]>([
    ['unsigned bytes', 0x08, Buffer.from([0, 127, 128, 255]), [0, 127, 128, 255]],
    ['signed bytes', 0x09, Buffer.from([0, 127, 128, 255]), [0, 127, -128, -1]],
    ['shorts', 0x0b, written(2, (b, v, at) => b.writeInt16BE(v, at), [1, -2, 300, -32768]), [1, -2, 300, -32768]],
    ['ints', 0x0c, written(4, (b, v, at) => b.writeInt32BE(v, at), [1, -2, 70000, 0]), [1, -2, 70000, 0]],
    ['floats', 0x0d, written(4, (b, v, at) => b.writeFloatBE(v, at), [1.5, -2, 0.25, 0]), [1.5, -2, 0.25, 0]],
    ['doubles', 0x0e, written(8, (b, v, at) => b.writeDoubleBE(v, at), [0.1, -2, 1e300, 0]), [0.1, -2, 1e300, 0]],
  ])('reads %s', (_, type, numbers, values) => {
    expect(readIdx(file(type, [2, 2], numbers), 'a.idx').value).toMatchObject({
      shape: [2, 2],
      data: Float64Array.from(values),
    });
  });

  it('has any number of dimensions, the last running fastest', () => {
    const { value } = readIdx(file(8, [2, 1, 3], Buffer.from([0, 1, 2, 3, 4, 5])), 'a.idx');
    expect(value!.shape).toEqual([2, 1, 3]);
    expect(value!.source.locate(4).words).toBe('entry [1][0][1]');
  });

  it.each<[string, Buffer, string, RegExp]>([
    ['nothing', Buffer.alloc(0), 'EBM615', /two zero bytes/],
    ['text', Buffer.from('1,2\n3,4\n'), 'EBM615', /two zero bytes/],
    ['an unknown type', file(7, [1], Buffer.alloc(1)), 'EBM615', /type 0x07 is unknown/],
    ['a cut header', file(8, [2, 2], Buffer.alloc(0)).subarray(0, 9), 'EBM615', /header of its 2 dimensions is cut/],
    ['too few numbers', file(0x0e, [3], Buffer.alloc(16)), 'EBM615', /\(3\) of float64 needs 24 bytes.* are 16/],
    ['trailing bytes', file(8, [3], Buffer.alloc(4)), 'EBM615', /needs 3 bytes.* are 4/],
    [
      'a huge shape',
      file(8, [2 ** 32 - 1, 2 ** 32 - 1, 2 ** 32 - 1], Buffer.alloc(4)),
      'EBM615',
      /needs 7\.9\d+e\+28 /,
    ],
    ['no numbers', file(8, [0, 28], Buffer.alloc(0)), 'EBM602', /holds no numbers/],
  ])('refuses %s', (_, bytes, code, message) => {
    const { value, diagnostics } = readIdx(bytes, 'a.idx');
    expect(value).toBeNull();
    expect(diagnostics).toMatchObject([{ code, place: { file: 'a.idx' } }]);
    expect(diagnostics[0]!.message).toMatch(message);
  });

  it('marks NaN as missing', () => {
    const numbers = written(4, (b, v, at) => b.writeFloatBE(v, at), [NaN, 1]);
    expect([...readIdx(file(0x0d, [2], numbers), 'a.idx').value!.missing!]).toEqual([1, 0]);
  });

  it('never throws on mutated files', () => {
    const good = file(0x0c, [2, 2], Buffer.alloc(16));
    fc.assert(
      fc.property(fc.nat(good.length - 1), fc.nat(255), fc.nat(good.length), (at, byte, length) => {
        const bytes = Buffer.from(good.subarray(0, length));
        if (at < bytes.length) bytes[at] = byte;
        const { value, diagnostics } = readIdx(bytes, 'a.idx');
        expect(value === null).toBe(diagnostics.length > 0);
      }),
      { numRuns: 500 },
    );
  });
});
