// The number formats of binary files (.npy, .safetensors, .idx): how wide an element is and how its bytes become numbers.
// In: raw bytes and their order. Out: typed arrays. Nothing here trusts a length: callers compare bytes and shape first.
import { endianness } from 'node:os';

export type ElementType =
  | 'float64'
  | 'float32'
  | 'float16'
  | 'bfloat16'
  | 'int64'
  | 'int32'
  | 'int16'
  | 'int8'
  | 'uint64'
  | 'uint32'
  | 'uint16'
  | 'uint8'
  | 'bool';

export type NumberArray =
  Float64Array | Float32Array | Int32Array | Int16Array | Int8Array | Uint32Array | Uint16Array | Uint8Array;

interface Format {
  readonly bytes: 1 | 2 | 4 | 8;
  /** Elements in the byte order of this machine. Types that JavaScript has no array of become float64. */
  readonly decode: (buffer: ArrayBuffer) => NumberArray;
}

/** IEEE 754 binary16: 1 sign bit, 5 of exponent (bias 15), 10 of fraction. */
const half = (bits: number): number => {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 0x1f) return fraction === 0 ? sign * Infinity : NaN;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
};

/** bfloat16 is the upper half of a float32. */
const upperHalves = (halves: Uint16Array): Float32Array => {
  const whole = new Uint32Array(halves.length);
  for (let i = 0; i < halves.length; i++) whole[i] = halves[i]! << 16;
  return new Float32Array(whole.buffer);
};

const numbersOf = (integers: BigInt64Array | BigUint64Array): Float64Array => {
  const out = new Float64Array(integers.length);
  for (let i = 0; i < out.length; i++) out[i] = Number(integers[i]);
  return out;
};

export const elementFormats: Readonly<Record<ElementType, Format>> = {
  float64: { bytes: 8, decode: (b) => new Float64Array(b) },
  float32: { bytes: 4, decode: (b) => new Float32Array(b) },
  float16: { bytes: 2, decode: (b) => Float64Array.from(new Uint16Array(b), half) },
  bfloat16: { bytes: 2, decode: (b) => upperHalves(new Uint16Array(b)) },
  int64: { bytes: 8, decode: (b) => numbersOf(new BigInt64Array(b)) },
  int32: { bytes: 4, decode: (b) => new Int32Array(b) },
  int16: { bytes: 2, decode: (b) => new Int16Array(b) },
  int8: { bytes: 1, decode: (b) => new Int8Array(b) },
  uint64: { bytes: 8, decode: (b) => numbersOf(new BigUint64Array(b)) },
  uint32: { bytes: 4, decode: (b) => new Uint32Array(b) },
  uint16: { bytes: 2, decode: (b) => new Uint16Array(b) },
  uint8: { bytes: 1, decode: (b) => new Uint8Array(b) },
  bool: { bytes: 1, decode: (b) => new Uint8Array(b).map((bit) => (bit === 0 ? 0 : 1)) },
};

/** Bytes that an array takes; may exceed every file, never NaN. Shapes are of integers ≥ 0. */
export const byteCount = (shape: readonly number[], type: ElementType): number =>
  shape.includes(0) ? 0 : shape.reduce((n, length) => n * length, elementFormats[type].bytes);

/** Reverses the bytes of every element where the file's order is not the machine's. */
const swap = (buffer: ArrayBuffer, width: Format['bytes']): void => {
  const bytes = Buffer.from(buffer);
  if (width === 2) bytes.swap16();
  else if (width === 4) bytes.swap32();
  else if (width === 8) bytes.swap64();
};

/** A copy, so that nothing has to be aligned. `bytes` holds whole elements. */
export const decodeElements = (bytes: Uint8Array, type: ElementType, order: 'little' | 'big'): NumberArray => {
  const { bytes: width, decode } = elementFormats[type];
  const { buffer } = new Uint8Array(bytes); // not slice: of a Buffer that is a view
  if ((order === 'little') !== (endianness() === 'LE')) swap(buffer, width);
  return decode(buffer);
};

/** Little-endian bytes of the elements, as the files we write have them; a copy. */
export const encodeElements = (data: Float64Array | Float32Array | Int32Array): Uint8Array => {
  const bytes = new Uint8Array(data.buffer as ArrayBuffer, data.byteOffset, data.byteLength).slice();
  if (endianness() !== 'LE') swap(bytes.buffer, data.BYTES_PER_ELEMENT as Format['bytes']);
  return bytes;
};
