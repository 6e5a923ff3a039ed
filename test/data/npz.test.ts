import { zipSync } from 'fflate';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { chooseArray } from '../../src/data/named-arrays.ts';
import { writeNpy } from '../../src/data/npy.ts';
import { readNpz } from '../../src/data/npz.ts';

// numpy 2.4.6, y = np.array([[1.5, -2], [3, .25]]), z = np.arange(3, dtype=np.int16):
// np.savez(f, y=y, z=z)
const stored = Buffer.from(
  'UEsDBC0AAAAAAAAAIQCWaG6N//////////8FABQAeS5ucHkBABAAoAAAAAAAAACgAAAAAAAAAJNOVU1QWQEAdgB7J2Rlc2NyJzogJzxmOCcsIC' +
    'dmb3J0cmFuX29yZGVyJzogRmFsc2UsICdzaGFwZSc6ICgyLCAyKSwgfSAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAg' +
    'ICAgICAgICAgICAgICAgICAKAAAAAAAA+D8AAAAAAAAAwAAAAAAAAAhAAAAAAAAA0D9QSwMELQAAAAAAAAAhAGrP8lH//////////wUAFAB6Lm' +
    '5weQEAEACGAAAAAAAAAIYAAAAAAAAAk05VTVBZAQB2AHsnZGVzY3InOiAnPGkyJywgJ2ZvcnRyYW5fb3JkZXInOiBGYWxzZSwgJ3NoYXBlJzog' +
    'KDMsKSwgfSAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgIAoAAAEAAgBQSwECLQMtAA' +
    'AAAAAAACEAlmhujaAAAACgAAAABQAAAAAAAAAAAAAAgAEAAAAAeS5ucHlQSwECLQMtAAAAAAAAACEAas/yUYYAAACGAAAABQAAAAAAAAAAAAAA' +
    'gAHXAAAAei5ucHlQSwUGAAAAAAIAAgBmAAAAlAEAAAAA',
  'base64',
);
// np.savez_compressed(f, y=np.asfortranarray(y), z=z)
const deflated = Buffer.from(
  'UEsDBC0AAAAIAAAAIQCLhqY2//////////8FABQAeS5ucHkBABAAoAAAAAAAAABVAAAAAAAAAJvsF+obEMnIUMZQrZ6SWpxcpG6loG6TZqGuo6' +
    'Cell9UUpSYF59flJIKEg8pKk0FChdnJBakArkaRjoKRpo6CrUK5AMuBjD4YQ+hORwgNMMBCHXBHgBQSwMELQAAAAgAAAAhAGrP8lH/////////' +
    '/wUAFAB6Lm5weQEAEACGAAAAAAAAAEoAAAAAAAAAm+wX6hsQychQxlCtnpJanFykbqWgbpNppK6joJ6WX1RSlJgXn1+UkgoSd0vMKU4FihdnJB' +
    'akAvkaxjqaOgq1ChQALgYGRgYmBgBQSwECLQMtAAAACAAAACEAi4amNlUAAACgAAAABQAAAAAAAAAAAAAAgAEAAAAAeS5ucHlQSwECLQMtAAAA' +
    'CAAAACEAas/yUUoAAACGAAAABQAAAAAAAAAAAAAAgAGMAAAAei5ucHlQSwUGAAAAAAIAAgBmAAAADQEAAAAA',
  'base64',
);

const zeros = writeNpy({ shape: [1000], data: new Float64Array(1000) });
const one = Buffer.from(zipSync({ 'a.npy': [zeros, { level: 9 }] }));

describe('npz', () => {
  it.each([
    ['savez', stored],
    ['savez_compressed', deflated],
  ])('reads what numpy.%s wrote', (_, bytes) => {
    const arrays = readNpz(bytes, 'a.npz').value!;
    expect(arrays.names).toEqual(['y', 'z']);
    expect(arrays.read('y').value).toMatchObject({ shape: [2, 2], data: Float64Array.of(1.5, -2, 3, 0.25) });
    expect(arrays.read('z').value).toMatchObject({ shape: [3], data: Float64Array.of(0, 1, 2) });
  });

  it('an array is chosen by name, by variable, or as the only one', () => {
    const two = readNpz(stored, 'a.npz').value!;
    expect(chooseArray(two, 'z', 'y').value!.shape).toEqual([3]);
    expect(chooseArray(two, null, 'y').value!.shape).toEqual([2, 2]);
    expect(chooseArray(readNpz(one, 'a.npz').value!, null, 'y').value!.shape).toEqual([1000]);
    expect(chooseArray(two, 'zz', 'y').diagnostics).toMatchObject([
      { code: 'EBM617', message: 'a.npz holds no array named zz', hints: ['did you mean z?', 'it holds: y, z'] },
    ]);
    expect(chooseArray(two, null, 'weights').diagnostics).toMatchObject([
      {
        code: 'EBM617',
        message: 'a.npz holds 2 arrays, none of them named weights',
        hints: ['it holds: y, z', 'choose one: weights=a.npz:y'],
      },
    ]);
  });

  it.each([
    ['text', Buffer.from('1,2\n3,4\n')],
    ['nothing', Buffer.alloc(0)],
    ['the first half', stored.subarray(0, 264)],
    ['all but the last byte', stored.subarray(0, -1)],
    ['an empty archive', Buffer.from(zipSync({}))],
  ])('refuses %s', (_, bytes) => {
    const { value, diagnostics } = readNpz(bytes, 'a.npz');
    expect(value).toBeNull();
    expect(diagnostics).toMatchObject([{ code: 'EBM616', place: { file: 'a.npz' } }]);
  });

  it('refuses what would unpack to more than the limit, before it unpacks', () => {
    expect(one.length).toBeLessThan(300);
    const arrays = readNpz(one, 'a.npz', 5000).value!;
    expect(arrays.read('a').diagnostics[0]!.message).toMatch(/a would unpack to/);
  });

  it('a stream that goes on beyond its declared size is no way around the limit', () => {
    const bytes = Buffer.from(one);
    // The size in the directory: 24 bytes into the record that begins with PK 1 2.
    bytes.writeUInt32LE(200, bytes.indexOf('PK\x01\x02', 'latin1') + 24);
    expect(readNpz(bytes, 'a.npz').value!.read('a').diagnostics[0]!.message).toMatch(/needs 8000 bytes.* there are 72/);
  });

  it('refuses members that are no arrays, when they are asked for', () => {
    const arrays = readNpz(Buffer.from(zipSync({ 'note.txt': Buffer.from('hello') })), 'a.npz').value!;
    expect(arrays.read('note.txt').diagnostics[0]).toMatchObject({ code: 'EBM606', place: { file: 'a.npz:note.txt' } });
  });

  it('never throws on mutated files', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(stored, deflated),
        fc.nat(400),
        fc.nat(255),
        fc.nat(600),
        (good, at, byte, length) => {
          const bytes = Buffer.from(good.subarray(0, length));
          if (at < bytes.length) bytes[at] = byte;
          const { value, diagnostics } = readNpz(bytes, 'a.npz', 1 << 20);
          expect(value === null).toBe(diagnostics.length > 0);
          for (const name of value?.names ?? []) {
            const array = value!.read(name);
            expect(array.value === null).toBe(array.diagnostics.length > 0);
          }
        },
      ),
      { numRuns: 1000 },
    );
  });
});
