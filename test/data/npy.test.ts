import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readNpy, writeNpy } from '../../src/data/npy.ts';

/** A file as numpy.lib.format describes it, made here independently of the writer. */
const file = (descr: string, fortran: boolean, shape: string, body: Buffer, version = 1): Buffer => {
  const dictionary = `{'descr': ${descr}, 'fortran_order': ${fortran ? 'True' : 'False'}, 'shape': ${shape}, }`;
  const prefix = version === 1 ? 10 : 12;
  const header = `${dictionary.padEnd(Math.ceil((dictionary.length + 1 + prefix) / 64) * 64 - prefix - 1)}\n`;
  const head = Buffer.alloc(prefix);
  head.write('\x93NUMPY', 'latin1');
  head[6] = version;
  if (version === 1) head.writeUInt16LE(header.length, 8);
  else head.writeUInt32LE(header.length, 8);
  return Buffer.concat([head, Buffer.from(header, 'latin1'), body]);
};

const numbers = (
  count: number,
  width: number,
  write: (b: Buffer, value: number, at: number) => void,
  values: readonly number[],
) => {
  const body = Buffer.alloc(count * width);
  values.forEach((value, i) => write(body, value, i * width));
  return body;
};

const values = [1, 0, 3, 100];

describe('npy', () => {
  it.each([
    ['<f4', numbers(4, 4, (b, v, at) => b.writeFloatLE(v, at), values)],
    ['>f4', numbers(4, 4, (b, v, at) => b.writeFloatBE(v, at), values)],
    ['<f8', numbers(4, 8, (b, v, at) => b.writeDoubleLE(v, at), values)],
    ['>f8', numbers(4, 8, (b, v, at) => b.writeDoubleBE(v, at), values)],
    ['|i1', numbers(4, 1, (b, v, at) => b.writeInt8(v, at), values)],
    ['<i2', numbers(4, 2, (b, v, at) => b.writeInt16LE(v, at), values)],
    ['>i4', numbers(4, 4, (b, v, at) => b.writeInt32BE(v, at), values)],
    ['<i8', numbers(4, 8, (b, v, at) => b.writeBigInt64LE(BigInt(v), at), values)],
    ['|u1', numbers(4, 1, (b, v, at) => b.writeUInt8(v, at), values)],
    ['>u2', numbers(4, 2, (b, v, at) => b.writeUInt16BE(v, at), values)],
    ['<u4', numbers(4, 4, (b, v, at) => b.writeUInt32LE(v, at), values)],
    ['>u8', numbers(4, 8, (b, v, at) => b.writeBigUInt64BE(BigInt(v), at), values)],
  ])('reads %s', (descr, body) => {
    const { value } = readNpy(file(`'${descr}'`, false, '(2, 2)', body), 'a.npy');
    expect(value!.shape).toEqual([2, 2]);
    expect([...value!.data]).toEqual(values);
  });

  it('reads negative numbers and booleans', () => {
    expect([...readNpy(file(`'|i1'`, false, '(2,)', Buffer.from([255, 128])), 'a.npy').value!.data]).toEqual([
      -1, -128,
    ]);
    expect([...readNpy(file(`'|b1'`, false, '(2,)', Buffer.from([1, 0])), 'a.npy').value!.data]).toEqual([1, 0]);
  });

  it('turns column-major order into row-major', () => {
    // a[i][j][k] = 100 i + 10 j + k, stored with the first index running fastest.
    const shape = [2, 3, 4];
    const stored: number[] = [];
    for (let k = 0; k < 4; k++)
      for (let j = 0; j < 3; j++) for (let i = 0; i < 2; i++) stored.push(100 * i + 10 * j + k);
    const body = numbers(24, 8, (b, v, at) => b.writeDoubleLE(v, at), stored);
    const { value } = readNpy(file(`'<f8'`, true, '(2, 3, 4)', body), 'a.npy');
    expect(value!.shape).toEqual(shape);
    const expected: number[] = [];
    for (let i = 0; i < 2; i++)
      for (let j = 0; j < 3; j++) for (let k = 0; k < 4; k++) expected.push(100 * i + 10 * j + k);
    expect([...value!.data]).toEqual(expected);
  });

  it('reads what numpy wrote, column-major and big-endian, and halves', () => {
    // numpy 2.4.6: np.save(f, np.asfortranarray(np.arange(6, dtype='>f4').reshape(2, 3)))
    const fortran = Buffer.from(
      'k05VTVBZAQB2AHsnZGVzY3InOiAnPmY0JywgJ2ZvcnRyYW5fb3JkZXInOiBUcnVlLCAnc2hhcGUnOiAoMiwgMyksIH0gICAgICAg' +
        'ICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgIAoAAAAAQEAAAD+AAABAgAAAQAAAAECg' +
        'AAA=',
      'base64',
    );
    expect(readNpy(fortran, 'a.npy').value).toMatchObject({ shape: [2, 3], data: Float64Array.of(0, 1, 2, 3, 4, 5) });
    // np.save(f, np.array([1.5, -65504, np.nan, np.inf], dtype='<f2'))
    const halves = Buffer.from(
      'k05VTVBZAQB2AHsnZGVzY3InOiAnPGYyJywgJ2ZvcnRyYW5fb3JkZXInOiBGYWxzZSwgJ3NoYXBlJzogKDQsKSwgfSAgICAgICAg' +
        'ICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgIAoAPv/7AH4AfA==',
      'base64',
    );
    expect([...readNpy(halves, 'a.npy').value!.data]).toEqual([1.5, -65504, NaN, Infinity]);
  });

  it('reads format versions 2 and 3, and a scalar', () => {
    const body = numbers(1, 8, (b, v, at) => b.writeDoubleLE(v, at), [7]);
    for (const version of [2, 3])
      expect([...readNpy(file(`'<f8'`, false, '()', body, version), 'a.npy').value!.data]).toEqual([7]);
    expect(readNpy(file(`'<f8'`, false, '()', body), 'a.npy').value!.shape).toEqual([]);
  });

  it('marks NaN as missing', () => {
    const body = numbers(2, 8, (b, v, at) => b.writeDoubleLE(v, at), [NaN, 1]);
    expect([...readNpy(file(`'<f8'`, false, '(2,)', body), 'a.npy').value!.missing!]).toEqual([1, 0]);
  });

  it.each([
    ['text', Buffer.from('1,2\n'), /NUMPY/],
    ['nothing', Buffer.alloc(0), /NUMPY/],
    ['a cut header', file(`'<f8'`, false, '(2,)', Buffer.alloc(16)).subarray(0, 40), /cut off/],
    ['too few numbers', file(`'<f8'`, false, '(3,)', Buffer.alloc(16)), /24 bytes.*16/],
    ['trailing bytes', file(`'<f8'`, false, '(1,)', Buffer.alloc(9)), /8 bytes.*9/],
    ['a huge shape', file(`'<f8'`, false, '(99999999999, 99999999999)', Buffer.alloc(8)), /needs 7\.9\d+e\+22 bytes/],
    ['objects', file(`'|O'`, false, '(1,)', Buffer.alloc(8)), /\|O/],
    ['complex numbers', file(`'<c16'`, false, '(1,)', Buffer.alloc(16)), /<c16/],
    ['records', file(`[('x', '<f8')]`, false, '(1,)', Buffer.alloc(8)), /records/],
  ])('refuses %s', (_, bytes, message) => {
    const { value, diagnostics } = readNpy(bytes, 'a.npy');
    expect(value).toBeNull();
    expect(diagnostics[0]).toMatchObject({ code: 'EBM606', place: { file: 'a.npy' } });
    expect(diagnostics[0]!.message).toMatch(message);
  });

  it('never throws on mutated files', () => {
    const good = file(`'<f8'`, false, '(2, 2)', Buffer.alloc(32));
    fc.assert(
      fc.property(fc.nat(good.length - 1), fc.nat(255), fc.nat(good.length), (at, byte, length) => {
        const bytes = Buffer.from(good.subarray(0, length));
        if (at < bytes.length) bytes[at] = byte;
        const { value, diagnostics } = readNpy(bytes, 'a.npy');
        expect(value === null).toBe(diagnostics.length > 0);
      }),
      { numRuns: 500 },
    );
  });

  it('reads what it wrote', () => {
    const shapes = fc.array(fc.integer({ min: 1, max: 4 }), { maxLength: 4 });
    const kinds = fc.constantFrom(Float64Array, Float32Array, Int32Array);
    fc.assert(
      fc.property(shapes, kinds, fc.integer(), (shape, Kind, seed) => {
        const data = (Kind as typeof Float64Array).from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) =>
          Math.fround((seed % 1000) / 7 + i),
        );
        const bytes = writeNpy({ shape, data });
        const { value } = readNpy(bytes, 'a.npy');
        expect(value!.shape).toEqual(shape);
        expect([...value!.data]).toEqual([...data]);
        // numpy aligns the numbers to 64 bytes.
        expect((bytes.length - data.byteLength) % 64).toBe(0);
      }),
    );
  });
});
