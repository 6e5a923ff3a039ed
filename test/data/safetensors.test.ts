import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeTensor, formatSafetensors, parseSafetensors } from '../../src/data/safetensors.ts';

// Made with safetensors 0.8.0 and numpy 2.4.6:
//   safetensors.numpy.save({'w': np.array([[1.5, -2], [3, .1]], np.float32), 'b': np.array([.1, 1e300]),
//     'h': np.array([1.5, -65504, 6e-8], np.float16), 'i': np.array([-1, 2**40], np.int64), 'j': np.array([-7], np.int32),
//     'k': np.array([-300], np.int16), 'l': np.array([-128, 127], np.int8), 'u': np.array([255], np.uint8),
//     't': np.array([True, False]), 's': np.array(2.5, np.float32), 'e': np.zeros((0, 3), np.float32)}, {'format': 'np'})
const made = Buffer.from(
  'gAIAAAAAAAB7Il9fbWV0YWRhdGFfXyI6eyJmb3JtYXQiOiJucCJ9LCJpIjp7ImR0eXBlIjoiSTY0Iiwic2hhcGUiOlsyXSwiZGF0YV9vZmZzZXRzIjpb' +
    'MCwxNl19LCJiIjp7ImR0eXBlIjoiRjY0Iiwic2hhcGUiOlsyXSwiZGF0YV9vZmZzZXRzIjpbMTYsMzJdfSwiZSI6eyJkdHlwZSI6IkYzMiIsInNoYXBl' +
    'IjpbMCwzXSwiZGF0YV9vZmZzZXRzIjpbMzIsMzJdfSwicyI6eyJkdHlwZSI6IkYzMiIsInNoYXBlIjpbXSwiZGF0YV9vZmZzZXRzIjpbMzIsMzZdfSwi' +
    'dyI6eyJkdHlwZSI6IkYzMiIsInNoYXBlIjpbMiwyXSwiZGF0YV9vZmZzZXRzIjpbMzYsNTJdfSwiaiI6eyJkdHlwZSI6IkkzMiIsInNoYXBlIjpbMV0s' +
    'ImRhdGFfb2Zmc2V0cyI6WzUyLDU2XX0sImgiOnsiZHR5cGUiOiJGMTYiLCJzaGFwZSI6WzNdLCJkYXRhX29mZnNldHMiOls1Niw2Ml19LCJrIjp7ImR0' +
    'eXBlIjoiSTE2Iiwic2hhcGUiOlsxXSwiZGF0YV9vZmZzZXRzIjpbNjIsNjRdfSwibCI6eyJkdHlwZSI6Ikk4Iiwic2hhcGUiOlsyXSwiZGF0YV9vZmZz' +
    'ZXRzIjpbNjQsNjZdfSwidSI6eyJkdHlwZSI6IlU4Iiwic2hhcGUiOlsxXSwiZGF0YV9vZmZzZXRzIjpbNjYsNjddfSwidCI6eyJkdHlwZSI6IkJPT0wi' +
    'LCJzaGFwZSI6WzJdLCJkYXRhX29mZnNldHMiOls2Nyw2OV19fSAg//////////8AAAAAAAEAAJqZmZmZmbk/nHUAiDzkN34AACBAAADAPwAAAMAAAEBA' +
    'zczMPfn///8APv/7AQDU/oB//wEA',
  'base64',
);

/** A file from its parts, made here independently of the writer. */
const file = (header: unknown, numbers: number, padding = ''): Buffer => {
  const json = Buffer.from((typeof header === 'string' ? header : JSON.stringify(header)) + padding);
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(json.length));
  return Buffer.concat([length, json, Buffer.alloc(numbers)]);
};
const f32 = (from: number, to: number, shape: readonly number[] = [(to - from) / 4]) => ({
  dtype: 'F32',
  shape,
  data_offsets: [from, to],
});

