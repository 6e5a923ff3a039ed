// The IDX format, in which MNIST and its kin come. In: bytes. Out: a Table of the array's own shape.
// Format: http://yann.lecun.com/exdb/mnist (bottom of the page): two zero bytes, a type, the number of dimensions, each
// dimension as a big-endian 32-bit integer, then the elements, big-endian, last index fastest.
import { diagnoseData } from '../diagnostics/messages/data.ts';
import { byteCount, decodeElements } from './element-types.ts';
import type { ElementType } from './element-types.ts';
import { failed, tableOfNumbers } from './table.ts';
import type { ReadResult } from './table.ts';

const elementTypes: Readonly<Record<number, ElementType>> = {
  0x08: 'uint8',
  0x09: 'int8',
  0x0b: 'int16',
  0x0c: 'int32',
  0x0d: 'float32',
  0x0e: 'float64',
};

/** Whether the first four bytes can begin such a file. */
export const isIdx = (bytes: Uint8Array): boolean =>
  bytes[0] === 0 && bytes[1] === 0 && elementTypes[bytes[2] ?? 0] !== undefined && (bytes[3] ?? 0) > 0;

export const readIdx = (bytes: Buffer, file: string): ReadResult => {
  const fail = (problem: string): ReadResult => failed(diagnoseData('EBM615', null, { problem }, { place: { file } }));
  if (bytes.length < 4 || bytes[0] !== 0 || bytes[1] !== 0) return fail('it does not begin with two zero bytes');
  const [code, rank] = [bytes[2]!, bytes[3]!];
  const type = elementTypes[code];
  if (type === undefined) return fail(`element type 0x${code.toString(16).padStart(2, '0')} is unknown`);
  const start = 4 + 4 * rank;
  if (bytes.length < start) return fail(`the header of its ${rank} dimensions is cut off`);
  const shape = Array.from({ length: rank }, (_, axis) => bytes.readUInt32BE(4 + 4 * axis));
  const [needed, found] = [byteCount(shape, type), bytes.length - start];
  if (needed !== found)
    return fail(`shape (${shape.join(', ')}) of ${type} needs ${needed} bytes of numbers, but there are ${found}`);
  return tableOfNumbers(shape, decodeElements(bytes.subarray(start), type, 'big'), file);
};
