// NumPy's .npy format, read and written. In: bytes. Out: a Table of the array's own shape, in row-major order.
// Format: numpy.lib.format (NEP 1), versions 1.0, 2.0 and 3.0.
import { diagnoseData } from '../diagnostics/messages/data.ts';
import { byteCount, decodeElements, encodeElements } from './element-types.ts';
import type { ElementType, NumberArray } from './element-types.ts';
import { elementCount, failed, tableOfNumbers } from './table.ts';
import type { ArrayData, ReadResult } from './table.ts';

const magic = [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59];

/** By kind and width of `descr`: what numpy writes as f4, f8, i1 … u8, b1. */
const elementTypes: Readonly<Record<string, ElementType>> = {
  f2: 'float16',
  f4: 'float32',
  f8: 'float64',
  i1: 'int8',
  i2: 'int16',
  i4: 'int32',
  i8: 'int64',
  u1: 'uint8',
  u2: 'uint16',
  u4: 'uint32',
  u8: 'uint64',
  b1: 'bool',
};

interface Header {
  readonly type: ElementType;
  readonly order: 'little' | 'big';
  readonly fortran: boolean;
  readonly shape: readonly number[];
  readonly start: number;
}

export const isNpy = (bytes: Uint8Array): boolean => magic.every((byte, i) => bytes[i] === byte);

/** Row-major position of each element of a column-major array, as strides over its storage order. */
const fromFortran = (stored: NumberArray, shape: readonly number[]): Float64Array => {
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
  const type = /^[<>|=]/.test(descr) ? elementTypes[descr.slice(1)] : undefined;
  if (type === undefined) return `elements of type ${descr} are not numbers that can be read`;
  const dims = shape.split(',').map((d) => d.trim()).filter((d) => d !== ''); // prettier-ignore
  return {
    type,
    order: descr[0] === '>' ? 'big' : 'little',
    fortran: fortran === 'True',
    shape: dims.map((d) => parseInt(d, 10)),
    start,
  };
};

export const readNpy = (bytes: Buffer, file: string): ReadResult => {
  const fail = (problem: string): ReadResult => failed(diagnoseData('EBM606', null, { problem }, { place: { file } }));
  const header = parseHeader(bytes);
  if (typeof header === 'string') return fail(header);
  const { type, order, fortran, shape, start } = header;
  const [needed, found] = [byteCount(shape, type), bytes.length - start];
  if (needed !== found)
    return fail(`shape (${shape.join(', ')}) needs ${needed} bytes of numbers, but there are ${found}`);
  const stored = decodeElements(bytes.subarray(start), type, order);
  return tableOfNumbers(shape, fortran && shape.length > 1 ? fromFortran(stored, shape) : stored, file);
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
  out.set(encodeElements(data), start);
  return out;
};