describe('reading', () => {
  it('what the reference implementation wrote, all element types', () => {
    const { tensors, metadata } = parseSafetensors(made, 'a.safetensors').value!;
    const numbers = Object.fromEntries([...tensors].map(([name, tensor]) => [name, decodeTensor(tensor)]));
    expect(Object.fromEntries(metadata)).toEqual({ format: 'np' });
    expect(numbers['w']).toEqual({ shape: [2, 2], data: Float32Array.of(1.5, -2, 3, 0.1) });
    expect(numbers['b']).toEqual({ shape: [2], data: Float64Array.of(0.1, 1e300) });
    expect(numbers['h']).toEqual({ shape: [3], data: Float64Array.of(1.5, -65504, 2 ** -24) });
    expect(numbers['i']).toEqual({ shape: [2], data: Float64Array.of(-1, 2 ** 40) });
    expect(numbers['j']).toEqual({ shape: [1], data: Int32Array.of(-7) });
    expect(numbers['k']).toEqual({ shape: [1], data: Float64Array.of(-300) });
    expect(numbers['l']).toEqual({ shape: [2], data: Float64Array.of(-128, 127) });
    expect(numbers['u']).toEqual({ shape: [1], data: Float64Array.of(255) });
    expect(numbers['t']).toEqual({ shape: [2], data: Float64Array.of(1, 0) });
    expect(numbers['s']).toEqual({ shape: [], data: Float32Array.of(2.5) });
    expect(numbers['e']).toEqual({ shape: [0, 3], data: new Float32Array(0) });
  });

  it('bfloat16: the upper half of a float32', () => {
    const bytes = file({ x: { dtype: 'BF16', shape: [3], data_offsets: [0, 6] } }, 6);
    // 1.0 is 3f80 0000, -2.5 is c020 0000, 3.140625 is 4049 0000 as float32.
    Buffer.from('803f20c04940', 'hex').copy(bytes, bytes.length - 6);
    const tensor = parseSafetensors(bytes, 'a').value!.tensors.get('x')!;
    expect([...decodeTensor(tensor).data]).toEqual([1, -2.5, 3.140625]);
  });

  it.each<[string, Buffer, RegExp]>([
    ['nothing', Buffer.alloc(0), /shorter than the 8 bytes/],
    ['text', Buffer.from('w,b\n1,2\n3,4\n'), /is no \.safetensors file/],
    ['a cut header', made.subarray(0, 100), /header of 640 bytes .* the file has 100: it is cut off/],
    ['cut numbers', made.subarray(0, -1), /tensor "t" ends at byte 69, but the file holds 68 bytes/],
    ['trailing bytes', Buffer.concat([made, Buffer.from([0])]), /1 bytes? follow/],
    ['no JSON', file('{"w": ', 0), /not JSON/],
    ['no object', file([], 0), /not a JSON object/],
    ['bytes that are no text', Buffer.concat([file('', 0).fill(2, 0, 1), Buffer.from([0xff, 0xfe])]), /not JSON/],
    ['no description', file({ w: 3 }, 0), /"w" is not described/],
    ['no dtype', file({ w: { shape: [], data_offsets: [0, 4] } }, 4), /"w" has no dtype/],
    ['another dtype', file({ w: { ...f32(0, 4), dtype: 'F8_E4M3' } }, 4), /of type F8_E4M3/],
    ['no shape', file({ w: { dtype: 'F32', data_offsets: [0, 4] } }, 4), /no shape/],
    ['a negative length', file({ w: f32(0, 4, [-1, -1]) }, 4), /no shape of whole numbers/],
    ['no offsets', file({ w: { dtype: 'F32', shape: [1] } }, 4), /data_offsets/],
    ['offsets turned round', file({ w: f32(4, 0, [1]) }, 4), /ends \(byte 0\) before it begins/],
    ['a wrong size', file({ w: f32(0, 8, [3]) }, 8), /F32 of shape \[3\] takes 12 bytes, its offsets 8/],
    ['a huge shape', file({ w: f32(0, 4, [2 ** 40, 2 ** 40]) }, 4), /takes 4\.8\d+e\+24 bytes/],
    ['no numbers, but a huge shape', file({ w: f32(0, 4, [2 ** 52, 2 ** 52, 0]) }, 4), /takes 0 bytes/],
    ['an overlap', file({ w: f32(0, 8), v: f32(4, 12) }, 12), /"w" and "v" overlap/],
    ['a gap', file({ w: f32(0, 4), v: f32(8, 12) }, 12), /bytes 4 to 8 .* belong to no tensor/],
    ['a name twice', file(`{"w": ${JSON.stringify(f32(0, 4))}, "\\u0077": ${JSON.stringify(f32(4, 8))}}`, 8), /two tensors are named "w"/], // prettier-ignore
    ['metadata of another kind', file({ __metadata__: { epoch: 3 } }, 0), /"epoch" is not a text/],
    ['metadata that is no object', file({ __metadata__: 3 }, 0), /__metadata__ is not an object/],
  ])('refuses %s', (_, bytes, message) => {
    const { value, diagnostics } = parseSafetensors(bytes, 'a.safetensors');
    expect(value).toBeNull();
    expect(diagnostics).toMatchObject([{ code: 'EBM614', place: { file: 'a.safetensors' } }]);
    expect(diagnostics[0]!.message).toMatch(message);
  });

  it('refuses a header length that no file can have, without allocating', () => {
    const bytes = Buffer.alloc(16, 0xff);
    expect(parseSafetensors(bytes, 'a').diagnostics[0]!.message).toMatch(/header of 18446744073709552000 bytes/);
  });

  it('keys inside tensors and metadata may repeat those outside', () => {
    const bytes = file({ __metadata__: { shape: 'w', w: '{"a":1}' }, shape: f32(0, 4), w: f32(4, 8) }, 8, '   ');
    expect([...parseSafetensors(bytes, 'a').value!.tensors.keys()]).toEqual(['shape', 'w']);
  });

  it('never throws on mutated files', () => {
    fc.assert(
      fc.property(fc.nat(made.length - 1), fc.nat(255), fc.nat(made.length), (at, byte, length) => {
        const bytes = Buffer.from(made.subarray(0, length));
        if (at < bytes.length) bytes[at] = byte;
        const { value, diagnostics } = parseSafetensors(bytes, 'a');
        expect(value === null).toBe(diagnostics.length > 0);
        for (const tensor of value?.tensors.values() ?? []) decodeTensor(tensor);
      }),
      { numRuns: 1000 },
    );
  });
});

