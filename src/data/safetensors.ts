// The .safetensors format, read and written: learned params and the state of a training. In: bytes. Out: named tensors and
// metadata, or one diagnostic that says what is wrong with the file.
// Format: https://huggingface.co/docs/safetensors/index#format. Eight bytes of header length (little endian), a JSON header
// of names, types, shapes and offsets, then the numbers: every byte of them belongs to exactly one tensor.
import { diagnoseData } from '../diagnostics/messages/data.ts';
import type { Checked } from '../diagnostics/diagnostic.ts';
import { byteCount, decodeElements, elementFormats, encodeElements } from './element-types.ts';
import type { ElementType } from './element-types.ts';
import { repeatedKey } from './repeated-key.ts';
import type { ArrayData } from './table.ts';

/** A tensor as it lies in the file: `decodeTensor` makes numbers of it. */
export interface StoredTensor {
  readonly type: ElementType;
  readonly shape: readonly number[];
  /** A view into the file's bytes. */
  readonly bytes: Uint8Array;
}

export interface Safetensors {
  readonly tensors: ReadonlyMap<string, StoredTensor>;
  readonly metadata: ReadonlyMap<string, string>;
}

const elementTypes: Readonly<Record<string, ElementType>> = {
  F64: 'float64',
  F32: 'float32',
  F16: 'float16',
  BF16: 'bfloat16',
  I64: 'int64',
  I32: 'int32',
  I16: 'int16',
  I8: 'int8',
  U64: 'uint64',
  U32: 'uint32',
  U16: 'uint16',
  U8: 'uint8',
  BOOL: 'bool',
};

const metadataKey = '__metadata__';
/** The limit of the reference implementation: no real header comes near, and a damaged length does. */
const largestHeader = 100_000_000;

/** Raised while parsing, caught by `parseSafetensors`. */
class Malformed extends Error {}
const malformed = (problem: string): never => {
  throw new Malformed(problem);
};

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const isLength = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;

const parseHeader = (bytes: Buffer): { readonly header: Readonly<Record<string, unknown>>; readonly start: number } => {
  if (bytes.length < 8) return malformed('it is shorter than the 8 bytes that give the length of its header');
  const length = Number(bytes.readBigUInt64LE(0));
  if (length > bytes.length - 8) {
    const inFile = `a header of ${length} bytes is announced, but the file has ${bytes.length}`;
    return malformed(length > largestHeader ? `${inFile}: it is no .safetensors file` : `${inFile}: it is cut off`);
  }
  if (length > largestHeader) return malformed(`its header of ${length} bytes is longer than ${largestHeader}`);
  let header: unknown;
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes.subarray(8, 8 + length));
    header = JSON.parse(text);
  } catch {
    return malformed('its header is not JSON');
  }
  if (!isObject(header)) return malformed('its header is not a JSON object');
  const twice = repeatedKey(text);
  if (twice !== null) return malformed(`two tensors are named ${JSON.stringify(twice)}`);
  return { header, start: 8 + length };
};

interface Entry extends StoredTensor {
  readonly name: string;
  readonly from: number;
  readonly to: number;
}

const parseEntry = (name: string, value: unknown, numbers: Buffer): Entry => {
  const tensor = `tensor ${JSON.stringify(name)}`;
  if (!isObject(value)) return malformed(`${tensor} is not described by an object`);
  const { dtype, shape, data_offsets: offsets } = value;
  if (typeof dtype !== 'string') return malformed(`${tensor} has no dtype`);
  const type = Object.hasOwn(elementTypes, dtype) ? elementTypes[dtype] : undefined;
  if (type === undefined)
    return malformed(`${tensor} is of type ${dtype}; types that can be read: ${Object.keys(elementTypes).join(', ')}`);
  if (!Array.isArray(shape) || !shape.every(isLength)) return malformed(`${tensor} has no shape of whole numbers`);
  if (!Array.isArray(offsets) || offsets.length !== 2 || !offsets.every(isLength))
    return malformed(`${tensor} has no two data_offsets`);
  const [from, to] = offsets as [number, number];
  if (from > to) return malformed(`${tensor} ends (byte ${to}) before it begins (byte ${from})`);
  if (to > numbers.length) {
    const there = `the file holds ${numbers.length} bytes of numbers`;
    return malformed(`${tensor} ends at byte ${to}, but ${there}: it is cut off or its offsets are wrong`);
  }
  const needed = byteCount(shape, type);
  if (needed !== to - from)
    return malformed(`${tensor}: ${dtype} of shape [${shape.join(', ')}] takes ${needed} bytes, its offsets ${to - from}`); // prettier-ignore
  return { name, type, shape, from, to, bytes: numbers.subarray(from, to) };
};

