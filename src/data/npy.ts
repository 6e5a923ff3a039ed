// NumPy's .npy format, read and written. In: bytes. Out: a Table of the array's own shape, in row-major order.
// Format: numpy.lib.format (NEP 1), versions 1.0, 2.0 and 3.0.
import { diagnoseData } from '../diagnostics/messages/data.ts';
import { elementCount, failed, locateByIndex, missingCells, succeeded } from './table.ts';
import type { ArrayData, ReadResult } from './table.ts';

const magic = [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59];

type Getter = (view: DataView, offset: number, little: boolean) => number;

/** By kind and width of `descr`: what numpy writes as f4, f8, i1 … u8, b1. */
const getters: Readonly<Record<string, { readonly bytes: number; readonly get: Getter }>> = {
  f4: { bytes: 4, get: (v, o, le) => v.getFloat32(o, le) },
  f8: { bytes: 8, get: (v, o, le) => v.getFloat64(o, le) },
  i1: { bytes: 1, get: (v, o) => v.getInt8(o) },
  i2: { bytes: 2, get: (v, o, le) => v.getInt16(o, le) },
  i4: { bytes: 4, get: (v, o, le) => v.getInt32(o, le) },
  i8: { bytes: 8, get: (v, o, le) => Number(v.getBigInt64(o, le)) },
  u1: { bytes: 1, get: (v, o) => v.getUint8(o) },
  u2: { bytes: 2, get: (v, o, le) => v.getUint16(o, le) },
  u4: { bytes: 4, get: (v, o, le) => v.getUint32(o, le) },
  u8: { bytes: 8, get: (v, o, le) => Number(v.getBigUint64(o, le)) },
  b1: { bytes: 1, get: (v, o) => (v.getUint8(o) === 0 ? 0 : 1) },
};

interface Header {
  readonly type: string;
  readonly little: boolean;
  readonly fortran: boolean;
  readonly shape: readonly number[];
  readonly start: number;
}

export const isNpy = (bytes: Uint8Array): boolean => magic.every((byte, i) => bytes[i] === byte);

/** Row-major position of each element of a column-major array, as strides over its storage order. */
const fromFortran = (stored: Float64Array, shape: readonly number[]): Float64Array => {
  const out = new Float64Array(stored.length);
  const at = shape.map(() => 0);
  const strides = shape.map((_, axis) => elementCount(shape.slice(axis + 1)));
  let position = 0;
  for (let i = 0; i < stored.length; i++) {
    out[position] = stored[i]!;
    for (let axis = 0; axis < shape.length; axis++) {
      at[axis]!++;
      position += strides[axis]!;
      if (at[axis]! < shape[axis]!) break;
      position -= shape[axis]! * strides[axis]!;
      at[axis] = 0;
    }
  }
  return out;
};

const parseHeader = (bytes: Buffer): Header | string => {
  if (!isNpy(bytes)) return 'it does not begin with the letters NUMPY';
  const major = bytes[6];
  if (major === undefined || major < 1 || major > 3) return `format version ${major ?? 'missing'} is unknown`;
  const lengthBytes = major === 1 ? 2 : 4;
  if (bytes.length < 8 + lengthBytes) return 'the header is cut off';
  const length = major === 1 ? bytes.readUInt16LE(8) : bytes.readUInt32LE(8);
  const start = 8 + lengthBytes + length;
  if (start > bytes.length) return 'the header is cut off';
  const text = bytes.toString('utf8', 8 + lengthBytes, start);
  const descr = /'descr':\s*'([^']*)'/.exec(text)?.[1];
  const fortran = /'fortran_order':\s*(True|False)/.exec(text)?.[1];
  const shape = /'shape':\s*\(([\d,\sL]*)\)/.exec(text)?.[1];
  if (fortran === undefined || shape === undefined) return 'the header lacks fortran_order or shape';
  if (descr === undefined) return 'it holds records, not numbers';
  const type = descr.slice(1);
  if (!/^[<>|=]/.test(descr) || getters[type] === undefined)
    return `elements of type ${descr} are not numbers that can be read`;
  const dims = shape.split(',').map((d) => d.trim()).filter((d) => d !== ''); // prettier-ignore
  return {
    type,
    little: descr[0] !== '>',
    fortran: fortran === 'True',
    shape: dims.map((d) => parseInt(d, 10)),
    start,
  };
};

export const readNpy = (bytes: Buffer, file: string): ReadResult => {
  const fail = (problem: string): ReadResult => failed(diagnoseData('EBM606', null, { problem }, { place: { file } }));
  const header = parseHeader(bytes);
  if (typeof header === 'string') return fail(header);
  const { bytes: width, get } = getters[header.type]!;
  const count = elementCount(header.shape);
  const found = bytes.length - header.start;
  if (found !== count * width)
    return fail(`shape (${header.shape.join(', ')}) needs ${count * width} bytes of numbers, but there are ${found}`);
  if (count === 0) return failed(diagnoseData('EBM602', null, { file, what: 'holds no numbers' }, { place: { file } }));
  const view = new DataView(bytes.buffer, bytes.byteOffset + header.start, found);
  const stored = new Float64Array(count);
  for (let i = 0; i < count; i++) stored[i] = get(view, i * width, header.little);
  const data = header.fortran && header.shape.length > 1 ? fromFortran(stored, header.shape) : stored;
  const source = { file, locate: locateByIndex(header.shape) };
  return succeeded({ shape: header.shape, data, missing: missingCells(data), padding: null, source });
};

const descrOf = (data: ArrayData['data']): string =>
  data instanceof Float64Array ? '<f8' : data instanceof Float32Array ? '<f4' : '<i4';

/** The bytes of a version 1.0 file, little endian, C order. */
export const writeNpy = ({ shape, data }: ArrayData): Buffer => {
  const tuple = shape.length === 1 ? `(${shape[0]},)` : `(${shape.join(', ')})`;
  const dictionary = `{'descr': '${descrOf(data)}', 'fortran_order': False, 'shape': ${tuple}, }`;
  // The header ends in a newline and makes what precedes the numbers a multiple of 64 bytes.
  const header = dictionary.padEnd(Math.ceil((dictionary.length + 11) / 64) * 64 - 11) + '\n';
  const out = Buffer.alloc(10 + header.length + data.byteLength);
  out.set(magic);
  out[6] = 1;
  out.writeUInt16LE(header.length, 8);
  out.write(header, 10, 'latin1');
  const start = 10 + header.length;
  const bytes = data.BYTES_PER_ELEMENT;
  const write =
    data instanceof Float64Array ? 'writeDoubleLE' : data instanceof Float32Array ? 'writeFloatLE' : 'writeInt32LE';
  for (let i = 0; i < data.length; i++) out[write](data[i]!, start + i * bytes);
  return out;
};