describe('writing', () => {
  it('gives back the same bits, names and metadata, whatever they are', () => {
    const element = fc.oneof(fc.double(), fc.constantFrom(NaN, -0, Infinity, -Infinity, 5e-324, 2 ** 53 + 2));
    const kind = fc.constantFrom(Float64Array, Float32Array, Int32Array);
    const tensor = fc.tuple(kind, fc.array(fc.nat(3), { maxLength: 3 }), fc.array(element, { minLength: 27 }));
    const name = fc.string().filter((text) => text !== '__metadata__' && text !== '__proto__');
    const dictionary = fc.dictionary(name, tensor, { maxKeys: 5 });
    fc.assert(
      fc.property(dictionary, fc.dictionary(name, fc.string(), { maxKeys: 3 }), (parts, metadata) => {
        const tensors = Object.fromEntries(
          Object.entries(parts).map(([key, [Kind, shape, numbers]]) => {
            const count = shape.reduce((a, b) => a * b, 1);
            return [key, { shape, data: (Kind as typeof Float64Array).from(numbers.slice(0, count)) }];
          }),
        );
        const read = parseSafetensors(Buffer.from(formatSafetensors(tensors, metadata)), 'a').value!;
        expect(new Map([...read.tensors].map(([key, stored]) => [key, decodeTensor(stored)]))).toEqual(
          new Map(Object.entries(tensors)),
        );
        expect(read.metadata).toEqual(new Map(Object.entries(metadata)));
      }),
    );
  });

  it('keeps the payload of a NaN', () => {
    const data = new Float32Array(Uint32Array.of(0x7fc00001, 0xffc12345).buffer);
    const bytes = Buffer.from(formatSafetensors({ x: { shape: [2], data } }, {}));
    const back = decodeTensor(parseSafetensors(bytes, 'a').value!.tensors.get('x')!).data as Float32Array;
    expect([...new Uint32Array(back.buffer)]).toEqual([0x7fc00001, 0xffc12345]);
  });

  it('aligns the numbers and does not depend on the order in which tensors are given', () => {
    const [a, b] = [{ shape: [1], data: Float32Array.of(1) }, { shape: [2], data: Float64Array.of(2, 3) }]; // prettier-ignore
    const bytes = Buffer.from(formatSafetensors({ a, b }, { z: '1', y: '2' }));
    expect(bytes).toEqual(Buffer.from(formatSafetensors({ b, a }, { y: '2', z: '1' })));
    const length = Number(bytes.readBigUInt64LE(0));
    expect(length % 8).toBe(0);
    // The wider type lies first: both are aligned.
    expect(bytes.readDoubleLE(8 + length)).toBe(2);
    expect(bytes.readFloatLE(8 + length + 16)).toBe(1);
  });
});