/** Neither overlaps nor gaps, to the last byte. */
const requireTiling = (entries: readonly Entry[], length: number): void => {
  let end = 0;
  let before = '';
  for (const { name, from, to } of entries.toSorted((a, b) => a.from - b.from || a.to - b.to)) {
    if (from < end) malformed(`tensors ${JSON.stringify(before)} and ${JSON.stringify(name)} overlap`);
    if (from > end) malformed(`bytes ${end} to ${from} of its numbers belong to no tensor`);
    [end, before] = [to, name];
  }
  if (end < length) malformed(`${length - end} bytes follow its last tensor`);
};

const parseMetadata = (value: unknown): ReadonlyMap<string, string> => {
  if (value === undefined) return new Map();
  if (!isObject(value)) return malformed(`${metadataKey} is not an object`);
  return new Map(
    Object.entries(value).map(([key, text]) =>
      typeof text === 'string' ? [key, text] : malformed(`${metadataKey}: ${JSON.stringify(key)} is not a text`),
    ),
  );
};

/** Every entry of the header is checked before a number is read. EBM614 when the file is not what it should be. */
export const parseSafetensors = (bytes: Buffer, file: string): Checked<Safetensors | null> => {
  try {
    const { header, start } = parseHeader(bytes);
    const numbers = bytes.subarray(start);
    const described = Object.entries(header).filter(([name]) => name !== metadataKey);
    const entries = described.map(([name, value]) => parseEntry(name, value, numbers));
    requireTiling(entries, numbers.length);
    const tensors = new Map(entries.map(({ name, type, shape, bytes: own }) => [name, { type, shape, bytes: own }]));
    const metadata = parseMetadata(Object.hasOwn(header, metadataKey) ? header[metadataKey] : undefined);
    return { value: { tensors, metadata }, diagnostics: [] };
  } catch (error) {
    if (!(error instanceof Malformed)) throw error;
    const parameters = { problem: error.message };
    return { value: null, diagnostics: [diagnoseData('EBM614', null, parameters, { place: { file } })] };
  }
};

/** F64, F32 and I32 keep their bits; other types become float64, exactly up to 2^53. */
export const decodeTensor = ({ type, shape, bytes }: StoredTensor): ArrayData => {
  const data = decodeElements(bytes, type, 'little');
  const kept = data instanceof Float64Array || data instanceof Float32Array || data instanceof Int32Array;
  return { shape, data: kept ? data : Float64Array.from(data) };
};

const dtypeOf = (data: ArrayData['data']): 'F64' | 'F32' | 'I32' =>
  data instanceof Float64Array ? 'F64' : data instanceof Float32Array ? 'F32' : 'I32';

/**
 * The bytes of a file: wider types first, then by name, so that numbers are aligned to their width and equal content gives
 * equal bytes. Each `data` has the product of its `shape` elements; `parseSafetensors` gives back the same bits.
 */
export const formatSafetensors = (
  tensors: Readonly<Record<string, ArrayData>>,
  metadata: Readonly<Record<string, string>>,
): Uint8Array => {
  const byName = Object.entries(tensors).toSorted(([a], [b]) => (a < b ? -1 : 1));
  const entries = byName.toSorted(([, a], [, b]) => b.data.BYTES_PER_ELEMENT - a.data.BYTES_PER_ELEMENT);
  const header: [string, unknown][] = [];
  const sortedMetadata = Object.entries(metadata).toSorted(([a], [b]) => (a < b ? -1 : 1));
  if (sortedMetadata.length > 0) header.push([metadataKey, Object.fromEntries(sortedMetadata)]);
  let end = 0;
  for (const [name, { shape, data }] of entries) {
    const from = end;
    end += data.length * elementFormats[elementTypes[dtypeOf(data)]!].bytes;
    header.push([name, { dtype: dtypeOf(data), shape, data_offsets: [from, end] }]);
  }
  const json = Buffer.from(JSON.stringify(Object.fromEntries(header)));
  const length = Math.ceil(json.length / 8) * 8;
  const out = Buffer.alloc(8 + length + end, ' ');
  out.writeBigUInt64LE(BigInt(length), 0);
  out.set(json, 8);
  let at = 8 + length;
  for (const [, { data }] of entries) {
    out.set(encodeElements(data), at);
    at += data.byteLength;
  }
  return out;
};
